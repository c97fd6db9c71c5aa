"""Deliveries: the inbox judged, the ledger as a table, and what must hold of both."""

import sqlite3
from collections import Counter
from collections.abc import Iterator, Sequence

import dagster as dg
import ibis

from assets.clock import moment_of, settled_before
from assets.contracts import contract_check, described, meaning
from assets.lake import LakeIOManager, WorkspaceResource
from pipelines.audit import AuditError
from pipelines.core import core_contracts
from pipelines.ingest.child import ChildError
from pipelines.ingest.inbox import ingest, ready_files
from pipelines.ingest.vault import VaultError
from pipelines.lake import raw_table
from pipelines.protection import shown_deliveries, shown_events
from pipelines.storage import StorageError, storage_error
from schemas.contract import Contract
from schemas.deliveries import (
    Deliveries,
    DeliveryEvents,
    Quarantine,
    RevisionEffects,
    Revisions,
)

MOST_QUARANTINED = 0.05
STOPPED = (StorageError, VaultError, ChildError, AuditError)
"""Why no file can be judged now, in words that quote no row."""

RAW_TABLES = {raw_table(name): contract for name, contract in core_contracts().items()}
RAW_SPECS = [
    dg.AssetSpec(
        name.split("."),
        description=f"As delivered and accepted: {meaning(contract)}",
        metadata=described(contract),
        kinds={"parquet"},
    )
    for name, contract in RAW_TABLES.items()
]
BESIDE_SPECS = [
    dg.AssetSpec(
        contract.table().split("."),
        description=meaning(contract),
        metadata=described(contract),
        kinds={"parquet"},
    )
    for contract in (Quarantine, Revisions, RevisionEffects)
]
SPECS = [*RAW_SPECS, *BESIDE_SPECS]


@dg.multi_asset(specs=SPECS, name="judge_deliveries")
def judge_deliveries(
    context: dg.AssetExecutionContext, workspace: WorkspaceResource
) -> Iterator[dg.MaterializeResult[None]]:
    """Archive every file in the inbox and judge it record by record."""
    root, tags = workspace.workspace, context.run.tags
    files = ready_files(root.inbox, settled_before=settled_before(tags))
    try:
        done = ingest(root, files, at=moment_of(tags))
    except (OSError, sqlite3.Error) as error:
        raise dg.Failure(str(storage_error(root.root, error)), allow_retries=False) from None
    except STOPPED as error:
        raise dg.Failure(str(error), allow_retries=False) from None
    context.log.info(f"{len(done.judged)} new deliveries, {done.repeated} known before")
    for spec in SPECS:
        count = len(root.lake.paths(".".join(spec.key.path)))
        yield dg.MaterializeResult(asset_key=spec.key, metadata={"deliveries": count})


@dg.asset(
    key=["raw", "deliveries"],
    deps=SPECS,
    metadata=described(Deliveries),
    description=meaning(Deliveries),
    kinds={"sqlite", "parquet"},
)
def deliveries(context: dg.AssetExecutionContext, workspace: WorkspaceResource) -> ibis.Table:
    """The delivery ledger as a table."""
    rows = shown_deliveries(workspace.workspace, workspace.workspace.ledger.rows())
    counts = Counter(str(row["status"]) for row in rows)
    as_of = moment_of(context.run.tags).isoformat("T", "seconds")
    context.add_output_metadata({**counts, "as_of": as_of})
    return _table(rows, Deliveries)


@dg.asset(
    key=["raw", "delivery_events"],
    deps=SPECS,
    metadata=described(DeliveryEvents),
    description=meaning(DeliveryEvents),
    kinds={"sqlite", "parquet"},
)
def delivery_events(workspace: WorkspaceResource) -> ibis.Table:
    """The history of the ledger as a table."""
    events = shown_events(workspace.workspace, workspace.workspace.ledger.events())
    return _table(events, DeliveryEvents)


def _table(rows: Sequence[dict[str, object]], contract: type[Contract]) -> ibis.Table:
    types = {name: c.dtype.type for name, c in contract.to_schema().columns.items()}
    return ibis.memtable(list(rows), schema=ibis.schema(types))


deliveries_keep_contract = contract_check(deliveries, Deliveries)
revisions_keep_contract = contract_check(BESIDE_SPECS[1], Revisions)
effects_keep_contract = contract_check(BESIDE_SPECS[2], RevisionEffects)
delivery_events_keep_contract = contract_check(delivery_events, DeliveryEvents)


@dg.asset_check(asset=deliveries, blocking=True)
def rows_are_conserved(
    io_manager: dg.ResourceParam[LakeIOManager],
) -> dg.AssetCheckResult:
    """Records in = accepted + quarantined + exact duplicates + superseded, for every file."""
    table = io_manager.lake.read(Deliveries.table(), Deliveries)
    readable = table.filter(table.status.isin(["active", "superseded", "held"]))
    bins = readable.accepted + readable.quarantined + readable.duplicates + readable.superseded
    held = io_manager.lake.read(Quarantine.table(), Quarantine)
    held = held.semi_join(readable, "delivery_id")
    unaccounted = int(readable.filter(readable.records != bins).count().to_pyarrow().as_py())
    stored = int(held.count().to_pyarrow().as_py())
    entered = int(readable.quarantined.sum().fill_null(0).to_pyarrow().as_py())
    return dg.AssetCheckResult(
        passed=unaccounted == 0 and stored == entered,
        metadata={"deliveries_unaccounted": unaccounted, "quarantined_records": stored},
    )


@dg.asset_check(asset=deliveries)
def every_file_could_be_read(
    io_manager: dg.ResourceParam[LakeIOManager],
) -> dg.AssetCheckResult:
    """No file is rejected or held; `samverkan status` says which, and what to do."""
    table = io_manager.lake.read(Deliveries.table(), Deliveries)
    stopped = int(table.status.isin(["rejected", "held"]).sum().fill_null(0).to_pyarrow().as_py())
    return dg.AssetCheckResult(
        passed=stopped == 0,
        severity=dg.AssetCheckSeverity.WARN,
        metadata={"rejected_or_held": stopped},
    )


@dg.asset_check(asset=deliveries)
def few_are_quarantined(
    io_manager: dg.ResourceParam[LakeIOManager],
) -> dg.AssetCheckResult:
    """In no delivery in force are so many records held back that the file itself is in doubt."""
    table = io_manager.lake.read(Deliveries.table(), Deliveries)
    doubtful = (table.status == "active") & (table.quarantined > MOST_QUARANTINED * table.records)
    count = int(doubtful.sum().fill_null(0).to_pyarrow().as_py())
    return dg.AssetCheckResult(
        passed=count == 0,
        severity=dg.AssetCheckSeverity.WARN,
        metadata={"deliveries_in_doubt": count, "limit": MOST_QUARANTINED},
    )
