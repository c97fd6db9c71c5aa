"""Summaries: any indicator for any unit, period and group of pupils, as one relation.

Internal. Small cells are in it, so nothing of it is published; :mod:`pipelines.results` makes what
is. The relation is a view in ``research.duckdb`` and costs nothing until it is asked: filter it by
``indicator``, ``level`` and ``grouping``, and by ``period`` where one is meant.

A pupil counts once in a unit and period: one with rows at two of its schools has them added, or in
a share counts if counted at either. A pupil without a value is in ``missing`` and not ``students``.
"""

from collections.abc import Iterable, Mapping

import ibis
from ibis import _

from pipelines.calendar import school_year_of_term, term_of_month, term_order
from pipelines.groups import known
from pipelines.indicators.registry import Indicator
from pipelines.lake import empty
from pipelines.results import CITY, yearly_terms
from schemas.contract import Contract, load_contracts
from schemas.groups import EVERYBODY, GROUPINGS, SUMMARY_LEVELS, UNKNOWN, StudentTerms
from schemas.indicators import IndicatorValues
from schemas.places import ProjectSchools, Schools

KINDS = ("month", "term", "school_year")
PLACES = (StudentTerms.table(), Schools.table(), ProjectSchools.table())
"""Tables read besides the indicators' own."""

CELL = ["indicator", "kind", "period", "level", "unit_id", "grouping", "group_id"]
_PUPIL = ["student_id", "school_id", "period"]
_OF_PERIOD = ["student_id", "school_id", "of_period"]
_GROUPS = [one.name for one in GROUPINGS]
_AMOUNT = "decimal(18, 9)"
_SUM = "decimal(38, 9)"


def summary(indicators: Iterable[Indicator], tables: Mapping[str, ibis.Table]) -> ibis.Table:
    """Indicators summed over classes, grade levels, schools, projects, districts and the city.

    Args:
        indicators: Which ones.
        tables: Their values by ``indicator.<name>``, and those in :data:`PLACES`.

    Returns:
        One row per ``indicator``, ``kind`` of period, ``period``, ``level``, ``unit_id``,
        ``grouping`` and ``group_id``, with ``students`` [count], ``missing`` [count],
        ``numerator``, ``denominator`` and ``value``.
    """
    parts = [
        _named(indicator, amounts_by_period(indicator, tables[indicator.table], kind), kind)
        for indicator in indicators
        for kind in KINDS[KINDS.index(indicator.period) :]
    ]
    amounts = parts[0] if len(parts) == 1 else ibis.union(*parts)
    dated = amounts.mutate(of_period=_group_period(amounts))
    pupils = dated.left_join(pupils_by_period(tables[StudentTerms.table()]), _OF_PERIOD)
    return _summed(_in_units(pupils.drop(f"{key}_right" for key in _OF_PERIOD), tables))


def amounts_by_period(indicator: Indicator, values: ibis.Table, kind: str) -> ibis.Table:
    """``student_id``, ``school_id``, ``period``, ``n`` and ``d``, for periods of a longer kind.

    A pupil with a value in some of the periods has the value of those; one with a value in none
    has neither amount.
    """
    rows = values.select(*_PUPIL, n=_.numerator.cast(_AMOUNT), d=_.denominator.cast(_AMOUNT))
    if kind == indicator.period:
        return rows.mutate(n=_.n.cast(_SUM), d=_.d.cast(_SUM))
    term = term_of_month(rows.period) if indicator.period == "month" else rows.period
    if kind == "school_year":
        rows = yearly_terms(indicator, rows, term)
        period = school_year_of_term(term)
    else:
        period = term
    longer = rows.mutate(period=period).group_by(*_PUPIL)
    if indicator.yearly == "any":
        return longer.agg(n=_.n.max().cast(_SUM), d=_.d.max().cast(_SUM))
    return longer.agg(n=_.n.sum().cast(_SUM), d=_.d.sum().cast(_SUM))


def pupils_by_period(students: ibis.Table) -> ibis.Table:
    """Class and groups by term, and by school year as the last term at the school has it."""
    dated = students.mutate(
        school_year=school_year_of_term(students.term), order=term_order(students.term)
    )
    columns = ["class_name", *(one.name for one in GROUPINGS)]
    of_year = dated.group_by("student_id", "school_id", "school_year").agg(
        **{name: dated[name].argmax(dated.order) for name in columns}
    )
    by_term = students.rename(of_period="term").select(*_OF_PERIOD, *columns)
    by_year = of_year.rename(of_period="school_year").select(*_OF_PERIOD, *columns)
    both = by_term.union(by_year)
    groups = {one.name: known(both[one.name].cast("string"), one) for one in GROUPINGS}
    return both.mutate(**groups)


def _named(indicator: Indicator, amounts: ibis.Table, kind: str) -> ibis.Table:
    return amounts.mutate(
        indicator=ibis.literal(indicator.name),
        kind=ibis.literal(kind),
        is_share=ibis.literal(indicator.kind == "share"),
        per=ibis.literal(indicator.per).cast("float64"),
    )


def _group_period(amounts: ibis.Table) -> ibis.ir.StringValue:
    """The term of a month; a term and a school year as they are."""
    return (amounts.kind == "month").ifelse(term_of_month(amounts.period), amounts.period)


def _in_units(pupils: ibis.Table, tables: Mapping[str, ibis.Table]) -> ibis.Table:
    """Amounts once for every unit and group the pupil is in."""
    schools = tables[Schools.table()].select("school_id", "district_id")
    placed = pupils.left_join(schools, "school_id").drop("school_id_right")
    levels = [code.code for code in SUMMARY_LEVELS if code.code != "project"]
    many = placed.mutate(level=ibis.array(levels).unnest())
    grade = many.grade_level.fill_null(UNKNOWN.code)
    of_class = many.class_name.fill_null(UNKNOWN.code)
    unit = ibis.cases(
        (many.level == "class", many.school_id + " " + of_class),
        (many.level == "grade", many.school_id + " " + grade),
        (many.level == "school", many.school_id),
        (many.level == "district", many.district_id.fill_null(UNKNOWN.code)),
        else_=CITY,
    )
    columns = [*_PUPIL, "indicator", "kind", "is_share", "per", "n", "d", *_GROUPS]
    units = many.select(*columns, "level", unit_id=unit)
    return units.union(_in_projects(pupils, tables, columns).select(units.columns))


def _in_projects(
    pupils: ibis.Table, tables: Mapping[str, ibis.Table], columns: list[str]
) -> ibis.Table:
    """Amounts once for every project that covers the school in the period."""
    covers = tables[ProjectSchools.table()]
    terms = covers.select(
        "project_id",
        covered="school_id",
        first=term_order(covers.first_term),
        last=term_order(covers.last_term),
    )
    is_year = pupils.kind == "school_year"
    autumn = pupils.period.left(4).cast("int64") * 2 + 1
    start = is_year.ifelse(autumn, term_order(pupils.of_period))
    end = is_year.ifelse(start + 1, start)
    covering = [
        pupils.school_id == terms.covered,
        terms.first <= end,
        terms.last.isnull() | (terms.last >= start),
    ]
    joined = pupils.join(terms, covering)
    once = joined.select(*columns, level=ibis.literal("project"), unit_id=_.project_id)
    return once.distinct()


def _summed(rows: ibis.Table) -> ibis.Table:
    """Every pupil once in a cell, then the cell."""
    names = [EVERYBODY, *_GROUPS]
    many = rows.mutate(grouping=ibis.array(names).unnest())
    of_group = [(many.grouping == name, many[name].fill_null(UNKNOWN.code)) for name in _GROUPS]
    grouped = many.mutate(group_id=ibis.cases(*of_group, else_=EVERYBODY))
    pupils = grouped.group_by(*CELL, "student_id", "is_share", "per").agg(
        n=_.n.sum().cast(_SUM), d=_.d.sum().cast(_SUM), any_n=_.n.max(), any_d=_.d.max()
    )
    once = pupils.mutate(
        n=pupils.is_share.ifelse(pupils.any_n, pupils.n),
        d=pupils.is_share.ifelse(pupils.any_d, pupils.d),
    )
    cells = once.group_by(*CELL, "per").agg(
        students=_.d.count(),
        missing=_.d.isnull().sum(),
        numerator=_.n.sum().cast("float64"),
        denominator=_.d.sum().cast("float64"),
    )
    value = cells.per * cells.numerator / cells.denominator
    return cells.mutate(value=value).drop("per")


def statement(indicators: Iterable[Indicator]) -> str:
    """The relation as one SELECT over the tables of a warehouse, for a view there."""
    known = tuple(indicators)
    contracts: dict[str, type[Contract]] = dict.fromkeys(
        (indicator.table for indicator in known), IndicatorValues
    )
    contracts |= {name: load_contracts()[name] for name in PLACES}
    tables = {name: _unbound(name, contract) for name, contract in contracts.items()}
    return str(ibis.to_sql(summary(known, tables), dialect="duckdb"))


def _unbound(name: str, contract: type[Contract]) -> ibis.Table:
    layer, table = name.split(".")
    return ibis.table(empty(contract).schema(), name=table, database=layer)
