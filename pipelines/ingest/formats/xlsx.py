"""XLSX: one sheet, header in the first row, every cell as the text it shows.

A workbook is refused before it is parsed if it is a bomb or holds macros or external links.
"""

import datetime as dt
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import openpyxl
from openpyxl.utils.exceptions import InvalidFileException
from openpyxl.worksheet._read_only import ReadOnlyWorksheet

from pipelines.ingest.formats.workbooks import refuse_unsafe
from pipelines.ingest.profiles import Profile
from pipelines.ingest.records import (
    Records,
    UnreadableError,
    compare_headings,
    encoded,
    in_profile_order,
)

ROWS_AT_ONCE = 50_000
EXACT_FLOAT = 1e15
BROKEN = (
    InvalidFileException,
    zipfile.BadZipFile,
    zlib.error,
    EOFError,
    KeyError,
    OSError,
    RuntimeError,
    SyntaxError,
    TypeError,
    ValueError,
)


@dataclass(frozen=True, slots=True)
class XlsxContainer:
    """Excel workbooks."""

    def headings(self, path: Path, profile: Profile) -> list[str] | None:
        """The cells of the first row.

        Raises:
            UnreadableError: If it is no safe workbook or has no rows.
        """
        first = next(_rows(path, profile), None)
        if first is None:
            raise UnreadableError("empty", "the sheet is empty; fill in the template")
        return _heading_cells(first)

    def titles(self, path: Path, profile: Profile) -> str:
        """Nothing: the header is the first row."""
        del path, profile
        return ""

    def records(self, path: Path, profile: Profile, *, strictly: bool) -> Iterator[Records]:
        """The rows under the header; rows without any value are not records.

        Raises:
            UnreadableError: If the workbook cannot be read whole.
        """
        del strictly
        rows = _rows(path, profile)
        found = _heading_cells(next(rows, ()))
        compare_headings(found, profile)
        names = in_profile_order(found, profile)
        numbered = ((line, [_text(cell) for cell in row]) for line, row in enumerate(rows, 2))
        filled = ((line, cells) for line, cells in numbered if any(cells))
        while held := list(islice(filled, ROWS_AT_ONCE)):
            yield _gathered(held, names, profile)


CONTAINER = XlsxContainer()


def _rows(path: Path, profile: Profile) -> Iterator[tuple[Any, ...]]:
    refuse_unsafe(path)
    with path.open("rb") as file:
        try:
            with closing(openpyxl.load_workbook(file, read_only=True, data_only=True)) as book:
                yield from _sheet(book, profile).iter_rows(values_only=True)
        except UnreadableError:
            raise
        except BROKEN:
            raise UnreadableError("format", "this is no XLSX workbook; save it as .xlsx") from None


def _sheet(book: openpyxl.Workbook, profile: Profile) -> ReadOnlyWorksheet:
    """The sheet to read, with the cells it has and not those it says it has.

    Raises:
        UnreadableError: If there is none of that name, or none at all.
    """
    sheets = {sheet.title: sheet for sheet in book.worksheets}
    name = profile.sheet or next(iter(sheets), "")
    if name not in sheets:
        raise UnreadableError("sheet", f"the workbook has no sheet {name}".rstrip())
    sheets[name].reset_dimensions()
    return sheets[name]


def _text(value: object) -> str:
    """A cell as text: dates in ISO form, whole numbers without decimals."""
    if value is None:
        return ""
    if isinstance(value, dt.datetime):
        return value.date().isoformat() if value.time() == dt.time() else value.isoformat()
    if isinstance(value, float) and value.is_integer() and abs(value) < EXACT_FLOAT:
        return str(int(value))
    return str(value)


def _heading_cells(row: tuple[Any, ...]) -> list[str]:
    cells = [_text(cell) for cell in row]
    while cells and not cells[-1]:
        cells.pop()
    return cells


def _gathered(held: list[tuple[int, list[str]]], names: list[str], profile: Profile) -> Records:
    width = len(names)
    rows = [(cells + [""] * width)[:width] for _, cells in held]
    faults = {
        at: "record: a value to the right of the last heading"
        for at, (_, cells) in enumerate(held)
        if any(cells[width:])
    }
    read = [(i, name) for i, name in enumerate(names) if name not in profile.ignored]
    columns = {name: encoded([row[i] for row in rows]) for i, name in read}
    return Records(lines=np.array([line for line, _ in held]), columns=columns, faults=faults)
