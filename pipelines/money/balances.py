"""Grants from application to repayment, and budgets against outcomes."""

from collections.abc import Sequence

import ibis
from ibis import _

from schemas.codes import COST_CATEGORIES, values
from schemas.money import (
    ACCOUNTS,
    CONDITIONS,
    OPERATION,
    PAYMENT,
    PLAN,
    REPAYMENT,
    Balances,
    BudgetOutcomes,
)

_KEY = ("project_id", "year", "kind")
_PROJECT_YEAR = ("project_id", "year")


def balances(
    applications: ibis.Table,
    grants: ibis.Table,
    payments: ibis.Table,
    *,
    grant_conditions: ibis.Table,
    spending: tuple[ibis.Table, ibis.Table],
) -> ibis.Table:
    """Each project's grant of a year: applied, granted, paid, spent and to be repaid.

    What was spent is unknown, and so what is unused, until the accounts are received. The
    conditions are those of operation; a supervision grant is paid on application.

    Args:
        applications: :class:`schemas.money.Applications`.
        grants: :class:`schemas.money.Grants`.
        payments: :class:`schemas.money.Payments`.
        grant_conditions: :class:`schemas.money.GrantConditions`.
        spending: :class:`schemas.money.Budgets` and :class:`schemas.money.Accounts`.

    Returns:
        Rows of :class:`schemas.money.Balances`: each project, year and kind that any of the
        tables of money names.
    """
    budgets, accounts = spending
    parts = [
        _sums(applications, applied_sek=_.applied_sek.sum()),
        _sums(grants, granted_sek=_.granted_sek.sum()),
        _moved(payments),
        _sums(budgets, budget_sek=_.amount_sek.sum()),
        _sums(accounts, outcome_sek=_.amount_sek.sum()),
        paid_before_plan(payments, grant_conditions),
    ]
    rows = _together(parts, _KEY)
    met = _with_accounts(grant_conditions, accounts)
    return _judged(_with_conditions(rows, met)).select(Balances.columns())


def paid_before_plan(payments: ibis.Table, grant_conditions: ibis.Table) -> ibis.Table:
    """What was paid for operation before the plan was approved, or without an approved plan.

    Returns:
        ``project_id``, ``year``, ``kind``, ``paid_before_plan_sek``, ``payments`` [count] and
        ``delivery_id`` of one of them; only where there is any.
    """
    plans = grant_conditions.filter(_.condition == PLAN)
    plans = plans.group_by(_PROJECT_YEAR).agg(approved_on=_.met_on.min())
    paid = payments.filter(_.movement == PAYMENT, _.kind == OPERATION)
    dated = paid.left_join(plans, _PROJECT_YEAR)
    early = dated.filter(dated.approved_on.isnull() | (dated.paid_on < dated.approved_on))
    return early.group_by(_KEY).agg(
        paid_before_plan_sek=_.amount_sek.sum(),
        payments=_.count(),
        delivery_id=_.delivery_id.max(),
    )


def budget_outcomes(budgets: ibis.Table, accounts: ibis.Table) -> ibis.Table:
    """Budget against outcome by category.

    Args:
        budgets: :class:`schemas.money.Budgets`.
        accounts: :class:`schemas.money.Accounts`.

    Returns:
        Rows of :class:`schemas.money.BudgetOutcomes`: every category of each project, year and
        kind with a budget or an account.
    """
    planned = _sums(budgets, "category", budget_sek=_.amount_sek.sum())
    spent = _sums(accounts, "category", outcome_sek=_.amount_sek.sum())
    received = _together(
        [
            _sums(budgets, has_budget=_.count()),
            _sums(accounts, has_accounts=_.count()),
        ],
        _KEY,
    )
    categories = ibis.memtable({"category": values(COST_CATEGORIES)})
    rows = _joined(received.cross_join(categories), [planned, spent], (*_KEY, "category"))
    rows = rows.mutate(
        budget_sek=rows.has_budget.notnull().ifelse(rows.budget_sek.fill_null(0), None),
        outcome_sek=rows.has_accounts.notnull().ifelse(rows.outcome_sek.fill_null(0), None),
    )
    gap = ibis.cases(
        (rows.has_budget.isnull(), "no_budget"), (rows.has_accounts.isnull(), "no_accounts")
    )
    full = rows.mutate(deviation_sek=rows.outcome_sek - rows.budget_sek, missing=gap)
    return full.select(BudgetOutcomes.columns())


def _sums(rows: ibis.Table, *more: str, **sums: ibis.Deferred) -> ibis.Table:
    """Sums by project, year and kind."""
    return rows.group_by(*_KEY, *more).agg(**sums)


def _moved(payments: ibis.Table) -> ibis.Table:
    return _sums(
        payments,
        paid_sek=_.amount_sek.sum(where=_.movement == PAYMENT),
        repaid_sek=_.amount_sek.sum(where=_.movement == REPAYMENT),
    )


def _together(parts: Sequence[ibis.Table], key: Sequence[str]) -> ibis.Table:
    """Every key of any of the tables, with the columns of all."""
    keys = ibis.union(*(part.select(*key) for part in parts), distinct=True)
    return _joined(keys, parts, key)


def _joined(rows: ibis.Table, parts: Sequence[ibis.Table], key: Sequence[str]) -> ibis.Table:
    for part in parts:
        rows = rows.left_join(part, list(key)).drop(*(f"{name}_right" for name in key))
    return rows


def _with_accounts(grant_conditions: ibis.Table, accounts: ibis.Table) -> ibis.Table:
    """The conditions met: those with a day, and accounts that were received as a file."""
    noted = grant_conditions.filter(_.met_on.notnull()).select(*_PROJECT_YEAR, "condition")
    received = accounts.filter(_.kind == OPERATION).select(*_PROJECT_YEAR)
    return noted.union(received.mutate(condition=ibis.literal(ACCOUNTS)), distinct=True)


def _with_conditions(rows: ibis.Table, met: ibis.Table) -> ibis.Table:
    """The codes of the conditions that are not met, in their order, a blank between."""
    parts = [
        met.filter(_.condition == code).select(*_PROJECT_YEAR, **{f"met_{code}": _.condition})
        for code in values(CONDITIONS)
    ]
    joined = _joined(rows, parts, _PROJECT_YEAR)
    lacking = [joined[f"met_{code}"].isnull().ifelse(f"{code} ", "") for code in values(CONDITIONS)]
    codes = lacking[0].concat(*lacking[1:]).strip().nullif("")
    return joined.mutate(conditions_not_met=(joined.kind == OPERATION).ifelse(codes, None))


def _judged(rows: ibis.Table) -> ibis.Table:
    names = ("paid_sek", "repaid_sek", "paid_before_plan_sek")
    rows = rows.mutate(**{name: rows[name].fill_null(0) for name in names})
    rows = rows.mutate(
        paid_above_grant_sek=_above(rows.paid_sek, rows.granted_sek.fill_null(0)),
        unused_sek=_above(rows.paid_sek, rows.outcome_sek),
        overspent_sek=_above(rows.outcome_sek, rows.paid_sek),
    )
    return rows.mutate(to_repay_sek=rows.unused_sek - rows.repaid_sek)


def _above(one: ibis.ir.IntegerValue, other: ibis.ir.IntegerValue) -> ibis.ir.IntegerValue:
    """By how much the one is larger; empty where either is."""
    difference = one - other
    return (difference < 0).ifelse(0, difference)
