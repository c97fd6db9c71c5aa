"""Money against the decisions: what is paid without a right to it, and what nobody can be told of.

Nothing is taken out of the figures: they stand in ``money.balances`` as they were delivered.
"""

import ibis
from ibis import _

from pipelines.crosschecks.registry import Crosscheck, found
from pipelines.money.balances import paid_before_plan
from schemas.money import PAYMENT, SUPERVISION, SUPERVISION_GRANT
from schemas.rules import Rule

_KEY = ["project_id", "year", "kind"]


def paid_above_grant(payments: ibis.Table, grants: ibis.Table) -> ibis.Table:
    """Projects and years to which more was paid than was granted, or without a grant [SEK]."""
    granted = grants.group_by(_KEY).agg(granted=_.granted_sek.sum())
    paid = (
        payments.filter(_.movement == PAYMENT)
        .group_by(_KEY)
        .agg(paid=_.amount_sek.sum(), count=_.count(), delivery_id=_.delivery_id.max())
    )
    rows = paid.left_join(granted, _KEY)
    expected = rows.granted.fill_null(0)
    return _found(rows, "core.payments", expected=expected, measure=rows.paid - expected)


def early_payments(payments: ibis.Table, grant_conditions: ibis.Table) -> ibis.Table:
    """Projects and years to which was paid before the plan was approved [SEK]."""
    rows = paid_before_plan(payments, grant_conditions)
    counted = rows.mutate(count=rows.payments)
    return _found(counted, "core.payments", expected=0, measure=counted.paid_before_plan_sek)


def supervision_above_limit(grants: ibis.Table) -> ibis.Table:
    """Projects and years with a larger supervision grant than the dated rule allows [SEK]."""
    rows = (
        grants.filter(_.kind == SUPERVISION)
        .group_by(_KEY)
        .agg(granted=_.granted_sek.sum(), count=_.count(), delivery_id=_.delivery_id.max())
    )
    most = _of_year(SUPERVISION_GRANT, rows.year)
    return _found(rows, "core.grants", expected=most, measure=rows.granted - most)


def joint_costs_undivided(joint_costs: ibis.Table, costs: ibis.Table) -> ibis.Table:
    """School years with joint costs, in which no project has accounted for any [SEK]."""
    alone = joint_costs.anti_join(costs, "school_year").group_by("school_year")
    rows = alone.agg(measure=_.amount_sek.sum(), count=_.count(), delivery_id=_.delivery_id.max())
    return found(rows, table_name="core.joint_costs", period=_.school_year, basis=1)


def _found(rows: ibis.Table, table_name: str, **figures: object) -> ibis.Table:
    """Findings about a project and a calendar year."""
    return found(
        rows, table_name=table_name, part=rows.project_id, period=rows.year, basis=1, **figures
    )


def _of_year(rules: tuple[Rule, ...], year: ibis.ir.IntegerValue) -> ibis.ir.FloatingValue:
    """The number of the latest rule in force in December; NULL, so no finding, before all."""
    latest_first = sorted(rules, reverse=True)
    return ibis.cases(*((year >= int(rule.valid_from[:4]), rule.value) for rule in latest_first))


CROSSCHECKS = (
    Crosscheck(
        name="paid_above_grant",
        title_sv="Mer är utbetalt än beviljat",
        title_en="More is paid than was granted",
        advice_sv="Jämför utbetalningarna med nämndens beslut. Saknas ett beslut: lämna "
        "bidragsbesluten på nytt. Är beloppet fel: rätta utbetalningarna.",
        advice_en="Compare the payments with the board's decisions: deliver a missing decision, or "
        "correct the amount.",
        table="checks.findings",
        period="whole",
        reads=("core.payments", "core.grants"),
        judge=paid_above_grant,
    ),
    Crosscheck(
        name="paid_before_plan",
        title_sv="Utbetalt innan styrgruppen beslutat planen",
        title_en="Paid before the steering group approved the plan",
        advice_sv="Kontrollera dagen då planen beslutades i filen med bidragsvillkor. Stämmer den "
        "är villkoret brutet.",
        advice_en="Check the day of the approval in the file of conditions; if it is right, the "
        "condition was not kept.",
        table="checks.findings",
        period="whole",
        reads=("core.payments", "core.grant_conditions"),
        judge=early_payments,
    ),
    Crosscheck(
        name="supervision_above_limit",
        title_sv="Handledningsbidraget är större än det får vara",
        title_en="The supervision grant is larger than it may be",
        advice_sv="Kontrollera beloppet, och att beslutet inte gäller verksamhetsbidrag.",
        advice_en="Check the amount, and that the decision is not about a grant for operation.",
        table="checks.findings",
        period="whole",
        reads=("core.grants",),
        judge=supervision_above_limit,
    ),
    Crosscheck(
        name="joint_costs_undivided",
        title_sv="Gemensamma kostnader utan något projekt att dela dem på",
        title_en="Joint costs without a project to divide them among",
        advice_sv="Lämna projektens kostnader för läsåret, eller rätta läsåret i filen.",
        advice_en="Deliver the projects' costs of that year, or correct the year in the file.",
        table="checks.findings",
        period="whole",
        reads=("core.joint_costs", "core.costs"),
        judge=joint_costs_undivided,
    ),
)
