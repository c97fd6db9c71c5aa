"""The result tables as files: CSV and XLSX with Swedish headings, hidden cells as ``..``.

Text is neutralised, so that a spreadsheet never takes a school's name for a formula.
"""

import csv
import re
from collections.abc import Hashable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd
from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Font

from pipelines.indicators.registry import Indicator
from pipelines.releases.missing import HEADINGS, missing_entries
from pipelines.releases.numbers import HIDDEN, NONE
from pipelines.results import school_year_before
from schemas.codes import LEVELS
from schemas.results import BASELINE, PublishedResults

SIMULATED = "Simulerade data"
PRELIMINARY = "ja"
MISSING_SHEET = "Saknade värden"
MISSING_NOTE = "hela staden, elever gånger perioder, avrundat"

_FIGURES = ["students", "numerator", "denominator", "value", "lower", "upper"]
_CHANGES = ["change", "change_lower", "change_upper"]
_SINCE = ["baseline", "since_baseline", "since_baseline_lower", "since_baseline_upper"]
_REMARKS = ["series_break", "is_preliminary"]
_KEY = ["indicator", "level", "unit_id", "school_year"]
_DECIMALS = 6
_WIDTHS = (34, 28, 22, 14, 30, 10)
_MOST_SHEET_NAME = 31
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\uff1d", "\uff0b", "\uff0d", "\uff20")
_DIRECTION_MARKS = re.compile("[\u200e\u200f\u202a-\u202e\u2066-\u2069]")

Entry = str | float | int
Entries = list[Entry]
Row = Mapping[Hashable, Any]
States = Mapping[tuple[str, ...], str]


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
    path: Path,
    rows: pd.DataFrame,
    indicators: Mapping[str, Indicator],
    *,
    missing: pd.DataFrame | None = None,
    is_simulated: bool,
) -> None:
    """The same with a sheet per indicator, and numbers as numbers; last, what has no value.

    Args:
        path: File to write.
        rows: :class:`schemas.results.PublishedResults`.
        indicators: The registry, for titles and units.
        missing: As :func:`pipelines.releases.missing.count_missing` returns, if it was counted.
        is_simulated: Marks every sheet as simulated.
    """
    workbook = Workbook(write_only=True)
    mark = f" ({SIMULATED.lower()})" if is_simulated else ""
    for name, of_indicator in rows.groupby("indicator", sort=False):
        titles = [f"{indicators[str(name)].title_sv}{mark}"], headings()
        entries = printed(of_indicator, indicators)
        _write_sheet(workbook, str(name)[:_MOST_SHEET_NAME], titles, entries)
    if missing is not None:
        titles = [f"{MISSING_SHEET}, {MISSING_NOTE}{mark}"], list(HEADINGS)
        entries = (
            [neutralised(e) if isinstance(e, str) else e for e in row]
            for row in missing_entries(missing, indicators)
        )
        _write_sheet(workbook, MISSING_SHEET, titles, entries)
    workbook.save(path)


def headings() -> list[str]:
    """Column headings, from the contract."""
    columns = PublishedResults.to_schema().columns
    names = ["indicator", "level", "unit_id", "unit_name", "school_year"]
    names += [*_FIGURES, *_CHANGES, *_SINCE, *_REMARKS]
    titles = [str(columns[name].title) for name in names]
    return [titles[0], "Mått", *titles[1:]]


def printed(rows: pd.DataFrame, indicators: Mapping[str, Indicator]) -> Iterable[Entries]:
    """Each row as it is printed, in the order of :func:`headings`.

    Why a cell is hidden is not told: to know that one of two is below ten is to know more.
    """
    levels = {code.code: code.sv for code in LEVELS}
    keys = rows[_KEY].itertuples(index=False, name=None)
    states = dict(zip(keys, rows.state, strict=True))
    for row in rows.to_dict("records"):
        indicator = indicators[row["indicator"]]
        names = [indicator.title_sv, indicator.unit_sv, levels[row["level"]]]
        names += [row["unit_id"], row["unit_name"], row["school_year"]]
        figures = [_entry(row[name], missing=HIDDEN) for name in _FIGURES]
        for columns, sign in ((_CHANGES, _no_change), (_SINCE, _no_baseline)):
            figures += [_entry(row[name], missing=sign(row, states)) for name in columns]
        reason = "" if pd.isna(row["series_break"]) else row["series_break"]
        remarks = [neutralised(reason), PRELIMINARY if row["is_preliminary"] else ""]
        yield [*(neutralised(str(n)) for n in names), *figures, *remarks]


def _no_change(row: Row, states: States) -> str:
    """The sign for no change since the year before."""
    unit = (row[name] for name in _KEY[:3])
    is_comparable = (*unit, school_year_before(row["school_year"])) in states
    return HIDDEN if is_comparable and pd.isna(row["series_break"]) else NONE


def _no_baseline(row: Row, states: States) -> str:
    """The sign for no baseline, or no change since it: hidden, or a break lies between."""
    unit = (row[name] for name in _KEY[:3])
    at_first = states.get((*unit, BASELINE), "shown")
    return NONE if at_first == row["state"] == "shown" else HIDDEN


def _entry(number: float, *, missing: str) -> Entry:
    if pd.isna(number):
        return missing
    return int(number) if float(number).is_integer() else round(float(number), _DECIMALS)


def _in_swedish(entry: Entry) -> str:
    if isinstance(entry, str):
        return entry
    return f"{entry:.{_DECIMALS}f}".rstrip("0").rstrip(".").replace(".", ",")


def _write_sheet(
    workbook: Workbook, name: str, titles: Iterable[Sequence[str]], entries: Iterable[Entries]
) -> None:
    sheet = workbook.create_sheet(name)
    sheet.freeze_panes = "A3"
    for place, width in enumerate(_WIDTHS):
        sheet.column_dimensions["ABCDEF"[place]].width = width
    for texts in titles:
        sheet.append(_bold(sheet, texts))
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
