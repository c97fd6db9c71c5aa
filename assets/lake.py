"""The lake as Dagster sees it: an asset is a function from tables to a table."""

from pathlib import Path

import dagster as dg
import ibis
from pyarrow import parquet

from assets.partitions import periods_of
from pipelines.core import partition_of
from pipelines.lake import WHOLE, Lake
from pipelines.sharing import share_within
from pipelines.workspace import VARIABLE, Workspace
from schemas.contract import Contract, load_contracts
from schemas.indicators import IndicatorValues
from schemas.results import Results


class WorkspaceResource(dg.ConfigurableResource["WorkspaceResource"]):
    """Where everything lies on disk.

    Attributes:
        root: The folder ``SAMVERKAN_DATA`` names.
    """

    root: str

    @property
    def workspace(self) -> Workspace:
        """The folders, free of Dagster."""
        return Workspace(Path(self.root))


class LakeIOManager(dg.ConfigurableIOManager):
    """Turns the table an asset returns into files, and files into the tables it takes.

    One run may cover many partitions: the expression is run once and divided.

    Attributes:
        root: The folder ``SAMVERKAN_DATA`` names.
    """

    root: str

    @property
    def lake(self) -> Lake:
        """The lake itself, free of Dagster."""
        return Workspace(Path(self.root)).lake

    def handle_output(self, context: dg.OutputContext, obj: ibis.Table) -> None:
        """Run the expression into the files of this run's partitions and note their rows."""
        table = table_name(context.asset_key)
        periods = _periods(context)
        if periods is None:
            self.lake.write(table, obj)
        else:
            period = partition_of(obj, contract_named(table))
            self.lake.write_partitions(table, obj, period, periods)
        paths = [self.lake.path(table, period) for period in periods or [WHOLE]]
        count = sum(parquet.read_metadata(path).num_rows for path in paths if path.exists())
        context.add_output_metadata({"dagster/row_count": count, "partitions": len(paths)})

    def load_input(self, context: dg.InputContext) -> ibis.Table:
        """The partitions of an upstream table that this run's partitions map to."""
        share_within(context.step_context.run_id)
        table = table_name(context.asset_key)
        periods = _periods(context)
        return self.lake.read(table, contract_named(table), partitions=periods)


def from_environment() -> dict[str, object]:
    """The resources every asset needs, for the folder ``SAMVERKAN_DATA`` names."""
    return {
        "io_manager": LakeIOManager(root=dg.EnvVar(VARIABLE)),
        "workspace": WorkspaceResource(root=dg.EnvVar(VARIABLE)),
    }


def table_name(key: dg.AssetKey) -> str:
    """``core/attendance`` on the graph is ``core.attendance`` in the lake."""
    return ".".join(key.path)


def contract_named(table: str) -> type[Contract]:
    """The contract of a table, also of those that share one."""
    if table in load_contracts():
        return load_contracts()[table]
    return IndicatorValues if table.startswith("indicator.") else Results


def _periods(context: dg.OutputContext | dg.InputContext) -> list[str] | None:
    if not context.has_asset_partitions:
        return None
    partitions = context.asset_partitions_def
    return periods_of(partitions, context.asset_partition_keys)
