"""Published tables of statistics, as CSV or as a workbook: the same layout gives the same table.

Above the header stand titles and perhaps a line of groups (girls, boys), below the rows perhaps
prose. Whether a file is a workbook is seen in its first bytes. A number of a workbook becomes the
text that the publisher's CSV has for it.

Settings: ``sheet_header_line`` where the header stands on another line in a workbook; ``grouped``
if the line above the header names groups (a heading is then ``group: name``); ``decimal`` is the
sign numbers of a workbook get; ``sheets`` lists those that are read one after the other;
``has_exponents`` if a CSV file writes small numbers as ``1e-05``; ``doubted`` is the text of a
column that cannot be what was measured, and is read as ``?``; ``joined``, ``join_with``,
``first_of``, ``blank`` and ``closed`` as in :func:`pipelines.ingest.records.in_blocks`.
"""

import csv
import io
import re
import warnings
from collections.abc import Generator, Iterator
from contextlib import closing
from dataclasses import dataclass
from decimal import Decimal
from itertools import chain
from pathlib import Path

import openpyxl
from openpyxl.worksheet._read_only import ReadOnlyWorksheet

from pipelines.ingest.formats.sheets import as_text
from pipelines.ingest.formats.workbooks import BROKEN, refuse_unsafe
from pipelines.ingest.profiles import Profile
from pipelines.ingest.records import (
    SHARED_SETTINGS,
    Found,
    Records,
    UnreadableError,
    compare_headings,
    in_blocks,
    in_profile_order,
)

MOST_CSV_BYTES = 64 << 20
BOM = b"\xef\xbb\xbf"
DOUBTED = "?"
WITH_EXPONENT = re.compile(r"-?\d+(\.\d+)?[eE][-+]?\d{1,3}")
WORKBOOK = b"PK\x03\x04"

Line = tuple[int, list[str]]


@dataclass(frozen=True, slots=True)
class PublishedContainer:
    """Tables that a statistical authority has published."""

    settings = frozenset(
        {
            "sheet_header_line", "grouped", "decimal", "sheets", "has_exponents", "doubted",
            *SHARED_SETTINGS,
        }
    )  # fmt: skip

    def headings(self, path: Path, profile: Profile) -> list[str]:
        """The headings, each with its group, and the columns that are made of them.

        Raises:
            UnreadableError: If the file is neither, is unsafe, or has no header there.
        """
        made = (profile.settings.get(name, {}) for name in ("joined", "first_of"))
        with closing(_sheets(path, profile)) as sheets:
            return [*_table(next(sheets), profile)[1], *chain(*made)]

    def titles(self, path: Path, profile: Profile) -> str:
        """The lines above the header."""
        with closing(_sheets(path, profile)) as sheets:
            above = _table(next(sheets), profile)[0]
        return "".join(" ".join(filter(None, cells)) + "\n" for _, cells in above)

    def records(self, path: Path, profile: Profile, *, strictly: bool) -> Iterator[Records]:
        """The rows under the header, up to an empty one where prose may follow.

        Raises:
            UnreadableError: If the file cannot be read whole.
        """
        del strictly
        compare_headings(self.headings(path, profile), profile)
        yield from in_blocks(_found(path, profile), profile)


CONTAINER = PublishedContainer()


def _found(path: Path, profile: Profile) -> Iterator[Found]:
    for lines in _sheets(path, profile):
        _, headings, rows = _table(lines, profile)
        names = in_profile_order(headings, profile)
        for line, cells in rows:
            if not any(cells):
                if profile.ends_at_empty_line:
                    break
                continue
            yield _record(line, cells, names, profile)


def _record(line: int, cells: list[str], names: list[str], profile: Profile) -> Found:
    if len(cells) != len(names):
        return Found(line, {}, f"{len(cells)} fields instead of {len(names)}")
    if profile.settings.get("has_exponents"):
        cells = [plain_number(cell) for cell in cells]
    values = dict(zip(names, cells, strict=True))
    for name, text in profile.settings.get("doubted", {}).items():
        if values[name].strip() == text:
            values[name] = DOUBTED
    return Found(line, values)


def _table(
    lines: tuple[int, Iterator[Line]], profile: Profile
) -> tuple[list[Line], list[str], Iterator[Line]]:
    """The lines above the header, the headings, and the lines below.

    Raises:
        UnreadableError: If the file ends before the header.
    """
    header_line, rows = lines
    above: list[Line] = []
    for line, cells in rows:
        if line == header_line:
            groups = above[-1][1] if above and profile.settings.get("grouped") else []
            return above, _headings(cells, groups), rows
        above.append((line, cells))
    raise UnreadableError("no_header", f"no header on line {header_line}")


def _headings(cells: list[str], groups: list[str]) -> list[str]:
    """Headings with the group above them; a merged group stands above its first column only."""
    group, found = "", []
    for place, cell in enumerate(cells):
        group = (groups[place] if place < len(groups) else "") or group
        found.append(f"{group}: {cell.strip()}" if group else cell.strip())
    return found


def _sheets(path: Path, profile: Profile) -> Generator[tuple[int, Iterator[Line]]]:
    """Each table of the file: the line of its header, and its lines.

    Raises:
        UnreadableError: If it is empty, unsafe, or of another format.
    """
    with path.open("rb") as file:
        start = file.read(len(WORKBOOK))
    if not start:
        raise UnreadableError("empty", "the file is empty; download it again")
    if start == WORKBOOK:
        yield from _of_workbook(path, profile)
    else:
        yield profile.header_line, _of_csv(path, profile)


def _of_csv(path: Path, profile: Profile) -> Iterator[Line]:
    if path.stat().st_size > MOST_CSV_BYTES:
        raise UnreadableError("too_large", "the file is larger than any published table")
    content = path.read_bytes().removeprefix(BOM)
    try:
        text = content.decode(profile.encoding)
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise UnreadableError("encoding", f"not {profile.encoding}", line) from None
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=profile.delimiter, strict=True)
    line = 1
    try:
        for fields in reader:
            has_phantom = profile.trailing_delimiter and fields and not fields[-1]
            yield line, fields[:-1] if has_phantom else fields
            line = reader.line_num + 1
    except csv.Error:
        raise UnreadableError("quote", "a quotation mark is not closed", line) from None


def _of_workbook(path: Path, profile: Profile) -> Iterator[tuple[int, Iterator[Line]]]:
    refuse_unsafe(path)
    header_line = profile.settings.get("sheet_header_line", profile.header_line)
    with path.open("rb") as file, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            with closing(openpyxl.load_workbook(file, read_only=True, data_only=True)) as book:
                for name in profile.settings.get("sheets", [profile.sheet or book.sheetnames[0]]):
                    yield header_line, _of_sheet(_sheet(book, name), header_line, profile)
        except UnreadableError:
            raise
        except BROKEN:
            raise UnreadableError("format", "this is no XLSX workbook; download it again") from None


def _sheet(book: openpyxl.Workbook, name: str) -> ReadOnlyWorksheet:
    """One sheet, with the cells it has and not those it says it has.

    Raises:
        UnreadableError: If it is not there.
    """
    if name not in book.sheetnames:
        raise UnreadableError("sheet", f"the workbook has no sheet {name}")
    book[name].reset_dimensions()
    return book[name]


def _of_sheet(sheet: ReadOnlyWorksheet, header_line: int, profile: Profile) -> Iterator[Line]:
    """Each row without the empty cells at its end; under the header at least as wide as that."""
    decimal = profile.settings.get("decimal", ".")
    width = 0
    for line, row in enumerate(sheet.iter_rows(values_only=True), 1):
        cells = [_text(cell, decimal) for cell in row]
        while len(cells) > width and not cells[-1]:
            cells.pop()
        if line == header_line:
            width = len(cells)
        yield line, [*cells, *[""] * (width - len(cells))]


def _text(cell: object, decimal: str) -> str:
    text = as_text(cell)
    return plain_number(text).replace(".", decimal) if isinstance(cell, float) else text


def plain_number(text: str) -> str:
    """A number without an exponent; any other text as it is."""
    return format(Decimal(text), "f") if WITH_EXPONENT.fullmatch(text) else text
