"""The rows of one sheet of a workbook, read from its XML as it is unpacked, row by row.

Cells become the text they stand for: dates in ISO form, whole numbers without decimals. Nothing
is left out unseen: a formula that was never computed and cells that were merged are reported.
"""

import datetime as dt
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import BinaryIO, NamedTuple
from xml.parsers import expat

from openpyxl.utils.datetime import from_excel, from_ISO8601

from pipelines.ingest.records import UnreadableError

NAMESPACE = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
UNPACKED_AT_ONCE = 1 << 16
MOST_COLUMNS = 512
MOST_ROWS = 1 << 20
EXACT_FLOAT = 1e15
NOT_A_DATE = "#VALUE!"
NOT_COMPUTED = "record: a formula without a value; save the workbook once in Excel"

Attributes = Mapping[str, str]


class Row(NamedTuple):
    """A row of a sheet.

    Attributes:
        line: Its number in the sheet.
        cells: Texts from column A on, empty where there is nothing.
        fault: What is wrong with it; None if nothing.
    """

    line: int
    cells: list[str]
    fault: str | None


@dataclass(frozen=True, slots=True)
class Look:
    """What a workbook says about all its cells.

    Attributes:
        strings: Texts that cells refer to by number.
        dates: Styles that show a number as a date or a time.
        spans: Those of them that show it as a length of time.
        epoch: The day from which dates are counted.
    """

    strings: Sequence[str]
    dates: frozenset[int]
    spans: frozenset[int]
    epoch: dt.datetime


def sheet_rows(source: BinaryIO, look: Look) -> Iterator[Row]:
    """The rows of a sheet in their order; rows that the file leaves out are left out.

    Args:
        source: The sheet's XML.
        look: What its workbook says.

    Raises:
        UnreadableError: If it is no sheet, declares entities, has rows out of order or merged
            cells under the first row.
    """
    reading = _Reading(look)
    try:
        while part := source.read(UNPACKED_AT_ONCE):
            reading.parser.Parse(part)
            yield from reading.finished()
        reading.parser.Parse(b"", True)  # noqa: FBT003 - the last part
    except expat.ExpatError:
        raise UnreadableError("format", "the workbook is damaged; save it again") from None
    yield from reading.finished()


@dataclass(slots=True)
class _Reading:
    """What is known of the cell and the row that are being read."""

    look: Look
    parser: expat.XMLParserType = field(init=False)
    _rows: list[Row] = field(default_factory=list)
    _line: int = 0
    _cells: list[str] = field(default_factory=list)
    _fault: str | None = None
    _column: int = 0
    _kind: str = "n"
    _style: int = 0
    _text: str | None = None
    _is_formula: bool = False
    _is_ruby: bool = False
    _places: dict[str, int] = field(default_factory=dict)
    _numbers: dict[tuple[str, int], str] = field(default_factory=dict)
    _starts: dict[str, Callable[[Attributes], None]] = field(default_factory=dict)
    _ends: dict[str, Callable[[], None]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Make a parser that tells this one."""
        self.parser = expat.ParserCreate(namespace_separator=" ")
        self.parser.buffer_text = True
        self.parser.StartDoctypeDeclHandler = _refuse_entities
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self._starts = {
            f"{NAMESPACE} {name}": method
            for name, method in {
                "row": self._start_row,
                "c": self._start_cell,
                "f": self._start_formula,
                "v": self._listen,
                "t": self._listen,
                "rPh": self._start_ruby,
                "mergeCell": self._refuse_merged,
            }.items()
        }
        self._ends = {
            f"{NAMESPACE} {name}": method
            for name, method in {
                "row": self._end_row,
                "c": self._end_cell,
                "rPh": self._end_ruby,
                "v": self._hush,
                "t": self._hush,
            }.items()
        }

    def finished(self) -> list[Row]:
        """The rows that ended since the last time."""
        rows, self._rows = self._rows, []
        return rows

    def _start(self, name: str, attributes: Attributes) -> None:
        method = self._starts.get(name)
        if method is not None:
            method(attributes)

    def _end(self, name: str) -> None:
        method = self._ends.get(name)
        if method is not None:
            method()

    def _start_row(self, attributes: Attributes) -> None:
        line = int(attributes.get("r", self._line + 1))
        if not self._line < line <= MOST_ROWS:
            raise UnreadableError("format", "rows are out of order; save the workbook again")
        self._line, self._cells, self._fault, self._column = line, [], None, 0

    def _end_row(self) -> None:
        self._rows.append(Row(self._line, self._cells, self._fault))

    def _start_cell(self, attributes: Attributes) -> None:
        place = attributes.get("r")
        self._column = self._column + 1 if place is None else self._place(place)
        self._kind = attributes.get("t", "n")
        self._style = int(attributes.get("s", 0))
        self._text, self._is_formula = None, False

    def _start_formula(self, _: Attributes) -> None:
        self._is_formula = True

    def _start_ruby(self, _: Attributes) -> None:
        self._is_ruby = True

    def _end_ruby(self) -> None:
        self._is_ruby = False

    def _listen(self, _: Attributes) -> None:
        if not self._is_ruby:  # how a word is read aloud is no part of it
            self._text = self._text or ""
            self.parser.CharacterDataHandler = self._hear

    def _hear(self, text: str) -> None:
        self._text = (self._text or "") + text

    def _hush(self) -> None:
        self.parser.CharacterDataHandler = None

    def _end_cell(self) -> None:
        text = self._value(self._text) if self._text else ""
        if self._is_formula and not self._text and self._kind != "str":
            self._fault = NOT_COMPUTED
        if text:
            column = min(self._column, MOST_COLUMNS)
            self._cells += [""] * (column - len(self._cells))
            self._cells[column - 1] = text

    def _place(self, reference: str) -> int:
        letters = reference.rstrip("0123456789")
        if letters not in self._places:
            if not (letters.isascii() and letters.isalpha() and len(letters) <= len("XFD")):
                raise UnreadableError("format", "the workbook is damaged; save it again")
            place = 0
            for letter in letters.upper():
                place = place * 26 + ord(letter) - ord("A") + 1
            self._places[letters] = place
        return self._places[letters]

    def _value(self, text: str) -> str:
        if self._kind == "s":
            place = int(text)
            if not 0 <= place < len(self.look.strings):
                raise UnreadableError("format", "the workbook is damaged; save it again")
            return self.look.strings[place]
        if self._kind == "n":
            known = self._numbers.get((text, self._style))
            if known is None:
                known = self._numbers[text, self._style] = self._number(text)
            return known
        if self._kind == "b":
            return str(bool(int(text)))
        return as_text(from_ISO8601(text)) if self._kind == "d" else text

    def _number(self, text: str) -> str:
        number = int(text) if text.lstrip("-").isdigit() else float(text)
        if self._style not in self.look.dates:
            return as_text(number)
        try:
            is_span = self._style in self.look.spans
            return as_text(from_excel(number, self.look.epoch, timedelta=is_span))
        except (OverflowError, ValueError):
            return NOT_A_DATE

    def _refuse_merged(self, attributes: Attributes) -> None:
        last = attributes.get("ref", "").rpartition(":")[2].lstrip("ABCDEFGHIJKLMNOPQRSTUVWXYZ$")
        if last != "1":
            raise UnreadableError("merged", "cells are merged; divide them and fill in each")


def as_text(value: object) -> str:
    """A cell's value as text: dates in ISO form, whole numbers without decimals."""
    if value is None:
        return ""
    if isinstance(value, dt.datetime):
        return value.date().isoformat() if value.time() == dt.time() else value.isoformat()
    if isinstance(value, float) and value.is_integer() and abs(value) < EXACT_FLOAT:
        return str(int(value))
    return str(value)


def _refuse_entities(*_: object) -> None:
    raise UnreadableError("format", "the workbook declares entities; save it again as .xlsx")
