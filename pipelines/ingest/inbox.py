"""The inbox: files in, judged rows in the lake, and a verdict in the ledger for each."""

import datetime as dt
import os
import re
import shutil
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

from pipelines.ingest.child import judged_by_children
from pipelines.ingest.completeness import BESIDE, assured, beside
from pipelines.ingest.ledger import Judged, stamp
from pipelines.ingest.placing import archived, taken_out
from pipelines.ingest.recognition import sha256_of
from pipelines.ingest.weighing import weigh
from pipelines.workspace import Workspace

UNFINISHED = (".part", ".tmp", ".crdownload")
JUDGED_AT_ONCE = 100
LIKE_AN_IDENTITY = re.compile(
    r"\d{2,4}(0[1-9]|1[0-2])([0126-8]\d|[39][01])[-+]?(\d{4}|TF\d{2})(?!\d)", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Ingested:
    """What one ingest run did.

    Attributes:
        judged: Verdict of each delivery that was new.
        repeated: Files whose content was already known [count].
    """

    judged: tuple[Judged, ...]
    repeated: int


def ready_files(inbox: Path, *, settled_before: dt.datetime | None = None) -> list[Path]:
    """Files in the inbox that are whole, in order of name.

    Left alone are uploads under way (``.part``, ``.tmp``), hidden files, office lock files, what
    a sender says of a file (``.sha256``; it goes with the file), and whatever is no regular file
    of its own (links, devices).

    Args:
        inbox: The folder.
        settled_before: Only files not changed since then, if given.
    """
    found = [path for path in sorted(inbox.iterdir()) if _is_whole(path)]
    if settled_before is None:
        return found
    return [path for path in found if path.stat().st_mtime <= settled_before.timestamp()]


def ingest(
    workspace: Workspace, files: Sequence[Path], *, at: dt.datetime | None = None
) -> Ingested:
    """Archive files under their content and judge each new one.

    A file that cannot be read is kept, entered as rejected with its cause, and does not stop
    the others. Run again it goes on where it was stopped; the same file changes nothing, but
    one that was rejected or held is judged again, for its name or the layouts may be new.

    Args:
        workspace: Where everything lies.
        files: Files of the inbox; they are moved.
        at: When they came; now, if left out.
    """
    at = at or dt.datetime.now(dt.UTC)
    repeated = _receive(workspace, files, stamp(at))
    waiting = workspace.ledger.waiting()
    batches = [waiting[n : n + JUDGED_AT_ONCE] for n in range(0, len(waiting), JUDGED_AT_ONCE)]
    names = dict(waiting)
    judged: list[Judged] = []
    for verdicts in judged_by_children(workspace, batches):
        whole = [_assured(workspace, one, names[one.delivery_id]) for one in verdicts]
        _sync_disk()
        workspace.ledger.settle(whole, at=at, weighed=weigh(workspace, whole))
        judged += whole
    return Ingested(tuple(judged), repeated)


def masked(file_name: str) -> str:
    """A file's name without what could be an identity number."""
    return LIKE_AN_IDENTITY.sub("#", file_name)


def _is_whole(path: Path) -> bool:
    is_named = not path.name.startswith((".", "~$")) and not path.name.endswith(
        (*UNFINISHED, BESIDE)
    )
    return is_named and _is_plain(path)


def _is_plain(path: Path) -> bool:
    """Whether it is a regular file that nothing else leads to."""
    return path.is_file() and not path.is_symlink() and path.stat().st_nlink == 1


def _assured(workspace: Workspace, judged: Judged, file_name: str) -> Judged:
    """The verdict with the sender's word; the rows of a file refused by it leave the lake."""
    whole = assured(judged, archived(workspace, judged.delivery_id), file_name)
    if whole.cause is not None and judged.cause is None:
        taken_out(workspace.lake, judged)
    return whole


def _receive(workspace: Workspace, files: Sequence[Path], at: str) -> int:
    """Move files into the archive under their content; say how many were known already.

    Each is first moved out of its sender's reach and then looked at; what a crash leaves there
    is archived by the next run.
    """
    incoming = workspace.deliveries / ".incoming"
    with _alone(workspace):
        taken = [*_left_behind(incoming), *_taken(incoming / uuid4().hex, files)]
        found = [(digest, path) for path in taken if (digest := _digest(workspace, path))]
        new = workspace.ledger.receive([(one, masked(path.name), at) for one, path in found])
        for delivery_id, path in found:
            _archive(workspace, delivery_id, path)
        shutil.rmtree(incoming, ignore_errors=True)
    return len(found) - len(new)


def _taken(folder: Path, files: Sequence[Path]) -> Iterator[Path]:
    """Files moved into a folder of this run, each with what its sender says of it."""
    if files:
        folder.mkdir(mode=0o700, parents=True)
    for path in files:
        if beside(path).exists() and _is_plain(beside(path)):
            shutil.move(beside(path), folder / beside(path).name)
        shutil.move(path, folder / path.name)
        yield folder / path.name


def _left_behind(incoming: Path) -> list[Path]:
    """Files that a run which was stopped had moved and not archived."""
    return [path for path in sorted(incoming.glob("*/*")) if not path.name.endswith(BESIDE)]


def _digest(workspace: Workspace, path: Path) -> str | None:
    """What a file is known by; one that is still written to, or no file, goes back."""
    if _is_plain(path):
        before = path.stat()
        digest = sha256_of(path)
        after = path.stat()
        if (before.st_size, before.st_mtime_ns) == (after.st_size, after.st_mtime_ns):
            return digest
    for one in (beside(path), path):
        if one.exists() or one.is_symlink():
            shutil.move(one, workspace.inbox / one.name)
    return None


def _archive(workspace: Workspace, delivery_id: str, path: Path) -> None:
    target = archived(workspace, delivery_id)
    target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    if beside(path).exists():
        beside(path).replace(beside(target))
    if target.exists():
        path.unlink()
        return
    path.replace(target)
    target.chmod(0o400)


@contextmanager
def _alone(workspace: Workspace) -> Iterator[None]:
    """While this lasts, no other process takes files from the inbox."""
    path = workspace.deliveries / "inbox.lock"
    with closing(sqlite3.connect(path, timeout=600, isolation_level=None)) as lock:
        lock.execute("BEGIN EXCLUSIVE")
        yield


def _sync_disk() -> None:
    """Have the disk keep the rows before the ledger says they are there."""
    if hasattr(os, "sync"):  # Windows has none
        os.sync()
