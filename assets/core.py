"""Core tables: one asset per contract that files are delivered to, and the pupils themselves."""

import dagster as dg
import ibis

from assets.contracts import contract_check, described, meaning
from assets.lake import WorkspaceResource
from assets.partitions import BY_KIND, SINGLE_RUN, periods_of
from assets.raw import deliveries
from pipelines import core
from pipelines.lake import raw_table
from schemas.contract import Delivered
from schemas.pupils import Students


def core_asset(contract: type[Delivered]) -> dg.AssetsDefinition:
    """The asset of one core table, by the periods its contract divides it into."""
    partitions = BY_KIND.get(contract.partition() or "")

    @dg.asset(
        key=contract.table().split("."),
        deps=[dg.AssetKey(raw_table(contract.table()).split(".")), deliveries],
        partitions_def=partitions,
        backfill_policy=SINGLE_RUN if partitions else None,
        description=meaning(contract),
        metadata=described(contract),
        kinds={"parquet"},
    )
    def _asset(context: dg.AssetExecutionContext, workspace: WorkspaceResource) -> ibis.Table:
        keys = context.partition_keys if partitions else []
        return core.core_table(workspace.workspace, contract, periods_of(partitions, keys))

    return _asset


core_assets = [core_asset(contract) for contract in core.core_contracts().values()]
core_checks = [
    contract_check(asset, contract)
    for asset, contract in zip(core_assets, core.core_contracts().values(), strict=True)
]


@dg.asset(
    key=Students.table().split("."),
    ins={
        "enrolments": dg.AssetIn(["core", "enrolments"], partition_mapping=dg.AllPartitionMapping())
    },
    description=meaning(Students),
    metadata=described(Students),
    kinds={"parquet"},
)
def students(enrolments: ibis.Table) -> ibis.Table:
    """Pupils ever enrolled, one row each."""
    return core.students(enrolments)


students_keep_contract = contract_check(students, Students)
