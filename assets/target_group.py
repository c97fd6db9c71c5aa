"""The target group month by month and by term, its sensitivity, and what schools select on."""

from collections.abc import Callable

import dagster as dg
import ibis

from assets.contracts import contract_check, described, meaning
from assets.partitions import SINGLE_RUN, TERMS, periods_of
from pipelines.targeting import selection as selecting
from pipelines.targeting.months import pupils_of_months
from pipelines.targeting.pupils import pupils_of_terms
from pipelines.targeting.sensitivity import sensitivity
from pipelines.targeting.terms import sizes
from pipelines.targeting.windows import in_turn
from schemas.contract import Contract
from schemas.support import Participation
from schemas.target_group import (
    Selection,
    SelectionCriteria,
    SelectionLikeness,
    SelectionMatrix,
    TargetGroupEstimates,
    TargetGroupMonths,
    TargetGroupPupils,
    TargetGroupSensitivity,
    TargetGroupTerms,
)

WHOLE = dg.AllPartitionMapping()
KNOWN = {
    name: dg.AssetIn(["core", name], partition_mapping=WHOLE)
    for name in ("enrolments", "grades", "attendance")
}
PUPILS = dg.AssetIn(TargetGroupPupils.table().split("."))
CRITERIA = dg.AssetIn(SelectionCriteria.table().split("."))


def by_term(
    contract: type[Contract], ins: dict[str, dg.AssetIn]
) -> Callable[[Callable[..., ibis.Table]], dg.AssetsDefinition]:
    """An asset whose files are divided by term, as everything here is."""
    return dg.asset(
        key=contract.table().split("."),
        ins=ins,
        partitions_def=TERMS,
        backfill_policy=SINGLE_RUN,
        description=meaning(contract),
        metadata=described(contract),
        kinds={"parquet"},
    )


def _terms(context: dg.AssetExecutionContext) -> list[str]:
    return periods_of(TERMS, context.partition_keys) or []


@by_term(TargetGroupPupils, KNOWN)
def target_group_pupils(context: dg.AssetExecutionContext, **tables: ibis.Table) -> ibis.Table:
    """Everybody counted in the terms, judged by the term before each."""
    return in_turn(pupils_of_terms, _terms(context), **tables)


@by_term(TargetGroupMonths, KNOWN)
def target_group_months(context: dg.AssetExecutionContext, **tables: ibis.Table) -> ibis.Table:
    """Everybody in grades 7-9 in each month of the terms, by what was known after it."""
    return pupils_of_months(**tables, terms=_terms(context))


@by_term(
    TargetGroupTerms,
    {"pupils": PUPILS, "estimates": dg.AssetIn(TargetGroupEstimates.table().split("."))},
)
def target_group_terms(pupils: ibis.Table, estimates: ibis.Table) -> ibis.Table:
    """Sizes with intervals, beside the schools' own."""
    return sizes(pupils, estimates)


@by_term(TargetGroupSensitivity, {"pupils": PUPILS})
def target_group_sensitivity(pupils: ibis.Table) -> ibis.Table:
    """Sizes under other limits."""
    return sensitivity(pupils)


@by_term(
    Selection,
    {
        "pupils": PUPILS,
        "participation": dg.AssetIn(Participation.table().split("."), partition_mapping=WHOLE),
        "project_schools": dg.AssetIn(["core", "project_schools"]),
        "criteria": CRITERIA,
    },
)
def selection(context: dg.AssetExecutionContext, **tables: ibis.Table) -> ibis.Table:
    """Whom schools took in, beside the rule and their own words."""
    rows = selecting.selection(**tables)
    return rows.filter(rows.term.isin(_terms(context)))


@by_term(SelectionMatrix, {"criteria": CRITERIA})
def selection_matrix(criteria: ibis.Table) -> ibis.Table:
    """School by criterion."""
    return selecting.matrix(criteria)


@by_term(SelectionLikeness, {"criteria": CRITERIA})
def selection_likeness(criteria: ibis.Table) -> ibis.Table:
    """Each pair of schools."""
    return selecting.likeness(criteria)


target_group_checks = [
    contract_check(target_group_pupils, TargetGroupPupils),
    contract_check(target_group_months, TargetGroupMonths),
    contract_check(target_group_terms, TargetGroupTerms),
    contract_check(target_group_sensitivity, TargetGroupSensitivity),
    contract_check(selection, Selection),
    contract_check(selection_matrix, SelectionMatrix),
    contract_check(selection_likeness, SelectionLikeness),
]
