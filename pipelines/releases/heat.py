"""Expected deliveries as a heat map of schools and months, and as files.

It tells what schools sent and when, never what stood in it: no number of pupils, no figure.
"""

import csv
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import pandas as pd
from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Font

from pipelines.freshness import OUTSTANDING, periods_of_kind, school_year_of
from pipelines.releases.numbers import Language
from pipelines.releases.tables import SIMULATED, neutralised
from schemas.codes import YES_NO, Code
from schemas.freshness import EXPECTED_KINDS, FRESHNESS_STATES, Freshness

MOST_OWED = 40
SIGNS = {
    "in_time": "✓",
    "late": "!",
    "corrected": "↻",
    "preliminary": "~",
    "loaded": "·",
    "held": "?",
    "rejected": "⊘",
    "missing": "✗",
}
"""What stands in a cell of each state: the map is read without colours too."""

_PRINTED = ("kind", "school_id", "school_name", "period", "due_on", "state", "is_preliminary",
            "received_on")  # fmt: skip
_LETTERS = "ABCDEFGH"
_WIDTHS = (16, 14, 34, 10, 12, 20, 12, 12)


class Square(NamedTuple):
    """One cell of the map; all empty where nothing is expected."""

    state: str = ""
    sign: str = ""
    text: str = ""


@dataclass(frozen=True, slots=True)
class HeatGroup:
    """The columns of one kind of delivery.

    Attributes:
        title: What it is called.
        columns: Short heading and whole period of each column.
    """

    title: str
    columns: Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class HeatYear:
    """One school year: a row per school.

    Attributes:
        school_year: Which one.
        groups: The columns.
        rows: Name of each school and its cells.
        outstanding: Cells that somebody has to do something about [count].
    """

    school_year: str
    groups: Sequence[HeatGroup]
    rows: Sequence[tuple[str, Sequence[Square]]]
    outstanding: int


class Owed(NamedTuple):
    """A delivery that is outstanding, in words."""

    school: str
    kind: str
    period: str
    due_on: str
    state: str


def heat_years(freshness: pd.DataFrame, language: Language) -> list[HeatYear]:
    """The map of each school year, the latest first.

    Args:
        freshness: Rows of :class:`schemas.freshness.Freshness`.
        language: Of headings and words.
    """
    rows = freshness.assign(school_year=freshness.period.map(school_year_of))
    parts = {str(year): part for year, part in rows.groupby("school_year")}
    return [_year(year, parts[year], language) for year in sorted(parts, reverse=True)]


def legend(language: Language) -> list[Square]:
    """Every state with its sign and its words."""
    return [Square(code.code, SIGNS[code.code], _word(code, language)) for code in FRESHNESS_STATES]


def owed(freshness: pd.DataFrame, language: Language) -> list[Owed]:
    """Deliveries that are outstanding, the latest due first."""
    kinds = {kind.kind: kind.sv if language == "sv" else kind.en for kind in EXPECTED_KINDS}
    states = {code.code: _word(code, language) for code in FRESHNESS_STATES}
    rows = freshness[freshness.state.isin(OUTSTANDING)]
    ordered = rows.sort_values(["due_on", "school_id", "kind"], ascending=[False, True, True])
    return [
        Owed(
            str(row["school_name"] or row["school_id"]),
            kinds[row["kind"]],
            row["period"],
            row["due_on"],
            states[row["state"]],
        )
        for row in ordered.to_dict("records")
    ]


def write_freshness_csv(path: Path, freshness: pd.DataFrame, *, is_simulated: bool) -> None:
    """Every expected delivery in one file, as Swedish Excel opens it: semicolon, BOM.

    Args:
        path: File to write.
        freshness: Rows of :class:`schemas.freshness.Freshness`.
        is_simulated: Marks every row as simulated.
    """
    mark = [SIMULATED] if is_simulated else []
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file, delimiter=";", lineterminator="\r\n")
        writer.writerow([*_headings(), *(["Underlag"] if is_simulated else [])])
        writer.writerows([*entries, *mark] for entries in _entries(freshness))


def write_freshness_workbook(path: Path, freshness: pd.DataFrame, *, is_simulated: bool) -> None:
    """The same as a sheet.

    Args:
        path: File to write.
        freshness: Rows of :class:`schemas.freshness.Freshness`.
        is_simulated: Marks the sheet as simulated.
    """
    workbook = Workbook(write_only=True)
    sheet = workbook.create_sheet("freshness")
    sheet.freeze_panes = "A3"
    for letter, width in zip(_LETTERS, _WIDTHS, strict=True):
        sheet.column_dimensions[letter].width = width
    sheet.auto_filter.ref = f"A2:{_LETTERS[-1]}{len(freshness) + 2}"
    title = "Väntade leveranser"
    title = f"{title} ({SIMULATED.lower()})" if is_simulated else title
    for texts in ([title], _headings()):
        cells = [WriteOnlyCell(sheet, value=text) for text in texts]
        for cell in cells:
            cell.font = Font(bold=True)
        sheet.append(cells)
    for entries in _entries(freshness):
        sheet.append(entries)
    workbook.save(path)


def _year(school_year: str, rows: pd.DataFrame, language: Language) -> HeatYear:
    expected = {kind.kind: periods_of_kind(kind, school_year) for kind in EXPECTED_KINDS}
    groups = [
        HeatGroup(
            kind.sv if language == "sv" else kind.en,
            [(period[-2:], period) for period in expected[kind.kind]],
        )
        for kind in EXPECTED_KINDS
    ]
    keys = [(kind, period) for kind, periods in expected.items() for period in periods]
    words = {square.state: square for square in legend(language)}
    states = {
        (row["school_id"], row["kind"], row["period"]): row["state"]
        for row in rows.to_dict("records")
    }
    names = rows.drop_duplicates("school_id")[["school_id", "school_name"]]
    schools = sorted(names.itertuples(index=False), key=lambda one: str(one[1] or one[0]))
    return HeatYear(
        school_year,
        groups,
        [
            (
                str(name or school_id),
                [words.get(states.get((school_id, *key), ""), Square()) for key in keys],
            )
            for school_id, name in schools
        ],
        int(rows.state.isin(OUTSTANDING).sum()),
    )


def _word(code: Code, language: Language) -> str:
    return code.sv if language == "sv" else code.en


def _headings() -> list[str]:
    columns = Freshness.to_schema().columns
    return [str(columns[name].title) for name in _PRINTED]


def _entries(freshness: pd.DataFrame) -> Iterable[list[str]]:
    """Each row as it is printed, text neutralised."""
    words = {
        "kind": {kind.kind: kind.sv for kind in EXPECTED_KINDS},
        "state": {code.code: code.sv for code in FRESHNESS_STATES},
        "is_preliminary": {code.code: code.sv for code in YES_NO},
    }
    for row in freshness.to_dict("records"):
        texts = ("" if pd.isna(row[name]) else str(row[name]) for name in _PRINTED)
        yield [
            neutralised(words.get(name, {}).get(text, text))
            for name, text in zip(_PRINTED, texts, strict=True)
        ]
