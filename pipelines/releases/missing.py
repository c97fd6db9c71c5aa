"""Values without a number: how many, and why, for each family of indicators and school year.

Only the whole city is told. A number is of pupils and periods, not of pupils: a pupil without a
register in three months is three. A reason is rounded to tens and one to nine are only "fewer
than ten"; values that exist are rounded to hundreds; and what is expected is the sum of those
rounded figures. Nothing printed depends on a small number, so none follows by subtraction.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import pandas as pd
from ibis import _

from pipelines.families import titles_of
from pipelines.freshness import school_year_of
from pipelines.indicators.registry import Indicator
from pipelines.lake import Lake
from pipelines.releases.disclosure import THRESHOLD
from pipelines.releases.numbers import Language
from schemas.codes import MISSING_REASONS
from schemas.indicators import IndicatorValues

COLUMNS = ["indicator", "school_year", "missing", "rows"]
HEADINGS = ("Indikatorer", "Läsår", "Värden", "Antal")
EXPECTED = "väntade"
KNOWN = "med värde"
HUNDRED = 100
TEN = 10

Entry = str | int
Years = Mapping[str, Mapping[str, int]]


@dataclass(frozen=True, slots=True)
class MissingTable:
    """Indicators that lack the same values for the same reasons.

    Attributes:
        title: What they are called.
        reasons: Code of every reason that occurs, in the order of the code list.
        years: By school year and reason; the values there are stand under ``""`` [count].
    """

    title: str
    reasons: Sequence[str]
    years: Years


def count_missing(lake: Lake, indicators: Mapping[str, Indicator]) -> pd.DataFrame:
    """Pupils and periods by reason, ``""`` where there is a value.

    Args:
        lake: Holds the indicators.
        indicators: The registry; what is not published is not counted.

    Returns:
        ``indicator``, ``school_year``, ``missing``, ``rows`` [count].
    """
    found = []
    for indicator in indicators.values():
        if indicator.is_published and lake.paths(indicator.table):
            values = lake.read(indicator.table, IndicatorValues)
            by_period = values.group_by("period", "missing").agg(rows=_.count()).execute()
            found.append(
                by_period.assign(
                    indicator=indicator.name,
                    school_year=by_period.period.map(_year_of),
                    missing=by_period.missing.fillna(""),
                )[COLUMNS]
            )
    if not found:
        return pd.DataFrame(columns=COLUMNS)
    sums: pd.DataFrame = pd.concat(found).groupby(COLUMNS[:-1], as_index=False).agg({"rows": "sum"})
    return sums


def missing_tables(
    counted: pd.DataFrame, indicators: Mapping[str, Indicator], language: Language
) -> list[MissingTable]:
    """A table for each family, or for each part of one whose indicators lack different values.

    Args:
        counted: As :func:`count_missing` returns.
        indicators: The registry; the order of the tables.
        language: Of the titles.
    """
    by_name = {str(name): _years(rows) for name, rows in counted.groupby("indicator")}
    members: dict[str, list[Indicator]] = {}
    for indicator in indicators.values():
        if indicator.name in by_name:
            family = titles_of(indicator)[language == "en"]
            members.setdefault(family, []).append(indicator)
    tables = []
    for family, mine in members.items():
        parts = _alike(mine, by_name)
        for part in parts:
            titles = [one.title_sv if language == "sv" else one.title_en for one in part]
            title = family if len(parts) == 1 else ", ".join(titles)
            tables.append(_table(title, by_name[part[0].name]))
    return tables


def rounded(numbers: Mapping[str, int], reasons: Sequence[str]) -> list[Entry]:
    """What is printed of a school year: expected, with a value, and each of ``reasons``.

    Args:
        numbers: By reason; the values there are under ``""`` [count].
        reasons: The columns.
    """
    known = _rounded(numbers.get("", 0), HUNDRED, HUNDRED)
    lacking = [_rounded(numbers.get(code, 0), THRESHOLD, TEN) for code in reasons]
    told = sum(entry for entry in (known, *lacking) if isinstance(entry, int))
    is_some = any(isinstance(entry, str) for entry in (known, *lacking))
    expected = _nearest(told, HUNDRED) or (f"<{HUNDRED}" if told or is_some else 0)
    return [expected, known, *lacking]


def missing_entries(
    counted: pd.DataFrame, indicators: Mapping[str, Indicator]
) -> Iterable[list[Entry]]:
    """The same as rows of a sheet under :data:`HEADINGS`, in Swedish; rounded as printed."""
    words = {code.code: code.sv for code in MISSING_REASONS}
    for table in missing_tables(counted, indicators, "sv"):
        names = [EXPECTED, KNOWN, *(words[code] for code in table.reasons)]
        for year, numbers in table.years.items():
            for name, entry in zip(names, rounded(numbers, table.reasons), strict=True):
                yield [table.title, year, name, entry]


def _year_of(period: str) -> str:
    return period if "/" in period else school_year_of(period)


def _years(rows: pd.DataFrame) -> Years:
    return {
        str(year): dict(zip(of_year.missing, of_year.rows.astype(int), strict=True))
        for year, of_year in rows.groupby("school_year")
    }


def _alike(members: Iterable[Indicator], by_name: Mapping[str, Years]) -> list[list[Indicator]]:
    """Members of a family by what they lack."""
    parts: list[list[Indicator]] = []
    for one in members:
        same = (part for part in parts if by_name[part[0].name] == by_name[one.name])
        part = next(same, None)
        if part is None:
            parts.append([one])
        else:
            part.append(one)
    return parts


def _table(title: str, years: Years) -> MissingTable:
    there = {code for numbers in years.values() for code in numbers}
    reasons = [code.code for code in MISSING_REASONS if code.code in there]
    return MissingTable(title, reasons, years)


def _nearest(number: int, base: int) -> int:
    return base * ((2 * number + base) // (2 * base))


def _rounded(number: int, least: int, base: int) -> Entry:
    return f"<{least}" if 0 < number < least else _nearest(number, base)
