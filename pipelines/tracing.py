"""Tracing: which records of which files an indicator's values are computed from.

All of it follows from the registry and the contracts: the tables an indicator is computed from,
the column that says which period a row of them is about, whether a row stood in a file or was
summed from rows that did. A value of a term may rest on rows of the term before, wherever the
pupil was then; of which tables, the indicator's worked example shows.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from inspect import getdoc

import ibis

from pipelines.calendar import school_year_of_term, term_of_month, term_order
from pipelines.indicators.registry import Indicator
from schemas import calendar
from schemas.attendance import Attendance, Days, Lessons
from schemas.contract import (
    MONTH_PATTERN,
    SCHOOL_YEAR_PATTERN,
    TERM_PATTERN,
    Contract,
    Delivered,
    load_contracts,
)

KINDS = ("month", "term", "school_year")
"""Kinds of period, from the shortest to the longest; also the columns that hold one."""

FORMS = dict(zip(KINDS, (MONTH_PATTERN, TERM_PATTERN, SCHOOL_YEAR_PATTERN), strict=True))

SUMMED = {Attendance.table(): {"lesson": Lessons.table(), "day": Days.table()}}
"""Tables with rows that stood in no file, and which rows their ``origin`` says they sum."""

OWN_PERIOD = (0,)
LOOKS_BACK = (-1, 0)
"""A term may rest on the term before: no further, or a correction would reach further."""

OF_RECORD = ("source_table", "source_period", "source_school_id", "delivery_id", "record_no")

MADE_FROM = re.compile(r"``(core\.\w+)``")


@dataclass(frozen=True, slots=True)
class Step:
    """From an indicator's values to the records of one table.

    Attributes:
        table: The delivered table, ``core.lessons``.
        kind: What a value is about: ``month``, ``term`` or ``school_year``.
        offsets: Periods a row may be of, counted from the value's own, in the longer of the two
            kinds; -1 is the period before.
        summed_into: The table whose rows sum these, where the values are computed from that.
    """

    table: str
    kind: str
    offsets: tuple[int, ...]
    summed_into: str | None = None

    @property
    def contract(self) -> type[Contract]:
        """The table's contract."""
        return load_contracts()[self.table]


def steps(indicator: Indicator) -> tuple[Step, ...]:
    """Every table with records behind an indicator's values, each once.

    A table that is about no pupil and no school leads nowhere and is left out.
    """
    found: dict[str, Step] = {}
    for source in indicator.sources:
        for table, summed_into in _delivered(source):
            step = Step(table, indicator.period, _offsets(indicator, source), summed_into)
            if summed_into is None or table not in found:
                found[table] = step
    return tuple(step for step in found.values() if _is_placed(step.contract))


def rows_behind(step: Step, values: ibis.Table, tables: Mapping[str, ibis.Table]) -> ibis.Table:
    """Each value beside each record of a table that it rests on.

    A row counts that is of the same pupil, the same school and the same period. The school may be
    another one where the table has no row per school, and in a period before.

    Args:
        step: Which table.
        values: ``student_id``, ``school_id``, ``period`` and anything else.
        tables: The table, and the one it is summed into, by name.

    Returns:
        The columns of ``values`` with ``source_table``, ``source_period``, ``source_school_id``,
        ``delivery_id`` and ``record_no``; each once.
    """
    rows = _records(step, tables)
    pairs = [values[key] == rows[f"source_{key}"] for key in _keys(step.contract)]
    is_near = values.school_id == rows.source_school_id
    kind = period_kind(step.contract)
    if kind is not None:
        longer = max(step.kind, kind, key=KINDS.index)
        own = in_longer(values.period, step.kind, longer)
        other = in_longer(rows.source_period, kind, longer)
        if step.offsets == OWN_PERIOD:
            pairs.append(own == other)
        else:
            distance = _number(other, longer) - _number(own, longer)
            pairs.append(distance.isin(list(step.offsets)))
            is_near |= distance < 0
    if {"student_id", "school_id"} <= {*step.contract.grain()}:
        pairs.append(is_near)
    found = values.join(rows, pairs).mutate(source_table=ibis.literal(step.table))
    return found.select(*values.columns, *OF_RECORD).distinct()


def period_kind(contract: type[Contract]) -> str | None:
    """The kind of period a row is about; None for a table without."""
    if contract.month_of() is not None:
        return "month"
    return next((kind for kind in KINDS if kind in contract.columns()), None)


def kind_of_period(period: str) -> str | None:
    """The kind of a period by how it is written; None if it is none."""
    return next((kind for kind, form in FORMS.items() if re.fullmatch(form, period)), None)


def period_of(rows: ibis.Table, contract: type[Contract]) -> ibis.ir.StringValue:
    """The period of each row, NULL in a table without."""
    date = contract.month_of()
    if date is not None:
        return rows[date].strftime("%Y-%m")
    kind = period_kind(contract)
    return ibis.null("string") if kind is None else rows[kind]


def in_longer(period: ibis.ir.StringValue, kind: str, longer: str) -> ibis.ir.StringValue:
    """The period of a longer kind, or of the same, that each period lies in."""
    if kind == longer:
        return period
    if kind == "month":
        return in_longer(term_of_month(period), "term", longer)
    return school_year_of_term(period)


def _delivered(table: str) -> Iterator[tuple[str, str | None]]:
    """Delivered tables a table is made of, and whether by way of a sum."""
    contract = load_contracts().get(table)
    if contract is None:
        return
    if not issubclass(contract, Delivered):
        origin = (getdoc(contract) or "").partition("Origin:")[2]
        for made_from in dict.fromkeys(MADE_FROM.findall(origin)):
            yield from _delivered(made_from)
        return
    yield table, None
    for part in SUMMED.get(table, {}).values():
        yield part, table


def _is_placed(contract: type[Contract]) -> bool:
    return not {"student_id", "school_id"}.isdisjoint(contract.columns())


def _offsets(indicator: Indicator, table: str) -> tuple[int, ...]:
    """Which periods of a table the indicator rests on.

    Its worked example draws them: the latest term drawn is the one the value is about.
    """
    kind = period_kind(load_contracts()[table])
    if kind is None or kind == KINDS[-1] or indicator.period != "term" or not indicator.looks_back:
        return OWN_PERIOD
    if indicator.example is None:
        return LOOKS_BACK
    drawn = {name: _terms_drawn(text) for name, text in indicator.example.tables.items()}
    latest = max((term for terms in drawn.values() for term in terms), default=0)
    found = {term - latest for term in drawn.get(table, ())}
    return tuple(offset for offset in LOOKS_BACK if offset in found) or OWN_PERIOD


def _terms_drawn(drawing: str) -> set[int]:
    """The terms that a drawn table has rows of, as numbers."""
    lines = [line.split("|") for line in drawing.strip().splitlines()]
    header, *rows = [[cell.strip() for cell in line] for line in lines]
    kind = next((kind for kind in ("month", "term") if kind in header), None)
    periods = {row[header.index(kind)] for row in rows} if kind else ()
    terms = {calendar.term_of_month(one) if kind == "month" else one for one in periods}
    return {calendar.term_order(term) for term in terms}


def _records(step: Step, tables: Mapping[str, ibis.Table]) -> ibis.Table:
    """Rows of the table that stood in a file, with where they stood and what they are about."""
    rows = tables[step.table]
    contract = step.contract
    if step.summed_into is not None:
        rows = _that_were_summed(rows, step, tables[step.summed_into])
    columns, nobody = contract.columns(), ibis.null("string")
    return rows.filter(rows.record_no.notnull()).select(
        source_student_id=rows.student_id if "student_id" in columns else nobody,
        source_school_id=rows.school_id if "school_id" in columns else nobody,
        source_period=period_of(rows, contract),
        delivery_id=rows.delivery_id,
        record_no=rows.record_no,
    )


def _that_were_summed(rows: ibis.Table, step: Step, sums: ibis.Table) -> ibis.Table:
    """Rows that a sum was really made of: a school may send days and lessons of one month."""
    origins = {part: origin for origin, part in SUMMED[step.summed_into or ""].items()}
    keyed = rows.mutate(month=period_of(rows, step.contract))
    made = sums.filter(sums.record_no.isnull(), sums.origin == origins[step.table])
    keys = ["student_id", "school_id", "month"]
    return keyed.join(made.select(keys), keys)  # each once; a filter passes a join on both sides


def _keys(contract: type[Contract]) -> tuple[str, ...]:
    """What a value and a row of the table must share, whatever the period."""
    return ("student_id",) if "student_id" in contract.columns() else ("school_id",)


def _number(period: ibis.ir.StringValue, kind: str) -> ibis.ir.IntegerValue:
    """A number that grows by one from a period to the next."""
    if kind == "term":
        return term_order(period)
    year = period.left(4).cast("int64")
    return year if kind == "school_year" else year * 12 + period.substr(5, 2).cast("int64")
