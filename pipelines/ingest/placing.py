"""Placing: received files judged, and their rows put into the lake under their delivery."""

import errno
import os
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from pipelines.ingest.blocks import Judges
from pipelines.ingest.judging import Outcome
from pipelines.ingest.ledger import Judged
from pipelines.ingest.recognition import judge_files
from pipelines.ingest.waivers import Waivers
from pipelines.lake import Lake, raw_table
from pipelines.storage import lacks_memory, storage_error
from pipelines.workspace import Workspace
from schemas.deliveries import Quarantine


def archived(workspace: Workspace, delivery_id: str) -> Path:
    """Where a delivery's file lies in the archive."""
    return workspace.deliveries / delivery_id[:2] / delivery_id


def judge_into_lake(
    workspace: Workspace, received: Sequence[tuple[str, str]], judges: Judges
) -> list[Judged]:
    """Judge received files and put their rows in place; a verdict on each.

    Args:
        workspace: Where everything lies.
        received: ``(delivery_id, file_name)``; one whose file is not in the archive yet is left.
        judges: Who answers for values.

    Raises:
        StorageError: If what is accepted cannot be written; then no file of these is judged.
    """
    judges.waivers = Waivers.of(workspace)
    drafts = _drafts(workspace)
    files = [(one, archived(workspace, one), file_name) for one, file_name in received]
    here = [file for file in files if file[1].exists()]
    judged = []
    with _plainly_told(workspace, drafts), _drafted(drafts, here) as folder:
        for outcome in judge_files(here, judges, Path(folder)):
            _put_in_place(workspace.lake, outcome)
            judges.vault.register.keep(outcome.judged.delivery_id, outcome.kept)
            judged.append(outcome.judged)
    return judged


@contextmanager
def _plainly_told(workspace: Workspace, drafts: Path) -> Iterator[None]:
    """Say where nothing can be read or written while this lasts.

    Raises:
        StorageError: Where that is.
        MemoryError: If it was memory that was refused.
    """
    try:
        yield
    except (sqlite3.Error, OSError) as error:
        if lacks_memory(error):
            raise MemoryError from None
        place = drafts if isinstance(error, OSError) else workspace.vault.folder
        raise storage_error(place, error) from None


@contextmanager
def _drafted(drafts: Path, files: Sequence[tuple[str, Path, str]]) -> Iterator[str]:
    """A folder for drafts of some files, which must be readable."""
    _require_readable([path for _, path, _ in files])
    drafts.mkdir(mode=0o700, parents=True, exist_ok=True)
    with TemporaryDirectory(dir=drafts, prefix=f"{os.getpid()}-") as folder:
        yield folder


def _require_readable(paths: Sequence[Path]) -> None:
    """That a file of the archive may not be read is no fault of the file.

    Raises:
        PermissionError: If one may not.
    """
    for path in paths:
        if not os.access(path, os.R_OK):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(path))


def taken_out(lake: Lake, judged: Judged) -> None:
    """Take the rows of a delivery that was refused after all out of the lake."""
    for table in (*judged.content, Quarantine.table()):
        lake.path(raw_table(table), judged.delivery_id).unlink(missing_ok=True)


def drafts_of(workspace: Workspace, process: int) -> Iterator[Path]:
    """Folders of drafts that a process which was ended did not remove."""
    return _drafts(workspace).glob(f"{process}-*")


def _drafts(workspace: Workspace) -> Path:
    return workspace.lake.folder / ".drafts"


def _put_in_place(lake: Lake, outcome: Outcome) -> None:
    if Quarantine.table() not in outcome.drafts:  # an earlier verdict may have held some back
        lake.path(Quarantine.table(), outcome.judged.delivery_id).unlink(missing_ok=True)
    delivery_id = outcome.judged.delivery_id
    targets = {table: lake.path(raw_table(table), delivery_id) for table in outcome.drafts}
    for target in targets.values():
        target.parent.mkdir(parents=True, exist_ok=True)
    try:
        for table, draft in outcome.drafts.items():
            draft.replace(targets[table])
    except OSError:
        taken_out(lake, outcome.judged)
        raise
