"""One asset per registered indicator; nothing here knows any of them by name."""

import dagster as dg
import ibis

from assets.contracts import contract_check, described
from assets.lake import WorkspaceResource
from assets.partitions import BY_KIND, SINGLE_RUN, periods_of
from pipelines.core import core_contracts, core_table
from pipelines.indicators.registry import Indicator, load_indicators
from pipelines.lake import raw_table
from pipelines.windows import within
from schemas.calendar import term_of_month
from schemas.contract import load_contracts
from schemas.indicators import IndicatorValues


def indicator_asset(indicator: Indicator) -> dg.AssetsDefinition:
    """The asset that fills one indicator's table, period by period.

    A month reads its own month, and the register of the term it lies in: that from the
    deliveries, because tables by term are made after those by month. A term or a school year
    that looks back reads the term before as well; any other reads what lies in it.
    """
    delivered = [table for table in indicator.sources if _is_made_later(indicator, table)]
    keys = {
        table.split(".")[1]: dg.AssetKey(table.split("."))
        for table in indicator.sources
        if table not in delivered
    }

    @dg.asset(
        key=["indicator", indicator.name],
        ins={
            name: dg.AssetIn(key, partition_mapping=_mapping(indicator, key))
            for name, key in keys.items()
        },
        deps=[dg.AssetKey(raw_table(table).split(".")) for table in delivered],
        partitions_def=BY_KIND[indicator.period],
        backfill_policy=SINGLE_RUN,
        description=f"{indicator.title_en} ({indicator.title_sv}) [{indicator.unit_en}]",
        metadata={"source": indicator.source, **described(IndicatorValues)},
        kinds={"parquet"},
    )
    def _asset(
        context: dg.AssetExecutionContext, workspace: WorkspaceResource, **tables: ibis.Table
    ) -> ibis.Table:
        terms = sorted({term_of_month(key) for key in context.partition_keys}) if delivered else []
        registers = {
            table.split(".")[1]: core_table(workspace.workspace, core_contracts()[table], terms)
            for table in delivered
        }
        if indicator.period != "month":
            periods = periods_of(BY_KIND[indicator.period], context.partition_keys) or []
            tables = within(indicator, tables, periods)
        return indicator.values(**tables, **registers)

    return _asset


def _is_made_later(indicator: Indicator, table: str) -> bool:
    return indicator.period == "month" and load_contracts()[table].partition() == "term"


def _mapping(indicator: Indicator, key: dg.AssetKey) -> dg.PartitionMapping | None:
    source = load_contracts()[".".join(key.path)].partition()
    if source is None:
        return None
    is_alone = indicator.period == "month" or not indicator.looks_back
    return dg.TimeWindowPartitionMapping() if is_alone else dg.AllPartitionMapping()


indicator_assets = [indicator_asset(indicator) for indicator in load_indicators().values()]
indicator_checks = [contract_check(asset, IndicatorValues) for asset in indicator_assets]
