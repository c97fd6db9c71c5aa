"""Vklass: reports of attendance as its users export them, ``.xls`` or ``.xlsx``.

One sheet: title lines, a header, blocks of one class under a line ``Klass: 7A``, the header again
wherever a page began, and lines of sums. Every other line with anything in it is a record.
Headings and their meaning: support.vklass.se, "Rapporter". N is närvaro (present), GF giltig
frånvaro (valid absence), F ogiltig frånvaro (invalid absence).

Columns that a layout may declare beside those of the sheet, and the reader fills in:
``klass`` is the block a line stands in, ``rapporterat`` the sum of N, GF and F [minutes], and
``månad`` the month of the period that the title lines state.
"""

import io
import re
from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from importlib import import_module
from itertools import islice
from pathlib import Path

import numpy as np
import openpyxl
from openpyxl.worksheet._read_only import ReadOnlyWorksheet

from pipelines.ingest.formats.legacy_excel import MAGIC, refuse_unsafe_legacy
from pipelines.ingest.formats.workbooks import MOST_BYTES, refuse_unsafe
from pipelines.ingest.profiles import Profile, as_heading
from pipelines.ingest.records import (
    Records,
    UnreadableError,
    compare_headings,
    encoded,
    in_profile_order,
)

CLASS, REPORTED, MONTH = "klass", "rapporterat", "månad"
ADDED = frozenset({CLASS, REPORTED, MONTH})
KINDS = ("N", "GF", "F")
SCHEDULED = "Undv. tid"
MOST_TITLE_LINES = 20
ROWS_AT_ONCE = 50_000
EXACT = 1e-6
HOUR_RESOLUTION = 3  # half of a tenth of an hour [minutes]

CLASS_LINE = re.compile(r"klass:\s*(.*)", re.IGNORECASE)
SUM_LINE = re.compile(r"summa|totalt?|medel|medelvärde|genomsnitt", re.IGNORECASE)
FOOTER = re.compile(r"(utskriven|utskrivet|exporterad|skapad)\b.*|sida \d+.*", re.IGNORECASE)
PERIOD = re.compile(r"\b(\d{4}-\d{2})-\d{2}\s*(?:-|\u2013|till|t\.o\.m\.)\s*(\d{4}-\d{2})-\d{2}\b")
AMOUNT = re.compile(r"(\d+)(?:,(\d+))?(?:(h|min)\.?)?")
PERCENT = re.compile(r"(\d{1,3})(?:,(\d+))?%")
FLAGS = (4, 5)  # how xlrd marks truth values and errors of a formula, neither of which is shown
UNREAD = "#"
BLANKS = dict.fromkeys(map(ord, " \u00a0\u202f\u2009"))

Cells = list[str]


@dataclass(frozen=True, slots=True)
class VklassContainer:
    """Reports of attendance from Vklass."""

    def headings(self, path: Path, profile: Profile) -> list[str] | None:
        """The header's cells and the columns that the reader fills in.

        Raises:
            UnreadableError: If it is no safe workbook, or has no header among its first lines.
        """
        with _opened(path, profile) as report:
            return report.all_headings(profile)

    def titles(self, path: Path, profile: Profile) -> str:
        """The lines above the header."""
        with _opened(path, profile) as report:
            return report.titles

    def records(self, path: Path, profile: Profile, *, strictly: bool) -> Iterator[Records]:
        """One record per pupil's line, or per school's.

        Raises:
            UnreadableError: If the workbook cannot be read whole.
        """
        del strictly
        with _opened(path, profile) as report:
            compare_headings(report.all_headings(profile), profile)
            lines = report.record_lines(profile)
            while held := list(islice(lines, ROWS_AT_ONCE)):
                yield _gathered(held, profile)


CONTAINER = VklassContainer()


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the sheet that is a record.

    Attributes:
        number: Row of the sheet, the first one is 1.
        values: Text by heading of the layout; amounts of time in minutes.
        stray: Whether a value stands in a column without heading.
    """

    number: int
    values: Mapping[str, str]
    stray: bool


@dataclass(frozen=True, slots=True)
class Report:
    """A report whose header has been found.

    Attributes:
        titles: The lines above the header.
        header: The header's cells.
        rows: The rows under it with their numbers, blank ones too.
    """

    titles: str
    header: Cells
    rows: Iterator[tuple[int, Cells]]

    def all_headings(self, profile: Profile) -> list[str]:
        """The header's headings, then those that the reader fills in."""
        added = [name for name in (CLASS, REPORTED) if name in profile.columns]
        stated = [MONTH] if PERIOD.search(self.titles) else []
        return [heading for heading in self.header if heading] + added + stated

    def record_lines(self, profile: Profile) -> Iterator[Line]:
        """The lines that are records."""
        found = [heading for heading in self.header if heading]
        names = dict(zip(found, in_profile_order(found, profile), strict=True))
        places = {names[text]: at for at, text in enumerate(self.header) if text}
        identity = profile.tables[0].cells.get("student_id")
        page = Page(self.header, profile, places.get(identity.column or "") if identity else None)
        month = _month_stated(self.titles)
        block = ""
        for number, cells in self.rows:
            first = next(filter(None, cells), "")
            if block_line := CLASS_LINE.fullmatch(first):
                block = block_line[1]
            elif first and not (page.is_header(number, first, cells) or page.is_sum(first, cells)):
                values = {name: _cell(cells, at) for name, at in places.items()}
                stray = any(cells[at] for at in set(range(len(cells))) - set(places.values()))
                told = {CLASS: block, MONTH: month}
                yield Line(number, _with_minutes(values) | told, stray)


class Page:
    """How the lines of a report that are no records are known."""

    def __init__(self, header: Cells, profile: Profile, pupil: int | None) -> None:
        self._header = header
        self._declared = {_plain(name): name for name in profile.columns}
        self._pupil = pupil

    def is_header(self, number: int, first: str, cells: Cells) -> bool:
        """Whether a line is the header again.

        Raises:
            UnreadableError: If it comes again with other columns.
        """
        if _plain(first) not in self._declared:
            return False
        again = [self._declared.get(_plain(cell), cell) for cell in _trimmed(cells)]
        if len(set(again) & set(self._header)) * 2 < len(self._header):
            return False
        if again != self._header:
            raise UnreadableError("header", "the columns change here; export again", number)
        return True

    def is_sum(self, first: str, cells: Cells) -> bool:
        """Whether a line is of no pupil, but a sum or what the system prints at the end."""
        if self._pupil is not None and _cell(cells, self._pupil):
            return False
        return bool(SUM_LINE.fullmatch(first) or FOOTER.fullmatch(first))


def minutes_of(text: str, heading: str = "") -> int | None:
    """An amount of time as Vklass writes it, in whole minutes; None if it is none.

    Hours carry ``h`` or stand under a heading that ends in ``h``: ``179293,6 h``.

    Args:
        text: ``1 234`` with any blank between thousands, a decimal comma, perhaps a unit.
        heading: The column it stands in.
    """
    found = AMOUNT.fullmatch(text.translate(BLANKS))
    if found is None:
        return None
    whole, decimals, unit = found.groups()
    amount = float(f"{whole}.{decimals or 0}")
    if unit == "h" or (unit is None and heading.casefold().endswith(" h")):
        return round(amount * 60)
    return int(amount) if amount.is_integer() else None


@contextmanager
def _opened(path: Path, profile: Profile) -> Iterator[Report]:
    """The report, read up to its header.

    Raises:
        UnreadableError: If it is no safe workbook, or no row among the first holds half of the
            headings.
    """
    with path.open("rb") as file:
        is_legacy = file.read(len(MAGIC)) == MAGIC
    with closing(_legacy_rows(path) if is_legacy else _rows(path)) as found:
        rows = enumerate(found, 1)
        titles: list[str] = []
        for _, cells in islice(rows, MOST_TITLE_LINES):
            if _headings_in(cells, profile) * 2 >= len(set(profile.columns) - ADDED):
                header = [_as_declared(cell, profile) for cell in _trimmed(cells)]
                yield Report("\n".join(titles), header, rows)
                return
            titles.append(" ".join(filter(None, cells)))
    raise UnreadableError("no_header", f"no row has the headings {', '.join(profile.columns)}")


def _legacy_rows(path: Path) -> Generator[Cells]:
    if path.stat().st_size > MOST_BYTES:
        raise UnreadableError("bomb", "the workbook is far larger than any report")
    content = path.read_bytes()
    refuse_unsafe_legacy(content)
    try:
        xlrd = import_module("xlrd")  # only legacy workbooks need it
        book = xlrd.open_workbook(file_contents=content, logfile=io.StringIO(), ragged_rows=True)
    except Exception:  # noqa: BLE001 - whatever a broken workbook does to its parser
        raise UnreadableError("format", "this is no Excel workbook; save it as .xlsx") from None
    filled = [sheet for sheet in book.sheets() if sheet.nrows]
    _require_one(len(filled))
    for number in range(filled[0].nrows):
        yield [UNREAD if c.ctype in FLAGS else _shown(c.value) for c in filled[0].row(number)]


def _rows(path: Path) -> Generator[Cells]:
    refuse_unsafe(path)
    with path.open("rb") as file:
        try:
            with closing(openpyxl.load_workbook(file, read_only=True, data_only=True)) as book:
                for sheet in book.worksheets:
                    sheet.reset_dimensions()
                filled = [sheet for sheet in book.worksheets if _has_value(sheet)]
                _require_one(len(filled))
                for row in filled[0].iter_rows(values_only=True):
                    yield [_shown(value) for value in row]
        except UnreadableError:
            raise
        except Exception:  # noqa: BLE001 - whatever a broken archive does to its parser
            raise UnreadableError("format", "this is no Excel workbook; save it as .xlsx") from None


def _has_value(sheet: ReadOnlyWorksheet) -> bool:
    return any(cell is not None for row in sheet.iter_rows(values_only=True) for cell in row)


def _require_one(sheets: int) -> None:
    if sheets == 0:
        raise UnreadableError("empty", "the workbook is empty; export the report again")
    if sheets > 1:
        raise UnreadableError("sheet", f"{sheets} sheets have rows; export the report as one sheet")


def _shown(value: object) -> str:
    """A cell as the report shows it: whole numbers without decimals, a decimal comma."""
    if value is None:
        return ""
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() else str(value).replace(".", ",")
    return str(value).strip()


def _trimmed(cells: Cells) -> Cells:
    """A row without the blank cells at its end."""
    last = max((at for at, cell in enumerate(cells) if cell), default=-1)
    return cells[: last + 1]


def _cell(cells: Cells, at: int) -> str:
    return cells[at] if at < len(cells) else ""


def _plain(heading: str) -> str:
    """A heading as it is compared here: ``gf_pct`` and ``GF %`` are one."""
    return as_heading(heading).replace("_", " ").replace("pct", "%").replace(".", "")


def _as_declared(heading: str, profile: Profile) -> str:
    """The layout's spelling of a heading, or the heading itself if it is none of them."""
    return {_plain(name): name for name in profile.columns}.get(_plain(heading), heading)


def _headings_in(cells: Cells, profile: Profile) -> int:
    return len({_plain(cell) for cell in cells} & {_plain(name) for name in profile.columns})


def _month_stated(titles: str) -> str:
    """The month of the period in the title lines; blank where they state none.

    Raises:
        UnreadableError: If the period is not within one month.
    """
    found = PERIOD.search(titles)
    if found is None:
        return ""
    if found[1] != found[2]:
        raise UnreadableError("period", "the report spans several months; export one month")
    return found[1]


def _with_minutes(values: Mapping[str, str]) -> dict[str, str]:
    """Amounts of time in whole minutes; what is no such amount is left for the contract."""
    read = {name: minutes_of(text, name) for name, text in values.items() if _is_time(name)}
    written = {name: str(amount) for name, amount in read.items() if amount is not None}
    parts = [read.get(_amount_column(kind, values)) for kind in KINDS]
    told = [part for part in parts if part is not None]
    reported = str(sum(told)) if len(told) == len(KINDS) else ""
    return {**values, **written, REPORTED: reported}


def _is_time(name: str) -> bool:
    return name == SCHEDULED or name.endswith((" min", " h"))


def _amount_column(kind: str, values: Mapping[str, str]) -> str:
    return f"{kind} min" if f"{kind} min" in values else f"{kind} h"


def _gathered(held: Sequence[Line], profile: Profile) -> Records:
    faults = {at: fault for at, line in enumerate(held) if (fault := _fault(line))}
    read = [name for name in profile.columns if name not in profile.ignored]
    columns = {name: encoded([line.values[name] for line in held]) for name in read}
    return Records(lines=np.array([line.number for line in held]), columns=columns, faults=faults)


def _fault(line: Line) -> str:
    """What is wrong with a record beside what its contract says of each value."""
    found = ["record: a value under no heading"] if line.stray else []
    amounts = {name: minutes_of(text) for name, text in line.values.items() if _is_time(name)}
    unread = [name for name, amount in amounts.items() if amount is None]
    found += [f"{name}: not whole minutes, or hours as this report writes them" for name in unread]
    if not unread:
        kinds = [kind for kind in KINDS if f"{kind} %" in line.values]
        found += [fault for kind in kinds if (fault := _share_fault(line.values, kind, amounts))]
    return "; ".join(found)


def _share_fault(
    values: Mapping[str, str], kind: str, amounts: Mapping[str, int | None]
) -> str | None:
    """Whether a percentage is not that of the minutes over the scheduled time, and why."""
    column = _amount_column(kind, values)
    scheduled, amount = amounts[SCHEDULED] or 0, amounts[column] or 0
    text = values[f"{kind} %"].translate(BLANKS)
    if scheduled == 0 and text in ("", "-"):
        return None
    found = PERCENT.fullmatch(text)
    if found is None:
        return f"{kind} %: not a percentage as this report writes it"
    rounded = 2 * HOUR_RESOLUTION if column.endswith(" h") else 0
    agrees = _is_share(text.rstrip("%").replace(",", "."), amount, scheduled, rounded)
    return None if agrees else f"{kind} %: does not agree with {column}"


def _is_share(percent: str, amount: int, scheduled: int, rounded: int) -> bool:
    """Whether a percentage, as it is written, is that of an amount over the scheduled time.

    Args:
        percent: ``3.5``.
        amount: Present or away [minutes].
        scheduled: Teaching scheduled [minutes].
        rounded: How far the two may be off because they are rounded themselves [minutes].
    """
    if scheduled == 0:
        return float(percent) == 0
    written_to = 0.5 * 10.0 ** -len(percent.partition(".")[2]) * scheduled
    return abs(float(percent) * scheduled - 100 * amount) <= written_to + 100 * rounded + EXACT
