"""The attention list and its hit rates: for schools' own teams, and in no release."""

import dagster as dg
import ibis

from assets.contracts import contract_check, described, meaning
from assets.partitions import SINGLE_RUN, TERMS, periods_of
from pipelines.attention import listing
from pipelines.attention.hit_rates import hit_rates
from pipelines.attention.standing import standing_at
from schemas.attention import AttentionList, HitRates

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
    """The lists of this run's terms, as they stand after the last month reported."""
    until = tables["attendance"].month.max().to_pyarrow().as_py() or NOTHING_YET
    terms = periods_of(TERMS, context.partition_keys)
    return listing.attention_list(**tables, stands_at=standing_at(until, terms))


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
