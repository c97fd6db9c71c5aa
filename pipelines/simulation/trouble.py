"""Trouble on purpose: repeats, records nobody can accept, wrong files corrected, broken files.

None of it changes what is true: a bad record names nobody in the city, and whatever is wrong
or broken is sent again as ``<name>_v2``.
"""

from collections.abc import Sequence
from enum import Enum, auto
from typing import NamedTuple

import numpy as np

from pipelines.simulation.identities import PERSONAL, identity_numbers
from pipelines.simulation.layouts import DELIMITER, Fields, Layout

LATE_SHARE = 0.03
MOST_PER_FILE = 3
NOBODY_BORN = "1990-01-01"
"""Numbers of this year of birth belong to nobody in the city."""
LATIN_1_LETTER = "å".encode("latin-1")


class Trouble(Enum):
    """What goes wrong with a file."""

    REPEATS = auto()
    BAD_RECORDS = auto()
    MISPRINT = auto()
    WRONG_HEADER = auto()
    WRONG_ENCODING = auto()
    CUT_SHORT = auto()


BROKEN = (Trouble.WRONG_HEADER, Trouble.WRONG_ENCODING, Trouble.CUT_SHORT)
SHARES = {
    Trouble.REPEATS: 0.02,
    Trouble.BAD_RECORDS: 0.02,
    Trouble.MISPRINT: 0.004,
    **dict.fromkeys(BROKEN, 0.0012),
}
"""How many files of the kinds concerned meet each trouble; at least one."""
CORRECTED_KINDS = ("elever", "narvaro", "betyg", "lektioner")


class Spoiled(NamedTuple):
    """Records with faults put in, and how many of each.

    Attributes:
        records: All records, each with its line end.
        quarantined: Records no reader may accept.
        duplicates: Exact repeats.
    """

    records: bytes
    quarantined: int
    duplicates: int


def plan_trouble(
    names: Sequence[tuple[str, Layout]], rng: np.random.Generator
) -> dict[str, list[Trouble]]:
    """Decide which files meet which trouble; a file that is sent twice meets no other."""
    plan: dict[str, list[Trouble]] = {}
    by_trouble = {trouble: _concerned(names, trouble) for trouble in Trouble}
    for trouble in (*BROKEN, Trouble.MISPRINT, Trouble.REPEATS, Trouble.BAD_RECORDS):
        free = [n for n in by_trouble[trouble] if not _is_sent_twice(plan.get(n, []))]
        wanted = min(len(free), max(1, round(SHARES[trouble] * len(free))))
        for place in rng.choice(len(free), size=wanted, replace=False) if free else []:
            plan.setdefault(free[place], []).append(trouble)
    return plan


def spoiled(
    layout: Layout, records: bytes, troubles: Sequence[Trouble], rng: np.random.Generator
) -> Spoiled:
    """Repeat some records and add some that nobody can accept, as planned."""
    lines = records.splitlines(keepends=True)
    bad: list[bytes] = []
    repeats: list[bytes] = []
    if Trouble.BAD_RECORDS in troubles:
        bad = _bad_records(layout, lines, rng)
    if Trouble.REPEATS in troubles:
        count = rng.integers(1, MOST_PER_FILE + 1)
        repeats = [lines[place] for place in rng.integers(0, len(lines), count)]
    place = int(rng.integers(0, len(lines) + 1))
    mixed = [*lines[:place], *bad, *lines[place:], *repeats]
    return Spoiled(b"".join(mixed), len(bad), len(repeats))


def misprinted(layout: Layout, records: bytes) -> bytes:
    """The records with wrong values that a reader has to accept."""
    if layout.misprint is None:
        return records
    lines = records.decode(layout.encoding).splitlines()
    wrong = (layout.misprint(_fields(layout, line)) for line in lines)
    return "".join(_line(record) for record in wrong).encode(layout.encoding)


def broken(layout: Layout, records: bytes, trouble: Trouble) -> bytes:
    """The whole file as bytes that cannot be read."""
    lines = records.splitlines(keepends=True)
    middle = len(lines) // 2
    if trouble is Trouble.WRONG_HEADER:
        for heading in (b"Skolenhetskod", b"skolenhetskod"):
            header = layout.header.replace(heading, heading[:5])
            if header != layout.header:
                return header + records
    if trouble is Trouble.WRONG_ENCODING:
        lines[middle] = lines[middle][:-1] + LATIN_1_LETTER + b"\n"
        return layout.header + b"".join(lines)
    cut = b'"' + lines[-1][: len(lines[-1]) // 2]
    return layout.header + b"".join([*lines[:-1], cut])


def _concerned(names: Sequence[tuple[str, Layout]], trouble: Trouble) -> list[str]:
    if trouble in (Trouble.REPEATS, Trouble.BAD_RECORDS):
        return [name for name, layout in names if layout.identity]
    if trouble is Trouble.MISPRINT:
        return [name for name, layout in names if layout.misprint is not None]
    return [name for name, layout in names if layout.kind in CORRECTED_KINDS]


def _is_sent_twice(troubles: Sequence[Trouble]) -> bool:
    return any(trouble in (*BROKEN, Trouble.MISPRINT) for trouble in troubles)


def _bad_records(layout: Layout, lines: Sequence[bytes], rng: np.random.Generator) -> list[bytes]:
    count = min(int(rng.integers(1, MOST_PER_FILE + 1)), len(layout.faults) + 1)
    faults = [*layout.faults, {}]
    chosen = rng.choice(len(faults), size=count, replace=False)
    bad = []
    for number, fault in zip(_numbers_of_nobody(count, rng), chosen, strict=True):
        likeness = lines[int(rng.integers(0, len(lines)))].decode(layout.encoding)
        identity = number if faults[fault] else _with_wrong_check_digit(number)
        record = _fields(layout, likeness.rstrip("\n")) | {layout.identity: identity}
        bad.append(_line(record | dict(faults[fault])).encode(layout.encoding))
    return bad


def _numbers_of_nobody(count: int, rng: np.random.Generator) -> list[str]:
    born = np.datetime64(NOBODY_BORN) + rng.choice(365, size=count, replace=False)
    is_male = rng.integers(0, 2, count) == 1
    return identity_numbers(born, is_male=is_male, kind=np.full(count, PERSONAL))


def _with_wrong_check_digit(number: str) -> str:
    return f"{number[:-1]}{(int(number[-1]) + 1) % 10}"


def _fields(layout: Layout, line: str) -> Fields:
    return dict(zip(layout.columns, line.split(DELIMITER), strict=True))


def _line(record: Fields) -> str:
    return f"{DELIMITER.join(record.values())}\n"
