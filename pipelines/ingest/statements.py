"""Statements that come after their files: what a sender says later of a file already taken in.

One that fits proves the file to be whole; one that contradicts it holds the file until a person
decides. One that speaks of no known file waits for it in the inbox, as does one that holds no
checksum: it may still be on its way.
"""

import datetime as dt
import shutil
from collections.abc import Iterable
from pathlib import Path

from pipelines.ingest.completeness import Statement, beside, read_statement
from pipelines.ingest.placing import archived
from pipelines.workspace import Workspace

CONTRADICTING = ".contradicting"
"""Ends the name of a statement that is kept beside a file which is not as it says."""

READABLE = ("active", "superseded", "held")
SHORT = 12


def take_statements(workspace: Workspace, statements: Iterable[Path], *, at: dt.datetime) -> None:
    """Hold statements of the inbox against the files known already.

    Args:
        workspace: Where everything lies.
        statements: Files of the inbox that end in ``.sha256``; those used are moved.
        at: When they came.
    """
    for path in statements:
        statement = read_statement(path)
        row = _spoken_of(workspace, path, statement)
        if row is not None:
            _take(workspace, path, statement, row, at=at)


def speaks_of_known(workspace: Workspace, path: Path) -> bool:
    """Whether a statement in the inbox is about a file that is known already."""
    return _spoken_of(workspace, path, read_statement(path)) is not None


def contradiction(row: dict[str, object], statement: Statement) -> str | None:
    """Why a file is not the one that a later statement describes; None if it is.

    Args:
        row: The file, with the columns of ``raw.deliveries``.
        statement: What its sender says.
    """
    name, told = row["file_name"], statement.records
    if statement.sha256 != row["delivery_id"]:
        return (
            f"hash_mismatch: the checksum that came later for {name} is another's "
            f"({str(statement.sha256)[:SHORT]}); send both again"
        )
    if row["status"] in READABLE and told is not None and told != row["records"]:
        return (
            f"count_mismatch: {row['records']} records in {name}, {told} are promised by what came "
            "later; send both again"
        )
    return None


def _take(
    workspace: Workspace,
    path: Path,
    statement: Statement,
    row: dict[str, object],
    *,
    at: dt.datetime,
) -> None:
    """Keep a statement beside its file, and enter what it shows."""
    delivery_id = str(row["delivery_id"])
    kept = beside(archived(workspace, delivery_id))
    cause = contradiction(row, statement)
    if cause is None:
        shutil.move(path, kept)
        if row["status"] in READABLE:
            workspace.ledger.prove(delivery_id, at=at)
        elif row["status"] == "rejected":
            workspace.ledger.forget_verdicts([delivery_id])
    elif row["status"] in READABLE:
        workspace.ledger.doubt(delivery_id, cause, at=at)
        shutil.move(path, kept.with_name(kept.name + CONTRADICTING))


def _is_awaited(path: Path) -> bool:
    """Whether the file a statement goes with is there, or on its way; it will take it along."""
    others = (one for one in path.parent.iterdir() if one != path)
    return any(path.name in (beside(one).name, beside(one.with_suffix("")).name) for one in others)


def _spoken_of(workspace: Workspace, path: Path, statement: Statement) -> dict[str, object] | None:
    """The delivery that a statement is about: the one with its checksum, or else its name."""
    if statement.sha256 is None or _is_awaited(path):
        return None
    rows = workspace.ledger.rows()
    same = [row for row in rows if row["delivery_id"] == statement.sha256]
    named = [row for row in rows if beside(Path(str(row["file_name"]))).name == path.name]
    in_use = [row for row in named if row["status"] in READABLE]
    return next(iter([*same, *reversed(in_use)]), None)
