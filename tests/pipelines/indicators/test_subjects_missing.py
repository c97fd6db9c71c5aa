"""Subjects missing for vocational programmes, by hand."""

import pytest

from pipelines.grading import lacking_for_vocational
from pipelines.indicators.registry import load_indicators
from schemas.grades import Grades
from schemas.pupils import Enrolments

INDICATORS = load_indicators()
FIVE = "BL E, SL E, MU E, IDH E, HKK E"


@pytest.fixture
def of_marks(report, drawn):
    """The numbers of subjects missing and not passed, by indicator; empty if not judged."""

    def values(marks, **how):
        grades = report(marks, contract=Grades, **how)
        register = drawn(Enrolments, "student_id")
        named = {n: i for n, i in INDICATORS.items() if n.startswith(("subjects_m", "not_pa"))}
        rows = {n: i.compute(grades, register).to_pyarrow().to_pylist() for n, i in named.items()}
        return {
            name.split("_")[-1]: row["numerator"] for name, found in rows.items() for row in found
        }

    return values


@pytest.mark.parametrize(
    ("marks", "missing"),
    [
        (f"SV E, EN E, MA E, {FIVE}", 0),
        (f"SV E, EN E, MA E, {FIVE}, TK E", 0),
        (f"SV E, EN E, MA F, {FIVE}, TK E", 1),
        ("SV E, EN E, MA E, BL E, SL E, MU E, IDH E", 1),
        ("SV E, EN E, MA E, BL E, SL E, MU E, IDH -, HKK F", 2),
        ("BL F", 8),
        ("SV adapted, EN -, MA F", 8),
    ],
)
def test_core_subjects_not_passed_and_what_the_others_fall_short_of_five(of_marks, marks, missing):
    assert of_marks(marks)["vocational"] == missing


def test_a_core_subject_is_passed_or_not_whatever_the_cause(of_marks):
    found = of_marks("SVA E, EN -, BL A")
    assert (found["swedish"], found["english"], found["mathematics"]) == (0, 1, 1)


def test_before_the_leavers_of_2011_only_the_core_subjects_were_needed(of_marks):
    assert of_marks("SV G, EN G, MA G", term="2010VT", scale="G-MVG")["vocational"] == 0
    assert of_marks("SV G, EN G, MA G", term="2011VT", scale="G-MVG")["vocational"] == 5


@pytest.mark.parametrize("marks", ["SV E, SVA E, MA E", "NO E, MA E", "MA adapted"])
def test_what_cannot_be_judged_has_no_number(of_marks, marks):
    assert of_marks(marks) == {}


def test_what_is_lacking_is_told_by_subject(report, drawn):
    grades = report("SVA E, EN F, BL A, SL A", contract=Grades, term="2015HT", is_final="no")
    [row] = lacking_for_vocational(grades, drawn(Enrolments, "student_id")).to_pyarrow().to_pylist()
    assert row == {
        "student_id": "p1",
        "school_id": "A",
        "term": "2015HT",
        "is_final": False,
        "lacks_sv": False,
        "lacks_en": True,
        "lacks_ma": True,
        "other_subjects_short": 3,
        "subjects_short": 5,
    }


def test_shares_of_single_subjects_stay_inside():
    for name in ("swedish", "english", "mathematics"):
        assert not INDICATORS[f"not_passed_{name}"].is_published
    assert INDICATORS["subjects_missing_for_vocational"].is_published
