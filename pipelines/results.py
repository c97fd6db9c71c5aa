"""From pupils to units: an indicator per school, project, group and city, by school year.

Sums run in the engine, in decimals, so that they do not depend on the order of the rows;
intervals are :mod:`pipelines.comparisons` on the few sums that remain.
"""

import datetime as dt
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import ibis
import numpy as np
import pandas as pd
import pyarrow as pa
from ibis import _

from pipelines.calendar import last_day_of_term, latest_by_term, school_year_of_term, term_of_month
from pipelines.closing import is_preliminary
from pipelines.comparisons.intervals import FloatArray, Interval
from pipelines.comparisons.proportions import newcombe_difference, wilson_interval
from pipelines.comparisons.ratios import Moments, ratio_difference, ratio_interval
from pipelines.engine import engine
from pipelines.groups import groups_of_year, with_unknown
from pipelines.indicators.registry import Indicator
from pipelines.lake import empty
from schemas.calendar import FIRST_MONTH_OF_SCHOOL_YEAR, term_order, terms_of_school_year
from schemas.codes import LEVELS, Code
from schemas.contract import Contract
from schemas.groups import GROUPINGS, UNKNOWN
from schemas.results import BASELINE, Results

CITY = "city"
PILOT = Code("pilot", "Pilotskolor", "Pilot schools")
COMPARISON = Code("comparison", "Jämförelseskolor", "Comparison schools")
GROUPS = (PILOT, COMPARISON)
"""``pilot``: schools that some project covers at any time; ``comparison``: all others."""

CHANGES = ("change", "change_lower", "change_upper")
SINCE_BASELINE = ("since_baseline", "since_baseline_lower", "since_baseline_upper")

UNIT = ["level", "unit_id", "school_year"]
_AMOUNT = "decimal(18, 9)"
_SUM = "decimal(38, 9)"
_DECIMALS = 6


@dataclass(frozen=True, slots=True)
class Places:
    """What pupils are summed over, as tables of the core layer.

    Attributes:
        schools: :class:`schemas.places.Schools`.
        projects: :class:`schemas.places.Projects`.
        project_schools: :class:`schemas.places.ProjectSchools`.
        participation: :class:`schemas.support.Participation`.
        student_terms: :class:`schemas.groups.StudentTerms`.
    """

    schools: ibis.Table
    projects: ibis.Table
    project_schools: ibis.Table
    participation: ibis.Table
    student_terms: ibis.Table


def results_table(indicator: Indicator) -> str:
    """Where an indicator's results lie in the lake and in the warehouse."""
    return f"result.{indicator.name}"


def results_of(
    indicator: Indicator, values: ibis.Table, places: Places, *, on: dt.date | None = None
) -> pd.DataFrame:
    """One indicator for every unit and school year, with its interval and its change.

    A pupil counts once in a unit: one with rows at two of its schools has them added, or in a
    share counts if counted at either. A pupil present in two school years is in both, so the
    interval of a change, which takes the years as independent, is somewhat too wide.

    Args:
        indicator: Says how periods become school years, and which interval fits.
        values: Its :class:`schemas.indicators.IndicatorValues`.
        places: The units.
        on: The day they are made, which says what is preliminary; today, if left out.

    Returns:
        Rows of :class:`schemas.results.Results`; :func:`conforming` makes a table of them.
    """
    by_pupil = pupil_years(indicator, values).cache()
    seen = by_pupil.select("school_id", "school_year").distinct().execute()
    if seen.empty:
        return pd.DataFrame(columns=Results.columns())
    members = memberships(places, seen)
    sums = _sums(indicator, _in_units(by_pupil, members, places)).execute()
    names = pd.concat([_unit_names(members), _participant_names(places), _group_names()])
    named = sums.merge(names.drop_duplicates(["level", "unit_id"]), "left", ["level", "unit_id"])
    named["unit_name"] = named.unit_name.fillna(named.unit_id)
    today = on or dt.datetime.now(dt.UTC).date()
    is_open = {year: is_preliminary(year, today) for year in set(named.school_year)}
    named["is_preliminary"] = named.school_year.map(is_open).astype(bool)
    return _compared(indicator, _ordered(named))


def pupil_years(indicator: Indicator, values: ibis.Table) -> ibis.Table:
    """One row per ``student_id``, ``school_id`` and ``school_year``, as ``yearly`` says."""
    known = values.filter(_.denominator > 0)  # empty where there is no value
    term = term_of_month(known.period) if indicator.period == "month" else known.period
    is_year = indicator.period == "school_year"
    rows = known.mutate(school_year=known.period if is_year else school_year_of_term(term))
    if indicator.yearly == "spring" and not is_year:
        rows = rows.filter(term.endswith("VT"))
    keys = ("student_id", "school_id", "school_year")
    amounts = rows.select(*keys, n=_.numerator.cast(_AMOUNT), d=_.denominator.cast(_AMOUNT))
    if indicator.yearly == "any":
        return amounts.group_by(*keys).agg(n=_.n.max().cast(_SUM), d=_.d.max().cast(_SUM))
    return amounts.group_by(*keys).agg(n=_.n.sum().cast(_SUM), d=_.d.sum().cast(_SUM))


def memberships(places: Places, seen: pd.DataFrame) -> pd.DataFrame:
    """Which units each school belongs to in each school year.

    A school is in a project's year if the project covers it in either term of that year.

    Args:
        places: The units.
        seen: ``school_id`` and ``school_year`` to place; a school missing from the register
            is its own unit all the same, under its code.

    Returns:
        ``school_id``, ``school_year``, ``level``, ``unit_id``, ``unit_name``.
    """
    schools = places.schools.select("school_id", "school_name").execute()
    names = dict(zip(schools.school_id, schools.school_name, strict=True))
    covered = _coverage(places, sorted(set(seen.school_year)))
    pilot = set(places.project_schools.select("school_id").distinct().execute().school_id)
    rows = seen[["school_id", "school_year"]]
    parts = [
        rows.assign(level="city", unit_id=CITY, unit_name=_label(LEVELS, "city")),
        rows.assign(level="school", unit_id=rows.school_id, unit_name=_named(rows, names)),
        rows.merge(covered, on=["school_id", "school_year"]),
    ]
    if pilot:
        group = np.where(rows.school_id.isin(pilot), PILOT.code, COMPARISON.code)
        labels = pd.Series(group, index=rows.index).map({g.code: g.sv for g in GROUPS})
        parts.append(rows.assign(level="group", unit_id=group, unit_name=labels))
    return pd.concat(parts, ignore_index=True)


def conforming(frame: pd.DataFrame, contract: type[Contract]) -> ibis.Table:
    """Rows as a table of the contract's columns and types, nothing for not a number."""
    if frame.empty:  # its columns have no types to convert from
        return empty(contract)
    columns = contract.to_schema().columns
    schema = ibis.schema({name: column.dtype.type for name, column in columns.items()})
    rows = pa.Table.from_pandas(
        frame[list(columns)], schema=schema.to_pyarrow(), preserve_index=False
    )
    engine()
    return ibis.memtable(rows, schema=schema)


def school_year_before(school_year: str) -> str:
    """``2014/15`` before ``2015/16``."""
    first = int(school_year[:4])
    return f"{first - 1:04d}/{first % 100:02d}"


def _coverage(places: Places, school_years: Collection[str]) -> pd.DataFrame:
    """School, school year and project, once each, wherever a project covers a school."""
    covers = places.project_schools.join(places.projects, "project_id").execute()
    rows = [
        (cover.school_id, year, "project", cover.project_id, cover.project_name)
        for cover in covers.itertuples()
        for year in school_years
        if _covers(cover.first_term, cover.last_term, year)
    ]
    columns = ["school_id", "school_year", "level", "unit_id", "unit_name"]
    return pd.DataFrame(rows, columns=columns).drop_duplicates(ignore_index=True)


def _covers(first_term: str, last_term: object, school_year: str) -> bool:
    autumn, spring = (term_order(term) for term in terms_of_school_year(school_year))
    is_over = isinstance(last_term, str) and term_order(last_term) < autumn
    return term_order(first_term) <= spring and not is_over


def _in_units(by_pupil: ibis.Table, members: pd.DataFrame, places: Places) -> ibis.Table:
    """Pupils' amounts once for every unit they are in."""
    columns = [*UNIT, "student_id", "n", "d"]
    keyed = ibis.memtable(members.drop(columns="unit_name"))
    at_schools = by_pupil.join(keyed, ["school_id", "school_year"]).select(columns)
    years = sorted(set(members.school_year))
    in_projects = by_pupil.join(_participants(places, years), ["student_id", "school_year"])
    return at_schools.union(in_projects.select(columns)).union(_in_groups(by_pupil, places))


def _in_groups(by_pupil: ibis.Table, places: Places) -> ibis.Table:
    """Pupils' amounts once for every group of the city they are in."""
    pupils = groups_of_year(places.student_terms)
    joined = by_pupil.left_join(pupils, ["student_id", "school_year"])
    parts = [
        joined.select(
            "school_year",
            "student_id",
            "n",
            "d",
            level=ibis.literal(one.name),
            unit_id=joined[one.name].fill_null(UNKNOWN.code),
        )
        for one in GROUPINGS
    ]
    return ibis.union(*parts).select([*UNIT, "student_id", "n", "d"])


def _participants(places: Places, school_years: Collection[str]) -> ibis.Table:
    """Pupils with at least a day of a project's support in the school year.

    Support still open in its latest register lasts to the end of that register's term.
    """
    latest = latest_by_term(places.participation, "student_id", "project_id", "start_date")
    last_day = ibis.coalesce(latest.end_date, last_day_of_term(latest.term))
    support = latest.mutate(last_day=last_day)
    year = ibis.memtable({"school_year": list(school_years)})
    first = year.school_year.left(4).cast("int64")
    year = year.mutate(
        opens=ibis.date(first, FIRST_MONTH_OF_SCHOOL_YEAR, 1),
        closes=ibis.date(first + 1, FIRST_MONTH_OF_SCHOOL_YEAR - 1, 31),
    )
    overlap = [support.start_date <= year.closes, support.last_day >= year.opens]
    pupils = support.join(year, overlap).select(
        "student_id", "school_year", level=ibis.literal("participants"), unit_id=_.project_id
    )
    return pupils.distinct()


def _sums(indicator: Indicator, amounts: ibis.Table) -> ibis.Table:
    """The moments of each unit and school year, every pupil once."""
    pupils = amounts.group_by(*UNIT, "student_id")
    if indicator.kind == "share":
        once = pupils.agg(n=_.n.max(), d=_.d.max())
    else:
        once = pupils.agg(n=_.n.sum(), d=_.d.sum())
    pair = once.mutate(y=_.n.cast("float64"), x=_.d.cast("float64"))
    return pair.group_by(*UNIT).agg(
        students=_.count(),
        numerator=_.n.sum().cast("float64").round(_DECIMALS),
        denominator=_.d.sum().cast("float64").round(_DECIMALS),
        yy=(_.y * _.y).cast(_SUM).sum().cast("float64"),
        xy=(_.x * _.y).cast(_SUM).sum().cast("float64"),
        xx=(_.x * _.x).cast(_SUM).sum().cast("float64"),
    )


def _compared(indicator: Indicator, sums: pd.DataFrame) -> pd.DataFrame:
    """Sums with value, limits, and changes since the year before and since the baseline."""
    breaks = _breaks(indicator)
    interval = _limits(_interval(indicator, sums), indicator.per, ("value", "lower", "upper"))
    rows = sums.assign(**interval, series_break=sums.school_year.map(breaks).astype(object))
    yearly = [school_year_before(year) for year in sums.school_year]
    rows = _with_change(indicator, rows, earlier=yearly, names=CHANGES)
    later = [BASELINE if year > BASELINE else "" for year in sums.school_year]
    rows = _with_change(indicator, rows, earlier=later, names=SINCE_BASELINE)
    place = _positions(rows)
    keys = zip(rows.level, rows.unit_id, strict=True)
    values = rows.value.to_numpy()
    found = [place.get((*key, BASELINE)) for key in keys]
    rows["baseline"] = [np.nan if at is None else values[at] for at in found]
    return rows.assign(indicator=indicator.name)[Results.columns()]


def _with_change(
    indicator: Indicator, rows: pd.DataFrame, *, earlier: Sequence[str], names: Sequence[str]
) -> pd.DataFrame:
    """Add each value less that of an earlier year, where no break lies between the two."""
    place = _positions(rows)
    keys = zip(rows.level, rows.unit_id, earlier, strict=True)
    found = [place.get(key) for key in keys]
    broken = set(_breaks(indicator))
    pairs = [
        (at, before)
        for at, before in enumerate(found)
        if before is not None
        and not any(earlier[at] < year <= rows.school_year.iloc[at] for year in broken)
    ]
    later, before = [at for at, _ in pairs], [at for _, at in pairs]
    change = _change(indicator, rows.iloc[later], rows.iloc[before])
    rows = rows.assign(**dict.fromkeys(names, np.nan))
    for name, numbers in _limits(change, indicator.per, names).items():
        rows.loc[rows.index[later], name] = numbers
    return rows


def _positions(rows: pd.DataFrame) -> dict[tuple[str, str, str], int]:
    keys = zip(rows.level, rows.unit_id, rows.school_year, strict=True)
    return {key: place for place, key in enumerate(keys)}


def _interval(indicator: Indicator, sums: pd.DataFrame) -> Interval:
    if indicator.kind == "share":
        return wilson_interval(_floats(sums, "numerator"), _floats(sums, "denominator"))
    return ratio_interval(_moments(sums))


def _change(indicator: Indicator, later: pd.DataFrame, earlier: pd.DataFrame) -> Interval:
    if indicator.kind == "share":
        return newcombe_difference(_interval(indicator, later), _interval(indicator, earlier))
    return ratio_difference(_moments(later), _moments(earlier))


def _moments(sums: pd.DataFrame) -> Moments:
    names = ("students", "numerator", "denominator", "yy", "xy", "xx")
    return Moments(*(_floats(sums, name) for name in names))


def _floats(sums: pd.DataFrame, column: str) -> FloatArray:
    return sums[column].to_numpy(dtype="float64")


def _limits(interval: Interval, per: float, names: Sequence[str]) -> Mapping[str, FloatArray]:
    numbers = (interval.value, interval.lower, interval.upper)
    return {name: per * number for name, number in zip(names, numbers, strict=True)}


def _breaks(indicator: Indicator) -> dict[str, str]:
    """The Swedish reason by school year."""
    return {broken.school_year: broken.sv for broken in indicator.breaks}


def _ordered(rows: pd.DataFrame) -> pd.DataFrame:
    """By level, in the order of the code list, then name and year."""
    levels = {code.code: place for place, code in enumerate(LEVELS)}
    places = rows.assign(place=rows.level.map(levels))
    ordered = places.sort_values(["place", "unit_name", "unit_id", "school_year"])
    return ordered.drop(columns="place").reset_index(drop=True)


def _unit_names(members: pd.DataFrame) -> pd.DataFrame:
    return members[["level", "unit_id", "unit_name"]].drop_duplicates()


def _group_names() -> pd.DataFrame:
    names = [(one.name, code.code, code.sv) for one in GROUPINGS for code in with_unknown(one)]
    return pd.DataFrame(names, columns=["level", "unit_id", "unit_name"])


def _participant_names(places: Places) -> pd.DataFrame:
    projects = places.projects.select(unit_id=_.project_id, unit_name=_.project_name)
    return pd.DataFrame(projects.execute()).assign(level="participants")


def _named(rows: pd.DataFrame, names: Mapping[str, str]) -> pd.Series:
    return rows.school_id.map(names).fillna(rows.school_id)


def _label(codes: Collection[Code], code: str) -> str:
    return next(entry.sv for entry in codes if entry.code == code)
