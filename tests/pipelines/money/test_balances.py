"""Grants by hand, and that no krona is lost whatever is wrong with them."""

import datetime as dt
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.judging import broken_rules
from pipelines.money.balances import balances, budget_outcomes
from schemas.money import (
    Accounts,
    Applications,
    Balances,
    BudgetOutcomes,
    Budgets,
    GrantConditions,
    Grants,
    Payments,
)
from tests.pipelines.invented import table

DAY, LATER = dt.date(2014, 3, 1), dt.date(2014, 9, 1)
CONDITIONS = ("plan", "network", "training", "accounts")
MET = [("a", 2014, condition, DAY) for condition in CONDITIONS]


def judged(**rows):
    """Balances by project, year and kind; what is not given is empty."""
    contracts = {
        "applied": Applications, "granted": Grants, "paid": Payments, "met": GrantConditions,
        "budget": Budgets, "spent": Accounts,
    }  # fmt: skip
    tables = {name: table(contract, rows.get(name, ())) for name, contract in contracts.items()}
    rows = balances(
        *(tables[name] for name in ("applied", "granted", "paid")),
        grant_conditions=tables["met"],
        spending=(tables["budget"], tables["spent"]),
    ).cache()
    assert broken_rules(rows, Balances) == []
    return {
        (row["project_id"], row["year"], row["kind"]): row for row in rows.to_pyarrow().to_pylist()
    }


def compared(budget, spent):
    """Budgets against outcomes by project, year, kind and category."""
    rows = budget_outcomes(table(Budgets, budget), table(Accounts, spent)).cache()
    assert broken_rules(rows, BudgetOutcomes) == []
    key = ("project_id", "year", "kind", "category")
    return {tuple(row[name] for name in key): row for row in rows.to_pyarrow().to_pylist()}


def payment(amount, day=DAY, *, movement="payment", kind="operation", project="a"):
    return (project, 2014, kind, movement, day, amount)


def test_a_grant_is_followed_from_application_to_repayment():
    found = judged(
        applied=[("a", 2014, "operation", 2, 30, 900)],
        granted=[("a", 2014, "operation", DAY, 700), ("a", 2014, "operation", LATER, 50)],
        paid=[
            payment(400),
            payment(350, dt.date(2014, 9, 2)),
            payment(30, dt.date(2014, 12, 20), movement="repayment"),
        ],
        met=MET,
        budget=[("a", 2014, "operation", "staff", 600), ("a", 2014, "operation", "other", 150)],
        spent=[("a", 2014, "operation", "staff", 580), ("a", 2014, "operation", "premises", 90)],
    )  # fmt: skip
    assert found == {
        ("a", 2014, "operation"): {
            "project_id": "a", "year": 2014, "kind": "operation", "applied_sek": 900,
            "granted_sek": 750, "paid_sek": 750, "paid_above_grant_sek": 0,
            "paid_before_plan_sek": 0, "budget_sek": 750, "outcome_sek": 670, "unused_sek": 80,
            "overspent_sek": 0, "repaid_sek": 30, "to_repay_sek": 50, "conditions_not_met": None,
        }
    }  # fmt: skip


def test_a_supervision_grant_is_kept_apart_and_has_no_conditions():
    found = judged(
        granted=[("a", 2014, "supervision", DAY, 25_000), ("a", 2014, "operation", DAY, 700)],
        paid=[payment(25_000, kind="supervision"), payment(700)],
        spent=[("a", 2014, "supervision", "supervision", 20_000)],
    )
    supervision, operation = (found["a", 2014, kind] for kind in ("supervision", "operation"))
    assert (supervision["unused_sek"], supervision["to_repay_sek"]) == (5_000, 5_000)
    assert (supervision["conditions_not_met"], supervision["paid_before_plan_sek"]) == (None, 0)
    assert (operation["unused_sek"], operation["outcome_sek"]) == (None, None)
    assert operation["conditions_not_met"] == "plan network training accounts"


def test_nothing_is_to_be_repaid_until_the_accounts_are_received():
    found = judged(granted=[("a", 2014, "operation", DAY, 700)], paid=[payment(700)])
    row = found["a", 2014, "operation"]
    assert (row["unused_sek"], row["overspent_sek"], row["to_repay_sek"]) == (None, None, None)


def test_accounts_that_say_nothing_was_spent_make_all_of_it_unused():
    found = judged(paid=[payment(700)], spent=[("a", 2014, "operation", "staff", 0)])
    assert found["a", 2014, "operation"]["to_repay_sek"] == 700


def test_accounts_received_as_a_file_meet_their_condition_without_a_note():
    found = judged(paid=[payment(1)], met=MET[:3], spent=[("a", 2014, "operation", "staff", 1)])
    assert found["a", 2014, "operation"]["conditions_not_met"] is None


def test_a_condition_without_a_day_is_not_met():
    noted = [("a", 2014, "training", None), *(row for row in MET if row[2] != "training")]
    assert judged(paid=[payment(1)], met=noted)["a", 2014, "operation"]["conditions_not_met"] == (
        "training"
    )


@pytest.mark.parametrize(
    ("approved", "early"),
    [(DAY, 0), (dt.date(2014, 2, 28), 0), (dt.date(2014, 3, 2), 400), (None, 400)],
)
def test_what_was_paid_before_the_plan_was_approved_is_told(approved, early):
    found = judged(paid=[payment(400)], met=[("a", 2014, "plan", approved)])
    assert found["a", 2014, "operation"]["paid_before_plan_sek"] == early


def test_only_the_payments_before_the_plan_are_early_and_a_repayment_is_none():
    paid = [
        payment(100, dt.date(2014, 1, 10)),
        payment(50, dt.date(2014, 1, 11), movement="repayment"),
        payment(300),
    ]
    found = judged(paid=paid, met=[("a", 2014, "plan", DAY)])
    assert found["a", 2014, "operation"]["paid_before_plan_sek"] == 100


def test_paid_beyond_the_grant_or_without_one_is_told_and_kept():
    found = judged(
        granted=[("a", 2014, "operation", DAY, 700)],
        paid=[payment(750), payment(20, project="nobody-knows")],
    )
    above = {key[0]: row["paid_above_grant_sek"] for key, row in found.items()}
    assert above == {"a": 50, "nobody-knows": 20}
    assert found["nobody-knows", 2014, "operation"]["granted_sek"] is None


def test_what_was_spent_beyond_what_was_paid_is_the_districts_own():
    row = judged(paid=[payment(700)], spent=[("a", 2014, "operation", "staff", 760)])[
        "a", 2014, "operation"
    ]
    assert (row["unused_sek"], row["overspent_sek"], row["to_repay_sek"]) == (0, 60, 0)


def test_more_repaid_than_was_unused_shows_as_less_than_nothing_to_repay():
    paid = [payment(700), payment(100, movement="repayment")]
    row = judged(paid=paid, spent=[("a", 2014, "operation", "staff", 640)])["a", 2014, "operation"]
    assert (row["unused_sek"], row["to_repay_sek"]) == (60, -40)


keys = st.tuples(st.sampled_from("abc"), st.sampled_from([2014, 2015]),
                 st.sampled_from(["operation", "supervision"]))  # fmt: skip
amounts = st.integers(0, 10**9)
days = st.dates(dt.date(2014, 1, 1), dt.date(2015, 12, 31))


def by(*parts):
    return st.dictionaries(st.tuples(*parts), amounts, max_size=8)


@settings(max_examples=12, deadline=None)
@given(
    by(keys, days),
    by(keys, st.sampled_from(["payment", "repayment"]), days),
    by(keys, st.sampled_from(["staff", "other"])),
)
def test_every_krona_is_in_the_totals_once(granted, paid, spent):
    found = judged(
        granted=[(*key, day, sek) for (key, day), sek in granted.items()],
        paid=[(*key, way, day, sek) for (key, way, day), sek in paid.items()],
        spent=[(*key, category, sek) for (key, category), sek in spent.items()],
    ).values()
    assert sum(row["granted_sek"] or 0 for row in found) == sum(granted.values())
    assert sum(row["paid_sek"] - row["repaid_sek"] for row in found) == sum(
        sek if way == "payment" else -sek for (_, way, _), sek in paid.items()
    )
    assert sum(row["outcome_sek"] or 0 for row in found) == sum(spent.values())
    for row in found:
        assert (row["outcome_sek"] is None) == (row["unused_sek"] is None)
        if row["outcome_sek"] is not None and row["outcome_sek"] <= row["paid_sek"]:
            assert row["paid_sek"] == row["outcome_sek"] + row["unused_sek"]


def test_a_budget_is_compared_with_the_outcome_in_every_category():
    found = compared(
        [("a", 2014, "operation", "staff", 600), ("a", 2014, "operation", "other", 150)],
        [("a", 2014, "operation", "staff", 580), ("a", 2014, "operation", "premises", 90)],
    )
    deviations = {key[3]: row["deviation_sek"] for key, row in found.items()}
    assert deviations == {
        "staff": -20, "other": -150, "premises": 90, "training": 0, "supervision": 0,
        "materials": 0,
    }  # fmt: skip


def test_a_deviation_that_cannot_be_told_says_which_paper_is_missing():
    found = compared(
        [("a", 2014, "operation", "staff", 600)], [("b", 2014, "operation", "staff", 5)]
    )
    a, b = found["a", 2014, "operation", "staff"], found["b", 2014, "operation", "staff"]
    assert (a["budget_sek"], a["outcome_sek"], a["missing"]) == (600, None, "no_accounts")
    assert (b["budget_sek"], b["outcome_sek"], b["missing"]) == (None, 5, "no_budget")
    assert len(found) == len(list(product("ab", range(6))))


def test_without_any_file_there_are_no_balances_and_no_deviations():
    assert judged() == {}
    assert compared([], []) == {}
