"""Sizes of the target group, by hand, and what schools think of them."""

import pytest
from scipy.stats import binomtest

from pipelines.judging import broken_rules
from pipelines.targeting.sensitivity import sensitivity
from pipelines.targeting.terms import sizes
from pipelines.targeting.units import by_unit
from schemas import rules
from schemas.rules import Rule
from schemas.target_group import (
    TargetGroupEstimates,
    TargetGroupPupils,
    TargetGroupSensitivity,
    TargetGroupTerms,
)

HEADER = (
    "student_id | school_id | term | grade_level | residence_district_id | failed_subjects"
    " | low_attainment | not_eligible | absence_share | high_absence | is_in_group | missing"
)
FOUND = (
    "p1 | A | 2016VT | 8 | farsta | 2 | true  | true  | 0.15 | true  | true  |",
    "p1 | B | 2016VT | 8 | farsta | 2 | true  | true  | 0.15 | true  | true  |",
    "p2 | A | 2016VT | 9 |        | 4 | true  | true  | 0.25 | true  | true  |",
    "p3 | A | 2016VT | 9 | farsta | 1 | true  | true  | 0.14 | false | false |",
    "p4 | A | 2016VT | 7 | farsta | 0 | false | false | 0.50 | true  | false |",
    "p5 | A | 2016VT | 7 | farsta |   |       |       | 0.50 | true  |       | no_grades",
    "p6 | B | 2016VT | 7 | farsta | 1 | true  | true  |      |       |       | no_register",
    "p7 | B | 2016VT | 7 | farsta |   |       |       |      |       |       | no_term_before",
)
ESTIMATES = "school_id | term | low | mid | high"


@pytest.fixture
def pupils(drawn):
    """Seven pupils of two schools; p1 goes to both."""

    def build(*lines):
        rows = [[cell.strip() for cell in line.split("|")] for line in (HEADER, *lines)]
        return drawn(TargetGroupPupils, "\n".join(" | ".join(row) for row in rows))

    return build


@pytest.fixture
def sized(pupils, drawn, told):
    """Rows by level and unit, beside some estimates."""

    def rows(*estimates, lines=FOUND):
        given = drawn(TargetGroupEstimates, "\n".join([ESTIMATES, *estimates]))
        found = sizes(pupils(*lines), given)
        assert broken_rules(found, TargetGroupTerms) == []
        return {(row["level"], row["unit_id"]): row for row in told(found, "level", "unit_id")}

    return rows


def counts(row):
    names = ("pupils", "judged", "in_group", "unknown_marks", "unknown_absence", "unknown_both")
    return tuple(row[name] for name in names)


def test_a_pupil_of_two_schools_counts_at_both_and_in_the_city_once(sized):
    assert {key: counts(row) for key, row in sized().items()} == {
        ("school", "A"): (5, 4, 2, 1, 0, 0),
        ("school", "B"): (3, 1, 1, 0, 1, 1),
        ("district", "farsta"): (6, 3, 1, 1, 1, 1),
        ("district", "unknown"): (1, 1, 1, 0, 0, 0),
        ("city", "city"): (7, 4, 2, 1, 1, 1),
    }


def test_the_share_is_of_those_judged_with_a_wilson_interval(sized):
    row = sized()["city", "city"]
    wilson = binomtest(2, 4).proportion_ci(method="wilson")
    assert row["share"] == 0.5
    assert (row["lower"], row["upper"]) == pytest.approx((wilson.low, wilson.high))


def test_where_nobody_can_be_judged_there_is_no_share(sized):
    row = sized(lines=FOUND[-1:])["school", "B"]
    assert counts(row) == (1, 0, 0, 0, 0, 1)
    assert row["share"] is row["lower"] is row["upper"] is None


@pytest.mark.parametrize(
    ("estimate", "state", "difference"),
    [
        ("2 | 2 | 2", "holds", 0),
        ("1 | 4 | 5", "holds", 2),
        ("3 | 4 | 5", "too_high", 2),
        ("0 | 1 | 1", "too_low", -1),
        ("1 | 2 | 6", "impossible", 0),
    ],
)
def test_an_estimate_stands_beside_the_size_of_its_school(sized, estimate, state, difference):
    found = sized(f"A | 2016VT | {estimate}", "B | 2015HT | 1 | 1 | 1", "C | 2016VT | 1 | 1 | 1")
    row = found["school", "A"]
    given = [row[f"estimate_{name}"] for name in ("low", "mid", "high")]
    assert given == [int(number) for number in estimate.split(" | ")]
    assert (row["estimate"], row["difference"]) == (state, difference)
    rest = {key: row["estimate"] for key, row in found.items() if key != ("school", "A")}
    assert set(rest.values()) == {"none"}


def test_other_limits_let_pupils_in_and_out(pupils, told):
    rows = told(sensitivity(pupils(*FOUND)), "level", "unit_id")
    found = {
        (row["failed_limit"], row["absence_limit"]): (
            row["varied"], row["in_group"], row["entering"], row["leaving"],
        )
        for row in rows
        if row["level"] == "city"
    }  # fmt: skip
    assert len(found) == 16
    assert found[1, 0.15] == ("rule", 2, 0, 0)
    assert found[1, 0.10] == ("absence", 3, 1, 0)
    assert found[1, 0.20] == ("absence", 1, 0, 1)
    assert found[2, 0.15] == ("failed_subjects", 2, 0, 0)
    assert found[3, 0.15] == ("failed_subjects", 1, 0, 1)
    assert found[4, 0.25] == ("both", 1, 0, 1)
    assert {(row["level"], row["judged"]) for row in rows} == {
        ("city", 4), ("school", 4), ("school", 1),
    }  # fmt: skip


def test_a_rule_outside_the_grid_stands_in_it(pupils, told, monkeypatch):
    new = (*rules.TARGET_ABSENCE_SHARE, Rule("2016-01", 0.12, "a later decision"))
    monkeypatch.setattr("pipelines.targeting.sensitivity.TARGET_ABSENCE_SHARE", new)
    drawn = pupils(*(line.replace("0.14 | false | false", "0.14 | true | true") for line in FOUND))
    found = sensitivity(drawn)
    assert broken_rules(found, TargetGroupSensitivity) == []
    rows = [row for row in told(found, "absence_limit") if row["level"] == "city"]
    assert len(rows) == 20
    assert {row["absence_limit"] for row in rows if row["varied"] == "rule"} == {0.12}


def test_districts_are_left_out_where_nobody_asks(pupils):
    rows = by_unit(pupils(*FOUND), districts=False)
    assert set(rows.level.to_pyarrow().to_pylist()) == {"school", "city"}
