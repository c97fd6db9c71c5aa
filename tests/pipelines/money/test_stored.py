"""Tables of money keep their contracts as they lie in the lake, also where nothing is delivered."""

import datetime as dt

import pytest

from pipelines.judging import broken_rules
from pipelines.money.balances import balances, budget_outcomes
from pipelines.money.unit_costs import unit_costs
from pipelines.money.use import target_pupils
from pipelines.workspace import Workspace
from schemas.contract import load_contracts
from schemas.groups import StudentTerms
from schemas.indicators import IndicatorValues
from schemas.money import (
    Accounts,
    Applications,
    Budgets,
    GrantConditions,
    Grants,
    JointCosts,
    Payments,
    PriceIndex,
)
from schemas.places import Projects, ProjectSchools
from schemas.support import Costs, Participation
from tests.pipelines.invented import pupil, table

DAY = dt.date(2014, 9, 1)
DELIVERED = {
    Applications: [("a", 2014, "operation", 1, None, 900)],
    Grants: [("a", 2014, "operation", DAY, 800)],
    Payments: [("a", 2014, "operation", "payment", DAY, 800)],
    GrantConditions: [("a", 2014, "plan", DAY)],
    Budgets: [("a", 2014, "operation", "staff", 800)],
    Accounts: [("a", 2014, "operation", "staff", 700)],
    Costs: [("a", "2014/15", "staff", 700)],
    JointCosts: [("2014/15", "other", 50)],
    PriceIndex: [("2014/15", 100.0)],
    Participation: [(pupil(1), "a", "S1", "2014HT", DAY, None, None, None)],
    ProjectSchools: [("a", "S1", "2013HT", None, "school")],
    Projects: [("a", "A", "here")],
    StudentTerms: [(pupil(1), "S1", "2014HT", None, 8, None, "no", None)],
    IndicatorValues: [(pupil(1), "S1", "2014HT", 1.0, 1.0, None)],
}


def made_of(rows):
    """Every table of money, by name."""
    by = {contract: table(contract, rows.get(contract, ())) for contract in DELIVERED}
    places = [by[one] for one in (IndicatorValues, StudentTerms, ProjectSchools, Projects)]
    return {
        "money.balances": balances(
            *(by[one] for one in (Applications, Grants, Payments)),
            grant_conditions=by[GrantConditions],
            spending=(by[Budgets], by[Accounts]),
        ),
        "money.budget_outcomes": budget_outcomes(by[Budgets], by[Accounts]),
        "money.unit_costs": unit_costs(
            by[Costs],
            by[Participation],
            target_pupils(*places),
            joint_costs=by[JointCosts],
            price_index=by[PriceIndex],
        ),
    }


@pytest.mark.parametrize(("rows", "counts"), [({}, (0, 0, 0)), (DELIVERED, (1, 6, 2 * 3 * 2 * 5))])
def test_a_table_of_money_keeps_its_contract_in_the_lake(tmp_path, rows, counts):
    workspace = Workspace(tmp_path / "data")
    workspace.make()
    for (name, made), count in zip(made_of(rows).items(), counts, strict=True):
        contract = load_contracts()[name]
        workspace.lake.write(name, made)
        stored = workspace.lake.read(name, contract)
        assert broken_rules(stored, contract) == []
        assert stored.count().execute() == count
