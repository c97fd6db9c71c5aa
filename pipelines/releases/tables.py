"""The result tables as files: CSV and XLSX with Swedish headings, hidden cells as ``..``.

Text is neutralised, so that a spreadsheet never takes a school's name for a formula.
"""

import csv
import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import pandas as pd
from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Font

from pipelines.indicators.registry import Indicator
from pipelines.releases.numbers import HIDDEN, NONE
from pipelines.results import school_year_before
from schemas.codes import LEVELS
from schemas.results import PublishedResults

SIMULATED = "Simulerade data"
PRELIMINARY = "ja"

_FIGURES = ["students", "numerator", "denominator", "value", "lower", "upper"]
_CHANGES = ["change", "change_lower", "change_upper"]
_REMARKS = ["series_break", "is_preliminary"]
_DECIMALS = 6
_WIDTHS = (34, 28, 22, 14, 30, 10)
_MOST_SHEET_NAME = 31
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\uff1d", "\uff0b", "\uff0d", "\uff20")
_DIRECTION_MARKS = re.compile("[\u200e\u200f\u202a-\u202e\u2066-\u2069]")

Entry = str | float | int
Entries = list[Entry]


def neutralised(text: str) -> str:
    """Text that no spreadsheet runs: a formula gets an apostrophe, direction marks go."""
    plain = _DIRECTION_MARKS.sub("", text)
    return f"'{plain}" if plain.startswith(_FORMULA_STARTS) else plain


def write_csv(
    path: Path, rows: pd.DataFrame, indicators: Mapping[str, Indicator], *, is_simulated: bool
) -> None:
    """Every published row in one file, as Swedish Excel opens it: semicolon, comma, BOM.

    Args:
        path: File to write.
        rows: :class:`schemas.results.PublishedResults`.
        indicators: The registry, for titles and units.
        is_simulated: Marks every row as simulated.
    """
    mark = [SIMULATED] if is_simulated else []
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file, delimiter=";", lineterminator="\r\n")
        writer.writerow([*headings(), *(["Underlag"] if is_simulated else [])])
        for entries in printed(rows, indicators):
            writer.writerow([_in_swedish(entry) for entry in entries] + mark)


def write_workbook(
    path: Path, rows: pd.DataFrame, indicators: Mapping[str, Indicator], *, is_simulated: bool
) -> None:
    """The same with a sheet per indicator, and numbers as numbers.

    Args:
        path: File to write.
        rows: :class:`schemas.results.PublishedResults`.
        indicators: The registry, for titles and units.
        is_simulated: Marks every sheet as simulated.
    """
    workbook = Workbook(write_only=True)
    for name, of_indicator in rows.groupby("indicator", sort=False):
        title = indicators[str(name)].title_sv
        title = f"{title} ({SIMULATED.lower()})" if is_simulated else title
        entries = printed(of_indicator, indicators)
        _write_sheet(workbook, str(name)[:_MOST_SHEET_NAME], title, entries)
    workbook.save(path)


def headings() -> list[str]:
    """Column headings, from the contract."""
    columns = PublishedResults.to_schema().columns
    names = ["indicator", "level", "unit_id", "unit_name", "school_year"]
    titles = [str(columns[name].title) for name in [*names, *_FIGURES, *_CHANGES, *_REMARKS]]
    return [titles[0], "Mått", *titles[1:]]


def printed(rows: pd.DataFrame, indicators: Mapping[str, Indicator]) -> Iterable[Entries]:
    """Each row as it is printed, in the order of :func:`headings`.

    Why a cell is hidden is not told: to know that one of two is below ten is to know more.
    """
    levels = {code.code: code.sv for code in LEVELS}
    key = ["indicator", "level", "unit_id", "school_year"]
    existing = set(rows[key].itertuples(index=False, name=None))
    for row in rows.to_dict("records"):
        before = (*(row[name] for name in key[:3]), school_year_before(row["school_year"]))
        is_comparable = before in existing and pd.isna(row["series_break"])
        indicator = indicators[row["indicator"]]
        names = [indicator.title_sv, indicator.unit_sv, levels[row["level"]]]
        names += [row["unit_id"], row["unit_name"], row["school_year"]]
        figures = [_entry(row[name], missing=HIDDEN) for name in _FIGURES]
        changes = [_entry(row[c], missing=HIDDEN if is_comparable else NONE) for c in _CHANGES]
        reason = "" if pd.isna(row["series_break"]) else row["series_break"]
        remarks = [neutralised(reason), PRELIMINARY if row["is_preliminary"] else ""]
        yield [*(neutralised(str(n)) for n in names), *figures, *changes, *remarks]


def _entry(number: float, *, missing: str) -> Entry:
    if pd.isna(number):
        return missing
    return int(number) if float(number).is_integer() else round(float(number), _DECIMALS)


def _in_swedish(entry: Entry) -> str:
    if isinstance(entry, str):
        return entry
    return f"{entry:.{_DECIMALS}f}".rstrip("0").rstrip(".").replace(".", ",")


def _write_sheet(workbook: Workbook, name: str, title: str, entries: Iterable[Entries]) -> None:
    sheet = workbook.create_sheet(name)
    sheet.freeze_panes = "A3"
    for place, width in enumerate(_WIDTHS):
        sheet.column_dimensions["ABCDEF"[place]].width = width
    sheet.append(_bold(sheet, [title]))
    sheet.append(_bold(sheet, headings()))
    for row in entries:
        sheet.append([_as_text(sheet, e) if isinstance(e, str) else e for e in row])


def _bold(sheet: object, texts: Sequence[str]) -> list[WriteOnlyCell]:
    cells = [_as_text(sheet, neutralised(text)) for text in texts]
    for cell in cells:
        cell.font = Font(bold=True)
    return cells


def _as_text(sheet: object, text: str) -> WriteOnlyCell:
    """A cell that is text whatever it begins with."""
    is_neutralised = text.startswith("'")
    cell = WriteOnlyCell(sheet, value=text.removeprefix("'"))
    cell.data_type = "s"
    cell.quotePrefix = is_neutralised
    return cell
