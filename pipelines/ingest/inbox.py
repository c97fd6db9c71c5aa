"""The inbox: files in, judged rows in the lake, and a verdict in the ledger for each."""

import datetime as dt
import hashlib
import os
import re
import shutil
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory

from pipelines.ingest.blocks import Delivery, Judges
from pipelines.ingest.formats.registry import load_containers
from pipelines.ingest.judging import Outcome, judge_all, refused
from pipelines.ingest.ledger import Judged
from pipelines.ingest.profiles import Profile, load_profiles
from pipelines.ingest.records import UnreadableError, compare_headings
from pipelines.lake import Lake
from pipelines.workspace import Workspace

UNFINISHED = (".part", ".tmp", ".crdownload")
SETTLED_AT_ONCE = JUDGED_AT_ONCE = 200
LIKE_AN_IDENTITY = re.compile(r"\d{6,8}[-+]?(\d{4}|TF\d{2})(?!\d)", re.IGNORECASE)

Progress = Callable[[int, int], None]


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


def ingest(
    workspace: Workspace, files: Sequence[Path], *, progress: Progress | None = None
) -> Ingested:
    """Archive files under their content and judge each new one.

    A file that cannot be read is kept, entered as rejected with its cause, and does not stop
    the others. Run again it goes on where it was stopped; the same file changes nothing.

    Args:
        workspace: Where everything lies.
        files: Files of the inbox; they are moved.
        progress: Told after each delivery how many are done, and of how many.
    """
    repeated = _receive(workspace, files)
    waiting = workspace.ledger.waiting()
    judges = Judges.of(workspace.vault, today=dt.datetime.now(dt.UTC).date())
    judged: list[Judged] = []
    verdicts = _judged(workspace, waiting, judges)
    while batch := list(_told(islice(verdicts, SETTLED_AT_ONCE), progress, len(judged), waiting)):
        os.sync()
        workspace.ledger.settle(batch)
        judged += batch
    return Ingested(tuple(judged), repeated)


def recognise(path: Path, file_name: str) -> Profile:
    """The one layout a file is of, by its name and its header.

    Raises:
        UnreadableError: If no layout fits, or several do.
    """
    named = [profile for profile in load_profiles() if profile.named(file_name) is not None]
    if not named:
        raise UnreadableError("unknown", "no layout has files of this name; see the templates")
    faults = [(profile, _header_fault(path, profile)) for profile in named]
    fitting = [profile for profile, fault in faults if fault is None]
    if len(fitting) > 1:
        names = ", ".join(profile.name for profile in fitting)
        raise UnreadableError("ambiguous", f"several layouts fit: {names}")
    if not fitting:
        raise next(fault for _, fault in faults if fault is not None)
    return fitting[0]


def archived(workspace: Workspace, delivery_id: str) -> Path:
    """Where a delivery's file lies in the archive."""
    return workspace.deliveries / delivery_id[:2] / delivery_id


def masked(file_name: str) -> str:
    """A file's name without what could be an identity number."""
    return LIKE_AN_IDENTITY.sub("#", file_name)


def judge_file(path: Path, file_name: str, judges: Judges, folder: Path) -> Outcome:
    """Judge one file into drafts; a verdict in any case.

    Args:
        path: Where the file lies.
        file_name: Its name when it was dropped.
        judges: Who answers for values.
        folder: Where drafts go.
    """
    return next(judge_files([(_sha256(path), path, file_name)], judges, folder))


def judge_files(
    files: Sequence[tuple[str, Path, str]], judges: Judges, folder: Path
) -> Iterator[Outcome]:
    """Judge files into drafts, those of one layout together; a verdict on each.

    Args:
        files: SHA-256, place, and name when it was dropped.
        judges: Who answers for values.
        folder: Where drafts go; the caller moves them before asking for the next outcome.
    """
    by_profile: dict[str, list[Delivery]] = {}
    for delivery_id, path, file_name in files:
        try:
            profile = recognise(path, file_name)
        except UnreadableError as error:
            yield refused(delivery_id, None, error)
        else:
            delivery = Delivery(delivery_id, path, file_name, profile)
            by_profile.setdefault(profile.name, []).append(delivery)
    for deliveries in by_profile.values():
        yield from judge_all(deliveries, judges, folder)


def _is_whole(path: Path) -> bool:
    is_named = not path.name.startswith((".", "~$")) and not path.name.endswith(UNFINISHED)
    return is_named and path.is_file() and not path.is_symlink() and path.stat().st_nlink == 1


def _receive(workspace: Workspace, files: Sequence[Path]) -> int:
    """Move files into the archive under their content; say how many were known already."""
    now = dt.datetime.now(dt.UTC).isoformat(timespec="seconds")
    received = []
    repeated = 0
    for path in files:
        delivery_id = _sha256(path)
        target = archived(workspace, delivery_id)
        if workspace.ledger.knows(delivery_id):
            path.unlink()
            repeated += 1
            continue
        target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        shutil.move(path, target)
        target.chmod(0o400)
        received.append((delivery_id, masked(path.name), now))
    workspace.ledger.receive(received)
    return repeated


def _judged(
    workspace: Workspace, waiting: Sequence[tuple[str, str]], judges: Judges
) -> Iterator[Judged]:
    drafts = workspace.lake.folder / ".drafts"
    drafts.mkdir(mode=0o700, parents=True, exist_ok=True)
    for first in range(0, len(waiting), JUDGED_AT_ONCE):
        batch = waiting[first : first + JUDGED_AT_ONCE]
        files = [(one, archived(workspace, one), file_name) for one, file_name in batch]
        with TemporaryDirectory(dir=drafts) as folder:
            for outcome in judge_files(files, judges, Path(folder)):
                _put_in_place(workspace.lake, outcome)
                yield outcome.judged


def _put_in_place(lake: Lake, outcome: Outcome) -> None:
    for table, draft in outcome.drafts.items():
        target = lake.path(raw_table(table), outcome.judged.delivery_id)
        target.parent.mkdir(parents=True, exist_ok=True)
        draft.replace(target)


def raw_table(table: str) -> str:
    """The table as delivered that a core table is made from: ``raw.lessons``."""
    return table.replace("core.", "raw.")


def _told(
    verdicts: Iterator[Judged], progress: Progress | None, done: int, waiting: Sequence[object]
) -> Iterator[Judged]:
    for number, verdict in enumerate(verdicts, done + 1):
        if progress is not None:
            progress(number, len(waiting))
        yield verdict


def _header_fault(path: Path, profile: Profile) -> UnreadableError | None:
    try:
        found = load_containers()[profile.container].headings(path, profile)
        if found is not None:
            compare_headings(found, profile)
    except UnreadableError as error:
        return error
    return None


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
