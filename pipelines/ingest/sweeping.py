"""Sweeping: rows that the vault's word has displaced leave the lake, or come back to it.

A pupil is protected, cleared, or given another number after files about the pupil were judged.
Every delivery with rows of that pupil is then judged anew from the archive, and what was computed
from it is made anew. What is left to do stands in the vault's register, so that a run which is
stopped half-way is finished by the next.
"""

from collections.abc import Callable, Collection

from ibis import _

from pipelines.audit import record
from pipelines.core import core_contracts
from pipelines.ingest.changes import NAME
from pipelines.ingest.keeping import PUPIL
from pipelines.ingest.ledger import Ledger, outdated_by
from pipelines.ingest.register import Register
from pipelines.lake import Lake, raw_table
from pipelines.workspace import Workspace

PROTECT = "vault.protect"
BY_A_FILE = "as a delivered file says"


def sweep(workspace: Workspace, judge_waiting: Callable[[], object]) -> None:
    """Have every delivery with displaced rows judged anew.

    Args:
        workspace: Where everything lies.
        judge_waiting: Judges what the ledger says is received and not yet judged.

    Raises:
        AuditError: If it cannot be entered that a file had a pupil protected; the rows are
            displaced by the next run then, and are part of no table until they are.
    """
    register = workspace.vault.register
    if not register.path.exists() or workspace.vault.folder.is_symlink():
        return  # a workspace as of an earlier date only reads the vault that it is linked to
    register.enforce(_declaring(workspace.ledger))
    _enter(workspace, register)
    while pending := register.pending():
        displaced = _deliveries_of(workspace.lake, pending) | register.kept_of(pending)
        _outdate(workspace.ledger, displaced)
        workspace.ledger.forget_verdicts(sorted(displaced))
        judge_waiting()
        register.settled(pending)


def _declaring(ledger: Ledger) -> set[str]:
    """Deliveries in force that declare changes of identity."""
    rows = (row for row in ledger.rows() if row["profile"] == NAME and row["status"] == "active")
    return {str(row["delivery_id"]) for row in rows}


def _enter(workspace: Workspace, register: Register) -> None:
    """Enter in the audit log who is protected because a file says so."""
    for number in register.unaudited():
        record(workspace, action=PROTECT, subject={"case": number}, reason=BY_A_FILE)
        register.audited(number)


def _deliveries_of(lake: Lake, students: Collection[str]) -> set[str]:
    """Deliveries with rows of some pupils in the lake, in force or not."""
    found: set[str] = set()
    for contract in core_contracts().values():
        if PUPIL in contract.columns():
            rows = lake.read(raw_table(contract.table()), contract)
            ids = rows.filter(_[PUPIL].isin(list(students))).select("delivery_id").distinct()
            found |= set(ids.to_pyarrow()["delivery_id"].to_pylist())
    return found


def _outdate(ledger: Ledger, deliveries: Collection[str]) -> None:
    """Enter that whatever holds rows of some deliveries must be made anew."""
    tables = (entry.tables.values() for entry in ledger.entries(deliveries).values())
    periods = {period for each in tables for of_table in each for period in of_table}
    for kind, period in sorted(outdated_by(periods)) if deliveries else ():
        ledger.outdate(kind, [period])
