"""Completeness: whether a file is all that its sender meant to send.

The sender can prove it: by a file beside it, ``<file>.sha256``, with the checksum and perhaps a
line with the number of records; or by a last line with that number, where the layout declares
one. What contradicts the file refuses it. Without either, a file that was cut off inside its
last value looks whole, and its completeness stays unproven.
"""

import os
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from pipelines.ingest.ledger import Judged
from pipelines.ingest.profiles import Profile, load_profiles

BESIDE = ".sha256"
LONGEST_NAME = 255
LONGEST = 4096
CHECKSUM = re.compile(r"^\s*\\?([0-9a-f]{64})\b", re.MULTILINE | re.IGNORECASE)
COUNT = re.compile(
    r"^\s*(?:(?:rader|poster|rows|records)\s*[:=]?\s*)?(\d{1,10})\s*$", re.MULTILINE | re.IGNORECASE
)
NO_RECORDS = "no_records: "


@dataclass(frozen=True, slots=True)
class Statement:
    """What a sender says of a file.

    Attributes:
        sha256: Its checksum; None if it is not told.
        records: Records in it [count]; None if it is not told.
    """

    sha256: str | None
    records: int | None


def beside(path: Path) -> Path:
    """Where the statement about a file lies; a name too long for one is cut."""
    name = os.fsdecode(os.fsencode(path.name)[: LONGEST_NAME - len(BESIDE)])
    return path.with_name(name + BESIDE)


def read_statement(path: Path) -> Statement:
    """The statement in a file like those that ``sha256sum`` writes."""
    with path.open("rb") as file:
        text = file.read(LONGEST).decode("utf-8", errors="replace")
    checksum, count = CHECKSUM.search(text), COUNT.search(text)
    return Statement(
        sha256=checksum[1].lower() if checksum else None,
        records=int(count[1]) if count else None,
    )


def mismatch(delivery_id: str, statement: Statement) -> str | None:
    """Why a file is not the one its sender describes; None if it is."""
    if statement.sha256 == delivery_id:
        return None
    if statement.sha256 is None:
        return "hash_mismatch: the file beside it holds no SHA-256; write it anew with sha256sum"
    return "hash_mismatch: its checksum is not the one beside it; send both again"


def assured(judged: Judged, path: Path, file_name: str) -> Judged:
    """A verdict with what the sender's own words add to it.

    Args:
        judged: The verdict on the file alone.
        path: The archived file; a statement may lie beside it.
        file_name: Its name when it was dropped.
    """
    profile = next((one for one in load_profiles() if one.name == judged.profile), None)
    counts: list[int | None] = []
    if beside(path).exists():
        statement = read_statement(beside(path))
        if cause := mismatch(judged.delivery_id, statement):
            return refused(judged, cause)
        if statement.records == 0 and profile is not None:
            judged = _empty_on_purpose(judged, profile, file_name)
        counts.append(judged.records if statement.records is None else statement.records)
    if profile is not None and profile.trailer is not None:
        counts.append(counted_at_end(path, profile))
        if counts[-1] == 0:
            judged = _empty_on_purpose(judged, profile, file_name)
    return judged if judged.cause is not None else _counted(judged, counts)


def _counted(judged: Judged, counts: Sequence[int | None]) -> Judged:
    """The verdict on a file that can be read, held against the numbers that are told of it."""
    if None in counts:
        return refused(judged, "cut_short: the last line, with the number of records, is missing")
    told = next((count for count in counts if count != judged.records), None)
    if told is not None:
        return refused(judged, f"count_mismatch: {judged.records} records, {told} are promised")
    return replace(judged, completeness="proven") if counts else judged


def counted_at_end(path: Path, profile: Profile) -> int | None:
    """The number of records in the last line of a file; None if that is another line."""
    if profile.trailer is None:
        return None
    with path.open("rb") as file:
        file.seek(max(0, path.stat().st_size - LONGEST))
        lines = file.read().decode(profile.encoding, errors="replace").splitlines()
    last = next((line for line in reversed(lines) if line.strip()), "")
    found = profile.trailer.fullmatch(last.strip())
    return int(found["records"]) if found else None


def refused(judged: Judged, cause: str) -> Judged:
    """The verdict on a file that is refused whole although it could be read."""
    return Judged(
        delivery_id=judged.delivery_id,
        profile=judged.profile,
        scope=None,
        cause=cause,
        content={},
    )


def _empty_on_purpose(judged: Judged, profile: Profile, file_name: str) -> Judged:
    """A header with nothing under it is a report of nothing, if the sender says so."""
    if judged.cause is None or not judged.cause.startswith(NO_RECORDS):
        return judged
    scope, version = profile.scope(file_name)
    return replace(judged, cause=None, scope=scope, version=version)
