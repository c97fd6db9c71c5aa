"""What a contract means on the graph: columns described, rows checked, the rest stopped."""

from pathlib import Path

import dagster as dg

from assets.lake import LakeIOManager, table_name
from assets.partitions import periods_of
from pipelines.ingest.waivers import Waivers, unexcused
from pipelines.workspace import Workspace
from schemas.contract import Contract


def described(contract: type[Contract]) -> dict[str, dg.TableSchema]:
    """Asset metadata: the contract's columns, for the catalogue in the web interface."""
    columns = [
        dg.TableColumn(name, str(column.dtype), column.description)
        for name, column in contract.to_schema().columns.items()
    ]
    return {"dagster/column_schema": dg.TableSchema(columns)}


def meaning(contract: type[Contract]) -> str:
    """The contract's own words."""
    return "\n".join(line.strip() for line in (contract.__doc__ or "").splitlines()).strip()


def contract_check(
    asset: dg.AssetsDefinition | dg.AssetSpec, contract: type[Contract]
) -> dg.AssetChecksDefinition:
    """A blocking check of the rows just written.

    It reads the lake itself: an input of an unpartitioned check would load every period,
    and a partitioned check is still a preview in Dagster 1.13. A rule that an operator waived
    for a record does not count against it.
    """
    partitions = asset.partitions_def

    @dg.asset_check(
        asset=asset.key,
        name="keeps_contract",
        blocking=True,
        description="Columns, types, values and grain are as the contract says.",
    )
    def _check(
        context: dg.AssetCheckExecutionContext, io_manager: dg.ResourceParam[LakeIOManager]
    ) -> dg.AssetCheckResult:
        periods = periods_of(partitions, run_partitions(context))
        rows = io_manager.lake.read(table_name(asset.key), contract, partitions=periods)
        broken = unexcused(rows, contract, Waivers.of(Workspace(Path(io_manager.root))))
        return dg.AssetCheckResult(passed=not broken, metadata={"broken": broken})

    return _check


def run_partitions(context: dg.AssetCheckExecutionContext) -> list[str]:
    """The partition keys of the run a check is part of; none in an undivided run."""
    return list(context.partition_keys) if context.has_partition_key_range else []
