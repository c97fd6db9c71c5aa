"""What the report's tables say: published rows turned into cells of text."""

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import pandas as pd

from pipelines.indicators.registry import Indicator
from pipelines.releases.disclosure import THRESHOLD
from pipelines.releases.missing import COLUMNS as MISSING_COLUMNS
from pipelines.releases.missing import missing_tables, rounded
from pipelines.releases.numbers import HIDDEN, NONE, Language, Numbers, counts, numbers_of
from pipelines.results import CITY, COMPARISON, PILOT, school_year_before
from schemas.codes import DELIVERY_STATUSES, MISSING_REASONS, Code
from schemas.deliveries import Deliveries
from schemas.freshness import Freshness

Texts = Mapping[str, str]
Row = Mapping[Hashable, Any]
Tone = Literal["better", "worse", "neither", "unclear", ""]

UNITS = (("city", CITY), ("group", PILOT.code), ("group", COMPARISON.code))
PRELIMINARY = "\N{NO-BREAK SPACE}p"
"""After a value whose school year is not closed; the section says what it means."""

SUPPORT = ("target_group", "reach", "unplanned_dropouts")


@dataclass(frozen=True, slots=True)
class TextCell:
    """One cell of a printed table.

    Attributes:
        text: The figure, or the sign for none.
        limits: Its interval.
        verdict: Words about a change.
        tone: Whether the change is for the better; decides the colour of the words.
    """

    text: str
    limits: str = ""
    verdict: str = ""
    tone: Tone = ""


@dataclass(frozen=True, slots=True)
class TextRow:
    """A row of cells and its heading."""

    heading: str
    cells: Sequence[TextCell]


@dataclass(frozen=True, slots=True)
class Quality:
    """What was delivered, and how much of the school day it covers.

    Attributes:
        deliveries: Rows of :class:`schemas.deliveries.Deliveries`.
        coverage: ``school_year``, ``schools`` [count], ``reported_share`` [1].
        freshness: Rows of :class:`schemas.freshness.Freshness`.
        missing: As :func:`pipelines.releases.missing.count_missing` returns.
    """

    deliveries: pd.DataFrame
    coverage: pd.DataFrame
    freshness: pd.DataFrame = field(
        default_factory=lambda: pd.DataFrame(columns=Freshness.columns())
    )
    missing: pd.DataFrame = field(default_factory=lambda: pd.DataFrame(columns=MISSING_COLUMNS))


class Printed:
    """The published rows of one indicator, to be asked for cell by cell.

    Attributes:
        indicator: Which one.
        rows: Its rows.
        school_years: Those with a row, in order.
        latest: The last of them.
        numbers: How its values are written.
    """

    def __init__(
        self, indicator: Indicator, rows: pd.DataFrame, texts: Texts, language: Language
    ) -> None:
        self.indicator = indicator
        self.rows = rows
        self.school_years = sorted(set(rows.school_year))
        self.latest = self.school_years[-1]
        largest = rows.value.max() if rows.value.notna().any() else 0.0
        self.numbers = numbers_of(indicator, language, largest=float(largest))
        self._texts = texts
        self._counts = counts(language)
        keys = zip(rows.level, rows.unit_id, rows.school_year, strict=True)
        self._by_key = dict(zip(keys, rows.to_dict("records"), strict=True))

    def of(self, level: str, unit_id: str) -> pd.DataFrame:
        """The rows of one unit."""
        return self.rows[(self.rows.level == level) & (self.rows.unit_id == unit_id)]

    def value(self, level: str, unit_id: str, school_year: str) -> TextCell:
        """The value and its interval."""
        row = self._by_key.get((level, unit_id, school_year))
        if row is None or row["state"] != "shown":
            return TextCell(NONE if row is None else HIDDEN)
        mark = PRELIMINARY if row["is_preliminary"] else ""
        text = f"{self.numbers.text(row['value'])}{mark}"
        return TextCell(text, self._limits(row, "lower", "upper"))

    def students(self, level: str, unit_id: str, school_year: str) -> TextCell:
        """How many pupils the value rests on."""
        row = self._by_key.get((level, unit_id, school_year))
        if row is None or row["state"] != "shown":
            return TextCell(NONE if row is None else HIDDEN)
        return TextCell(self._counts.text(row["students"]))

    def change(self, level: str, unit_id: str, school_year: str) -> TextCell:
        """The change since the year before, and in words whether it is clear."""
        row = self._by_key.get((level, unit_id, school_year))
        before = self._by_key.get((level, unit_id, school_year_before(school_year)))
        if row is None or before is None or not pd.isna(row["series_break"]):
            return TextCell(NONE)
        if pd.isna(row["change"]):
            return TextCell(HIDDEN)
        tone = tone_of(self.indicator, row["change_lower"], row["change_upper"])
        return TextCell(
            self.numbers.signed(row["change"]),
            self._limits(row, "change_lower", "change_upper"),
            self._verdict(row["change"], tone),
            tone,
        )

    def triple(self, level: str, unit_id: str, school_year: str) -> list[TextCell]:
        """Pupils, value and change."""
        asked = (level, unit_id, school_year)
        return [self.students(*asked), self.value(*asked), self.change(*asked)]

    def _limits(self, row: Row, lower: str, upper: str) -> str:
        return self.numbers.limits(row[lower], row[upper])

    def _verdict(self, change: float, tone: Tone) -> str:
        if tone == "unclear":
            return self._texts["unclear"]
        direction = f"▲ {self._texts['up']}" if change > 0 else f"▼ {self._texts['down']}"
        judged = self._texts[tone] if tone in ("better", "worse") else ""
        return f"{direction}, {judged}" if judged else direction


def tone_of(indicator: Indicator, lower: float, upper: float) -> Tone:
    """Whether a change is clear, and if so whether it is for the better."""
    if not (lower > 0 or upper < 0):
        return "unclear"
    if indicator.higher_is == "neither":
        return "neither"
    return "better" if (lower > 0) == (indicator.higher_is == "better") else "worse"


def summary_lead(printed: Sequence[Printed], texts: Texts) -> str:
    """How many indicators of the city changed, and which way."""
    tones = [one.change("city", CITY, one.latest).tone for one in printed]
    numbers = {tone: tones.count(tone) for tone in ("better", "worse", "neither", "unclear")}
    return texts["summary_lead"].format(**numbers, incomparable=tones.count(""))


def definition(indicator: Indicator, texts: Texts) -> str:
    """What is counted and how the school year is made, in words."""
    period = texts["of_school_year" if indicator.period == "school_year" else indicator.period]
    yearly = texts[f"yearly_{indicator.yearly}"].format(period=period)
    return f"{texts[indicator.kind]} {yearly}"


def year_rows(printed: Printed) -> list[TextRow]:
    """City and groups, a row per school year, the latest first."""
    units = existing_units(printed)
    return [
        TextRow(year, [cell for unit in units for cell in printed.triple(*unit, year)])
        for year in reversed(printed.school_years)
    ]


def existing_units(printed: Printed) -> list[tuple[str, str]]:
    """The city, and the groups if there are any."""
    return [unit for unit in UNITS if not printed.of(*unit).empty]


def project_rows(printed: Printed) -> list[TextRow]:
    """Every project in the latest year: its schools, and the pupils in it."""
    year = printed.latest
    return [
        TextRow(
            name,
            [*printed.triple("project", unit, year), *printed.triple("participants", unit, year)],
        )
        for unit, name in projects_of(printed, (year,))
    ]


def projects_of(printed: Printed, school_years: Sequence[str]) -> list[tuple[str, str]]:
    """Key and name of the projects with a row in some years, by name."""
    rows = printed.rows
    mine = rows[rows.level.isin(["project", "participants"]) & rows.school_year.isin(school_years)]
    pairs = set(zip(mine.unit_id, mine.unit_name, strict=True))
    return sorted(pairs, key=lambda pair: pair[1])


def support_rows(printed: Printed) -> list[TextRow]:
    """A row per project and a column per school year."""
    years = printed.school_years
    return [
        TextRow(name, [printed.value("project", unit, year) for year in years])
        for unit, name in projects_of(printed, years)
    ]


def status_rows(quality: Quality, language: Language) -> list[TextRow]:
    """Files and records by status, in the order of the code list."""
    of_status = quality.deliveries.groupby("status").records.agg(["size", "sum"])
    return [
        TextRow(
            label_of(DELIVERY_STATUSES, code.code, language),
            [_count(of_status["size"][code.code], language),
             few(of_status["sum"][code.code], language)],
        )
        for code in DELIVERY_STATUSES
        if code.code in of_status.index
    ]  # fmt: skip


def bin_rows(quality: Quality, language: Language) -> list[TextRow]:
    """Records by bin: the contract's own headings, or in English its column names."""
    columns = Deliveries.to_schema().columns
    names = ("accepted", "quarantined", "duplicates", "superseded")
    return [
        TextRow(
            str(columns[name].title) if language == "sv" else name.capitalize(),
            [few(int(quality.deliveries[name].sum()), language)],
        )
        for name in names
    ]


def unread_files(quality: Quality, language: Language) -> list[Mapping[str, str]]:
    """Files that are rejected or held, with the cause."""
    rows = quality.deliveries
    waiting = rows[rows.status.isin(["rejected", "held"])].sort_values("file_name")
    return [
        {
            "file_name": row["file_name"],
            "status": label_of(DELIVERY_STATUSES, row["status"], language),
            "cause": "" if pd.isna(row["cause"]) else row["cause"],
        }
        for row in waiting.to_dict("records")
    ]


def coverage_rows(quality: Quality, language: Language) -> list[TextRow]:
    """Schools with attendance and the share of their time that is reported."""
    share = Numbers(language, scale=100.0)
    return [
        TextRow(
            row["school_year"],
            [
                _count(row["schools"], language),
                TextCell(f"{share.text(row['reported_share'])}\N{NO-BREAK SPACE}%"),
            ],
        )
        for row in quality.coverage.sort_values("school_year").to_dict("records")
    ]


def missing_sections(
    quality: Quality, indicators: Mapping[str, Indicator], language: Language
) -> list[Mapping[str, Any]]:
    """A table per family: what is expected, what has a value, and why the rest has none."""
    sections: list[Mapping[str, Any]] = []
    for table in missing_tables(quality.missing, indicators, language):
        rows = [
            TextRow(year, [_entry(one, language) for one in rounded(numbers, table.reasons)])
            for year, numbers in table.years.items()
        ]
        reasons = [label_of(MISSING_REASONS, code, language) for code in table.reasons]
        sections.append({"title": table.title, "reasons": reasons, "rows": rows})
    return sections


def few(records: int, language: Language) -> TextCell:
    """A number of records; one to nine are only "fewer than ten"."""
    return TextCell(f"<{THRESHOLD}") if 0 < records < THRESHOLD else _count(records, language)


def label_of(codes: Sequence[Code], code: str, language: Language) -> str:
    """What a code is called."""
    entry = next(entry for entry in codes if entry.code == code)
    return entry.sv if language == "sv" else entry.en


def _count(number: int, language: Language) -> TextCell:
    return TextCell(counts(language).text(number))


def _entry(entry: str | int, language: Language) -> TextCell:
    return TextCell(entry) if isinstance(entry, str) else _count(entry, language)
