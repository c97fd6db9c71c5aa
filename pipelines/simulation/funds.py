"""The funds of the invented pilot: applied for, granted, paid, planned, spent and repaid."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd

from pipelines.simulation.places import PILOT_FROM, project_id
from pipelines.simulation.support import COST_PER_SCHOOL, COST_SHARES
from pipelines.simulation.world import World
from schemas.calendar import school_year_of_term
from schemas.codes import COST_CATEGORIES, values
from schemas.money import (
    ACCOUNTS,
    CONDITIONS,
    OPERATION,
    PAYMENT,
    PLAN,
    REPAYMENT,
    SUPERVISION,
    SUPERVISION_GRANT,
)

FIRST_YEAR = 2014
"""First calendar year with funds of the pilot's own."""
GRANTED_SHARES = (0.85, 1.0)
SPENT_SHARES = (0.88, 1.04)
LATE_PLANS, MISSED_CONDITIONS = 0.15, 0.1
"""Shares of the plans approved after the first payment, and of the conditions not met."""
JOINT_SHARES = {"staff": 0.05, "training": 0.02}
"""Joint costs over what the projects cost together, by what they go to."""
INFLATION = 1.025
THOUSAND = 1000


@dataclass(frozen=True, slots=True)
class Fund:
    """One project's money of one calendar year.

    Attributes:
        project: Its key.
        year: Calendar year.
        schools: Schools it covers [count].
        applied: For operation [SEK].
        granted: For operation [SEK].
        budget: By category, in their order [SEK].
        spent: The same.
        supervision: Applied for, granted, paid and spent on supervision; 0 if nothing [SEK].
        plan_day: Day the plan was approved.
        met: Conditions met but for plan and accounts.
        repays: Whether what is left is paid back.
    """

    project: str
    year: int
    schools: int
    applied: int
    granted: int
    budget: tuple[int, ...]
    spent: tuple[int, ...]
    supervision: int
    plan_day: str
    met: tuple[str, ...]
    repays: bool

    @property
    def payments(self) -> list[tuple[str, str, str, int]]:
        """Kind, movement, day and amount of each, as far as there was one."""
        half, year = self.granted // 2, self.year
        left = max(0, self.granted - sum(self.spent))
        rows = [
            (OPERATION, PAYMENT, f"{year}-03-15", half),
            (OPERATION, PAYMENT, f"{year}-09-15", self.granted - half),
            (OPERATION, REPAYMENT, f"{year + 1}-02-01", left if self.repays else 0),
            (SUPERVISION, PAYMENT, f"{year}-04-01", self.supervision),
        ]
        return [row for row in rows if row[-1]]


def fund_years(world: World) -> range:
    """Calendar years with funds, up to that of the last spring."""
    return range(FIRST_YEAR, world.parameters.autumns[-1] + 2)


def draw_funds(world: World) -> list[Fund]:
    """The funds of each project and calendar year, in order of year."""
    return [
        _fund(world, project, year, int(world.places.pilot_schools[project]))
        for year in fund_years(world)
        for project in world.places.projects
    ]


def fund_tables(world: World, funds: list[Fund], costs: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """What the administration and the projects tell of them, by core table.

    Args:
        world: For the school years.
        funds: From :func:`draw_funds`.
        costs: What each project spends in a school year.
    """
    return {
        "core.applications": _frame(_applications(funds), "kind schools pupils applied_sek"),
        "core.grants": _frame(_grants(funds), "kind decided_on granted_sek"),
        "core.payments": _frame(_each(funds, "payments"), "kind movement paid_on amount_sek"),
        "core.grant_conditions": _frame(_conditions(funds), "condition met_on"),
        "core.budgets": _frame(_by_category(funds, "budget"), "kind category amount_sek"),
        "core.accounts": _frame(_by_category(funds, "spent"), "kind category amount_sek"),
        "core.joint_costs": _joint(costs),
        "core.price_index": _prices(world),
    }


def planted_funds(funds: list[Fund]) -> pd.DataFrame:
    """What the tables of money must say of each project, year and kind."""
    rows = [
        {
            "project_id": fund.project,
            "year": fund.year,
            "kind": kind,
            "applied_sek": applied,
            "granted_sek": granted,
            "paid_sek": _moved(fund, kind, PAYMENT),
            "repaid_sek": _moved(fund, kind, REPAYMENT),
            "outcome_sek": spent,
            "paid_before_plan_sek": before,
        }
        for fund in funds
        for kind, applied, granted, spent, before in (
            (OPERATION, fund.applied, fund.granted, sum(fund.spent), _paid_early(fund)),
            (SUPERVISION, fund.supervision, fund.supervision, fund.supervision, 0),
        )
        if applied
    ]
    return pd.DataFrame(rows)


def _moved(fund: Fund, kind: str, movement: str) -> int:
    return sum(row[-1] for row in fund.payments if row[:2] == (kind, movement))


def _paid_early(fund: Fund) -> int:
    paid = [row for row in fund.payments if row[:2] == (OPERATION, PAYMENT)]
    return sum(amount for *_, day, amount in paid if day < fund.plan_day)


def _fund(world: World, project: int, year: int, schools: int) -> Fund:
    rng = world.parameters.stream("funds", project_id(project), str(year))
    applied = THOUSAND * round(COST_PER_SCHOOL * schools * rng.lognormal(0, 0.1) / THOUSAND)
    granted = THOUSAND * round(applied * rng.uniform(*GRANTED_SHARES) / THOUSAND)
    budget = np.floor(granted * np.array(COST_SHARES)).astype(np.int64)
    budget[0] += granted - budget.sum()
    spent = np.rint(budget * rng.uniform(*SPENT_SHARES, len(budget))).astype(np.int64)
    others = [code for code in values(CONDITIONS) if code not in (PLAN, ACCOUNTS)]
    return Fund(
        project=project_id(project),
        year=year,
        schools=schools,
        applied=applied,
        granted=granted,
        budget=tuple(map(int, budget)),
        spent=tuple(map(int, spent)),
        supervision=int(SUPERVISION_GRANT[0].value) if rng.random() < 1 / 2 else 0,
        plan_day=f"{year}-03-{25 if rng.random() < LATE_PLANS else 1:02d}",
        met=tuple(code for code in others if rng.random() >= MISSED_CONDITIONS),
        repays=bool(rng.random() < 1 / 2),
    )


Rows = Iterator[tuple[object, ...]]


def _frame(rows: Rows, columns: str) -> pd.DataFrame:
    return pd.DataFrame(list(rows), columns=["project_id", "year", *columns.split()], dtype=object)


def _each(funds: list[Fund], name: str) -> Rows:
    return ((f.project, f.year, *row) for f in funds for row in getattr(f, name))


def _applications(funds: list[Fund]) -> Rows:
    for f in funds:
        yield f.project, f.year, OPERATION, f.schools, 30 * f.schools, f.applied
        if f.supervision:
            yield f.project, f.year, SUPERVISION, f.schools, None, f.supervision


def _grants(funds: list[Fund]) -> Rows:
    for f in funds:
        yield f.project, f.year, OPERATION, f"{f.year}-02-10", f.granted
        if f.supervision:
            yield f.project, f.year, SUPERVISION, f"{f.year}-03-10", f.supervision


def _conditions(funds: list[Fund]) -> Rows:
    for f in funds:
        yield f.project, f.year, PLAN, f.plan_day
        for condition in values(CONDITIONS):
            if condition not in (PLAN, ACCOUNTS):
                met = f"{f.year}-10-01" if condition in f.met else None
                yield f.project, f.year, condition, met


def _by_category(funds: list[Fund], name: str) -> Rows:
    for f in funds:
        for category, amount in zip(values(COST_CATEGORIES), getattr(f, name), strict=True):
            yield f.project, f.year, OPERATION, category, amount
        if f.supervision:
            yield f.project, f.year, SUPERVISION, "supervision", f.supervision


def _joint(costs: pd.DataFrame) -> pd.DataFrame:
    sums = costs.groupby("school_year").amount_sek.sum()
    rows = [
        (year, category, round(share * amount))
        for year, amount in sums.items()
        for category, share in JOINT_SHARES.items()
    ]
    return pd.DataFrame(rows, columns=["school_year", "category", "amount_sek"])


def _prices(world: World) -> pd.DataFrame:
    first = school_year_of_term(PILOT_FROM)
    years = [year for year in world.parameters.school_years if year >= first]
    level = [round(100 * INFLATION**number, 1) for number in range(len(years))]
    return pd.DataFrame({"school_year": years, "price_level": level})
