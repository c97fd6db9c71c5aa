"""The attention list and its hit rates: for schools' own teams, and in no release."""

import dagster as dg
import ibis

from assets.contracts import contract_check, described, meaning
from assets.partitions import SINGLE_RUN, TERMS, periods_of
from pipelines.attention import listing
from pipelines.attention.hit_rates import hit_rates
from pipelines.attention.standing import standing_at
from schemas.attention import AttentionList, HitRates
from schemas.calendar import term_after, term_of_month

NOTHING_YET = "0000-00"

SOURCES = {
    name: dg.AssetIn(["core", name], partition_mapping=dg.AllPartitionMapping())
    for name in ("enrolments", "grades", "attendance")
}


@dg.asset(
    key=AttentionList.table().split("."),
    ins={
        **SOURCES,
        "participation": dg.AssetIn(
            ["core", "participation"], partition_mapping=dg.AllPartitionMapping()
        ),
    },
    partitions_def=TERMS,
    backfill_policy=SINGLE_RUN,
    description=meaning(AttentionList),
    metadata=described(AttentionList),
    kinds={"parquet"},
)
def attention_list(context: dg.AssetExecutionContext, **tables: ibis.Table) -> ibis.Table:
    """The list of the last term reported, as it stands after its last month.

    A working list is of now: those of earlier terms of this run are emptied, and what became of
    their pupils is in the hit rates.
    """
    until = tables["attendance"].month.max().to_pyarrow().as_py() or NOTHING_YET
    terms = {term_of_month(until), term_after(term_of_month(until))}
    asked = set(periods_of(TERMS, context.partition_keys) or [])
    return listing.attention_list(**tables, stands_at=standing_at(until, sorted(terms & asked)))


attention_list_keeps_contract = contract_check(attention_list, AttentionList)


@dg.asset(
    key=HitRates.table().split("."),
    ins=SOURCES,
    description=meaning(HitRates),
    metadata=described(HitRates),
    kinds={"parquet"},
)
def attention_hit_rates(**tables: ibis.Table) -> ibis.Table:
    """What became of the pupils whom earlier lists would have marked."""
    return hit_rates(**tables)


hit_rates_keep_contract = contract_check(attention_hit_rates, HitRates)
