"""The interim report (delredovisning) of 31 July as a page in Swedish, for the administration.

It holds small numbers of pupils, so it is never published; disclosure control is for releases.
"""

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import ibis
import pandas as pd
from ibis import _
from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from pipelines.releases.numbers import NONE, Numbers
from schemas.ambitions import (
    AGREEMENTS,
    ALL_PROJECTS,
    BASES,
    BY_MEASURE,
    STATED_KINDS,
    TARGET_STATES,
    Figures,
    Outcomes,
    StatedAndComputed,
)
from schemas.codes import Code

PAGES = Path(__file__).parents[1] / "schools" / "pages"
FOLDER = "delredovisning"
CUTOFF = (7, 31)
EVERY_PROJECT = "Alla projekt"
WHOLE, PRECISE = Numbers("sv", decimals=0), Numbers("sv", decimals=1)
LEAST_PRECISE = 1000

FIGURES = (
    "Projekt", "Mått", "Till och med", "Utfall", "Samma period året före", "Förändring",
    "Hela året före", "Mot hela året före, %", "Definition", "Population",
)  # fmt: skip
OUTCOMES = (
    "Projekt", "Mått", "Till och med", "Ambition", "Utfall", "95 % intervall", "Ambitionen",
    "Året före enligt ansökan", "Samma period året före", "Förändring", "Definition",
    "Population",
)  # fmt: skip
STATED = (
    "Dokument", "Avsnitt", "Projekt", "Mått", "Slag av uppgift", "Till och med", "Jämfört med",
    "Uppgift", "Beräknat", "Skillnad", "Överensstämmelse", "Beräknat ur", "Definition",
    "Population", "Dokumentets definition",
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class PageTable:
    """A table of the page.

    Attributes:
        title: Its heading.
        note: What to know before it is read.
        headings: Of its columns.
        rows: Its cells as they are printed.
    """

    title: str
    note: str
    headings: Sequence[str]
    rows: Sequence[Sequence[str]]


def interim_tables(
    figures: ibis.Table, outcomes: ibis.Table, stated: ibis.Table, year: int
) -> tuple[PageTable, ...]:
    """The tables of the interim report of a year.

    Args:
        figures: :class:`schemas.ambitions.Figures`.
        outcomes: :class:`schemas.ambitions.Outcomes`.
        stated: :class:`schemas.ambitions.StatedAndComputed`; those of the year and the one before.
        year: Which.
    """
    day = dt.date(year, *CUTOFF)
    counted = figures.filter((_.as_of == day) | _.measure.endswith("_planned"), _.year == year)
    has_none = _.outcome.isnull()  # noqa: PD003 - Ibis
    promised = outcomes.filter(_.year == year, (_.as_of == day) | has_none)
    told = stated.filter(_.as_of.year().isin([year - 1, year]))
    return (
        PageTable(
            title="Utfall och föregående år",
            note=f"Från 1 januari till {day}, om inget annat datum anges. Ett antal utan "
            "definition, population och datum säger ingenting.",
            headings=FIGURES,
            rows=list(_figures(_rows(counted, Figures.grain()))),
        ),
        PageTable(
            title="Ambition och utfall",
            note=f"Ambitionen gäller hela året, utfallet perioden till {day}. Går inte att avgöra: "
            "ambitionen ligger inom intervallet, eller så saknas utfall.",
            headings=OUTCOMES,
            rows=list(_outcomes(_rows(promised, Outcomes.grain()))),
        ),
        PageTable(
            title="Uppgifter i dokument och beräknade uppgifter",
            note="Båda visas där de skiljer sig. Det som inget register innehåller beräknas ur "
            "andra uppgifter i dokumenten.",
            headings=STATED,
            rows=list(_stated(_rows(told, StatedAndComputed.grain()))),
        ),
    )


def interim_page(tables: Sequence[PageTable], year: int, *, is_simulated: bool) -> bytes:
    """The interim report as one HTML page.

    Args:
        tables: As :func:`interim_tables` gives.
        year: Which.
        is_simulated: Whether every pupil is invented.
    """
    page = _environment().get_template("interim.html.j2")
    title = f"Delredovisning {year}"
    return page.render(title=title, tables=tables, is_simulated=is_simulated).encode()


def _figures(rows: Sequence[Mapping[str, object]]) -> Iterator[list[str]]:
    for row in rows:
        measure = str(row["measure"])
        yield [
            _project(row),
            BY_MEASURE[measure].sv,
            _day(row["as_of"]),
            _number(row["value"], measure),
            _number(row["previous"], measure),
            _signed(row["change"], measure),
            _number(row["previous_whole_year"], measure),
            _signed(row["percent_since_whole_year"], "pupils"),
            str(row["definition"]),
            str(row["population"]),
        ]


def _outcomes(rows: Sequence[Mapping[str, object]]) -> Iterator[list[str]]:
    for row in rows:
        measure = str(row["measure"])
        yield [
            _project(row),
            BY_MEASURE[measure].sv,
            _day(row["as_of"]),
            _number(row["target"], measure),
            _number(row["outcome"], measure),
            _limits(row),
            _word(row["state"], TARGET_STATES),
            _number(row["previous_stated"], measure),
            _number(row["previous"], measure),
            _signed(row["change"], measure),
            str(row["definition"]),
            str(row["population"]),
        ]


def _stated(rows: Sequence[Mapping[str, object]]) -> Iterator[list[str]]:
    for row in rows:
        yield [
            str(row["document"]),
            str(row["section"]),
            _project(row),
            BY_MEASURE[str(row["measure"])].sv,
            _word(row["statistic"], STATED_KINDS),
            _day(row["as_of"]),
            _day(row["compared_as_of"]),
            _plain(row["stated"]),
            _plain(row["computed"]),
            _plain(row["difference"]),
            _word(row["agreement"], AGREEMENTS),
            _word(row["basis"], BASES),
            str(row["definition"]),
            str(row["population"]),
            str(row["stated_definition"] or ""),
        ]


def _rows(table: ibis.Table, order: Sequence[str]) -> list[dict[str, object]]:
    """Rows in order, those of all projects first; None for nothing."""
    frame: pd.DataFrame = table.execute().sort_values(list(order))
    rows = frame.astype(object).where(frame.notna(), None).to_dict("records")
    named = [{str(name): value for name, value in row.items()} for row in rows]
    return sorted(named, key=lambda row: row["project_id"] != ALL_PROJECTS)


def _project(row: Mapping[str, object]) -> str:
    return EVERY_PROJECT if row["project_id"] == ALL_PROJECTS else str(row["project_id"])


def _word(code: object, codes: Sequence[Code]) -> str:
    return {one.code: one.sv for one in codes}.get(str(code), "")


def _day(day: object) -> str:
    return "" if day is None else f"{day:%Y-%m-%d}"


def _number(value: object, measure: str) -> str:
    written = WHOLE if BY_MEASURE[measure].kind == "count" else PRECISE
    return NONE if value is None else written.text(float(str(value)))


def _signed(value: object, measure: str) -> str:
    written = WHOLE if BY_MEASURE[measure].kind == "count" else PRECISE
    return NONE if value is None else written.signed(float(str(value)))


def _plain(value: object) -> str:
    """A number of any measure: with a decimal if it has one and is small."""
    if value is None:
        return NONE
    number = float(str(value))
    is_whole = number.is_integer() or abs(number) >= LEAST_PRECISE
    return (WHOLE if is_whole else PRECISE).text(number)


def _limits(row: Mapping[str, object]) -> str:
    lower, upper = row["lower"], row["upper"]
    if lower is None or upper is None:
        return NONE
    return PRECISE.limits(float(str(lower)), float(str(upper)))


def _environment() -> Environment:
    return Environment(
        loader=FileSystemLoader(PAGES),
        autoescape=select_autoescape(default=True, default_for_string=True),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
