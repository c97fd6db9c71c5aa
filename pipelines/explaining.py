"""Explaining: why a figure is what it is, from what was published down to lines in files.

What is told of a unit is counts and sums, never a pupil's row, and of those what
:mod:`pipelines.telling` lets through.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields, replace
from difflib import get_close_matches
from typing import Any

import ibis
import pandas as pd
from ibis import _

from pipelines import results
from pipelines.indicators.registry import KEYS, Indicator
from pipelines.ingest.waivers import shortened
from pipelines.lake import Lake
from pipelines.lines import lines_of
from pipelines.releases.release import current
from pipelines.results import Places, memberships, results_table
from pipelines.summaries import PLACES, all_values, in_units
from pipelines.telling import (
    SCHOOL_YEAR,
    Count,
    Figure,
    Teller,
    in_order,
    longer_period,
    months_of,
)
from pipelines.tracing import KINDS, in_longer, kind_of_period, rows_behind, steps
from pipelines.workspace import Workspace
from schemas import rules
from schemas.codes import LEVELS, RESULT_STATES
from schemas.contract import load_contracts
from schemas.groups import SUMMARY_LEVELS
from schemas.indicators import IndicatorValues
from schemas.places import Districts, Schools
from schemas.results import PublishedResults, Results
from schemas.rules import Rule

INTERNAL = "explain.internal"
"""What the audit log calls a look at numbers that are hidden."""

NOT_PUBLISHED = "not_published"
MEANINGS = {code.code: code.en for code in RESULT_STATES} | {
    NOT_PUBLISHED: "not published by itself"
}

YEARLY = {
    "sum": "sum of the pupil's periods",
    "spring": "the spring term alone",
    "any": "largest of the pupil's terms",
}
"""How a pupil's periods become a school year, in words."""

MOST_LISTED = 12
_OF_UNIT = ("indicator", "level", "unit_id", "unit_name", "school_year")


class UnknownError(ValueError):
    """There is no such indicator, unit or period; says which there are."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """Which figure.

    Attributes:
        indicator: Name in the registry.
        level: What it is about: a code of :data:`schemas.codes.LEVELS`, or of
            :data:`schemas.groups.SUMMARY_LEVELS`.
        unit_id: Code or name of the unit.
        period: Month, term or school year.
        is_internal: Whether to tell what is hidden; enter it in the audit log first.
        with_records: Whether to tell record numbers and lines.
    """

    indicator: str
    level: str
    unit_id: str
    period: str
    is_internal: bool = False
    with_records: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleVersion:
    """One version of a dated rule.

    Attributes:
        rule: The rule's name.
        valid_from: First month it applies.
        value: The number it sets.
        source: What sets it.
        is_in_force: Whether it applies in some month of the period.
    """

    rule: str
    valid_from: str
    value: float
    source: str
    is_in_force: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Definition:
    """What the figure means.

    Attributes:
        name: Of the indicator.
        title: In English.
        title_sv: In Swedish, as printed.
        unit: Unit of the value.
        numerator: What is counted.
        denominator: What it is counted out of.
        who: Whom it speaks of.
        yearly: How a pupil's periods become a school year.
        limits: What it cannot tell.
        source: Law or publication.
        rules: Dated rules, every version.
        breaks: School years that cannot be compared with the one before, and why.
    """

    name: str
    title: str
    title_sv: str
    unit: str
    numerator: str
    denominator: str
    who: str
    yearly: str
    limits: str
    source: str
    rules: tuple[RuleVersion, ...]
    breaks: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Input:
    """What one delivery gave.

    Attributes:
        table: Table its records are rows of.
        delivery_id: SHA-256 of the file.
        file_name: As dropped in the inbox.
        received_at: UTC, ISO 8601.
        version: 1, or as the file's name says.
        status: Where the delivery stands now.
        completeness: Whether the sender's own word shows that it is whole.
        accepted: Records accepted of the whole file [count].
        records: Records the figure rests on [count].
        periods: Periods these are about.
        record_numbers: Those records, as ``12-15``; if asked for.
        lines: Lines of the file they start on; if asked for.
    """

    table: str
    delivery_id: str
    file_name: str
    received_at: str
    version: int
    status: str
    completeness: str
    accepted: int
    records: Count
    periods: tuple[str, ...]
    record_numbers: tuple[str, ...] = ()
    lines: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """Why a figure is what it is.

    Attributes:
        definition: What it means.
        level: What it is about.
        unit_id: Code of the unit.
        unit_name: Name of the unit.
        state: Of the published figure of its school year: a code of
            :data:`schemas.codes.RESULT_STATES`, or ``not_published``.
        release: The release in force.
        result: The row of ``result.<indicator>``, if the period is a school year.
        figure: The same summed anew from the pupils' values.
        parts: The months or terms it is the sum of.
        inputs: The deliveries it rests on.
        outdated: Periods that have newer deliveries than tables.
    """

    definition: Definition
    level: str
    unit_id: str
    unit_name: str
    state: str
    release: str | None
    result: Mapping[str, Any] | None
    figure: Figure
    parts: tuple[Figure, ...]
    inputs: tuple[Input, ...]
    outdated: tuple[str, ...]


def explain(
    workspace: Workspace, question: Question, indicators: Mapping[str, Indicator]
) -> Explanation:
    """Walk from a figure to the files it rests on.

    Args:
        workspace: Where everything lies.
        question: Which figure.
        indicators: The registry.

    Raises:
        UnknownError: If there is no such indicator, unit or period.
    """
    indicator = known_indicator(question.indicator, indicators)
    lake = workspace.lake
    values = lake.read(indicator.table, IndicatorValues)
    require_period(indicator, values, question.period)
    unit = _unit(lake, indicator, values, question)
    in_year = _rows_of_unit(lake, indicator, values, unit).cache()
    rows = in_year.filter(_is_within(in_year.period, indicator, question.period))
    published = _row(lake, PublishedResults.table(), PublishedResults, unit)
    state = NOT_PUBLISHED if published is None else str(published["state"])
    teller = Teller(indicator, state, question.is_internal, in_year.execute())
    return Explanation(
        definition=definition_of(indicator, question.period),
        level=unit.level,
        unit_id=unit.unit_id,
        unit_name=unit.name,
        state=state,
        release=_release(workspace),
        result=_result(lake, unit, teller) if question.period == unit.school_year else None,
        figure=teller.figure(question.period),
        parts=teller.parts(question.period),
        inputs=_inputs(workspace, indicator, rows, teller, with_records=question.with_records),
        outdated=_outdated(workspace, unit.school_year),
    )


def known_indicator(name: str, indicators: Mapping[str, Indicator]) -> Indicator:
    """The indicator of a name.

    Raises:
        UnknownError: If there is none.
    """
    if name not in indicators:
        raise UnknownError(f"no indicator is called {name}; {_near(name, indicators)}")
    return indicators[name]


def require_period(indicator: Indicator, values: ibis.Table, period: str) -> None:
    """Accept a period that the indicator has values or pupils of.

    Raises:
        UnknownError: If it has none; says which periods there are.
    """
    own = values.select("period").distinct().to_pyarrow()["period"].to_pylist()
    known = {
        kind: in_order({longer_period(one, kind) for one in own}) for kind in _kinds(indicator)
    }
    if period not in known.get(kind_of_period(period) or "", ()):
        spans = [f"{those[0]} to {those[-1]}" for those in known.values() if those]
        there = "; ".join(spans) or "nothing yet: run `samverkan run`"
        raise UnknownError(f"{indicator.name} has no {period}; there is {there}")


def definition_of(indicator: Indicator, period: str) -> Definition:
    """What an indicator means, with the rules as they are in a period."""
    population = indicator.population
    return Definition(
        name=indicator.name,
        title=indicator.title_en,
        title_sv=indicator.title_sv,
        unit=indicator.unit_en,
        numerator=indicator.numerator_en,
        denominator=indicator.denominator_en,
        who=population.who_en if population else "",
        yearly=YEARLY[indicator.yearly],
        limits=indicator.limits_en,
        source=indicator.source,
        rules=tuple(version for each in indicator.rules for version in _versions(each, period)),
        breaks=tuple((one.school_year, one.en) for one in indicator.breaks),
    )


@dataclass(frozen=True, slots=True)
class _Unit:
    """What a figure is about, in a school year.

    Attributes:
        members: Pupils and their schools, where no result has the unit; None otherwise.
    """

    indicator: str
    level: str
    unit_id: str
    name: str
    school_year: str
    members: ibis.Table | None


def _unit(lake: Lake, indicator: Indicator, values: ibis.Table, question: Question) -> _Unit:
    """The unit that a question names by its code or its name."""
    levels = [code.code for code in LEVELS]
    every = list(dict.fromkeys([*levels, *(code.code for code in SUMMARY_LEVELS)]))
    if question.level not in every:
        near = _near(question.level, every)
        raise UnknownError(f"no figure is about a {question.level}; {near}")
    members = None
    if question.level in levels:
        known = _names_in_results(lake, indicator, question.level)
    else:
        members = _members(lake, indicator, values, question).cache()
        known = _names_of_summary(lake, members)
    by_name = [one for one, name in known.items() if name.casefold() == question.unit_id.casefold()]
    codes = [question.unit_id] if question.unit_id in known else by_name
    if len(codes) != 1:
        near = _near(question.unit_id, [*known, *known.values()])
        raise UnknownError(f"{indicator.name} has no {question.level} {question.unit_id}; {near}")
    year = longer_period(question.period, SCHOOL_YEAR)
    own = None if members is None else members.filter(members.unit_id == codes[0])
    return _Unit(indicator.name, question.level, codes[0], known[codes[0]], year, own)


def _names_in_results(lake: Lake, indicator: Indicator, level: str) -> dict[str, str]:
    """Names of the units of a level by code, as the results have them; every school."""
    found = lake.read(results_table(indicator), Results).select("level", "unit_id", "unit_name")
    names = found.filter(_.level == level).distinct().execute()
    known = dict(zip(names.unit_id, names.unit_name, strict=True))
    return _school_names(lake) | known if level == "school" else known


def _members(
    lake: Lake, indicator: Indicator, values: ibis.Table, question: Question
) -> ibis.Table:
    """Pupils at schools by ``unit_id`` of a level, as the period asked for has them."""
    year = longer_period(question.period, SCHOOL_YEAR)
    in_year = values.filter(_is_within(values.period, indicator, year))
    tables = {name: lake.read(name, load_contracts()[name]) for name in PLACES}
    counted = in_units(all_values(indicator, in_year), tables)
    own = counted.filter(_.level == question.level, _.period == question.period)
    return own.select("student_id", "school_id", "unit_id").distinct()


def _names_of_summary(lake: Lake, members: ibis.Table) -> dict[str, str]:
    """Names of units by code: of a district its own, otherwise the school's and what follows."""
    districts = lake.read(Districts.table(), Districts).execute()
    names = dict(zip(districts.district_id, districts.district_name, strict=True))
    names |= _school_names(lake)
    units = members.select("unit_id").distinct().to_pyarrow()["unit_id"].to_pylist()
    return {unit_id: _named(unit_id, names) for unit_id in units}


def _named(unit_id: str, names: Mapping[str, str]) -> str:
    if unit_id in names:
        return names[unit_id]
    school_id, _, rest = unit_id.partition(" ")
    return f"{names.get(school_id, school_id)} {rest}".rstrip()


def _school_names(lake: Lake) -> dict[str, str]:
    schools = lake.read(Schools.table(), Schools).execute()
    return dict(zip(schools.school_id, schools.school_name, strict=True))


def _rows_of_unit(lake: Lake, indicator: Indicator, values: ibis.Table, unit: _Unit) -> ibis.Table:
    """Values and reasons of the unit's pupils in its school year, as the year counts them."""
    rows = values.filter(_is_within(values.period, indicator, unit.school_year))
    if indicator.yearly == "spring" and indicator.period != SCHOOL_YEAR:
        rows = rows.filter(in_longer(rows.period, indicator.period, "term").endswith("VT"))
    if unit.members is not None:
        return rows.semi_join(unit.members, ["student_id", "school_id"])
    places = _places(lake)
    nothing = ibis.literal(0).cast("decimal(18, 9)")
    pupils = rows.select("student_id", "school_id").distinct()
    pupils = pupils.mutate(school_year=ibis.literal(unit.school_year), n=nothing, d=nothing)
    seen = pupils.select("school_id", "school_year").distinct().execute()
    members = memberships(places, seen)
    if unit.level in {*members.level}:
        own = members[(members.level == unit.level) & (members.unit_id == unit.unit_id)]
        return rows.filter(_.school_id.isin(list(own.school_id)))
    units = results._in_units(pupils, members, places)
    own = units.filter(_.level == unit.level, _.unit_id == unit.unit_id)
    return rows.semi_join(own, "student_id")


def _places(lake: Lake) -> Places:
    contracts = load_contracts()
    names = {field.name: f"core.{field.name}" for field in fields(Places)}
    return Places(**{name: lake.read(table, contracts[table]) for name, table in names.items()})


def _row(
    lake: Lake, table: str, contract: type[Results] | type[PublishedResults], unit: _Unit
) -> dict[str, Any] | None:
    """The unit's row in a table of results."""
    rows = lake.read(table, contract)
    keys = {"indicator": unit.indicator, "level": unit.level, "unit_id": unit.unit_id}
    chosen = [rows[name] == key for name, key in keys.items()]
    found = rows.filter(*chosen, rows.school_year == unit.school_year).to_pyarrow().to_pylist()
    return found[0] if found else None


def _result(lake: Lake, unit: _Unit, teller: Teller) -> dict[str, Any] | None:
    found = _row(lake, f"result.{unit.indicator}", Results, unit)
    if found is None or not teller.is_open:
        return None
    return {name: value for name, value in found.items() if name not in _OF_UNIT}


def _inputs(
    workspace: Workspace,
    indicator: Indicator,
    rows: ibis.Table,
    teller: Teller,
    *,
    with_records: bool,
) -> tuple[Input, ...]:
    """The deliveries that some values rest on, by table and file."""
    contracts = load_contracts()
    keys = rows.select(*KEYS)
    ledger = {str(row["delivery_id"]): row for row in workspace.ledger.rows()}
    found: list[Input] = []
    for step in steps(indicator):
        names = [step.table, *filter(None, [step.summed_into])]
        tables = {name: workspace.lake.read(name, contracts[name]) for name in names}
        behind = rows_behind(step, keys, tables)
        records = behind.select("delivery_id", "source_period", "record_no").distinct().execute()
        for delivery_id, those in records.groupby("delivery_id"):
            found.append(_input(step.table, ledger[str(delivery_id)], those, teller))
            if with_records:
                found[-1] = _with_records(workspace, ledger[str(delivery_id)], those, found[-1])
    return tuple(sorted(found, key=lambda one: (one.table, one.periods, one.file_name)))


def _input(
    table: str, delivery: Mapping[str, object], records: pd.DataFrame, teller: Teller
) -> Input:
    about_pupils = "student_id" in load_contracts()[table].columns()
    number = records.record_no.nunique()
    return Input(
        table=table,
        records=teller.count(number) if about_pupils else number,
        periods=tuple(in_order(set(records.source_period.dropna()))),
        accepted=int(str(delivery["accepted"])) + int(str(delivery["superseded"])),
        version=int(str(delivery["version"])),
        delivery_id=str(delivery["delivery_id"]),
        file_name=str(delivery["file_name"]),
        received_at=str(delivery["received_at"]),
        status=str(delivery["status"]),
        completeness=str(delivery["completeness"]),
    )


def _with_records(
    workspace: Workspace, delivery: Mapping[str, object], records: pd.DataFrame, told: Input
) -> Input:
    """With record numbers and lines, unless their number alone would tell too much."""
    if not isinstance(told.records, int):
        return told
    numbers = sorted({int(number) for number in records.record_no})
    lines = lines_of(workspace, delivery, numbers)
    return replace(
        told,
        record_numbers=tuple(shortened(numbers)),
        lines=tuple(shortened(lines.values())),
    )


def _versions(versions: tuple[Rule, ...], period: str) -> Iterable[RuleVersion]:
    """Every version of a rule, the oldest first."""
    names = {id(value): name for name, value in vars(rules).items()}
    name = names.get(id(versions), "")
    months = months_of(period)
    ordered = sorted(versions)
    ends = [later.valid_from for later in ordered[1:]] + [""]
    for version, end in zip(ordered, ends, strict=True):
        is_in_force = version.valid_from <= months[-1] and (not end or end > months[0])
        yield RuleVersion(rule=name, is_in_force=is_in_force, **version._asdict())


def _is_within(own: ibis.ir.StringValue, indicator: Indicator, period: str) -> ibis.ir.BooleanValue:
    kind = kind_of_period(period) or SCHOOL_YEAR
    return in_longer(own, indicator.period, kind) == period


def _kinds(indicator: Indicator) -> tuple[str, ...]:
    """The kinds of periods an indicator can be asked for."""
    return KINDS[KINDS.index(indicator.period) :]


def _near(words: str, known: Iterable[str]) -> str:
    every = sorted({*known})
    near = get_close_matches(words, every, n=4, cutoff=0.4)
    if near:
        return f"is it {' or '.join(near)}?"
    return f"there is {', '.join(every[:MOST_LISTED])}" + (" …" if every[MOST_LISTED:] else "")


def _outdated(workspace: Workspace, school_year: str) -> tuple[str, ...]:
    """Periods of a school year whose tables are older than the deliveries."""
    pending = workspace.ledger.pending().items()
    periods = {one for kind, those in pending if kind in KINDS for one in those}
    return tuple(in_order(one for one in periods if longer_period(one, SCHOOL_YEAR) == school_year))


def _release(workspace: Workspace) -> str | None:
    release = current(workspace.releases)
    return None if release is None else release.name
