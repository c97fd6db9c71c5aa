"""Figures of a year to a day, beside the same day of the year before, with their limits."""

import datetime as dt
from collections.abc import Callable, Iterable
from dataclasses import dataclass

import ibis
import numpy as np
import pandas as pd

from pipelines.ambitions.counting import (
    days_of,
    pupil_counts,
    school_counts,
    sums_of_pupils,
    supported,
    year_before,
)
from pipelines.comparisons.intervals import Interval
from pipelines.comparisons.proportions import newcombe_difference, wilson_interval
from pipelines.comparisons.ratios import Moments, ratio_difference, ratio_interval
from pipelines.results import conforming
from schemas.ambitions import ALL_PROJECTS, BY_MEASURE, PLANNED, Figures

PER = 100.0
KINDS = ("count", "share", "ratio")
KEY = ["project_id", "measure", "as_of"]
SUMS = ["n", "y", "x", "yy", "xy", "xx"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Registers:
    """What figures are made from.

    Attributes:
        participation: :class:`schemas.support.Participation`.
        project_schools: :class:`schemas.places.ProjectSchools`.
        targets: :class:`schemas.ambitions.Targets`.
        eligible: :class:`schemas.indicators.IndicatorValues` of vocational eligibility.
        absence: The same of the rate of unauthorised absence.
    """

    participation: ibis.Table
    project_schools: ibis.Table
    targets: ibis.Table
    eligible: ibis.Table
    absence: ibis.Table


def figures(registers: Registers, further: Iterable[dt.date] = ()) -> ibis.Table:
    """What the registers say of every measure to the days of reports and some further ones.

    Args:
        registers: What they are made from.
        further: Days that documents speak of.

    Returns:
        Rows of :class:`schemas.ambitions.Figures`.
    """
    days = days_of(registers.participation, further)
    support = supported(registers.participation, days).cache()
    counts = pupil_counts(support).union(school_counts(registers.project_schools, days))
    found = pd.concat(
        [
            _with_sums(counts.execute(), "count"),
            _with_sums(planned(registers.targets.execute()), "count"),
            _moments(sums_of_pupils(support, registers.eligible, is_monthly=False), "share"),
            _moments(sums_of_pupils(support, registers.absence, is_monthly=True), "ratio"),
        ],
        ignore_index=True,
    )
    return conforming(_told(_compared(_dated(found))), Figures)


def planned(targets: pd.DataFrame) -> pd.DataFrame:
    """How much was applied for, for each project and for all together, as figures of a year.

    The year before is what the application states of it, where it has no application of its own.
    All projects together are the sum of them, unless a target is stated for all.

    Args:
        targets: :class:`schemas.ambitions.Targets`.
    """
    asked = targets[targets.measure.isin(list(PLANNED))]
    own = asked.assign(numerator=asked.target)
    before = asked.assign(numerator=asked.previous_value, year=asked.year - 1)
    before = before[before.numerator.notna()]
    every = pd.concat([own, before]).drop_duplicates(["project_id", "year", "measure"])
    rows = with_all_projects(every, "numerator")
    return pd.DataFrame(
        {
            "project_id": rows.project_id,
            "measure": rows.measure.map(PLANNED),
            "as_of": [dt.date(int(year), 12, 31) for year in rows.year],
            "numerator": rows.numerator,
        }
    )


def with_all_projects(rows: pd.DataFrame, *amounts: str) -> pd.DataFrame:
    """Rows of projects, and their sum where none is given for all projects together.

    Args:
        rows: Columns ``project_id``, ``year``, ``measure`` and the amounts.
        amounts: What is summed; one that is not known of every project is not known of all.
    """
    keys = ["year", "measure"]
    given = rows[rows.project_id == ALL_PROJECTS]
    single = rows[rows.project_id != ALL_PROJECTS]
    summed = single.groupby(keys)[list(amounts)].sum(skipna=False).reset_index()
    summed = summed.merge(given[keys], "left", keys, indicator="given")
    new = summed[summed.given == "left_only"].drop(columns="given")
    return pd.concat([rows, new.assign(project_id=ALL_PROJECTS)], ignore_index=True)


def _with_sums(rows: pd.DataFrame, kind: str) -> pd.DataFrame:
    """Counts, without the sums that only shares and ratios have."""
    return rows.rename(columns={"numerator": "y"}).assign(kind=kind)


def _moments(pupils: ibis.Table, kind: str) -> pd.DataFrame:
    """Sums over pupils; of a share each pupil is counted or not."""
    by_pupil = pupils.order_by("project_id", "as_of", "student_id").execute()
    measure = next(one.measure for one in BY_MEASURE.values() if one.kind == kind)
    if kind == "share":
        by_pupil = by_pupil.assign(y=(by_pupil.y > 0) * 1.0, x=1.0)
    y, x = by_pupil.y, by_pupil.x
    powers = by_pupil.assign(n=1.0, yy=y * y, xy=x * y, xx=x * x)
    sums: pd.DataFrame = powers.groupby(["project_id", "as_of"])[SUMS].sum().reset_index()
    return sums.assign(measure=measure, kind=kind)


def _dated(rows: pd.DataFrame) -> pd.DataFrame:
    days = [pd.Timestamp(day).date() for day in rows.as_of]
    return rows.reindex(columns=[*KEY, "kind", *SUMS]).assign(
        as_of=days,
        year=[day.year for day in days],
        day_before=[year_before(day) for day in days],
        end_before=[dt.date(day.year - 1, 12, 31) for day in days],
    )


def _compared(rows: pd.DataFrame) -> pd.DataFrame:
    """Values and limits, beside the same day of the year before and the whole of that year."""
    rows = rows.astype(dict.fromkeys(SUMS, float))
    valued = _by_kind(rows, _valued)
    keys = ["project_id", "measure"]
    earlier = valued[[*KEY, "value", *SUMS]].rename(
        columns={"as_of": "day_before", "value": "previous", **{s: f"{s}_before" for s in SUMS}}
    )
    whole = valued[[*KEY, "value"]].rename(
        columns={"as_of": "end_before", "value": "previous_whole_year"}
    )
    joined = valued.merge(earlier, "left", [*keys, "day_before"])
    joined = joined.merge(whole, "left", [*keys, "end_before"])
    changed = _by_kind(joined, _changed)
    base = changed.previous_whole_year.where(changed.previous_whole_year > 0)
    is_count = changed.kind == "count"
    percent = 100 * (changed.value / base - 1)
    return changed.assign(percent_since_whole_year=percent.where(is_count))


def _by_kind(
    rows: pd.DataFrame, function: Callable[[pd.DataFrame, str], pd.DataFrame]
) -> pd.DataFrame:
    """A function of rows of one kind, for every kind."""
    return pd.concat([function(rows[rows.kind == kind], kind) for kind in KINDS])


def _valued(rows: pd.DataFrame, kind: str) -> pd.DataFrame:
    if kind == "count":
        return rows.assign(value=rows.y, lower=np.nan, upper=np.nan)
    found = _interval(rows, kind)
    return rows.assign(value=PER * found.value, lower=PER * found.lower, upper=PER * found.upper)


def _changed(rows: pd.DataFrame, kind: str) -> pd.DataFrame:
    change = rows.assign(
        change=rows.value - rows.previous, change_lower=np.nan, change_upper=np.nan
    )
    known = rows.previous.notna()
    if kind == "count" or not known.any():
        return change
    before = rows[known].drop(columns=SUMS).rename(columns={f"{s}_before": s for s in SUMS})
    found = _difference(rows[known], before, kind)
    change.loc[known, ["change", "change_lower", "change_upper"]] = PER * np.column_stack(
        [found.value, found.lower, found.upper]
    )
    return change


def _interval(rows: pd.DataFrame, kind: str) -> Interval:
    if kind == "share":
        return wilson_interval(rows.y.to_numpy(), rows.n.to_numpy())
    return ratio_interval(_as_moments(rows))


def _difference(later: pd.DataFrame, earlier: pd.DataFrame, kind: str) -> Interval:
    if kind == "share":
        return newcombe_difference(_interval(later, kind), _interval(earlier, kind))
    return ratio_difference(_as_moments(later), _as_moments(earlier))


def _as_moments(rows: pd.DataFrame) -> Moments:
    return Moments(**{name: rows[name].to_numpy() for name in SUMS})


def _told(rows: pd.DataFrame) -> pd.DataFrame:
    """With what is counted and among whom, in order."""
    named = rows.assign(
        numerator=rows.y,
        denominator=rows.x.where(rows.kind != "count"),
        definition=[BY_MEASURE[one].definition for one in rows.measure],
        population=[BY_MEASURE[one].population for one in rows.measure],
    )
    return named.sort_values(KEY, ignore_index=True)
