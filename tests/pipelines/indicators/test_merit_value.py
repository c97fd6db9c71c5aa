"""Merit value, by hand; the first three are the checks of the domain reference."""

import pytest

from pipelines.indicators.registry import load_indicators
from schemas.grades import Grades
from schemas.pupils import Enrolments
from tests.reference.histories import SUBJECTS

SIXTEEN = ("SV", *SUBJECTS)
INDICATORS = load_indicators()


@pytest.fixture
def merit(report, drawn):
    """Merit values with 16 and 17 subjects of one report; None without a row."""

    def values(marks, **how):
        grades = report(marks, contract=Grades, **how)
        register = drawn(Enrolments, "student_id")
        tables = [INDICATORS[f"merit_value_{n}"].compute(grades, register) for n in (16, 17)]
        rows = [table.to_pyarrow().to_pylist() for table in tables]
        return tuple(row[0]["numerator"] if row else None for row in rows)

    return values


def all_in(mark):
    return ", ".join(f"{subject} {mark}" for subject in SIXTEEN)


@pytest.mark.parametrize(
    ("marks", "expected"),
    [
        (all_in("A"), (320.0, 320.0)),
        (all_in("A") + ", M2FRA A", (320.0, 340.0)),
        (all_in("E") + ", MLARA A, M2FRA C", (175.0, 185.0)),
        (all_in("E") + ", M1SPA B", (167.5, 167.5)),
        (all_in("A") + ", M2FRA F", (320.0, 320.0)),
        (all_in("E") + ", M2FRA C, M2DEU D", (165.0, 175.0)),
        ("SV E, EN E, MA E, BL E, SL E, MU E, IDH E, HKK E", (80.0, 80.0)),
        ("MA B, EN D, BL -, SL adapted, MU F", (30.0, 30.0)),
    ],
    ids=[
        "16 A",
        "16 A and språkval A",
        "modersmål competes, språkval is the 17th",
        "elevens val competes",
        "a failed språkval",
        "two språkval: the better one",
        "least for vocational programmes",
        "missing marks add nothing",
    ],
)
def test_merit_value(merit, marks, expected):
    assert merit(marks) == expected


def test_two_kinds_of_swedish_cannot_be_judged(merit):
    assert merit("SV E, SVA A, MA E") == (None, None)
    assert merit("SV -, SVA E, MA E") == (None, None)
    assert merit("SV adapted, SVA E, MA E") == (20.0, 20.0)


def test_a_pupil_without_marks_has_no_merit_value_and_one_with_f_has_0(merit):
    assert merit("MA -, EN adapted") == (None, None)
    assert merit("MA -, EN F") == (0.0, 0.0)


def test_only_final_grades_count(merit):
    assert merit("MA A", is_final="no") == (None, None)
    assert merit("MA A", is_final="unknown") == (None, None)


def test_the_17th_subject_counts_from_the_leavers_of_spring_2014(merit):
    marks = all_in("A") + ", M2FRA A"
    assert merit(marks, term="2013VT") == (320.0, None)
    assert merit(marks, term="2014VT") == (320.0, 340.0)


def test_the_old_scale_has_its_own_points(merit):
    assert merit("MA MVG, EN VG, SV G, BL IG", term="2012VT", scale="G-MVG") == (45.0, None)


def test_a_foreign_scale_gives_no_merit_value(merit):
    assert merit("MA 20, SV 14", scale="0-20") == (None, None)


def test_the_last_report_of_a_school_year_counts(drawn, found):
    grades = drawn(
        Grades,
        """
        student_id | school_id | term   | subject_code | scale_id | mark | is_final
        p1         | A         | 2015HT | MA           | A-F      | A    | yes
        p1         | A         | 2015HT | EN           | A-F      | A    | yes
        p1         | A         | 2016VT | MA           | A-F      | E    | yes
        """,
    )
    values = INDICATORS["merit_value_16"].compute(grades, drawn(Enrolments, "student_id"))
    assert found(values) == [("p1", "A", "2015/16", 10.0, 1.0)]


def test_the_older_series_breaks_with_the_scale_and_the_newer_begins_with_its_rule():
    assert [b.school_year for b in INDICATORS["merit_value_16"].breaks] == ["2012/13"]
    assert [b.school_year for b in INDICATORS["merit_value_17"].breaks] == ["2013/14"]
