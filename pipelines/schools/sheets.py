"""Sheets that look alike: header styled and frozen, widths that fit, text that stays text.

A text that a spreadsheet could take for a formula is marked as text; invisible characters and
those that turn the direction of writing are left out.
"""

import datetime as dt
import io
import unicodedata
from collections.abc import Sequence

from openpyxl import Workbook
from openpyxl.cell import Cell
from openpyxl.styles import Alignment, Border, Font, PatternFill, Side
from openpyxl.worksheet.worksheet import Worksheet

LIKE_A_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\uff1d", "\uff0b", "\uff0d", "\uff20")
INVISIBLE = ("Cc", "Cf", "Cs", "Co")
TEXT = "@"
DATE = "yyyy-mm-dd"
LONGEST_WIDTH = 70

INK = "1B1B1B"
DEEP = "00568A"
PALE = "E6F0F6"
SOFT = "595959"
RULE = Side(style="thin", color="CFCFCF")
HEADER = Font(bold=True, color="FFFFFF")
HEADER_FILL = PatternFill("solid", fgColor=DEEP)
GIVEN_FILL = PatternFill("solid", fgColor=PALE)
UNDERLINED = Border(bottom=RULE)
TOP = Alignment(vertical="top", wrap_text=True)
MIDDLE = Alignment(vertical="center", wrap_text=True)
TITLE = Font(bold=True, size=15, color=INK)
NOTE = Font(color=SOFT)

Value = str | int | float | dt.date | None


def new_workbook(title: str) -> tuple[Workbook, Worksheet]:
    """A workbook and its first sheet."""
    book = Workbook()
    sheet = book.active
    sheet.title = title
    return book, sheet


def book_bytes(book: Workbook) -> bytes:
    """The workbook as a file."""
    written = io.BytesIO()
    book.save(written)
    book.close()
    return written.getvalue()


def plain(text: str) -> str:
    """Text without characters that cannot be seen; line ends stay."""
    return "".join(c for c in text if c == "\n" or unicodedata.category(c) not in INVISIBLE)


def put(sheet: Worksheet, row: int, column: int, value: Value) -> Cell:
    """Write a cell; a text is never a formula."""
    cell = sheet.cell(row, column)
    if isinstance(value, str):
        cell.value = plain(value)
        cell.data_type = "s"
        if value.startswith(LIKE_A_FORMULA):
            cell.quotePrefix = True
    elif value is not None:
        cell.value = value
        if isinstance(value, dt.date):
            cell.number_format = DATE
    return cell


def put_header(sheet: Worksheet, row: int, headings: Sequence[str]) -> None:
    """Write a header row in the common style."""
    for place, heading in enumerate(headings, 1):
        cell = put(sheet, row, place, heading)
        cell.font, cell.fill = HEADER, HEADER_FILL
        cell.alignment, cell.border = MIDDLE, UNDERLINED


def put_rows(sheet: Worksheet, first: int, rows: Sequence[Sequence[Value]]) -> int:
    """Write rows of wrapped text; say which row comes next."""
    for at, values in enumerate(rows, first):
        for place, value in enumerate(values, 1):
            put(sheet, at, place, value).alignment = TOP
    return first + len(rows)


def put_title(sheet: Worksheet, row: int, text: str) -> None:
    """Write a title in large letters."""
    put(sheet, row, 1, text).font = TITLE


def put_note(sheet: Worksheet, row: int, text: str) -> None:
    """Write a line of plain words that may run over the columns beside it."""
    put(sheet, row, 1, text).font = NOTE


def set_widths(sheet: Worksheet, widths: Sequence[float]) -> None:
    """Set column widths [characters], at most a readable line."""
    for place, width in enumerate(widths, 1):
        letter = sheet.cell(1, place).column_letter
        sheet.column_dimensions[letter].width = min(width, LONGEST_WIDTH)


def print_wide(sheet: Worksheet, *, header_row: int | None = None) -> None:
    """Print on A4, landscape, as many pages high as needed and one wide."""
    sheet.page_setup.orientation = "landscape"
    sheet.page_setup.paperSize = sheet.PAPERSIZE_A4
    sheet.page_setup.fitToHeight = 0
    sheet.sheet_properties.pageSetUpPr.fitToPage = True
    if header_row is not None:
        sheet.print_title_rows = f"{header_row}:{header_row}"
