"""Effects: what putting one delivery in the place of another does to each school's indicators.

Only indicators that are published are told of. Nothing is published or written for it. A value
is about one pupil, so only pupils whose rows differ are computed twice, once in each world; the
pupils who go to the schools that this concerns are computed once, for the sums. Months are read
alone; an indicator of a term or a school year looks back, so of monthly tables the years around
are read.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from itertools import chain

import ibis
import pandas as pd
from ibis import _

from pipelines.core import core_table
from pipelines.indicators.registry import Indicator, load_indicators
from pipelines.ingest.ledger import Entry, Ledger, outdated_by
from pipelines.ingest.revisions import RowChanges, contract_of
from pipelines.workspace import Workspace
from schemas.attendance import Attendance, Days, Lessons
from schemas.calendar import months_of_school_year, school_year_of_term, term_before
from schemas.deliveries import RevisionEffects
from schemas.pupils import Enrolments

KEYS = ["school_id", "period"]
_AMOUNT = "decimal(18, 9)"


@dataclass(frozen=True, slots=True)
class _WorldLedger(Ledger):
    """The ledger as it would be if one delivery stood in the place of another."""

    chosen: Entry
    instead_of: str

    def active(self, table: str, periods: Sequence[str] | None = None) -> list[str]:
        """Deliveries in force, with the chosen one and without the other."""
        left_out = {self.instead_of, self.chosen.delivery_id}
        found = [one for one in Ledger.active(self, table, periods) if one not in left_out]
        own = self.chosen.tables.get(table, frozenset())
        if own and (periods is None or own & set(periods)):
            found.append(self.chosen.delivery_id)
        return found


@dataclass(frozen=True, slots=True)
class _World(Workspace):
    """A workspace in which one delivery stands in the place of another."""

    chosen: Entry
    instead_of: str

    @property
    def ledger(self) -> Ledger:
        """Its ledger."""
        return _WorldLedger(self.deliveries / "ledger.sqlite", self.chosen, self.instead_of)


def effects(
    workspace: Workspace, before: Entry, after: Entry, changes: Sequence[RowChanges]
) -> pd.DataFrame:
    """What a correction does to each indicator of each school.

    Args:
        workspace: Where everything lies.
        before: Delivery that is corrected, in force or not.
        after: The correction, in force or not.
        changes: What differs between their rows.

    Returns:
        Rows of :class:`schemas.deliveries.RevisionEffects`, only where a sum changes.
    """
    changed = {one.table for one in changes if one.differing}
    if changed & {Lessons.table(), Days.table()}:
        changed.add(Attendance.table())
    students = _students(changes)
    periods = {*chain(*before.tables.values(), *after.tables.values())}
    old = _Tables(_World(workspace.root, before, after.delivery_id))
    new = _Tables(_World(workspace.root, after, before.delivery_id), old, frozenset(changed))
    found = [
        _effect(indicator, old, new, students=students, reach=Reach.of(indicator, periods))
        for indicator in load_indicators().values()
        if indicator.is_published and changed & set(indicator.reads)
    ]
    rows = pd.concat(found) if found else pd.DataFrame(columns=RevisionEffects.columns())
    rows = rows.assign(delivery_id=after.delivery_id)
    return rows[RevisionEffects.columns()].reset_index(drop=True)


@dataclass(frozen=True, slots=True)
class _Tables:
    """Core tables of a world as far as they are needed, each read once.

    Attributes:
        world: Which.
        same: Another world that has the same tables but for the changed ones.
        changed: Those.
    """

    world: _World
    same: "_Tables | None" = None
    changed: frozenset[str] = frozenset()
    _read: dict[object, ibis.Table] = field(default_factory=dict)

    def rows(
        self, table: str, students: Sequence[str] | None, months: Sequence[str] | None
    ) -> ibis.Table:
        """Rows of some pupils, or all, in some months of a monthly table, or all."""
        if self.same is not None and table not in self.changed:
            return self.same.rows(table, students, months)
        contract = contract_of(table)
        months = tuple(months) if months and contract.partition() == "month" else None
        if students is None or "student_id" not in contract.columns():
            return core_table(self.world, contract, months)
        key = table, tuple(students), months
        if key not in self._read:
            pupils = ibis.memtable({"student_id": list(students)}, schema={"student_id": "string"})
            rows = core_table(self.world, contract, months)
            known = rows.semi_join(pupils, "student_id")
            rows = known.union(_registers(rows)) if contract is Enrolments else known
            self._read[key] = ibis.memtable(rows.to_pyarrow(), schema=rows.schema())
        return self._read[key]

    def pupils_of(
        self, table: str, schools: Sequence[str], months: Sequence[str] | None
    ) -> set[str]:
        """Pupils with a row at some schools."""
        rows = self.rows(table, None, months)
        if not {"student_id", "school_id"} <= set(rows.columns):
            return set()
        here = rows.filter(_.school_id.isin(list(schools))).select("student_id").distinct()
        return set(here.to_pyarrow()["student_id"].to_pylist())


@dataclass(frozen=True, slots=True)
class Reach:
    """Which periods an indicator must read, and which of its own a correction can change.

    Attributes:
        months: Of monthly tables; None for all.
        periods: Of the indicator; None for all.
    """

    months: tuple[str, ...] | None
    periods: tuple[str, ...] | None

    @classmethod
    def of(cls, indicator: Indicator, periods: Collection[str]) -> "Reach":
        """How far rows of some periods reach in an indicator."""
        outdated: dict[str, list[str]] = {}
        for kind, period in outdated_by(periods):
            outdated.setdefault(kind, []).append(period)
        if "term" not in outdated:
            return cls(None, None)
        own = tuple(sorted(outdated.get(indicator.period, ())))
        if indicator.period == "month":
            return cls(own, own)
        terms = outdated["term"]
        years = {school_year_of_term(term) for term in (*terms, *map(term_before, terms))}
        return cls(tuple(chain(*map(months_of_school_year, sorted(years)))), own)


def _registers(enrolments: ibis.Table) -> ibis.Table:
    """A row about no pupil for each register: who is not in one that was sent does not count."""
    registers = enrolments.select("school_id", "term").distinct()
    told = {name: registers[name] for name in registers.columns}
    nothing = {name: ibis.null(kind) for name, kind in enrolments.schema().items()}
    return registers.select(**nothing | told)


def _students(changes: Sequence[RowChanges]) -> list[str] | None:
    """Pupils whose rows differ; None if rows differ that are about no pupil."""
    if any(one.differing and not one.students for one in changes):
        return None
    return sorted({*chain(*(one.students for one in changes))})


def _effect(
    indicator: Indicator, old: _Tables, new: _Tables, *, students: list[str] | None, reach: Reach
) -> pd.DataFrame:
    before, after = (_values(indicator, tables, students, reach) for tables in (old, new))
    pairs = before.merge(after, "outer", ["student_id", *KEYS], suffixes=("_before", "_after"))
    is_same = (pairs.n_before == pairs.n_after) & (pairs.d_before == pairs.d_after)
    moved = pairs[~is_same]
    if moved.empty:
        return pd.DataFrame(columns=RevisionEffects.columns())
    schools = sorted(set(moved.school_id))
    if students is not None:
        there = {*chain(*(old.pupils_of(t, schools, reach.months) for t in indicator.reads))}
        before = _values(indicator, old, sorted(there), reach)
    whole = _sums(before).add_suffix("_before")
    difference = _sums(moved, "_after").sub(_sums(moved, "_before"), fill_value=0)
    base = whole.reindex(difference.index).fillna(0)
    return _valued(indicator, base, difference)


def _values(
    indicator: Indicator, tables: _Tables, students: Sequence[str] | None, reach: Reach
) -> pd.DataFrame:
    """The indicator in one world: ``student_id``, ``school_id``, ``period``, ``n`` and ``d``."""
    read = {t.split(".")[1]: tables.rows(t, students, reach.months) for t in indicator.reads}
    values = indicator.compute(**read)
    if reach.periods is not None:
        values = values.filter(_.period.isin(list(reach.periods)))
    amounts = values.select(
        "student_id", *KEYS, n=_.numerator.cast(_AMOUNT), d=_.denominator.cast(_AMOUNT)
    )
    found: pd.DataFrame = amounts.mutate(n=_.n.cast("float64"), d=_.d.cast("float64")).execute()
    return found.astype(dict.fromkeys(["student_id", *KEYS], object))


def _sums(values: pd.DataFrame, suffix: str = "") -> pd.DataFrame:
    """Pupils, numerators and denominators by school and period."""
    named = values.rename(columns={f"n{suffix}": "numerator", f"d{suffix}": "denominator"})
    there = named[named.denominator.notna()]
    return there.groupby(KEYS).agg(
        students=("denominator", "size"),
        numerator=("numerator", "sum"),
        denominator=("denominator", "sum"),
    )


def _valued(indicator: Indicator, before: pd.DataFrame, difference: pd.DataFrame) -> pd.DataFrame:
    rows = before.assign(indicator=indicator.name)
    for name in ("students", "numerator", "denominator"):
        after = (rows[f"{name}_before"] + difference[name]).round(6).clip(lower=0)
        rows[f"{name}_before"] = rows[f"{name}_before"].round(6)
        rows[f"{name}_after"] = after
    for world in ("before", "after"):
        denominator = rows[f"denominator_{world}"]
        share = rows[f"numerator_{world}"] / denominator.where(denominator > 0)
        rows[f"value_{world}"] = indicator.per * share
        rows[f"students_{world}"] = rows[f"students_{world}"].astype("int64")
    return rows.reset_index()
