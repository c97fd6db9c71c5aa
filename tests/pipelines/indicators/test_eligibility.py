"""Eligibility, by hand."""

import pytest

from pipelines.indicators.registry import load_indicators
from schemas.grades import Grades
from schemas.grading import PROGRAMMES
from schemas.pupils import Enrolments

INDICATORS = load_indicators()
NAMES = [programme.name for programme in PROGRAMMES]
CORE = "SV E, EN E, MA E"
FIVE = "BL E, SL E, MU E, IDH E, HKK E"
NINE = f"{FIVE}, TK E, BI E, GE E, HI E"


@pytest.fixture
def open_to(report, drawn):
    """Names of the programmes one report is enough for; None if the pupil is not counted."""

    def names(marks, **how):
        grades = report(marks, contract=Grades, **how)
        register = drawn(Enrolments, "student_id")
        tables = [INDICATORS[f"eligibility_{name}"].compute(grades, register) for name in NAMES]
        rows = [table.to_pyarrow().to_pylist() for table in tables]
        if not any(rows):
            return None
        assert {row["denominator"] for [row] in rows} == {1.0}
        return {name for name, [row] in zip(NAMES, rows, strict=True) if row["numerator"]}

    return names


@pytest.mark.parametrize(
    ("marks", "expected"),
    [
        (f"{CORE}, {FIVE}", {"vocational"}),
        (f"{CORE}, BL E, SL E, MU E, IDH E", set()),
        (f"SVA E, EN E, MA E, {FIVE}", {"vocational"}),
        (f"SV F, SVA E, EN E, MA E, {FIVE}", None),
        (f"SV adapted, SVA E, EN E, MA E, {FIVE}", {"vocational"}),
        (f"{CORE}, {FIVE}, NO E", None),
        (f"SV E, EN F, MA E, {NINE}", set()),
        (f"SV E, EN E, MA -, {NINE}", set()),
        (f"SV E, EN E, {NINE}", set()),
        (f"SV E, EN E, MA adapted, {NINE}", set()),
        (f"{CORE}, BL E, SL E, MLARA E, M1SPA E, M2FRA E", {"vocational"}),
        (f"{CORE}, {NINE}", {"vocational", "arts"}),
        (f"{CORE}, {NINE}, RE E, SH E", {"vocational", "arts", "social_science"}),
        (f"{CORE}, {NINE}, RE E, SH F", {"vocational", "arts"}),
        (f"{CORE}, {NINE}, FY E, KE E", {"vocational", "arts", "natural_science"}),
        (f"{CORE}, {FIVE}, BI E, FY E, KE E", {"vocational"}),
    ],
)
def test_programmes(open_to, marks, expected):
    assert open_to(marks) == expected


@pytest.mark.parametrize("mark", ["F", "-"])
def test_a_pupil_with_only_f_or_streck_counts_and_is_not_eligible(open_to, mark):
    assert open_to(f"MA {mark}, EN adapted") == set()


def test_a_pupil_with_no_counted_mark_does_not_count(open_to):
    assert open_to("MA adapted, EN adapted") is None


def test_only_final_grades_on_a_swedish_scale_count(open_to):
    assert open_to(f"{CORE}, {FIVE}", is_final="no") is None
    assert open_to("MA 20, SV 20", scale="0-20") is None


def test_before_the_leavers_of_2011_three_subjects_opened_every_programme(open_to):
    marks = "SV G, EN G, MA G, BL IG"
    assert open_to(marks, term="2010VT", scale="G-MVG") == set(NAMES)
    assert open_to(marks, term="2011VT", scale="G-MVG") == set()
    assert open_to("SV G, EN G, MA IG", term="2010VT", scale="G-MVG") == set()


def test_there_is_one_for_every_group_of_programmes_and_each_breaks_with_rule_and_scale():
    for name in NAMES:
        breaks = [b.school_year for b in INDICATORS[f"eligibility_{name}"].breaks]
        assert breaks == ["2010/11", "2012/13"]
