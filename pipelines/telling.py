"""Telling: what may be said of a unit's pupils, and in which words where a number may not.

A figure that is hidden in the published results is hidden here, with all that it is the sum of.
The parts of a year are told all or none, for one alone could be worked out from the others.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import pandas as pd

from pipelines.indicators.registry import Indicator
from pipelines.releases.disclosure import SMALL_GROUP, THRESHOLD
from pipelines.tracing import kind_of_period
from schemas.calendar import (
    months_of_school_year,
    months_of_term,
    school_year_of_term,
    term_of_month,
)
from schemas.codes import MISSING_REASONS

SCHOOL_YEAR = "school_year"
SHOWN = "shown"
FEW = f"<{THRESHOLD}"
MANY = f"{THRESHOLD} or more"

Count = int | str
"""A number, or words where the number is not told."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """A sum over pupils; what is hidden is None or words.

    Attributes:
        period: What it is about.
        students: Pupils with a value [count].
        numerator: Sum over them.
        denominator: Sum over them.
        value: Numerator over denominator, times the indicator's scale.
        missing: Pupils without any value in the period by reason [count].
    """

    period: str
    students: Count
    numerator: float | None
    denominator: float | None
    value: float | None
    missing: Mapping[str, Count]


@dataclass(frozen=True, slots=True)
class Teller:
    """What may be told of a unit's pupils in a school year, and how.

    Attributes:
        indicator: Which.
        state: Of the published figure.
        is_internal: Whether everything may be told.
        values: Of the unit's pupils in the school year.
    """

    indicator: Indicator
    state: str
    is_internal: bool
    values: pd.DataFrame

    @property
    def is_open(self) -> bool:
        """Whether the published figure is shown, so that numbers may be told."""
        return self.is_internal or self.state == SHOWN

    def count(self, number: int) -> Count:
        """A number of pupils or of their records, or words for it."""
        if self.is_internal or number == 0 or (self.is_open and number >= THRESHOLD):
            return number
        return FEW if number < THRESHOLD else MANY

    def figure(self, period: str) -> Figure:
        """The sum over a period: the school year, or a part that all parts are told of."""
        kind = kind_of_period(period) or SCHOOL_YEAR
        is_told = self.is_open if kind == SCHOOL_YEAR else self._tells(kind)
        return self._figure(period, is_told=is_told)

    def parts(self, period: str) -> tuple[Figure, ...]:
        """The sums over the indicator's own periods within a longer one."""
        kind = self.indicator.period
        if kind_of_period(period) == kind:
            return ()
        is_told = self._tells(kind)
        return tuple(
            self._figure(one, is_told=is_told)
            for one in self._periods(kind)
            if longer_period(one, kind_of_period(period) or kind) == period
        )

    def _tells(self, kind: str) -> bool:
        """Whether no part of the school year is small: one hidden could be told by the rest."""
        if self.is_internal or not self.is_open:
            return self.is_internal
        return not any(self._is_small(*self._sums(one)) for one in self._periods(kind))

    def _figure(self, period: str, *, is_told: bool) -> Figure:
        students, numerator, denominator = self._sums(period)
        value = self.indicator.per * numerator / denominator if denominator else None
        return Figure(
            period=period,
            students=self.count(students),
            numerator=numerator if is_told else None,
            denominator=denominator if is_told else None,
            value=value if is_told else None,
            missing={reason: self.count(n) for reason, n in self._missing(period).items()},
        )

    def _sums(self, period: str) -> tuple[int, float, float]:
        """Pupils with a value, numerator and denominator; every pupil once."""
        known = self._of(period).dropna(subset=["numerator"])
        across_time = "max" if self.indicator.yearly == "any" else "sum"
        across_schools = "max" if self.indicator.kind == "share" else "sum"
        amounts = ["numerator", "denominator"]
        at_school = known.groupby(["student_id", "school_id"])[amounts].agg(across_time)
        pupils = at_school.groupby("student_id")[amounts].agg(across_schools)
        sums = pupils.sum().round(6)
        return len(pupils), float(sums.numerator), float(sums.denominator)

    def _missing(self, period: str) -> dict[str, int]:
        """Pupils without any value by reason, in the order of the code list."""
        rows = self._of(period)
        known = rows.loc[rows.numerator.notna(), "student_id"]
        lacking = rows[rows.missing.notna() & ~rows.student_id.isin(known)]
        counts = lacking.groupby("missing").student_id.nunique()
        return {one.code: int(counts[one.code]) for one in MISSING_REASONS if one.code in counts}

    def _of(self, period: str) -> pd.DataFrame:
        kind = kind_of_period(period) or SCHOOL_YEAR
        return self.values[[longer_period(one, kind) == period for one in self.values.period]]

    def _periods(self, kind: str) -> list[str]:
        return in_order({longer_period(one, kind) for one in set(self.values.period)})

    def _is_small(self, students: int, numerator: float, denominator: float) -> bool:
        """As disclosure control judges a cell by itself; nobody is no cell."""
        if students == 0:
            return False
        few = min(numerator, denominator - numerator)
        is_telling = 0 < few < THRESHOLD or (few == 0 and denominator < SMALL_GROUP)
        return students < THRESHOLD or (self.indicator.kind == "share" and is_telling)


def longer_period(period: str, kind: str) -> str:
    """The period of a kind that a shorter one, or the same, lies in."""
    own = kind_of_period(period)
    if own in (kind, SCHOOL_YEAR):
        return period
    term = term_of_month(period) if own == "month" else period
    return term if kind == "term" else school_year_of_term(term)


def months_of(period: str) -> list[str]:
    """Every month of a period, the first one first."""
    kind = kind_of_period(period)
    if kind == "month":
        return [period]
    return months_of_term(period) if kind == "term" else months_of_school_year(period)


def in_order(periods: Iterable[str]) -> list[str]:
    """Periods from the oldest to the newest."""
    return sorted(periods, key=lambda period: months_of(period)[0])
