"""Rows about a school that the school list does not have, or not at that time."""

import ibis
from ibis import _

from pipelines.calendar import first_month_of_term, last_day_of_term
from pipelines.crosschecks.registry import Crosscheck, found
from pipelines.crosschecks.sums import GRADED, SCHOOL_MONTHS


def unknown_school(
    school_months: ibis.Table,
    enrolments: ibis.Table,
    graded: ibis.Table,
    participation: ibis.Table,
    schools: ibis.Table,
    **said: ibis.Table,
) -> ibis.Table:
    """Rows about a school nobody knows, or one that was not open in the period.

    Args:
        school_months: Sums of the attendance.
        enrolments: :class:`schemas.pupils.Enrolments`.
        graded: Sums of the grades.
        participation: :class:`schemas.support.Participation`.
        schools: :class:`schemas.places.Schools`.
        said: Tables of a school and term that schools fill in about themselves.
    """
    terms = {"enrolments": enrolments, "grades": graded, "participation": participation, **said}
    known = [
        _outside(rows, schools, f"core.{name}", first=first_month_of_term, last=_last_month)
        for name, rows in terms.items()
    ]
    months = school_months.rename(term="month")
    return ibis.union(
        _outside(months, schools, "core.attendance", first=_itself, last=_itself), *known
    )


def _outside(
    rows: ibis.Table, schools: ibis.Table, table_name: str, *, first: object, last: object
) -> ibis.Table:
    counted = rows.group_by("school_id", period=_.term).agg(
        count=_.count(), delivery_id=_.delivery_id.max()
    )
    lists = schools.select(
        known_id=_.school_id,
        opened=_.valid_from.left(7),
        closed=_.valid_to.left(7).fill_null("9999-12"),
    )
    joined = counted.left_join(lists, counted.school_id == lists.known_id)
    is_open = (joined.opened <= last(joined.period)) & (joined.closed >= first(joined.period))  # type: ignore[operator]
    strange = joined.filter(joined.known_id.isnull() | ~is_open)
    return found(strange, table_name=table_name, expected=0.0, measure=_["count"], basis=1)


def _itself(month: ibis.ir.StringValue) -> ibis.ir.StringValue:
    return month


def _last_month(term: ibis.ir.StringValue) -> ibis.ir.StringValue:
    return last_day_of_term(term).strftime("%Y-%m")


CROSSCHECKS = (
    Crosscheck(
        name="unknown_school",
        title_sv="Rader om en skola som inte finns i skollistan",
        title_en="Rows about a school that the school list does not have",
        advice_sv="Rätta skollistan (skolor.csv) om skolan är ny eller har bytt kod; annars är "
        "filen någon annans.",
        advice_en="Correct the school list if the school is new or changed its code; otherwise "
        "the file is somebody else's.",
        table="checks.findings",
        period="whole",
        reads=(
            SCHOOL_MONTHS,
            "core.enrolments",
            GRADED,
            "core.participation",
            "core.schools",
            "core.target_group_estimates",
            "core.selection_criteria",
        ),
        judge=unknown_school,
    ),
)
