"""The inbox: files in, judged rows in the lake, and a verdict in the ledger for each."""

import datetime as dt
import os
import re
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from pipelines.ingest.child import judged_by_children
from pipelines.ingest.ledger import Judged
from pipelines.ingest.placing import archived
from pipelines.ingest.recognition import sha256_of
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

    Left alone are uploads under way (``.part``, ``.tmp``), hidden files, office lock files, and
    whatever is no regular file of its own (links, devices).

    Args:
        inbox: The folder.
        settled_before: Only files not changed since then, if given.
    """
    found = [path for path in sorted(inbox.iterdir()) if _is_whole(path)]
    if settled_before is None:
        return found
    return [path for path in found if path.stat().st_mtime <= settled_before.timestamp()]


def ingest(workspace: Workspace, files: Sequence[Path]) -> Ingested:
    """Archive files under their content and judge each new one.

    A file that cannot be read is kept, entered as rejected with its cause, and does not stop
    the others. Run again it goes on where it was stopped; the same file changes nothing, but
    one that was rejected or held is judged again, for its name or the layouts may be new.

    Args:
        workspace: Where everything lies.
        files: Files of the inbox; they are moved.
    """
    repeated = _receive(workspace, files)
    waiting = workspace.ledger.waiting()
    batches = [waiting[at : at + JUDGED_AT_ONCE] for at in range(0, len(waiting), JUDGED_AT_ONCE)]
    judged: list[Judged] = []
    for verdicts in judged_by_children(workspace, batches):
        _sync_disk()
        workspace.ledger.settle(verdicts)
        judged += verdicts
    return Ingested(tuple(judged), repeated)


def masked(file_name: str) -> str:
    """A file's name without what could be an identity number."""
    return LIKE_AN_IDENTITY.sub("#", file_name)


def _is_whole(path: Path) -> bool:
    is_named = not path.name.startswith((".", "~$")) and not path.name.endswith(UNFINISHED)
    return is_named and path.is_file() and not path.is_symlink() and path.stat().st_nlink == 1


def _receive(workspace: Workspace, files: Sequence[Path]) -> int:
    """Move files into the archive under their content; say how many were known already.

    They are entered first: one that a crash leaves in the inbox is moved by the next run.
    """
    now = dt.datetime.now(dt.UTC).isoformat(timespec="seconds")
    found = [(sha256_of(path), path) for path in files]
    settled = workspace.ledger.settled()
    new = [
        (delivery_id, masked(path.name), now)
        for delivery_id, path in found
        if delivery_id not in settled
    ]
    workspace.ledger.receive(new)
    for delivery_id, path in found:
        target = archived(workspace, delivery_id)
        if target.exists():
            path.unlink()
        else:
            target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            shutil.move(path, target)
            target.chmod(0o400)
    return len(found) - len(new)


def _sync_disk() -> None:
    """Have the disk keep the rows before the ledger says they are there."""
    if hasattr(os, "sync"):  # Windows has none
        os.sync()
