"""Quarantine on the graph: what was mended and what was waived, and what must hold of both."""

import dagster as dg
import ibis
from ibis import _

from assets.contracts import contract_check, described, meaning
from assets.lake import LakeIOManager, WorkspaceResource
from pipelines.audit import AuditError, verify
from pipelines.quarantine.listing import mended_rows, waiver_rows
from schemas.contract import Contract
from schemas.deliveries import Deliveries, Quarantine
from schemas.quarantine import Mended, Waivers

AFTER_JUDGING = [dg.AssetKey(Quarantine.table().split(".")), dg.AssetKey(["raw", "deliveries"])]


@dg.asset(
    key=Waivers.table().split("."),
    deps=AFTER_JUDGING,
    description=meaning(Waivers),
    metadata=described(Waivers),
    kinds={"parquet"},
)
def waivers(workspace: WorkspaceResource) -> ibis.Table:
    """The waivers of the audit log."""
    return _table(waiver_rows(workspace.workspace), Waivers)


@dg.asset(
    key=Mended.table().split("."),
    deps=AFTER_JUDGING,
    description=meaning(Mended),
    metadata=described(Mended),
    kinds={"parquet"},
)
def mended(workspace: WorkspaceResource) -> ibis.Table:
    """The records that came back corrected, and where their delivery stands."""
    return _table(mended_rows(workspace.workspace), Mended)


waivers_keep_contract = contract_check(waivers, Waivers)
mended_keep_contract = contract_check(mended, Mended)


@dg.asset_check(asset=waivers, blocking=True)
def the_audit_log_is_whole(workspace: WorkspaceResource) -> dg.AssetCheckResult:
    """Every entry of the audit log is as it was entered."""
    try:
        found = verify(workspace.workspace)
    except AuditError as error:
        return dg.AssetCheckResult(passed=False, metadata={"damage": str(error)})
    return dg.AssetCheckResult(
        passed=True, metadata={"entries": len(found.entries), "head": found.head}
    )


@dg.asset_check(asset=waivers, blocking=True)
def waived_records_are_not_held_by_that_rule(
    io_manager: dg.ResourceParam[LakeIOManager],
) -> dg.AssetCheckResult:
    """A delivery with a waiver was judged anew: the rule holds none of its records back."""
    lake = io_manager.lake
    waived = lake.read(Waivers.table(), Waivers)
    held = lake.read(Quarantine.table(), Quarantine)
    both = waived.inner_join(held, ["delivery_id", "record_no"])
    still = int(both.filter(_.reasons.contains(_.rule)).count().to_pyarrow().as_py())
    return dg.AssetCheckResult(passed=still == 0, metadata={"still_held": still})


@dg.asset_check(asset=mended, blocking=True)
def mended_records_add_up(
    io_manager: dg.ResourceParam[LakeIOManager],
) -> dg.AssetCheckResult:
    """Each record in force through a supplement is held back in its own file, and mended once.

    A supplement holds the records that it mends and nothing else.
    """
    lake = io_manager.lake
    rows = lake.read(Mended.table(), Mended)
    in_force = rows.filter(_.status == "active")
    held = lake.read(Quarantine.table(), Quarantine)
    not_held = in_force.anti_join(held, ["delivery_id", "record_no"]).count()
    twice = in_force.group_by("delivery_id", "record_no").agg(times=_.count()).filter(_.times > 1)
    supplements = rows.group_by(delivery_id=_.mended_by).agg(mends=_.count())
    both = supplements.inner_join(lake.read(Deliveries.table(), Deliveries), "delivery_id")
    counts = {
        "mended_in_force": in_force.count(),
        "accepted_in_their_own_file": not_held,
        "mended_twice": twice.count(),
        "supplements_with_other_records": both.filter(_.mends != _.records).count(),
    }
    found = {name: int(count.to_pyarrow().as_py()) for name, count in counts.items()}
    wrong = sum(found.values()) - found["mended_in_force"]
    return dg.AssetCheckResult(passed=wrong == 0, metadata=found)


def _table(rows: list[dict[str, object]], contract: type[Contract]) -> ibis.Table:
    types = {name: column.dtype.type for name, column in contract.to_schema().columns.items()}
    return ibis.memtable(rows, schema=ibis.schema(types))
