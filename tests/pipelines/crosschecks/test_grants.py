"""Payments against decisions, and money of projects that no list has: named, counted and kept."""

import datetime as dt

import pandas as pd
import pytest

from pipelines.crosschecks.findings import findings
from pipelines.crosschecks.registry import load_crosschecks
from schemas.money import Accounts, Applications, GrantConditions, Grants, JointCosts, Payments
from schemas.support import Costs
from tests.pipelines.crosschecks.town import as_table
from tests.pipelines.invented import table

DAY, BEFORE = dt.date(2014, 3, 1), dt.date(2014, 2, 1)
CHECKS = load_crosschecks()


def found_by(name, *delivered):
    """What a judgement finds in some tables; those it reads beside them are empty."""
    check = CHECKS[name]
    tables = {one: as_table(one, pd.DataFrame()) for one in check.reads}
    tables |= {contract.table(): table(contract, rows) for contract, rows in delivered}
    return findings([check], tables)


def payment(amount, day=DAY, *, project="a", kind="operation", movement="payment"):
    return (project, 2014, kind, movement, day, amount)


def told(found):
    """Of whom, when, and by how much, in order."""
    columns = ["part", "period", "count", "expected", "measure"]
    return [tuple(row) for row in found[columns].to_numpy().tolist()]


def test_what_is_paid_above_the_grant_is_told_by_project_and_year():
    granted = [("a", 2014, "operation", DAY, 700), ("b", 2014, "operation", DAY, 10)]
    paid = [
        payment(500),
        payment(250, dt.date(2014, 4, 1)),
        payment(900, movement="repayment"),
        payment(10, project="b"),
        payment(5, project="c"),
    ]
    found = found_by("paid_above_grant", (Grants, granted), (Payments, paid))
    assert told(found) == [("a", "2014", 2, 700, 50), ("c", "2014", 1, 0, 5)]
    assert set(found.severity) == {"warn"}


@pytest.mark.parametrize(("approved", "early"), [(DAY, 1), (BEFORE, 0), (None, 2)])
def test_what_is_paid_before_the_plan_is_told(approved, early):
    paid = [payment(100, BEFORE), payment(300), payment(7, BEFORE, kind="supervision")]
    met = [("a", 2014, "plan", approved)]
    found = found_by("paid_before_plan", (Payments, paid), (GrantConditions, met))
    assert found["count"].tolist() == ([early] if early else [])
    assert found.measure.sum() == {0: 0, 1: 100, 2: 400}[early]


def test_a_supervision_grant_above_25000_is_told_from_2014_on():
    granted = [
        ("a", 2014, "supervision", DAY, 25_000),
        ("b", 2015, "supervision", DAY, 26_000),
        ("b", 2013, "supervision", DAY, 99_000),
        ("b", 2015, "operation", DAY, 90_000),
    ]
    found = found_by("supervision_above_limit", (Grants, granted))
    assert told(found) == [("b", "2015", 1, 25_000, 1_000)]


def test_joint_costs_of_a_year_without_a_projects_costs_are_told():
    joint = [("2013/14", "other", 5), ("2014/15", "other", 6), ("2014/15", "training", 7)]
    found = found_by(
        "joint_costs_undivided", (JointCosts, joint), (Costs, [("a", "2013/14", "staff", 1)])
    )
    assert found[["period", "count", "measure"]].to_numpy().tolist() == [["2014/15", 2, 13.0]]


def test_money_of_a_project_no_list_has_is_an_unknown_code_in_each_table():
    delivered = [
        (Applications, [("x", 2014, "operation", 1, None, 5)]),
        (Payments, [payment(5, project="x"), payment(6, BEFORE, project="x")]),
        (Accounts, [("x", 2014, "operation", "staff", 5)]),
        (Costs, [("x", "2014/15", "staff", 5)]),
    ]
    found = found_by("unknown_code", *delivered)
    counts = found.set_index(["table_name", "period"])["count"].to_dict()
    assert counts == {
        ("core.applications", "2014"): 1,
        ("core.payments", "2014"): 2,
        ("core.accounts", "2014"): 1,
        ("core.costs", "2014/15"): 1,
    }
    assert set(found.severity) == {"hold"}
