"""Outlook before the final grades, by hand."""

import pytest

from pipelines.indicators.registry import load_indicators
from schemas.grades import Grades
from schemas.grading import PROGRAMMES
from schemas.pupils import Enrolments

INDICATORS = load_indicators()
NAMES = [programme.name for programme in PROGRAMMES]
FIVE = "BL E, SL E, MU E, IDH E, HKK E"


@pytest.fixture
def would_open(report, drawn):
    """Programmes that the marks of a term would open; None if they are not judged."""

    def names(marks, *, term="2015HT", level=9, is_final="no", scale="A-F"):
        header = "student_id | school_id | term | grade_level | start_date"
        row = f"p1 | A | {term} | {level} | 2000-01-01"
        grades = report(marks, contract=Grades, term=term, is_final=is_final, scale=scale)
        register = drawn(Enrolments, f"{header}\n{row}")
        values = [INDICATORS[f"outlook_{name}"].compute(grades, register) for name in NAMES]
        rows = [table.to_pyarrow().to_pylist() for table in values]
        if not any(rows):
            return None
        assert {row["period"] for [row] in rows} == {term}
        return {name for name, [row] in zip(NAMES, rows, strict=True) if row["numerator"]}

    return names


def test_marks_of_a_term_open_what_they_would_open_as_final_grades(would_open):
    assert would_open(f"SV E, EN E, MA E, {FIVE}") == {"vocational"}
    assert would_open(f"SV E, EN E, MA F, {FIVE}") == set()
    assert would_open(f"SV E, EN E, MA E, {FIVE}, TK E, BI E, FY E, KE E") == {
        "vocational",
        "arts",
        "natural_science",
    }


@pytest.mark.parametrize(("level", "is_judged"), [(6, False), (7, True), (8, True), (9, True)])
def test_it_is_about_hogstadiet(would_open, level, is_judged):
    assert (would_open("SV E", level=level) is not None) == is_judged


def test_the_stage_moves_with_the_ten_year_school(would_open):
    assert would_open("SV E", term="2028HT", level=7) is None
    assert would_open("SV E", term="2028HT", level=10) == set()


def test_final_grades_and_other_scales_have_no_outlook(would_open):
    assert would_open("SV E", is_final="yes") is None
    assert would_open("SV 12", scale="0-20") is None


def test_only_that_for_vocational_programmes_may_leave():
    published = {name for name in NAMES if INDICATORS[f"outlook_{name}"].is_published}
    assert published == {"vocational"}
    assert not any(INDICATORS[f"outlook_{name}"].is_drawn for name in NAMES)
