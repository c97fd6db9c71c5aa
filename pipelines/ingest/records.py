"""Records of a delivered file: text under the file's own headings, nothing believed yet.

Strict by construction: the dialect is declared, the header is compared, the number of records
is counted over the bytes, and what the fast reader cannot read whole goes to the slow splitter,
which knows each record's line. No error is ignored and nothing is sniffed.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Protocol

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from pipelines.ingest.profiles import Profile, as_heading

LONGEST_VALUE = 1 << 16
FOUND_AT_ONCE = 50_000
SHARED_SETTINGS = frozenset({"joined", "join_with", "first_of", "blank", "closed"})

Lines = NDArray[np.int64]


class UnreadableError(ValueError):
    """A file cannot be read whole; the message says why, where, and what to do.

    Attributes:
        cause: One word for the kind of fault.
        line: Line of the file, None if it is about the whole.
    """

    def __init__(self, cause: str, message: str, line: int | None = None) -> None:
        self.cause = cause
        self.line = line
        super().__init__(f"line {line}: {message}" if line else message)


class NotPlainError(Exception):
    """The fast reader met something that only the strict splitter can read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Records:
    """Consecutive records of a file.

    Attributes:
        lines: Line each record starts on, shape (n,).
        columns: Values by heading as text, each distinct value once, length n.
        faults: What is wrong with a record's shape, by its place among these.
    """

    lines: Lines
    columns: Mapping[str, pa.DictionaryArray]
    faults: Mapping[int, str] = field(default_factory=dict)

    def __len__(self) -> int:
        """How many records."""
        return len(self.lines)


@dataclass(frozen=True, slots=True)
class Found:
    """One record as a container that reads record by record found it.

    Attributes:
        line: Line it starts on.
        values: Text by column; a column it lacks is empty.
        fault: What is wrong with its shape; never a value.
    """

    line: int
    values: Mapping[str, str]
    fault: str | None = None


class Container(Protocol):
    """A kind of file: one module in ``formats/``."""

    def headings(self, path: Path, profile: Profile) -> list[str] | None:
        """The file's headings, or None where the profile says it has none."""

    def titles(self, path: Path, profile: Profile) -> str:
        """The lines above the header."""

    def records(self, path: Path, profile: Profile, *, strictly: bool) -> Iterator[Records]:
        """The records in order; ``strictly`` one by one, with what is wrong with each."""


def compare_headings(found: list[str], profile: Profile) -> None:
    """Judge a header by name, in any order.

    Raises:
        UnreadableError: If a heading is missing, unknown or stands twice.
    """
    line = profile.header_line
    expected = {as_heading(name) for name in profile.columns}
    names = [as_heading(name) for name in found]
    missing = [name for name in profile.columns if as_heading(name) not in names]
    unknown = [number for number, name in enumerate(names, 1) if name not in expected]
    if len(set(names)) < len(names):
        raise UnreadableError("duplicate_header", "a heading stands twice; keep one of them", line)
    if missing:
        raise UnreadableError(
            "missing_column", f"the heading {', '.join(missing)} is missing; add the column", line
        )
    if unknown:
        raise UnreadableError(
            "extra_column",
            f"column {', '.join(map(str, unknown))} is not part of this layout; remove it",
            line,
        )


def in_profile_order(found: list[str], profile: Profile) -> list[str]:
    """The profile's own spelling of each heading, in the file's order."""
    spelling = {as_heading(name): name for name in profile.columns}
    return [spelling[as_heading(name)] for name in found]


def in_blocks(found: Iterable[Found], profile: Profile) -> Iterator[Records]:
    """Records one by one as blocks of columns; of a faulty record nothing but its fault is kept.

    The setting ``joined`` makes one column of several: their texts one after the other, with the
    text ``join_with`` between; ``first_of`` takes the first of several that is neither empty
    nor spelt as ``blank`` says. The setting ``closed`` lists the only spellings that a column may
    have, so that a layout that reads some kinds of records cannot overlook one that is misspelt.
    """
    closed = {name: {*known} for name, known in profile.settings.get("closed", {}).items()}
    source = iter(found)
    while held := list(islice(source, FOUND_AT_ONCE)):
        faults = {at: fault for at, one in enumerate(held) if (fault := _fault_of(one, closed))}
        rows = [{} if at in faults else one.values for at, one in enumerate(held)]
        columns = {
            name: encoded(_texts(rows, name, profile))
            for name in profile.columns
            if name not in profile.ignored
        }
        lines = np.array([one.line for one in held], np.int64)
        yield Records(lines=lines, columns=columns, faults=faults)


def known_names(profile: Profile) -> frozenset[str]:
    """What a record may hold by a layout: its columns, and the parts of those that are joined."""
    made = (profile.settings.get(kind, {}) for kind in ("joined", "first_of"))
    parts = [names for one in made for names in one.values()]
    return frozenset((*profile.columns, *(name for names in parts for name in names)))


def _fault_of(one: Found, closed: Mapping[str, set[str]]) -> str | None:
    if one.fault is not None:
        return f"record: {one.fault}"
    for name, known in closed.items():
        if one.values.get(name, "") not in known:
            return f"record: {name} is not one of its codes"
    if any(len(value) > LONGEST_VALUE for value in one.values.values()):
        return "record: too_long"
    if any("\0" in value for value in one.values.values()):
        return "record: nul_byte"
    return None


def _texts(rows: list[Mapping[str, str]], name: str, profile: Profile) -> list[str]:
    settings = profile.settings
    if name in settings.get("joined", {}):
        parts, between = settings["joined"][name], settings.get("join_with", "")
        return [between.join([row.get(part, "") for part in parts]) for row in rows]
    choices = settings.get("first_of", {}).get(name)
    if choices is None:
        return [row.get(name, "") for row in rows]
    blank = {"", *settings.get("blank", ())}
    return [
        next((text for one in choices if (text := row.get(one, "")) not in blank), "")
        for row in rows
    ]


def encoded(values: list[str]) -> pa.DictionaryArray:
    """Text as a dictionary: each distinct value once."""
    return pa.array(values, pa.string()).dictionary_encode()
