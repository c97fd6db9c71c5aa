"""Legacy Excel workbooks (``.xls``, BIFF8): what is refused before any cell is parsed.

A workbook of this kind is a stream of records inside a compound file. Both are walked here with
every length checked, so that the library that reads the cells meets neither a macro, a link, a
password, nor a table far wider than any report. Layouts: [MS-CFB] 2.2-2.6, [MS-XLS] 2.3-2.4.
"""

import struct
from collections.abc import Iterator
from itertools import chain

from pipelines.ingest.records import UnreadableError

MAGIC = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
MOST_COLUMNS = 64
ENTRY_BYTES = 128
LAST_SECTOR = 0xFFFFFFFA
HEADER_ENTRIES = 109
STREAM = "Workbook"
MACROS = frozenset({"_VBA_PROJECT_CUR", "VBA", "_VBA_PROJECT", "Macros"})
ENCRYPTED = frozenset({"EncryptedPackage", "EncryptionInfo"})

BEGIN, PASSWORD, MACRO_PROJECT = 0x809, 0x2F, 0xD3
SHEET, BOOK_LINK, SHARED_TEXTS = 0x85, 0x1AE, 0xFC
WORKSHEET, CHART = 0, 2
OWN_BOOK, ADD_IN = 0x0401, 0x3A01
CELLS = frozenset({0x06, 0x201, 0x203, 0x204, 0x205, 0xFD, 0x27E})
CELL_ROWS = frozenset({0xBD, 0xBE})
Sectors = list[int]


def refuse_unsafe_legacy(content: bytes) -> None:
    """Look at the records of an ``.xls`` file and keep none of them.

    Raises:
        UnreadableError: If it is no BIFF8 workbook, is encrypted, holds macros or links to other
            files, or would fill far more cells than a report does.
    """
    begun, sheets = set(), set()
    try:
        for at, kind, body in _records(_workbook_stream(content)):
            _refuse_record(kind, body)
            if kind == BEGIN:
                begun.add(at)
            if kind == SHEET:
                sheets.add(struct.unpack_from("<I", body)[0])
    except struct.error:
        raise _no_workbook() from None
    if not sheets <= begun:  # a reader would take what it finds there for other records
        raise _no_workbook()


def _refuse_record(kind: int, body: bytes) -> None:
    if kind == PASSWORD:
        raise UnreadableError("encrypted", "the workbook has a password; save a copy without")
    if _has_macro(kind, body):
        raise UnreadableError("macro", "the workbook has macros; save a copy without")
    if kind == BOOK_LINK and struct.unpack_from("<H", body, 2)[0] not in (OWN_BOOK, ADD_IN):
        raise UnreadableError("macro", "the workbook has links to others; save a copy without")
    if _is_bomb(kind, body):
        raise UnreadableError("bomb", "the workbook unpacks to far more than a report holds")


def _has_macro(kind: int, body: bytes) -> bool:
    return kind == MACRO_PROJECT or (kind == SHEET and body[5] not in (WORKSHEET, CHART))


def _is_bomb(kind: int, body: bytes) -> bool:
    if kind == SHARED_TEXTS:  # a reader makes room for as many texts as the record claims
        return bool(struct.unpack_from("<I", body, 4)[0] > 1 << 22)
    if kind in CELLS:
        return bool(struct.unpack_from("<H", body, 2)[0] >= MOST_COLUMNS)
    return kind in CELL_ROWS and bool(
        struct.unpack_from("<H", body, len(body) - 2)[0] >= MOST_COLUMNS
    )


def _records(stream: bytes) -> Iterator[tuple[int, int, bytes]]:
    """Place, kind and body of each record; the padding of the last sector is of kind 0."""
    at = 0
    while at + 4 <= len(stream):
        kind, length = struct.unpack_from("<HH", stream, at)
        body = stream[at + 4 : at + 4 + length]
        if len(body) < length:
            raise UnreadableError(
                "truncated", "the workbook stops inside a record; export it again"
            )
        yield at, kind, body if kind != SHEET else body.ljust(6, b"\xff")
        at += 4 + length


def _workbook_stream(content: bytes) -> bytes:
    """The stream that holds the workbook.

    Raises:
        UnreadableError: If there is none of this kind, or something else beside it.
    """
    if not content.startswith(MAGIC):
        raise _no_workbook()
    size = 1 << struct.unpack_from("<H", content, 0x1E)[0] % 16
    table = _sector_table(content, size)
    directory = _chained(content, size, table, struct.unpack_from("<I", content, 0x30)[0])
    streams = dict(_entries(directory))
    if ENCRYPTED & streams.keys():
        raise UnreadableError("encrypted", "the workbook has a password; save a copy without")
    if MACROS & streams.keys():
        raise UnreadableError("macro", "the workbook has macros; save a copy without")
    smallest = struct.unpack_from("<I", content, 0x38)[0]
    first, length = streams.get(STREAM, (0, 0))
    if length < smallest:  # what is smaller lies in another chain, and holds no report
        raise _no_workbook()
    return _chained(content, size, table, first)[:length]


def _entries(directory: bytes) -> Iterator[tuple[str, tuple[int, int]]]:
    """Name, first sector and length of everything in the compound file."""
    for at in range(0, len(directory) - ENTRY_BYTES + 1, ENTRY_BYTES):
        letters = max(struct.unpack_from("<H", directory, at + 0x40)[0] - 2, 0)
        name = directory[at : at + min(letters, 62)].decode("utf-16-le", "replace")
        yield name, struct.unpack_from("<II", directory, at + 0x74)


def _sector_table(content: bytes, size: int) -> Sectors:
    """The sector that follows each sector.

    Raises:
        UnreadableError: If a chain of sectors leads back into itself.
    """
    places: Sectors = list(struct.unpack_from(f"<{HEADER_ENTRIES}I", content, 0x4C))
    per_sector = size // 4
    more = struct.unpack_from("<I", content, 0x44)[0]
    seen: set[int] = set()
    while more < LAST_SECTOR:
        if more in seen:
            raise _no_workbook()
        seen.add(more)
        *here, more = struct.unpack(f"<{per_sector}I", _sector(content, size, more))
        places += here
    used = [place for place in places if place < LAST_SECTOR]
    if len(used) > len(content) // size:
        raise _no_workbook()
    tables = (_sector(content, size, place) for place in used)
    table = list(chain(*(struct.unpack(f"<{per_sector}I", table) for table in tables)))
    _require_ends(table)
    return table


def _require_ends(table: Sectors) -> None:
    """Follow every chain of sectors once: a reader would follow one without end for ever."""
    walk_of = [0] * len(table)
    for start in range(len(table)):
        at = start
        while at < len(table) and walk_of[at] == 0:
            walk_of[at] = start + 1
            at = table[at]
        if at < len(table) and walk_of[at] == start + 1:
            raise _no_workbook()


def _chained(content: bytes, size: int, table: Sectors, first: int) -> bytes:
    """The sectors of one stream, joined."""
    parts: list[bytes] = []
    at = first
    while at < LAST_SECTOR:
        if at >= len(table):
            raise _no_workbook()
        parts.append(_sector(content, size, at))
        at = table[at]
    return b"".join(parts)


def _sector(content: bytes, size: int, number: int) -> bytes:
    """A sector, its end filled up where the file stops inside it.

    Raises:
        UnreadableError: If the file stops before it.
    """
    start = (number + 1) * size
    if start >= len(content):
        raise _no_workbook()
    return content[start : start + size].ljust(size, b"\0")


def _no_workbook() -> UnreadableError:
    return UnreadableError("format", "this is no Excel workbook; save it as .xlsx")
