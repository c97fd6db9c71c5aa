"""A pull: a month read from a source and dropped into the inbox as deliveries.

What a delivery replaces follows from its scope, so a pull drops up to three: attendance of the
month, the register of the term, and the schools. Each holds all of its scope, also after a pull
of what changed; one that says nothing new is not dropped again.
"""

import json
import os
import shutil
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Self

from pipelines.audit import Fact, record
from pipelines.connectors.delivery import KINDS, Holds, Manifest, read_bodies, write_delivery
from pipelines.connectors.endpoint import Endpoint
from pipelines.connectors.journal import FILE_NAME, Entity, Journal
from pipelines.connectors.selection import Selection, of_month, of_register, of_schools
from pipelines.connectors.ss12000 import (
    ALWAYS_WHOLE,
    DELETIONS,
    EVENTS_BEFORE,
    STARTED,
    Asked,
    Reading,
)
from pipelines.ingest.placing import archived
from pipelines.ingest.recognition import sha256_of
from pipelines.ingest.records import UnreadableError
from pipelines.workspace import Workspace

STALE_SECONDS = 24 * 3600
TABLES: Mapping[Holds, tuple[str, ...]] = {
    "month": ("attendance", "lessons"),
    "register": ("enrolments", "grades"),
    "schools": ("schools",),
}
"""Which tables a delivery may fill, by what it holds."""

TOLD_BY: Mapping[Holds, tuple[str, ...]] = {
    "month": ("aggregatedAttendance", "attendances"),
    "register": ("persons", "grades"),
    "schools": ("organisations",),
}
"""Collections whose entities become records."""

IN_PLACE = ("active", "received", "held")
BEGUN = "begun"


@dataclass(frozen=True, slots=True, kw_only=True)
class Pulled:
    """What a pull gave.

    Attributes:
        dropped: Names of the new deliveries in the inbox.
        unchanged: Names of deliveries that already say the same.
        empty: Which parts of the pull hold nothing, and nothing before either; not dropped.
        entities: Entities in the deliveries by kind [count].
        removed: Entities the endpoint said were deleted, by kind [count].
        silent: Pupils enrolled in the month of whom it told neither sums nor registers, by code
            of the school unit [count].
        since: Only what changed since was asked for; None if all was.
    """

    dropped: tuple[str, ...]
    unchanged: tuple[str, ...]
    empty: tuple[Holds, ...]
    entities: Mapping[str, int]
    removed: Mapping[str, int]
    silent: Mapping[str, int]
    since: str | None


def sources_of(workspace: Workspace) -> Path:
    """The folder in which sources are declared."""
    return workspace.root / "sources"


def pull(
    workspace: Workspace,
    endpoint: Endpoint,
    month: str,
    *,
    whole: bool = False,
    progress: Callable[[str, int], None] = lambda _kind, _pages: None,
) -> Pulled:
    """Read a month and drop it into the inbox; go on where an earlier attempt stopped.

    Args:
        workspace: Where everything lies.
        endpoint: Whom to ask.
        month: ``2016-03``.
        whole: Read everything, not only what changed since the last pull.
        progress: Told of each collection and how many pages of it came.

    Raises:
        PullError: If the endpoint cannot be read to the end.
        SourceError: If its token cannot be read.
        AuditError: If the audit log cannot be written; nothing is read then.
    """
    source = endpoint.source
    subject: dict[str, Fact] = {"source": source.name, "month": month, "whole": whole}
    record(workspace, action="source.pull", subject=subject, reason="month read into the inbox")
    folder = _pulls(workspace) / f"{source.name}_{month}.part"
    is_stale = _is_stale(folder / FILE_NAME)
    with Journal.open(folder) as journal:
        if is_stale:
            journal.clear()
        asked = _begun(workspace, journal, Asked(source=source, month=month), whole=whole)
        reading = Reading(asked, endpoint, journal, progress)
        reading.read_all()
        selections = dict(_selections(journal, asked, reading))
        parts = [_drop(workspace, asked, folder, *one) for one in selections.items()]
        drops = [drop for drop in parts if drop is not None]
        if len(drops) == len(parts):
            _note(workspace, journal, asked, [drop.sha256 for drop in drops])
        pulled = Pulled(
            dropped=tuple(drop.name for drop in drops if drop.is_new),
            unchanged=tuple(drop.name for drop in drops if not drop.is_new),
            empty=tuple(one for one, drop in zip(selections, parts, strict=True) if drop is None),
            entities=_most(one.counts() for one in selections.values()),
            removed=journal.removed(),
            silent=selections["month"].silent if "month" in selections else {},
            since=asked.since,
        )
    shutil.rmtree(folder, ignore_errors=True)
    return pulled


@dataclass(frozen=True, slots=True)
class _Note:
    """What one pull notes for the next.

    Attributes:
        source: Fingerprint of what was asked of whom.
        since: From when on the next may ask for what changed; None if it must ask for all.
        deliveries: What the deliveries are known by.
    """

    source: str = ""
    since: str | None = None
    deliveries: tuple[str, ...] = ()

    @classmethod
    def of(cls, text: str | None) -> Self:
        """Read a note; an empty one where there is none, or none that can be read."""
        try:
            noted = json.loads(text or "{}")
            return cls(**noted | {"deliveries": tuple(noted.get("deliveries", ()))})
        except (ValueError, TypeError, AttributeError):
            return cls()

    def text(self) -> str:
        """The note as it is written."""
        return json.dumps(asdict(self), indent=1)


@dataclass(frozen=True, slots=True)
class _Drop:
    """A delivery as it came out of a pull.

    Attributes:
        name: Its file name.
        sha256: What it is known by.
        is_new: Whether it had to be dropped.
    """

    name: str
    sha256: str
    is_new: bool


def _pulls(workspace: Workspace) -> Path:
    return workspace.root / "pulls"


def _is_stale(journal: Path) -> bool:
    """Whether pages lie here that are too old to be put together with new ones."""
    return journal.exists() and time.time() - journal.stat().st_mtime > STALE_SECONDS


def _begun(workspace: Workspace, journal: Journal, asked: Asked, *, whole: bool) -> Asked:
    """What is asked for: as begun before, else what changed since the last pull, else all."""
    begun = _Note.of(journal.said(BEGUN))
    if begun.source != asked.source.fingerprint or (whole and begun.since):
        journal.clear()
        last = _Note() if whole else _last(workspace, asked)
        begun = _Note(asked.source.fingerprint, _since(workspace, journal, last))
        journal.say(BEGUN, begun.text())
    return replace(asked, since=begun.since)


def _since(workspace: Workspace, journal: Journal, last: _Note) -> str | None:
    """Since when to ask, with the deliveries of the last pull laid ready; None for everything."""
    bases = [_delivered(workspace, sha256) for sha256 in last.deliveries]
    here = [path for path in bases if path is not None]
    if last.since and len(here) == len(bases) and _loaded(journal, here):
        return last.since
    journal.clear()
    return None


def _last(workspace: Workspace, asked: Asked) -> _Note:
    """What the last pull of the month noted, if it asked the same of the same endpoint."""
    path = _noted(workspace, asked)
    noted = _Note.of(path.read_text("utf-8") if path.exists() else None)
    return noted if noted.source == asked.source.fingerprint else _Note()


def _loaded(journal: Journal, bases: Sequence[Path]) -> bool:
    """Whether the deliveries of the last pull could be read back as where to go on from."""
    try:
        for path in bases:
            for kind in KINDS:
                journal.put(_base(path, kind))
    except UnreadableError:
        return False
    return True


def _base(path: Path, kind: str) -> Iterator[Entity]:
    """Entities of a former delivery, older than whatever comes.

    Of what is read whole each time nothing is kept but which events were known.
    """
    if kind in ALWAYS_WHOLE:
        if kind == "calendarEvents":
            for _, body in read_bodies(path, kind):
                yield Entity(EVENTS_BEFORE, json.loads(body)["id"], "", "{}")
        return
    for _, body in read_bodies(path, kind):
        text = body.decode().rstrip("\n")
        yield Entity(kind, json.loads(text)["id"], "", text)


def _delivered(workspace: Workspace, sha256: str) -> Path | None:
    """Where a delivery of this content lies, ingested or not; None if nowhere."""
    path = archived(workspace, sha256)
    if path.exists():
        return path
    waiting = workspace.inbox.glob("ss12000_*.zip")
    return next((path for path in waiting if sha256_of(path) == sha256), None)


def _selections(
    journal: Journal, asked: Asked, reading: Reading
) -> Iterator[tuple[Holds, Selection]]:
    makers: Mapping[Holds, Callable[[], Selection]] = {
        "month": lambda: of_month(journal, asked, reading.fetch),
        "register": lambda: of_register(journal, asked, reading.fetch),
        "schools": lambda: of_schools(journal),
    }
    for holds, make in makers.items():
        if set(TABLES[holds]) & set(asked.source.deliver):
            yield holds, make()


def _drop(
    workspace: Workspace, asked: Asked, folder: Path, holds: Holds, selection: Selection
) -> _Drop | None:
    """Put a delivery into the inbox, in one step, unless the last one of its scope is the same.

    None if there is nothing to deliver and never was.
    """
    about = f"ss12000_{asked.source.name}_{_period(asked, holds) or 'skolor'}"
    version, found = _latest(workspace, about)
    draft = folder / f"{holds}.zip"
    if not version and not any(selection.keys.get(kind) for kind in TOLD_BY[holds]):
        return None
    if version:
        _write(draft, asked, holds, selection, version=version)
        sha256 = sha256_of(draft)
        if sha256 in found:
            is_new = not found[sha256]
            name = f"{about}_v{version}.zip"
            if is_new:
                _into(workspace, draft, name)
            return _Drop(name, sha256, is_new)
    _write(draft, asked, holds, selection, version=version + 1)
    sha256, name = sha256_of(draft), f"{about}_v{version + 1}.zip"
    _into(workspace, draft, name)
    return _Drop(name, sha256, is_new=True)


def _write(draft: Path, asked: Asked, holds: Holds, selection: Selection, *, version: int) -> None:
    source = asked.source
    manifest = Manifest(
        holds=holds,
        source=source.name,
        period=_period(asked, holds),
        version=version,
        tables=tuple(table for table in TABLES[holds] if table in source.deliver),
        school_types=source.school_types,
        district_type=source.district_type,
        entities=selection.counts(),
        silent=selection.silent,
    )
    write_delivery(draft, manifest, {kind: selection.bodies(kind) for kind in selection.keys})


def _into(workspace: Workspace, draft: Path, name: str) -> None:
    with draft.open("rb") as file:
        os.fsync(file.fileno())
    draft.replace(workspace.inbox / name)


def _period(asked: Asked, holds: Holds) -> str:
    return {"month": asked.month, "register": asked.term, "schools": ""}[holds]


def _latest(workspace: Workspace, about: str) -> tuple[int, dict[str, bool]]:
    """The highest version of a scope, 0 if none, and whether each content of it is in place."""
    known = [
        (str(row["file_name"]), str(row["delivery_id"]), row["status"] in IN_PLACE)
        for row in workspace.ledger.rows()
    ]
    waiting = workspace.inbox.glob(f"{about}_v*.zip")
    known += [(path.name, sha256_of(path), True) for path in waiting]
    versions: dict[int, dict[str, bool]] = {}
    for name, sha256, is_in_place in known:
        number = name.removeprefix(f"{about}_v").removesuffix(".zip")
        if name == f"{about}_v{number}.zip" and number.isdecimal():
            versions.setdefault(int(number), {})[sha256] = is_in_place
    latest = max(versions, default=0)
    return latest, versions.get(latest, {})


def _noted(workspace: Workspace, asked: Asked) -> Path:
    return _pulls(workspace) / f"{asked.source.name}_{asked.month}.json"


def _note(workspace: Workspace, journal: Journal, asked: Asked, deliveries: list[str]) -> None:
    """Note since when to ask next time; nothing where the endpoint tells no deletions."""
    since = journal.said(STARTED) if journal.said(DELETIONS) else None
    path = _noted(workspace, asked)
    draft = path.with_suffix(".json.part")
    note = _Note(asked.source.fingerprint, since, tuple(deliveries))
    draft.write_text(note.text(), encoding="utf-8")
    draft.replace(path)


def _most(counts: Iterable[Mapping[str, int]]) -> dict[str, int]:
    """How many of each kind, where deliveries share some."""
    most: Counter[str] = Counter()
    for one in counts:
        most |= Counter(one)
    return {kind: most[kind] for kind in KINDS if kind in most}
