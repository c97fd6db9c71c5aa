"""Estimates of the target group against the registers: named and counted, and kept."""

import pytest

from pipelines.crosschecks.findings import findings
from pipelines.crosschecks.impossible_estimates import impossible_estimates
from pipelines.crosschecks.registry import load_crosschecks
from pipelines.documentation.examples import drawn
from pipelines.judging import broken_rules
from pipelines.lake import empty
from schemas.contract import load_contracts
from schemas.target_group import TargetGroupEstimates

CONTRACTS = load_contracts()
REGISTER = "student_id | school_id | term | grade_level | start_date"
PUPILS = "\n".join(
    [REGISTER, *(f"p{n} | A | 2016VT | {7 + n % 3} | 2015-08-17" for n in range(3)),
     "p3 | A | 2016VT | 6 | 2015-08-17", "p4 | D | 2016VT | 6 | 2015-08-17"]
)  # fmt: skip


def estimates(*rows):
    return drawn(TargetGroupEstimates, "\n".join(["school_id | term | low | mid | high", *rows]))


def enrolments():
    return drawn(CONTRACTS["core.enrolments"], PUPILS)


@pytest.mark.parametrize(("high", "above"), [(3, []), (4, [1.0])])
def test_an_estimate_is_impossible_above_the_pupils_of_grades_7_to_9(high, above):
    rows = impossible_estimates(estimates(f"A | 2016VT | 1 | 2 | {high}"), enrolments())
    found = rows.to_pyarrow().to_pylist()
    assert [row["measure"] for row in found] == above
    assert all((row["count"], row["expected"]) == (high, 3.0) for row in found)


def test_a_school_with_a_register_of_other_grades_has_no_pupils_to_estimate():
    rows = impossible_estimates(estimates("D | 2016VT | 0 | 0 | 1"), enrolments())
    assert [row["expected"] for row in rows.to_pyarrow().to_pylist()] == [0.0]


def test_without_a_register_of_the_term_nothing_is_said():
    rows = impossible_estimates(
        estimates("A | 2015HT | 1 | 2 | 99", "B | 2016VT | 1 | 2 | 99"), enrolments()
    )
    assert rows.to_pyarrow().to_pylist() == []


def test_it_warns_and_an_estimate_of_an_unknown_school_holds():
    known = load_crosschecks()
    chosen = [known[name] for name in ("impossible_estimates", "unknown_school")]
    tables = {
        name: empty(CONTRACTS[name])
        for name in ("core.attendance", "core.grades", "core.participation",
                     "core.selection_criteria")
    }  # fmt: skip
    tables["core.schools"] = drawn(
        CONTRACTS["core.schools"],
        "school_id | school_name | district_id | valid_from\nA | A | d | 2010-07-01\n"
        "D | D | d | 2010-07-01",
    )
    tables["core.enrolments"] = enrolments()
    tables["core.target_group_estimates"] = estimates(
        "A | 2016VT | 1 | 2 | 4", "C | 2016VT | 1 | 2 | 4"
    )
    found = findings(chosen, tables)
    assert set(found[["crosscheck", "school_id", "severity", "count"]].itertuples(index=False)) == {
        ("impossible_estimates", "A", "warn", 4),
        ("unknown_school", "C", "hold", 1),
    }


@pytest.mark.parametrize(
    ("numbers", "is_kept"),
    [("1 | 2 | 3", True), ("2 | 2 | 2", True), ("0 | 0 | 0", True), ("3 | 2 | 4", False),
     ("1 | 5 | 4", False), ("5 | 4 | 3", False)],
)  # fmt: skip
def test_numbers_of_an_estimate_grow_from_fewest_to_most(numbers, is_kept):
    broken = broken_rules(estimates(f"A | 2016VT | {numbers}"), TargetGroupEstimates)
    assert ("estimates_are_in_order" not in broken) == is_kept
