"""The inbox: files in, judged rows in the lake, and a verdict in the ledger for each."""

import datetime as dt
import os
import re
import shutil
import sqlite3
import stat
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

from pipelines.ingest.child import judged_by_children
from pipelines.ingest.completeness import BESIDE, assured, beside
from pipelines.ingest.ledger import UNTRUSTED, Judged, stamp
from pipelines.ingest.placing import archived, taken_out
from pipelines.ingest.recognition import sha256_of
from pipelines.ingest.statements import take_statements
from pipelines.ingest.sweeping import sweep
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
    one that was rejected or held is judged again, for its name or the layouts may be new. A file
    that others could have written to is rejected without being read.

    Args:
        workspace: Where everything lies.
        files: Files of the inbox; they are moved.
        at: When they came; now, if left out.
    """
    at = at or dt.datetime.now(dt.UTC)
    refused, repeated = _receive(workspace, files, at)
    take_statements(workspace, late_statements(workspace), at=at)
    judged = [*refused, *_judge_waiting(workspace, at)]
    sweep(workspace, lambda: _judge_waiting(workspace, at))
    return Ingested(tuple(judged), repeated)


def late_statements(workspace: Workspace) -> list[Path]:
    """Statements in the inbox that can be taken for their senders', in order of name."""
    found = sorted(workspace.inbox.glob(f"[!.]*{BESIDE}"))
    return [path for path in found if _is_plain(path) and _distrust(workspace, path) is None]


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


def _judge_waiting(workspace: Workspace, at: dt.datetime) -> list[Judged]:
    """Judge what is received and not judged yet, and enter the verdicts."""
    waiting = workspace.ledger.waiting()
    batches = [waiting[n : n + JUDGED_AT_ONCE] for n in range(0, len(waiting), JUDGED_AT_ONCE)]
    names = dict(waiting)
    judged: list[Judged] = []
    for verdicts in judged_by_children(workspace, batches):
        whole = [_assured(workspace, one, names[one.delivery_id]) for one in verdicts]
        _sync_disk()
        workspace.ledger.settle(whole, at=at, weighed=weigh(workspace, whole))
        judged += whole
    return judged


def _assured(workspace: Workspace, judged: Judged, file_name: str) -> Judged:
    """The verdict with the sender's word; the rows of a file refused by it leave the lake."""
    whole = assured(judged, archived(workspace, judged.delivery_id), file_name)
    if whole.cause is not None and judged.cause is None:
        taken_out(workspace.lake, judged)
    return whole


def _receive(
    workspace: Workspace, files: Sequence[Path], at: dt.datetime
) -> tuple[list[Judged], int]:
    """Move files into the archive under their content.

    Each is first moved out of its sender's reach and then looked at; what a crash leaves there
    is archived by the next run.

    Returns:
        Those refused for who may write to them, and how many were known already [count].
    """
    incoming = workspace.deliveries / ".incoming"
    with _alone(workspace):
        taken = [*_left_behind(incoming), *_taken(incoming / uuid4().hex, files)]
        found = [(digest, path) for path in taken if (digest := _digest(workspace, path))]
        entered = [(one, masked(path.name), stamp(at)) for one, path in found]
        new = workspace.ledger.receive(entered)
        refused = _untrusted(workspace, found, new)
        if refused:
            workspace.ledger.settle(refused, at=at)
        for delivery_id, path in found:
            _archive(workspace, delivery_id, path)
        shutil.rmtree(incoming, ignore_errors=True)
    return refused, len(found) - len(new)


def _untrusted(
    workspace: Workspace, found: Sequence[tuple[str, Path]], new: set[str]
) -> list[Judged]:
    """The verdicts on files that are new and that only came as others could have changed them."""
    causes = {delivery_id: _distrust(workspace, path) for delivery_id, path in found}
    trusted = {one for one, path in found if _distrust(workspace, path) is None}
    return [
        Judged(delivery_id=one, profile=None, scope=None, cause=cause, content={})
        for one, cause in causes.items()
        if one not in trusted and (one in new or not archived(workspace, one).exists())
    ]


def _distrust(workspace: Workspace, path: Path) -> str | None:
    """Why a file cannot be taken for its sender's; None if it can, or on Windows."""
    if not hasattr(os, "geteuid"):
        return None
    found = path.stat()
    if found.st_mode & stat.S_IWOTH:
        return f"{UNTRUSTED}every user of the machine may write to the file; chmod o-w, send again"
    if found.st_uid not in {os.geteuid(), workspace.inbox.stat().st_uid, 0}:
        return f"{UNTRUSTED}the file belongs to another user than the inbox; see who put it there"
    return None


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
