"""XLSX: one sheet, a header, every cell as the text it shows.

A workbook is refused before it is parsed if it is a bomb or holds macros or external links.
Of a workbook with several sheets only the declared one is read.
"""

import re
import warnings
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import BinaryIO

import numpy as np
import openpyxl
from openpyxl.worksheet._read_only import ReadOnlyWorksheet

from pipelines.ingest.formats.headers import readable_headings, without_second_header
from pipelines.ingest.formats.sheets import Look, Row, sheet_rows
from pipelines.ingest.formats.workbooks import BROKEN, refuse_unsafe
from pipelines.ingest.profiles import Profile
from pipelines.ingest.records import (
    Records,
    UnreadableError,
    compare_headings,
    encoded,
    in_profile_order,
)

ROWS_AT_ONCE = 50_000
NOTHING = Row(0, [], None)


@dataclass(frozen=True, slots=True)
class XlsxContainer:
    """Excel workbooks."""

    def headings(self, path: Path, profile: Profile) -> list[str] | None:
        """The cells of the header's row.

        Raises:
            UnreadableError: If it is no safe workbook or has no rows.
        """
        header = next(
            (row for row in _rows(path, profile) if row.line >= profile.header_line), None
        )
        if header is None:
            raise UnreadableError("empty", "the sheet is empty; fill in the template")
        return _headings(header, profile)

    def titles(self, path: Path, profile: Profile) -> str:
        """The rows above the header, one line each."""
        if profile.header_line <= 1:
            return ""
        above = (row for row in _rows(path, profile) if row.line < profile.header_line)
        return "".join(" ".join(filter(None, row.cells)) + "\n" for row in above)

    def records(self, path: Path, profile: Profile, *, strictly: bool) -> Iterator[Records]:
        """The rows under the header; rows without any value are not records.

        Raises:
            UnreadableError: If the workbook cannot be read whole.
        """
        del strictly
        rows = (row for row in _rows(path, profile) if row.line >= profile.header_line)
        found = _headings(next(rows, NOTHING), profile)
        compare_headings(found, profile)
        names = in_profile_order(found, profile)
        filled = (row for row in rows if row.fault or any(row.cells))
        blocks = iter(lambda: list(islice(filled, ROWS_AT_ONCE)), [])
        records = (_gathered(held, names, profile) for held in blocks)
        yield from without_second_header(records, profile.header_line)


CONTAINER = XlsxContainer()


def data_sheet(profile: Profile) -> str:
    """The sheet that holds the records: the declared one, else named as the layout's files are."""
    if profile.sheet is not None:
        return profile.sheet
    named = re.match(r"[^\W\d_]*", profile.file_name.pattern)
    return named[0] if named else ""


def _rows(path: Path, profile: Profile) -> Iterator[Row]:
    refuse_unsafe(path)
    with path.open("rb") as file:
        try:
            with closing(_opened(file)) as book, _sheet(book, profile)._get_source() as source:
                yield from sheet_rows(source, _look(book))
        except UnreadableError:
            raise
        except BROKEN:
            raise UnreadableError("format", "this is no XLSX workbook; save it as .xlsx") from None


def _opened(file: BinaryIO) -> openpyxl.Workbook:
    """A workbook with its texts and styles; what it warns of is no record's."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return openpyxl.load_workbook(file, read_only=True, data_only=True)


def _sheet(book: openpyxl.Workbook, profile: Profile) -> ReadOnlyWorksheet:
    """The sheet to read: the declared one, or the only one.

    Raises:
        UnreadableError: If it is not there.
    """
    sheets = {sheet.title: sheet for sheet in book.worksheets}
    name = data_sheet(profile)
    if name in sheets:
        return sheets[name]
    if profile.sheet is None and len(sheets) == 1:
        return next(iter(sheets.values()))
    raise UnreadableError(
        "sheet", f"the workbook has no sheet {name}; name the one with the rows so"
    )


def _look(book: openpyxl.Workbook) -> Look:
    strings = book.worksheets[0]._shared_strings
    return Look(
        strings, frozenset(book._date_formats), frozenset(book._timedelta_formats), book.epoch
    )


def _headings(row: Row, profile: Profile) -> list[str]:
    return readable_headings(row.cells if row.line == profile.header_line else [], row.line)


def _gathered(held: list[Row], names: list[str], profile: Profile) -> Records:
    width = len(names)
    rows = [(row.cells + [""] * width)[:width] for row in held]
    faults = {at: fault for at, row in enumerate(held) if (fault := _fault(row, width))}
    read = [(i, name) for i, name in enumerate(names) if name not in profile.ignored]
    columns = {name: encoded([row[i] for row in rows]) for i, name in read}
    return Records(lines=np.array([row.line for row in held]), columns=columns, faults=faults)


def _fault(row: Row, width: int) -> str | None:
    if row.fault:
        return row.fault
    if any(row.cells[width:]):
        return "record: a value to the right of the last heading"
    if any("\0" in cell for cell in row.cells):
        return "record: nul_byte"
    return None
