"""The pattern of each pupil's absence, month by month, from lessons or days."""

import dagster as dg
import ibis

from assets.contracts import contract_check, described, meaning
from assets.partitions import MONTHS, SINGLE_RUN
from pipelines import absence_patterns as patterns
from schemas.attendance import AbsencePatterns


@dg.asset(
    key=AbsencePatterns.table().split("."),
    ins={name: dg.AssetIn(["core", name]) for name in ("lessons", "days")},
    partitions_def=MONTHS,
    backfill_policy=SINGLE_RUN,
    description=meaning(AbsencePatterns),
    metadata=described(AbsencePatterns),
    kinds={"parquet"},
)
def absence_patterns(lessons: ibis.Table, days: ibis.Table) -> ibis.Table:
    """Occasions, days and runs of unauthorised absence."""
    return patterns.absence_patterns(lessons, days)


absence_patterns_keep_contract = contract_check(absence_patterns, AbsencePatterns)
