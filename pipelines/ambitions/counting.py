"""Counts of the registers from 1 January to a day, for each project and for all together.

A day beyond the term that the register of participation reaches has no figure: what is not
delivered yet is not nought.
"""

import datetime as dt
from collections.abc import Iterable

import ibis
import pyarrow as pa
from ibis import _
from ibis import selectors as s

from pipelines.calendar import (
    last_day_of_term,
    latest_by_term,
    term_of_month,
    term_order,
)
from pipelines.engine import engine
from schemas.ambitions import ALL_PROJECTS
from schemas.codes import END_REASONS, of_group

CUTOFFS = ((7, 31), (11, 30), (12, 31))
"""Last days of the interim report, the annual report and the year, as month and day."""


def days_of(participation: ibis.Table, further: Iterable[dt.date] = ()) -> ibis.Table:
    """The days that figures are made to: those of reports, and some further ones.

    Args:
        participation: :class:`schemas.support.Participation`.
        further: Days that documents speak of; the same day a year before is added to each.

    Returns:
        Columns ``as_of`` and ``first_day``, 1 January; only days that the register reaches.
    """
    reach = participation.agg(
        first=_.term.left(4).cast("int64").min(), last=last_day_of_term(_.term).max()
    )
    first, last = next(iter(reach.execute().itertuples(index=False)))
    days: set[dt.date] = set()
    if last is not None and last == last:  # noqa: PLR0124 - not a day where nothing is delivered
        end = dt.date(last.year, last.month, last.day)
        years = range(int(first), end.year + 1)
        days = {dt.date(year, *cutoff) for year in years for cutoff in CUTOFFS}
        days |= {each for day in further for each in (day, year_before(day))}
        days = {day for day in days if int(first) <= day.year and day <= end}
    engine()
    ordered = sorted(days)
    listed = {
        "as_of": pa.array(ordered, pa.date32()),
        "first_day": pa.array([dt.date(day.year, 1, 1) for day in ordered], pa.date32()),
    }
    return ibis.memtable(pa.table(listed))


def year_before(day: dt.date) -> dt.date:
    """The same day a year before; 28 February for a leap day."""
    is_leap_day = (day.month, day.day) == (2, 29)
    return dt.date(day.year - 1, day.month, day.day - is_leap_day)


def supported(participation: ibis.Table, days: ibis.Table) -> ibis.Table:
    """Support that pupils had at any time from 1 January to each day.

    Support whose end is not known lasts as long as the register lists it.

    Args:
        participation: :class:`schemas.support.Participation`.
        days: As :func:`days_of` gives.

    Returns:
        A row per stretch of support and day, for its project and for all projects.
    """
    latest = latest_by_term(participation, "student_id", "project_id", "start_date")
    stretches = latest.select(
        "student_id",
        "project_id",
        "school_id",
        "start_date",
        "end_date",
        "end_reason",
        last_day=_.end_date.fill_null(last_day_of_term(_.term)),
    )
    both = stretches.cross_join(days)
    within = both.filter(both.start_date <= both.as_of, both.last_day >= both.first_day)
    return within.union(within.mutate(project_id=ibis.literal(ALL_PROJECTS)))


def pupil_counts(support: ibis.Table) -> ibis.Table:
    """Pupils and schools of each project to each day.

    Args:
        support: As :func:`supported` gives.

    Returns:
        Columns ``project_id``, ``as_of``, ``measure`` and ``numerator``.
    """
    has_ended = (support.end_date >= support.first_day) & (support.end_date <= support.as_of)
    reasons = {
        "completed": of_group(END_REASONS, "planned"),
        "unplanned_dropouts": of_group(END_REASONS, "unplanned"),
    }
    ended = {
        name: _.student_id.nunique(where=has_ended & support.end_reason.isin(codes))
        for name, codes in reasons.items()
    }
    counts = support.group_by("project_id", "as_of").agg(
        pupils=_.student_id.nunique(),
        pupils_started=_.student_id.nunique(where=_.start_date >= _.first_day),
        schools_with_pupils=_.school_id.nunique(),
        **ended,
    )
    return _long(counts)


def school_counts(project_schools: ibis.Table, days: ibis.Table) -> ibis.Table:
    """Schools that each project covers in any term from 1 January to each day.

    Args:
        project_schools: :class:`schemas.places.ProjectSchools`.
        days: As :func:`days_of` gives.

    Returns:
        Columns as :func:`pupil_counts`.
    """
    both = project_schools.cross_join(days)
    first = term_order(term_of_month(both.first_day.strftime("%Y-%m")))
    last = term_order(term_of_month(both.as_of.strftime("%Y-%m")))
    is_covered = (term_order(both.first_term) <= last) & (
        both.last_term.isnull() | (term_order(both.last_term) >= first)
    )
    covered = both.filter(is_covered)
    everywhere = covered.union(covered.mutate(project_id=ibis.literal(ALL_PROJECTS)))
    return _long(everywhere.group_by("project_id", "as_of").agg(schools=_.school_id.nunique()))


def sums_of_pupils(support: ibis.Table, values: ibis.Table, *, is_monthly: bool) -> ibis.Table:
    """An indicator of the pupils who had support, summed over each one's periods and schools.

    Args:
        support: As :func:`supported` gives.
        values: :class:`schemas.indicators.IndicatorValues`.
        is_monthly: Whether its periods are months, of which those to the day count; else the
            school year that ends in the year counts, from July on.

    Returns:
        Columns ``project_id``, ``as_of``, ``student_id``, ``y`` and ``x``.
    """
    pupils = support.select("project_id", "as_of", "first_day", "student_id").distinct()
    if is_monthly:
        first, last = (pupils[name].strftime("%Y-%m") for name in ("first_day", "as_of"))
    else:
        year = pupils.first_day.year().cast("int64")
        school_year = (year - 1).cast("string") + "/" + year.cast("string").right(2)
        first = last = (pupils.as_of.month() >= CUTOFFS[0][0]).ifelse(school_year, "")
    named = pupils.mutate(first_period=first, last_period=last)
    known = values.filter(values.numerator.notnull()).select(
        pupil=_.student_id, period=_.period, n=_.numerator, d=_.denominator
    )
    joined = named.join(
        known,
        [
            named.student_id == known.pupil,
            known.period >= named.first_period,
            known.period <= named.last_period,
        ],
    )
    exact = "decimal(18, 9)"
    return joined.group_by("project_id", "as_of", "student_id").agg(
        y=_.n.cast(exact).sum().cast("float64"), x=_.d.cast(exact).sum().cast("float64")
    )


def _long(counts: ibis.Table) -> ibis.Table:
    """A column for each measure as a row for each."""
    names = [name for name in counts.columns if name not in ("project_id", "as_of")]
    numbers = counts.mutate(**{name: counts[name].cast("float64") for name in names})
    return numbers.pivot_longer(s.cols(*names), names_to="measure", values_to="numerator")
