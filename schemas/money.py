"""Money (medel): what projects apply for, are granted and paid, and what they account for.

A grant is of a calendar year. The accounts (redovisning) of that year are given by 30 November;
unused money is repaid. What a pupil's support costs is worked out of ``core.costs``, which is by
school year.
"""

import datetime as dt
from typing import Any

import ibis
import pandera.ibis as pa
from pandera.api.ibis.types import IbisData

from schemas.codes import COST_CATEGORIES, Code, values
from schemas.columns import project_key, school_year_column
from schemas.contract import SCHOOL_YEAR_PATTERN, Contract, Delivered
from schemas.rules import Rule

OPERATION, SUPERVISION = "operation", "supervision"
GRANT_KINDS = (
    Code(OPERATION, "verksamhet", "operation"),
    Code(SUPERVISION, "handledning", "supervision"),
)
"""What a grant is for. Conditions are those of operation; supervision is paid on application."""

SUPERVISION_GRANT = (
    Rule("2014-01", 25_000, "Proposal for the funds of 2014, January 2014: of 200 000 kronor"),
)
"""Supervision grant (handledningsbidrag): at most this much for a project and year [SEK]."""

PAYMENT, REPAYMENT = "payment", "repayment"
MOVEMENTS = (
    Code(PAYMENT, "utbetalning", "payment"),
    Code(REPAYMENT, "återbetalning", "repayment"),
)
"""To a project, or back from it."""

PLAN, ACCOUNTS = "plan", "accounts"
CONDITIONS = (
    Code(PLAN, "plan beslutad av styrgruppen", "plan approved by the steering group"),
    Code("network", "deltar i nätverket", "takes part in the network"),
    Code("training", "deltar i utbildningarna", "takes part in the training"),
    Code(ACCOUNTS, "redovisning lämnad", "accounts received"),
)
"""Conditions of the funds for operation; the plan is to be approved before anything is paid."""

SCENARIOS = (
    Code("own", "bara projektets egna kostnader", "the project's own costs only"),
    Code("by_project", "gemensamma kostnader lika per projekt", "joint costs alike per project"),
    Code("by_started", "gemensamma kostnader efter elever", "joint costs by pupils started"),
)
"""How costs that projects have together are divided among them: a choice, so all are shown."""

PRICES = (
    Code("nominal", "löpande priser", "current prices"),
    Code("fixed", "fasta priser", "fixed prices"),
)
"""Prices of each school year, or all in those of the latest year with a price index."""

COST_UNITS = (
    Code("started", "elev som börjat", "pupil who started"),
    Code("supported", "elev med stöd", "pupil with support"),
    Code("completed", "elev som slutfört enligt plan", "pupil who completed as planned"),
    Code("pupil_month", "elevmånad", "pupil-month"),
    Code("target_group", "elev i målgruppen", "pupil of the target group"),
)
"""What a cost is divided by. A pupil counts once in a project and school year, also with several
times of support; a pupil-month is a calendar month with at least one day of support."""

COST_LEVELS = (
    Code("project", "Projekt", "Project"),
    Code("city", "Alla projekt", "All projects"),
)

COST_GAPS = (
    Code("no_costs", "inga kostnader redovisade", "no costs accounted for"),
    Code("some_costs_missing", "något projekts kostnader saknas", "a project's costs are missing"),
    Code("no_joint_costs", "inga gemensamma kostnader redovisade", "no joint costs accounted for"),
    Code("not_divisible", "ingen elev började", "no pupil started, nothing to divide by"),
    Code("no_price_index", "prisindex saknas", "no price index"),
    Code("no_pupils", "inga elever att dela med", "no pupils to divide by"),
)
"""Why there is no cost per pupil."""

BUDGET_GAPS = (
    Code("no_budget", "ingen budget lämnad", "no budget received"),
    Code("no_accounts", "ingen redovisning lämnad", "no accounts received"),
)
"""Why a budget cannot be compared with the outcome."""

CITY = "city"
MOST_SEK = 10**9


def _year() -> Any:  # noqa: ANN401 - what pandera's fields are typed as
    return pa.Field(ge=2000, le=2100, title="År", description="Calendar year of the grant.")


def _amount(title: str, description: str) -> Any:  # noqa: ANN401
    return pa.Field(ge=0, le=MOST_SEK, title=title, description=description)


def _kind() -> Any:  # noqa: ANN401
    return pa.Field(
        isin=values(GRANT_KINDS),
        metadata={"codes": GRANT_KINDS},
        title="Bidrag",
        description="What the grant is for.",
    )


def _category() -> Any:  # noqa: ANN401
    return pa.Field(
        isin=values(COST_CATEGORIES),
        metadata={"codes": COST_CATEGORIES},
        title="Kostnadsslag",
        description="What the money goes to.",
    )


class Applications(Delivered):
    """What a project applied for (ansökan), and whom it set out to reach.

    Grain: one row per ``project_id``, ``year`` and ``kind``. Origin: the districts' applications.
    """

    project_id: str = project_key()
    year: int = _year()
    kind: str = _kind()
    schools: int = pa.Field(ge=1, le=1000, title="Skolor", description="Schools to be covered.")
    pupils: int = pa.Field(
        ge=0, le=100_000, nullable=True, title="Elever", description="Pupils to be supported."
    )
    applied_sek: int = _amount("Sökt belopp, kronor", "Amount applied for [SEK].")

    class Config(Delivered.Config):
        """Grain."""

        name = "core.applications"
        unique = ["project_id", "year", "kind"]


class Grants(Delivered):
    """What a project was granted (bidragsbeslut).

    Grain: one row per ``project_id``, ``year``, ``kind`` and ``decided_on``; a later decision adds
    to an earlier one. Origin: the board's decisions.
    """

    project_id: str = project_key()
    year: int = _year()
    kind: str = _kind()
    decided_on: dt.date = pa.Field(title="Beslutat", description="Day of the decision.")
    granted_sek: int = _amount("Beviljat belopp, kronor", "Amount granted [SEK].")

    class Config(Delivered.Config):
        """Grain."""

        name = "core.grants"
        unique = ["project_id", "year", "kind", "decided_on"]


class Payments(Delivered):
    """Money paid to a project (utbetalning), or repaid by it.

    Grain: one row per ``project_id``, ``year``, ``kind``, ``movement`` and ``paid_on``. Origin:
    the accounts of the administration.
    """

    project_id: str = project_key()
    year: int = _year()
    kind: str = _kind()
    movement: str = pa.Field(
        isin=values(MOVEMENTS),
        metadata={"codes": MOVEMENTS},
        title="Riktning",
        description="To the project, or back from it.",
    )
    paid_on: dt.date = pa.Field(title="Betalningsdag", description="Day of the payment.")
    amount_sek: int = _amount("Belopp, kronor", "Amount [SEK].")

    class Config(Delivered.Config):
        """Grain."""

        name = "core.payments"
        unique = ["project_id", "year", "kind", "movement", "paid_on"]


class GrantConditions(Delivered):
    """Whether a project met a condition of the funds for operation, and when.

    Grain: one row per ``project_id``, ``year`` and ``condition``. Origin: the administration.
    """

    project_id: str = project_key()
    year: int = _year()
    condition: str = pa.Field(
        isin=values(CONDITIONS),
        metadata={"codes": CONDITIONS},
        title="Villkor",
        description="Which condition.",
    )
    met_on: dt.date = pa.Field(
        nullable=True, title="Uppfyllt", description="Day it was met; empty if it is not."
    )

    class Config(Delivered.Config):
        """Grain."""

        name = "core.grant_conditions"
        unique = ["project_id", "year", "condition"]


class Budgets(Delivered):
    """What a project means to spend of a calendar year's grant.

    Grain: one row per ``project_id``, ``year``, ``kind`` and ``category``. Origin: the work plans.
    """

    project_id: str = project_key()
    year: int = _year()
    kind: str = _kind()
    category: str = _category()
    amount_sek: int = _amount("Belopp, kronor", "Amount, nominal [SEK].")

    class Config(Delivered.Config):
        """Grain."""

        name = "core.budgets"
        unique = ["project_id", "year", "kind", "category"]


class Accounts(Delivered):
    """What a project spent of a calendar year's grant (redovisning).

    Grain: one row per ``project_id``, ``year``, ``kind`` and ``category``. Origin: the accounts
    each district gives by 30 November.
    """

    project_id: str = project_key()
    year: int = _year()
    kind: str = _kind()
    category: str = _category()
    amount_sek: int = _amount("Belopp, kronor", "Amount, nominal [SEK].")

    class Config(Delivered.Config):
        """Grain."""

        name = "core.accounts"
        unique = ["project_id", "year", "kind", "category"]


class JointCosts(Delivered):
    """What projects have in common: co-ordination, network, training.

    Grain: one row per ``school_year`` and ``category``. Origin: the administration's accounts.
    """

    school_year: str = school_year_column()
    category: str = _category()
    amount_sek: int = _amount("Belopp, kronor", "Amount, nominal [SEK].")

    class Config(Delivered.Config):
        """Grain."""

        name = "core.joint_costs"
        unique = ["school_year", "category"]


class PriceIndex(Delivered):
    """A price index by school year, such as SKR's for municipal activities (PKV).

    Grain: one row per ``school_year``. Origin: the publisher's table.
    """

    school_year: str = school_year_column()
    price_level: float = pa.Field(
        ge=0.01, title="Prisindex", description="Price level; only ratios of it matter."
    )

    class Config(Delivered.Config):
        """Grain."""

        name = "core.price_index"
        unique = ["school_year"]


class Balances(Contract):
    """A grant from application to repayment.

    Nothing is left out because something is wrong with it: an amount paid without a grant, and a
    project that no list has, have rows of their own. Where there are accounts,
    ``paid_sek + overspent_sek = outcome_sek + unused_sek``.
    Grain: one row per ``project_id``, ``year`` and ``kind``. Origin: applications, decisions,
    payments, conditions, budgets, accounts.
    """

    project_id: str = project_key()
    year: int = _year()
    kind: str = _kind()
    applied_sek: int = pa.Field(nullable=True, title="Sökt", description="Applied for [SEK].")
    granted_sek: int = pa.Field(nullable=True, title="Beviljat", description="Granted [SEK].")
    paid_sek: int = pa.Field(ge=0, title="Utbetalt", description="Paid to the project [SEK].")
    paid_above_grant_sek: int = pa.Field(
        ge=0, title="Utbetalt över beviljat", description="Paid beyond what was granted [SEK]."
    )
    paid_before_plan_sek: int = pa.Field(
        ge=0,
        title="Utbetalt före beslutad plan",
        description="Paid before the steering group approved the plan; of operation only [SEK].",
    )
    budget_sek: int = pa.Field(
        nullable=True, title="Budget", description="Meant to be spent; empty without one [SEK]."
    )
    outcome_sek: int = pa.Field(
        nullable=True,
        title="Utfall",
        description="Spent, as accounted for; empty until then [SEK].",
    )
    unused_sek: int = pa.Field(
        nullable=True,
        ge=0,
        title="Oförbrukat",
        description="Paid and not spent; empty until the accounts are received [SEK].",
    )
    overspent_sek: int = pa.Field(
        nullable=True,
        ge=0,
        title="Utfall över utbetalt",
        description="Spent beyond what was paid: the district's own money [SEK].",
    )
    repaid_sek: int = pa.Field(ge=0, title="Återbetalt", description="Repaid [SEK].")
    to_repay_sek: int = pa.Field(
        nullable=True,
        title="Kvar att återbetala",
        description="Unused less repaid; below 0 where more was repaid than was unused [SEK].",
    )
    conditions_not_met: str = pa.Field(
        nullable=True,
        title="Villkor som inte är uppfyllda",
        description="Their codes, a blank between; empty if all are met, and for supervision.",
    )

    class Config(Contract.Config):
        """Grain."""

        name = "money.balances"
        unique = ["project_id", "year", "kind"]

    @pa.dataframe_check
    @classmethod
    def conserves_money(cls, data: IbisData) -> ibis.ir.BooleanValue:
        """What was paid, and what the district added, was spent or is unused."""
        rows = data.table
        spent = rows.outcome_sek + rows.unused_sek
        return rows.outcome_sek.isnull() | (rows.paid_sek + rows.overspent_sek == spent)


class BudgetOutcomes(Contract):
    """Budget against outcome, by what the money went to.

    Grain: one row per ``project_id``, ``year``, ``kind`` and ``category``. Origin: budgets and
    accounts. A category that a received budget or account does not name is 0 there.
    """

    project_id: str = project_key()
    year: int = _year()
    kind: str = _kind()
    category: str = _category()
    budget_sek: int = pa.Field(nullable=True, ge=0, title="Budget", description="Planned [SEK].")
    outcome_sek: int = pa.Field(nullable=True, ge=0, title="Utfall", description="Spent [SEK].")
    deviation_sek: int = pa.Field(
        nullable=True, title="Avvikelse", description="Outcome less budget [SEK]."
    )
    missing: str = pa.Field(
        nullable=True,
        isin=values(BUDGET_GAPS),
        metadata={"codes": BUDGET_GAPS},
        title="Orsak till att avvikelse saknas",
        description="Why there is no deviation; empty where there is one.",
    )

    class Config(Contract.Config):
        """Grain."""

        name = "money.budget_outcomes"
        unique = ["project_id", "year", "kind", "category"]

    @pa.dataframe_check
    @classmethod
    def has_a_deviation_or_a_reason(cls, data: IbisData) -> ibis.ir.BooleanValue:
        """A row without a deviation says why."""
        rows = data.table
        return rows.deviation_sek.isnull() == rows.missing.notnull()


class UnitCosts(Contract):
    """What support cost per pupil, in a project or all of them and a school year.

    Every way to divide joint costs and both kinds of price are shown; a figure that cannot be told
    is empty and says why. Unsuppressed: for the warehouse only.
    Grain: one row per ``level``, ``unit_id``, ``school_year``, ``scenario``, ``prices`` and
    ``per``. Origin: costs, joint costs, participation, target group.
    """

    level: str = pa.Field(
        isin=values(COST_LEVELS),
        metadata={"codes": COST_LEVELS},
        title="Nivå",
        description="One project, or all.",
    )
    unit_id: str = pa.Field(title="Enhet, kod", description="Project key, or city.")
    school_year: str = school_year_column()
    scenario: str = pa.Field(
        isin=values(SCENARIOS),
        metadata={"codes": SCENARIOS},
        title="Gemensamma kostnader",
        description="How joint costs are divided.",
    )
    prices: str = pa.Field(
        isin=values(PRICES),
        metadata={"codes": PRICES},
        title="Priser",
        description="Current prices, or fixed ones.",
    )
    price_year: str = pa.Field(
        str_matches=SCHOOL_YEAR_PATTERN,
        nullable=True,
        title="Prisår",
        description="School year whose prices they are; empty without a price index.",
    )
    per: str = pa.Field(
        isin=values(COST_UNITS),
        metadata={"codes": COST_UNITS},
        title="Per",
        description="What the cost is divided by.",
    )
    own_cost_sek: float = pa.Field(
        nullable=True,
        ge=0,
        title="Egen kostnad",
        description="Accounted for by the project; for the city the sum of those known [SEK].",
    )
    joint_cost_sek: float = pa.Field(
        nullable=True,
        ge=0,
        title="Del av gemensam kostnad",
        description="Part of the joint costs; 0 where they are not divided [SEK].",
    )
    numerator: float = pa.Field(
        nullable=True, ge=0, title="Kostnad", description="Own cost and part of the joint [SEK]."
    )
    denominator: int = pa.Field(ge=0, title="Antal", description="Pupils, or pupil-months [count].")
    value: float = pa.Field(
        nullable=True, ge=0, title="Kostnad per enhet", description="Cost per unit [SEK]."
    )
    missing: str = pa.Field(
        nullable=True,
        isin=values(COST_GAPS),
        metadata={"codes": COST_GAPS},
        title="Orsak till att värde saknas",
        description="Why there is no value; empty where there is one.",
    )

    class Config(Contract.Config):
        """Grain."""

        name = "money.unit_costs"
        unique = ["level", "unit_id", "school_year", "scenario", "prices", "per"]

    @pa.dataframe_check
    @classmethod
    def has_a_value_or_a_reason(cls, data: IbisData) -> ibis.ir.BooleanValue:
        """A row without a value says why."""
        rows = data.table
        return rows.value.isnull() == rows.missing.notnull()
