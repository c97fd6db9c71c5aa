"""One asset per registered indicator; nothing here knows any of them by name."""

import dagster as dg
import ibis

from assets.contracts import contract_check, described
from assets.partitions import BY_KIND, SINGLE_RUN
from pipelines.indicators.registry import Indicator, load_indicators
from schemas.contract import load_contracts
from schemas.indicators import IndicatorValues


def indicator_asset(indicator: Indicator) -> dg.AssetsDefinition:
    """The asset that fills one indicator's table, period by period.

    A month reads its own month, and the register of the term it lies in. A term or a school
    year that looks back reads every period of its sources and keeps its own; any other reads
    what lies in it.
    """
    keys = {table.split(".")[1]: dg.AssetKey(table.split(".")) for table in indicator.sources}

    @dg.asset(
        key=["indicator", indicator.name],
        ins={
            name: dg.AssetIn(key, partition_mapping=_mapping(indicator, key))
            for name, key in keys.items()
        },
        partitions_def=BY_KIND[indicator.period],
        backfill_policy=SINGLE_RUN,
        description=f"{indicator.title_en} ({indicator.title_sv}) [{indicator.unit_en}]",
        metadata={"source": indicator.source, **described(IndicatorValues)},
        kinds={"parquet"},
    )
    def _asset(**tables: ibis.Table) -> ibis.Table:
        return indicator.values(**tables)

    return _asset


def _mapping(indicator: Indicator, key: dg.AssetKey) -> dg.PartitionMapping | None:
    source = load_contracts()[".".join(key.path)].partition()
    if source is None:
        return None
    is_alone = indicator.period == "month" or not indicator.looks_back
    return dg.TimeWindowPartitionMapping() if is_alone else dg.AllPartitionMapping()


indicator_assets = [indicator_asset(indicator) for indicator in load_indicators().values()]
indicator_checks = [contract_check(asset, IndicatorValues) for asset in indicator_assets]
