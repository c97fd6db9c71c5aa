"""Where each participant stood before the support began, in every indicator."""

import dagster as dg
import ibis

from assets.contracts import contract_check, described, meaning
from pipelines.indicators.registry import load_indicators
from pipelines.own_baselines import has_baseline, own_baselines
from schemas.baselines import OwnBaselines

WITH_BASELINE = {name: one for name, one in load_indicators().items() if has_baseline(one)}
ALL = dg.AllPartitionMapping()


@dg.asset(
    key=OwnBaselines.table().split("."),
    ins={
        **{name: dg.AssetIn(["indicator", name], partition_mapping=ALL) for name in WITH_BASELINE},
        "participation": dg.AssetIn(["core", "participation"], partition_mapping=ALL),
    },
    description=meaning(OwnBaselines),
    metadata=described(OwnBaselines),
    kinds={"parquet"},
)
def participants_before(participation: ibis.Table, **values: ibis.Table) -> ibis.Table:
    """Each start of support and indicator, with the value before."""
    tables = {f"indicator.{name}": table for name, table in values.items()}
    return own_baselines(WITH_BASELINE.values(), tables, participation)


participants_before_keep_contract = contract_check(participants_before, OwnBaselines)
