"""Summaries: any indicator for any unit, period and group of pupils, as one relation.

Internal. Small cells are in it, so nothing of it is published; :mod:`pipelines.results` makes what
is. The relation is a view in ``research.duckdb`` and costs nothing until it is asked: filter it by
``indicator``, ``level`` and ``grouping``, and by ``period`` where one is meant.

A pupil counts once in a unit and period: one with rows at two of its schools has them added, or in
a share counts if counted at either. A pupil without a value is in ``missing`` and not ``students``.
"""

from collections.abc import Collection, Iterable, Mapping

import ibis
from ibis import _

from pipelines.calendar import school_year_of_term, term_of_month, term_order
from pipelines.groups import known
from pipelines.indicators.registry import Indicator
from pipelines.lake import empty
from pipelines.results import CITY
from schemas.contract import Contract, load_contracts
from schemas.groups import EVERYBODY, GROUPINGS, SUMMARY_LEVELS, UNKNOWN, StudentTerms
from schemas.indicators import IndicatorValues
from schemas.places import ProjectSchools, Schools

KINDS = ("month", "term", "school_year")
PLACES = (StudentTerms.table(), Schools.table(), ProjectSchools.table())
"""Tables read besides the indicators' own."""

VALUES = "indicator_values"
ABOUT_VALUES = "Every value of every indicator, with what must be known to sum it."

VIEW = "summary"
ABOUT = (
    "Any indicator for any unit, period and group of pupils, small cells among them. Ask for one "
    "indicator, level and grouping: the sums are made when they are asked for."
)
COLUMNS = {
    "indicator": "Name in the registry.",
    "kind": "Kind of period: month, term or school_year.",
    "period": "2016-03, 2016VT or 2015/16.",
    "level": "class, grade (of a school), school, project, district or city.",
    "unit_id": "Key of the unit; a class and a grade follow their school after a space.",
    "grouping": "all, sex, grade_level or newly_arrived.",
    "group_id": "Code of the group; all where there is no grouping.",
    "students": "Pupils with a value [count].",
    "missing": "Pupils who should have a value and have none [count].",
    "numerator": "Sum over pupils.",
    "denominator": "Sum over pupils.",
    "value": "Numerator over denominator, times the scale of the indicator.",
}

CELL = ["indicator", "kind", "period", "level", "unit_id", "grouping", "group_id"]
_OF_INDICATOR = ["indicator", "is_share", "per"]
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
        The columns of :data:`COLUMNS`, one row per :data:`CELL`.
    """
    parts = [all_values(indicator, tables[indicator.table]) for indicator in indicators]
    return summed(parts[0] if len(parts) == 1 else ibis.union(*parts), tables)


def all_values(indicator: Indicator, values: ibis.Table) -> ibis.Table:
    """An indicator's values and, in every row, what must be known to sum them."""
    return values.select(
        indicator=ibis.literal(indicator.name),
        of_kind=ibis.literal(indicator.period),
        yearly=ibis.literal(indicator.yearly),
        is_share=ibis.literal(indicator.kind == "share"),
        per=ibis.literal(indicator.per).cast("float64"),
        student_id=_.student_id,
        school_id=_.school_id,
        period=_.period,
        numerator=_.numerator,
        denominator=_.denominator,
    )


def summed(values: ibis.Table, tables: Mapping[str, ibis.Table]) -> ibis.Table:
    """The summary of :func:`all_values`, of one indicator or of many."""
    return _summed(in_units(values, tables))


def in_units(values: ibis.Table, tables: Mapping[str, ibis.Table]) -> ibis.Table:
    """The amounts of :func:`all_values` once for every unit the pupil is in, by kind and period.

    Args:
        values: Of one indicator or of many.
        tables: Those in :data:`PLACES`.
    """
    amounts = amounts_by_period(values)
    dated = amounts.mutate(of_period=_group_period(amounts))
    pupils = dated.left_join(pupils_by_period(tables[StudentTerms.table()]), _OF_PERIOD)
    return _in_units(pupils.drop(f"{key}_right" for key in _OF_PERIOD), tables)


def amounts_by_period(values: ibis.Table) -> ibis.Table:
    """Amounts ``n`` and ``d`` of each pupil at a school, for its own and longer ``kind``.

    A pupil with a value in some of the periods has the value of those; one with a value in none
    has neither amount.
    """
    rows = values.mutate(n=_.numerator.cast(_AMOUNT), d=_.denominator.cast(_AMOUNT))
    columns = [*_OF_INDICATOR, *_PUPIL, "kind", "n", "d"]
    own = rows.mutate(kind=_.of_kind, n=_.n.cast(_SUM), d=_.d.cast(_SUM)).select(columns)
    months = rows.filter(_.of_kind == "month")
    by_term = _longer(months.mutate(period=term_of_month(months.period)), "term")
    shorter = rows.filter(_.of_kind != "school_year")
    term = (shorter.of_kind == "month").ifelse(term_of_month(shorter.period), shorter.period)
    terms = shorter.mutate(term=term).filter((_.yearly != "spring") | _.term.endswith("VT"))
    by_year = _longer(terms.mutate(period=school_year_of_term(terms.term)), "school_year")
    return ibis.union(own, by_term.select(columns), by_year.select(columns))


def _longer(rows: ibis.Table, kind: str) -> ibis.Table:
    """Amounts of shorter periods as those of the longer one in ``period``."""
    sums = rows.group_by(*_OF_INDICATOR, "yearly", *_PUPIL).agg(
        n=_.n.sum().cast(_SUM), d=_.d.sum().cast(_SUM), any_n=_.n.max(), any_d=_.d.max()
    )
    is_any = sums.yearly == "any"
    return sums.mutate(
        kind=ibis.literal(kind),
        n=is_any.ifelse(sums.any_n, sums.n),
        d=is_any.ifelse(sums.any_d, sums.d),
    )


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
    columns = [*_OF_INDICATOR, *_PUPIL, "kind", "n", "d", *_GROUPS]
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


def summary_statements(indicators: Iterable[Indicator], tables: Collection[str]) -> tuple[str, ...]:
    """The statements that make the view ``summary`` in a warehouse and describe it.

    Args:
        indicators: The registry; those without a table here are left out.
        tables: What the warehouse holds, as ``layer.table``; none are made where pupils and
            schools are not among them.
    """
    known = [indicator for indicator in indicators if indicator.table in tables]
    if not known or not {*PLACES} <= {*tables}:
        return ()
    places = {name: _unbound(name, load_contracts()[name]) for name in PLACES}
    values = empty(IndicatorValues)
    schema = all_values(known[0], values).schema()
    relation = summed(ibis.table(schema, name=VALUES), places)
    comments = (f"COMMENT ON COLUMN {VIEW}.{name} IS '{about}'" for name, about in COLUMNS.items())
    return (
        f"CREATE VIEW {VALUES} AS {' UNION ALL '.join(_select(one) for one in known)}",
        f"COMMENT ON VIEW {VALUES} IS '{ABOUT_VALUES}'",
        f"CREATE VIEW {VIEW} AS {ibis.to_sql(relation, dialect='duckdb')}",
        f"COMMENT ON VIEW {VIEW} IS '{ABOUT}'",
        *comments,
    )


def _select(indicator: Indicator) -> str:
    values = _unbound(indicator.table, IndicatorValues)
    return str(ibis.to_sql(all_values(indicator, values), dialect="duckdb"))


def _unbound(name: str, contract: type[Contract]) -> ibis.Table:
    layer, table = name.split(".")
    return ibis.table(empty(contract).schema(), name=table, database=layer)
