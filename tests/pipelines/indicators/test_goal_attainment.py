"""Goal attainment, by hand."""

import pytest

from pipelines.indicators.registry import load_indicators
from schemas.grades import Grades
from schemas.pupils import Enrolments

GOALS = load_indicators()["goal_attainment"]
ALL = load_indicators()["all_subjects_passed"]


@pytest.fixture
def both(report, drawn, found):
    """Passed and counted subjects of one report, and whether all are passed."""

    def values(marks, **how):
        tables = {
            "grades": report(marks, contract=Grades, **how),
            "enrolments": drawn(Enrolments, "student_id"),
        }
        [(*_, passed, counted)] = found(GOALS.compute(**tables)) or [(None, None)]
        [(*_, is_all)] = [row[:4] for row in found(ALL.compute(**tables))] or [(None,)]
        return passed, counted, is_all

    return values


@pytest.mark.parametrize(
    ("marks", "expected"),
    [
        ("MA A, EN E, SV C", (3.0, 3.0, 1.0)),
        ("MA A, EN F, SV C", (2.0, 3.0, 0.0)),
        ("MA A, EN -, SV C", (2.0, 3.0, 0.0)),
        ("MA A, EN adapted, SV C", (2.0, 2.0, 1.0)),
        ("MA F, EN -", (0.0, 2.0, 0.0)),
        ("MA adapted", (None, None, None)),
    ],
    ids=["passed", "F", "streck", "adapted", "nothing passed", "nothing counted"],
)
def test_a_streck_counts_like_an_f_and_an_adapted_subject_not_at_all(both, marks, expected):
    assert both(marks) == expected


@pytest.mark.parametrize(
    ("marks", "expected"),
    [
        ("SV F, SVA C, MA A", (None, None, None)),
        ("SV F, SVA -, MA A", (None, None, None)),
        ("SV adapted, SVA E", (1.0, 1.0, 1.0)),
        ("SVA E, MA A", (2.0, 2.0, 1.0)),
    ],
)
def test_both_kinds_of_swedish_are_one_subject_and_not_both_counted(both, marks, expected):
    assert both(marks) == expected


def test_the_old_scale_passes_at_g(both):
    assert both("MA G, EN IG, SV MVG, SL VG", term="2012VT", scale="G-MVG") == (3.0, 4.0, 0.0)


def test_term_grades_count_as_well_as_final_grades(both):
    assert both("MA A, EN F", is_final="no") == (1.0, 2.0, 0.0)


def test_a_language_under_an_old_code_is_the_same_subject(both):
    assert both("M2FRE F, M2FRA E, MLARM C") == (2.0, 2.0, 1.0)


def test_schools_and_terms_are_kept_apart(drawn, found):
    grades = drawn(
        Grades,
        """
        student_id | school_id | term   | subject_code | scale_id | mark
        p1         | A         | 2015HT | MA           | A-F      | F
        p1         | A         | 2016VT | MA           | A-F      | E
        p1         | B         | 2016VT | MA           | A-F      | F
        """,
    )
    register = drawn(Enrolments, "student_id")
    assert found(GOALS.compute(grades=grades, enrolments=register)) == [
        ("p1", "A", "2015HT", 0.0, 1.0),
        ("p1", "A", "2016VT", 1.0, 1.0),
        ("p1", "B", "2016VT", 0.0, 1.0),
    ]


def test_the_change_of_scale_is_a_break():
    assert [b.school_year for b in (*GOALS.breaks, *ALL.breaks)] == ["2012/13", "2012/13"]
