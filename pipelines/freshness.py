"""Freshness: which deliveries each school owed by a day, and where each of them stands."""

import calendar
import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import ibis
import pandas as pd
from ibis import _

from pipelines.closing import is_preliminary
from pipelines.ingest.profiles import Profile, load_profiles
from pipelines.results import conforming
from pipelines.workspace import Workspace
from schemas.calendar import (
    months_between,
    months_of_term,
    school_year_of_month,
    school_year_of_term,
    term_after,
    term_of_month,
    term_order,
    terms_of_school_year,
)
from schemas.contract import load_contracts
from schemas.deliveries import Deliveries
from schemas.freshness import (
    DUE_DAY,
    EXPECTED_KINDS,
    FINAL_GRADE_LEVEL,
    FRESHNESS_STATES,
    MONTHS_WITHOUT_SCHOOL,
    ExpectedKind,
    Freshness,
)
from schemas.rules import in_force

READABLE = ("active", "superseded")
NEVER = "9999-12-31"
OUTSTANDING = tuple(state.code for state in FRESHNESS_STATES if state.group == "outstanding")

Key = tuple[str, str, str]
"""Kind, school and period."""


@dataclass(frozen=True, slots=True)
class Accounts:
    """The tables that tell what was owed and what came.

    Attributes:
        enrolments: Rows of ``core.enrolments``.
        attendance: Rows of ``core.attendance``.
        grades: Rows of ``core.grades``.
        schools: Rows of ``core.schools``.
        deliveries: Rows of ``raw.deliveries``.
    """

    enrolments: ibis.Table
    attendance: ibis.Table
    grades: ibis.Table
    schools: ibis.Table
    deliveries: ibis.Table


@dataclass(frozen=True, slots=True)
class _Arrived:
    """What came for one key: the deliveries in force, and every file received, oldest first."""

    in_force: frozenset[str] = frozenset()
    files: tuple[Mapping[str, str], ...] = ()

    @property
    def readable(self) -> list[Mapping[str, str]]:
        """Files that are or were in force."""
        return [file for file in self.files if file["status"] in READABLE]

    @property
    def received_on(self) -> str | None:
        """Day of the first file that could be read; of the first at all if none could."""
        days = [file["received_at"][:10] for file in self.readable or self.files]
        return min(days, default=None)


def accounts_of(workspace: Workspace) -> Accounts:
    """The tables as last made, and the ledger as it is now."""
    contracts = load_contracts()
    tables = {
        name: workspace.lake.read(f"core.{name}", contracts[f"core.{name}"])
        for name in ("enrolments", "attendance", "grades", "schools")
    }
    ledger = pd.DataFrame(workspace.ledger.rows(), columns=Deliveries.columns())
    return Accounts(**tables, deliveries=conforming(ledger, Deliveries))


def freshness(accounts: Accounts, *, as_of: dt.date, today: dt.date | None = None) -> ibis.Table:
    """Every delivery due before ``as_of`` or in force already, with its state.

    Expected is a month or term from a school that has pupils in the register of the term, or,
    where its own register is what is missing, in the last one it sent; from the first period of
    a kind that any school delivered. A school that falls silent stays expected until its closing
    is declared: by its last day in the list of schools, or by being taken off that list.

    Args:
        accounts: The tables.
        as_of: The day that "by now" means.
        today: The day that decides whether a period is closed; ``as_of`` if left out.

    Returns:
        Rows of :class:`schemas.freshness.Freshness`.
    """
    arrived = _arrived(accounts)
    names = accounts.schools.select("school_id", "school_name", "valid_to").execute()
    deliveries = accounts.deliveries.select("received_at").execute()
    first_day = min(deliveries.received_at.str[:10], default="")
    named = dict(zip(names.school_id, names.school_name, strict=True))
    rows = [
        {
            **_row(key, arrived.get(key, _Arrived()), today=today or as_of, first_day=first_day),
            "school_name": named.get(key[1]),
        }
        for key in sorted(_expected(accounts, names, arrived, as_of))
    ]
    return conforming(pd.DataFrame(rows, columns=Freshness.columns()), Freshness)


def judged_on(today: dt.date, attendance: ibis.Table, *, is_simulated: bool) -> dt.date:
    """The day "by now" means: today; in an invented city the day after its last month was due.

    Args:
        today: By the clock.
        attendance: Rows of ``core.attendance``.
        is_simulated: Whether every pupil is invented; time then ended with the last delivery.
    """
    last = attendance.month.max().to_pyarrow().as_py()
    if not is_simulated or last is None:
        return today
    return dt.date.fromisoformat(due_on(last)) + dt.timedelta(days=1)


def due_on(period: str) -> str:
    """The day the files of a month or term are due, ISO date."""
    last = _last_month(period)
    year, month = divmod(int(last[:4]) * 12 + int(last[5:]), 12)
    day = int(in_force(DUE_DAY, last).value)
    return f"{year:04d}-{month + 1:02d}-{min(day, calendar.monthrange(year, month + 1)[1]):02d}"


def school_year_of(period: str) -> str:
    """The school year a month or term lies in."""
    return school_year_of_month(period) if "-" in period else school_year_of_term(period)


def periods_of_kind(kind: ExpectedKind, school_year: str) -> list[str]:
    """The periods of a school year for which a kind of delivery is expected of anybody."""
    autumn, spring = terms_of_school_year(school_year)
    if kind.of == "final":
        return [spring]
    if kind.period == "term":
        return [autumn, spring]
    months = [*months_of_term(autumn), *months_of_term(spring)]
    return [month for month in months if month[5:] not in MONTHS_WITHOUT_SCHOOL]


def file_name_of(kind: str, school_id: str, period: str) -> str:
    """What the project's own template for a delivery is called."""
    template = next(one.template for one in EXPECTED_KINDS if one.kind == kind)
    return f"{template}_{school_id}_{period}"


def _last_month(period: str) -> str:
    return period if "-" in period else months_of_term(period)[-1]


def _row(key: Key, came: _Arrived, *, today: dt.date, first_day: str) -> dict[str, str | None]:
    kind, school_id, period = key
    due = due_on(period)
    is_open = is_preliminary(period, today)
    return {
        "kind": kind,
        "school_id": school_id,
        "period": period,
        "due_on": due,
        "state": _state(came, due=due, is_open=is_open, first_day=first_day),
        "is_preliminary": "yes" if is_open else "no",
        "received_on": came.received_on,
        "delivery_id": came.files[-1]["delivery_id"] if came.files else None,
    }


def _state(came: _Arrived, *, due: str, is_open: bool, first_day: str) -> str:
    if not came.in_force:
        statuses = {file["status"] for file in came.files}
        return next((state for state in OUTSTANDING if state in statuses), "missing")
    if len(came.readable) > 1 or any(int(file["version"]) > 1 for file in came.readable):
        return "corrected"
    if is_open:
        return "preliminary"
    if due < first_day:
        return "loaded"
    return "late" if (came.received_on or "") > due else "in_time"


def _expected(
    accounts: Accounts, schools: pd.DataFrame, arrived: Mapping[Key, _Arrived], as_of: dt.date
) -> set[Key]:
    """Keys that are expected by the registers, and those that came."""
    owed = _owed_by_term(accounts.enrolments, schools, term_of_month(as_of.isoformat()[:7]))
    keys = {key for key, came in arrived.items() if came.in_force}
    for kind in EXPECTED_KINDS:
        begun = [period for k, _school, period in keys if k == kind.kind]
        if not begun:
            continue
        first = min(begun, key=_order)
        keys |= {
            (kind.kind, school_id, period)
            for (school_id, term), register in owed.items()
            for period in _periods(kind, term, register)
            if _order(period) >= _order(first) and due_on(period) < as_of.isoformat()
        }
    return keys


def _owed_by_term(
    enrolments: ibis.Table, schools: pd.DataFrame, last_term: str
) -> dict[tuple[str, str], dict[str, Any]]:
    """The register of each school and term; the last one before where there is none.

    With ``closes``, the last day of the school in the list of schools.
    """
    final = int(max(FINAL_GRADE_LEVEL).value)
    spans = enrolments.group_by("school_id", "term").agg(
        first_day=_.start_date.min(),
        last_day=_.end_date.max(),
        has_open=_.end_date.isnull().any(),  # noqa: PD003 - ibis
        has_final=(_.grade_level == final).any(),
        has_lower=(_.grade_level < final).any(),
    )
    found: dict[tuple[str, str], dict[str, Any]] = {
        (row["school_id"], row["term"]): {str(name): value for name, value in row.items()}
        for row in spans.execute().to_dict("records")
    }
    listed = dict(zip(schools.school_id, schools.valid_to.fillna(NEVER), strict=True))
    carried = {}
    for (school_id, term), row in found.items():
        row["closes"] = listed.get(school_id, NEVER)
        closes = listed.get(school_id, "" if listed else NEVER)
        after = term_after(term)
        while (
            (school_id, after) not in found
            and term_order(after) <= term_order(last_term)
            and closes >= f"{months_of_term(after)[0]}-01"
        ):
            carried[school_id, after] = {**row, "first_day": None, "has_open": True}
            after = term_after(after)
    return {**carried, **found}


def _periods(kind: ExpectedKind, term: str, register: Mapping[str, Any]) -> list[str]:
    is_spring = term.endswith("VT")
    has_any = {
        "any": True,
        "final": is_spring and bool(register["has_final"]),
        "lower": bool(register["has_lower"]) or not is_spring,
    }[kind.of]
    if not has_any:
        return []
    return [term] if kind.period == "term" else _months(term, register)


def _months(term: str, register: Mapping[str, Any]) -> list[str]:
    """Months with school in which the register has a pupil and the school is open."""
    months = months_of_term(term)
    first, last = months[0], min(months[-1], str(register["closes"])[:7])
    if not pd.isna(register["first_day"]):
        first = max(first, str(register["first_day"])[:7])
    if not register["has_open"]:
        last = min(last, str(register["last_day"])[:7])
    return [m for m in months_between(first, last) if m[5:] not in MONTHS_WITHOUT_SCHOOL]


def _arrived(accounts: Accounts) -> dict[Key, _Arrived]:
    """Every key that a file came for, readable or not."""
    in_force: dict[Key, set[str]] = {}
    for key, delivery_id in _in_force(accounts):
        in_force.setdefault(key, set()).add(delivery_id)
    files: dict[Key, list[Mapping[str, str]]] = {}
    keys_of: dict[str, set[Key]] = {}
    for key, ids in in_force.items():
        for delivery_id in ids:
            keys_of.setdefault(delivery_id, set()).add(key)
    wanted = ["delivery_id", "file_name", "received_at", "status", "version"]
    for file in accounts.deliveries.select(wanted).execute().to_dict("records"):
        keys = keys_of.get(file["delivery_id"]) or _named(file["file_name"])
        for key in keys:
            files.setdefault(key, []).append(file)
    return {
        key: _Arrived(
            frozenset(in_force.get(key, ())),
            tuple(sorted(files.get(key, []), key=lambda f: (f["received_at"], f["delivery_id"]))),
        )
        for key in {*in_force, *files}
    }


def _in_force(accounts: Accounts) -> Iterator[tuple[Key, str]]:
    """Keys with rows in force, and the delivery the rows are from."""
    for kind in EXPECTED_KINDS:
        rows = getattr(accounts, kind.table_name.removeprefix("core."))
        if kind.table_name == "core.grades":
            rows = rows.filter((rows.is_final == "yes") == (kind.kind == "final_grades"))
        found = rows.select("school_id", kind.period, "delivery_id").distinct().execute()
        for school_id, period, delivery_id in found.itertuples(index=False, name=None):
            yield (kind.kind, school_id, period), delivery_id


def _named(file_name: str) -> set[Key]:
    """What a file is about by its name alone, for one that gave no rows."""
    named = ((profile, profile.named(file_name)) for profile in load_profiles())
    return {
        (kind.kind, found["school_id"], found[kind.period])
        for profile, found in named
        if found and "school_id" in found
        for kind in _kinds_of(profile)
        if kind.period in found
    }


def _kinds_of(profile: Profile) -> Sequence[ExpectedKind]:
    """The kinds of delivery a layout gives rows of; lessons are summed to attendance."""
    tables = {
        mapping.table.replace("core.lessons", "core.attendance") for mapping in profile.tables
    }
    kinds = [kind for kind in EXPECTED_KINDS if kind.table_name in tables]
    is_final = profile.dataset == "final_grades"
    return [
        kind
        for kind in kinds
        if kind.table_name != "core.grades" or (kind.kind == "final_grades") == is_final
    ]


def _order(period: str) -> int:
    """A number that grows with time, for months and for terms."""
    if "-" in period:
        return int(period.replace("-", ""))
    return term_order(period)
