"""Money: grants from application to repayment, budgets against outcomes, cost per pupil."""

import dagster as dg
import ibis

from assets.contracts import contract_check, described, meaning
from pipelines.money import balances, unit_costs
from pipelines.money.use import target_pupils
from schemas.contract import Contract
from schemas.groups import StudentTerms
from schemas.money import Balances, BudgetOutcomes, UnitCosts

ALL = dg.AllPartitionMapping()


def _core(*names: str) -> dict[str, dg.AssetIn]:
    return {name: dg.AssetIn(["core", name]) for name in names}


def _key(contract: type[Contract]) -> dg.AssetKey:
    return dg.AssetKey(contract.table().split("."))


@dg.asset(
    key=_key(Balances),
    ins=_core("applications", "grants", "payments", "grant_conditions", "budgets", "accounts"),
    description=meaning(Balances),
    metadata=described(Balances),
    kinds={"parquet"},
)
def grant_balances(  # noqa: PLR0913, PLR0917 - one argument per table
    applications: ibis.Table,
    grants: ibis.Table,
    payments: ibis.Table,
    grant_conditions: ibis.Table,
    budgets: ibis.Table,
    accounts: ibis.Table,
) -> ibis.Table:
    """Each grant: applied for, granted, paid, spent, to be repaid."""
    return balances.balances(
        applications,
        grants,
        payments,
        grant_conditions=grant_conditions,
        spending=(budgets, accounts),
    )


balances_keep_contract = contract_check(grant_balances, Balances)


@dg.asset(
    key=_key(BudgetOutcomes),
    ins=_core("budgets", "accounts"),
    description=meaning(BudgetOutcomes),
    metadata=described(BudgetOutcomes),
    kinds={"parquet"},
)
def budgets_and_outcomes(budgets: ibis.Table, accounts: ibis.Table) -> ibis.Table:
    """Budget against outcome, by what the money went to."""
    return balances.budget_outcomes(budgets, accounts)


budget_outcomes_keep_contract = contract_check(budgets_and_outcomes, BudgetOutcomes)


@dg.asset(
    key=_key(UnitCosts),
    ins={
        **_core("costs", "joint_costs", "price_index", "project_schools", "projects"),
        "participation": dg.AssetIn(["core", "participation"], partition_mapping=ALL),
        "student_terms": dg.AssetIn(StudentTerms.table().split("."), partition_mapping=ALL),
        "members": dg.AssetIn(["indicator", "target_group"], partition_mapping=ALL),
    },
    description=meaning(UnitCosts),
    metadata=described(UnitCosts),
    kinds={"parquet"},
)
def costs_per_pupil(
    costs: ibis.Table, participation: ibis.Table, members: ibis.Table, **tables: ibis.Table
) -> ibis.Table:
    """Cost per pupil of each project and school year, and of the city."""
    places = [tables[name] for name in ("student_terms", "project_schools", "projects")]
    return unit_costs.unit_costs(
        costs,
        participation,
        target_pupils(members, *places),
        joint_costs=tables["joint_costs"],
        price_index=tables["price_index"],
    )


unit_costs_keep_contract = contract_check(costs_per_pupil, UnitCosts)

money_assets = (grant_balances, budgets_and_outcomes, costs_per_pupil)
