"""The delivery a pull becomes: one zip with a manifest and one file of entities for each kind.

The same entities give the same bytes. ``unzip -p <zip> | sed -n <line>p`` shows the entity that
a quarantined record stands for: lines are counted over all members in order, the manifest first.
"""

import json
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import IO, Any, Literal

from pipelines.ingest.records import UnreadableError

Holds = Literal["month", "register", "schools"]

MANIFEST = "manifest.json"
FORMAT = "ss12000-entities-1"
EPOCH = (1980, 1, 1, 0, 0, 0)
READABLE_BY_OWNER = 0o600 << 16
MOST_BYTES = 20 << 30
MOST_RATIO = 200
LONGEST_LINE = 4 << 20
BROKEN = (zipfile.BadZipFile, zlib.error, EOFError, KeyError, OSError, RuntimeError, ValueError)
KINDS = (
    "organisations",
    "syllabuses",
    "activities",
    "groups",
    "persons",
    "calendarEvents",
    "attendances",
    "aggregatedAttendance",
    "grades",
)
"""Collections a delivery may hold, in the order of its members."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """What a delivery says of itself.

    Attributes:
        holds: Which part of a pull it is.
        source: Name of the source.
        period: Month or term; empty for schools.
        version: As in its name.
        tables: The tables it is to fill.
        school_types: Forms of schooling whose enrolments count.
        district_type: Type of the organisation that is a school's district.
        entities: How many of each kind.
        silent: Pupils enrolled in the month of whom it holds neither a sum nor a register, by
            code of the school unit [count].
        format: Layout of the zip.
    """

    holds: Holds
    source: str
    period: str
    version: int
    tables: tuple[str, ...]
    school_types: tuple[str, ...]
    district_type: str | None
    entities: Mapping[str, int]
    silent: Mapping[str, int] = field(default_factory=dict)
    format: str = FORMAT


def write_delivery(path: Path, manifest: Manifest, bodies: Mapping[str, Iterable[str]]) -> None:
    """Write a delivery; equal arguments give equal bytes.

    Args:
        path: The new file.
        manifest: What it says of itself.
        bodies: Canonical JSON of the entities by kind, in order.
    """
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as archive:
        text = json.dumps(asdict(manifest), sort_keys=True, ensure_ascii=False)
        archive.writestr(_member(MANIFEST), f"{text}\n")
        for kind in KINDS:
            if kind in bodies:
                with archive.open(_member(f"{kind}.jsonl"), "w", force_zip64=True) as member:
                    for body in bodies[kind]:
                        member.write(f"{body}\n".encode())


def read_manifest(path: Path) -> Manifest:
    """What a delivery says of itself.

    Raises:
        UnreadableError: If it is no delivery of this layout, or unsafe to unpack.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            _refuse_unsafe(archive)
            written = json.loads(archive.read(MANIFEST))
            lists = {k: tuple(v) for k, v in written.items() if isinstance(v, list)}
            manifest = Manifest(**written | lists)
    except UnreadableError:
        raise
    except (*BROKEN, TypeError, AttributeError):
        raise UnreadableError("format", "this is no zip of SS 12000; pull it again") from None
    if manifest.format != FORMAT:
        raise UnreadableError("format", "a zip of another layout; pull it again")
    return manifest


def read_entities(path: Path, kind: str) -> Iterator[tuple[int, dict[str, Any]]]:
    """Line and content of every entity of a kind, in order; none if the kind is not there.

    Raises:
        UnreadableError: If a line is not JSON, or fewer came than the manifest says.
    """
    for line, body in read_bodies(path, kind):
        try:
            entity = json.loads(body)
        except (ValueError, RecursionError):
            raise UnreadableError("json", "this is not JSON; pull it again", line) from None
        if not isinstance(entity, dict):
            raise UnreadableError("json", "this is no entity; pull it again", line)
        yield line, entity


def read_bodies(path: Path, kind: str) -> Iterator[tuple[int, bytes]]:
    """Line and text of every entity of a kind, in order.

    Raises:
        UnreadableError: If the zip is broken or holds another number than its manifest says.
    """
    counts = read_manifest(path).entities
    if kind not in counts:
        return
    first = 2 + sum(int(counts[k]) for k in KINDS[: KINDS.index(kind)] if k in counts)
    found = 0
    try:
        with zipfile.ZipFile(path) as archive, archive.open(f"{kind}.jsonl") as member:
            for body in _lines(member):
                yield first + found, body
                found += 1
    except UnreadableError:
        raise
    except BROKEN:
        raise UnreadableError("format", "the zip is broken; pull it again", first + found) from None
    if found != counts[kind]:
        raise UnreadableError("count_mismatch", f"{kind}: {found} entities, not {counts[kind]}")


def _lines(member: IO[bytes]) -> Iterator[bytes]:
    while body := member.readline(LONGEST_LINE):
        if not body.endswith(b"\n"):
            raise UnreadableError("truncated", "a line has no end; pull it again")
        yield body


def _member(name: str) -> zipfile.ZipInfo:
    """A member whose bytes do not tell when or where it was written."""
    member = zipfile.ZipInfo(name, EPOCH)
    member.compress_type = zipfile.ZIP_DEFLATED
    member.create_system = 3
    member.external_attr = READABLE_BY_OWNER
    return member


def _refuse_unsafe(archive: zipfile.ZipFile) -> None:
    members = archive.infolist()
    known = {MANIFEST, *(f"{kind}.jsonl" for kind in KINDS)}
    size = sum(member.file_size for member in members)
    packed = max(sum(member.compress_size for member in members), 1)
    if size > MOST_BYTES or size / packed > MOST_RATIO:
        raise UnreadableError("bomb", "the zip unpacks to far more than a pull holds")
    if not {member.filename for member in members} <= known:
        raise UnreadableError("format", "the zip holds a file that no pull writes")
