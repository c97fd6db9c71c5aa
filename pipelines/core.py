"""Core tables: the deliveries in force, one grain each, latest wins."""

from collections.abc import Sequence

import ibis
from ibis import _

from pipelines.lake import Lake, empty, raw_table
from pipelines.workspace import Workspace
from schemas.attendance import Attendance, Days, Lessons
from schemas.contract import Contract, Delivered, load_contracts
from schemas.grades import Grades
from schemas.pupils import Students


def core_contracts() -> dict[str, type[Delivered]]:
    """The contracts of tables that files are delivered to, by table name."""
    return {n: c for n, c in load_contracts().items() if issubclass(c, Delivered)}


def core_table(
    workspace: Workspace, contract: type[Delivered], periods: Sequence[str] | None = None
) -> ibis.Table:
    """A core table for some of its periods, or for all, from the deliveries in force.

    Args:
        workspace: Where deliveries and their rows lie.
        contract: Which table.
        periods: Values of its partition column; all if left out.
    """
    rows = delivered_rows(workspace, contract, periods)
    if contract is Attendance:
        rows = _finest_months(workspace, rows, periods)
    if contract is Grades:
        rows = final_first(rows)
    return rows.select(contract.columns())


def delivered_rows(
    workspace: Workspace, contract: type[Delivered], periods: Sequence[str] | None = None
) -> ibis.Table:
    """Accepted rows of a table from the deliveries in force, for some periods or all.

    Rows of pupils whom the vault keeps apart are left out, also where the lake still has them.
    """
    deliveries = workspace.ledger.active(contract.table(), periods)
    if not deliveries:
        return empty(contract)
    lake: Lake = workspace.lake
    rows = lake.read(raw_table(contract.table()), contract, partitions=deliveries)
    protected = workspace.vault.register.protected()
    if protected and "student_id" in contract.columns():
        rows = rows.filter(~rows.student_id.isin(sorted(protected)))
    if periods is None or contract.partition() is None:
        return rows
    return rows.filter(partition_of(rows, contract).isin(list(periods)))


def partition_of(rows: ibis.Table, contract: type[Contract]) -> ibis.ir.StringValue:
    """The period each row is filed under.

    Raises:
        ValueError: If the table is not divided.
    """
    column = contract.partition()
    if column is None:
        raise ValueError(f"{contract.table()} lies in one file")
    date = contract.month_of()
    return rows[column] if date is None else rows[date].strftime("%Y-%m")


def with_finer_months(months: ibis.Table, summed: ibis.Table) -> ibis.Table:
    """Monthly attendance, taken from a finer source where a school delivered that for a month.

    Args:
        months: Months as reported, or as summed from something coarser.
        summed: Months summed from lessons or days; they win for their school and month.
    """
    finer = summed.select("school_id", "month").distinct()
    return months.anti_join(finer, ["school_id", "month"]).union(summed)


def sum_of_lessons(lessons: ibis.Table) -> ibis.Table:
    """Lessons summed to pupil, school and month, with the columns of ``core.attendance``."""
    return _summed(lessons, lessons.lesson_date, "lesson")


def sum_of_days(days: ibis.Table) -> ibis.Table:
    """Days summed to pupil, school and month, with the columns of ``core.attendance``."""
    return _summed(days, days.school_day, "day")


def _finest_months(
    workspace: Workspace, months: ibis.Table, periods: Sequence[str] | None
) -> ibis.Table:
    """Months summed from lessons, else from days, else as reported."""
    if workspace.ledger.active(Days.table(), periods):
        days = delivered_rows(workspace, Days, periods)
        months = with_finer_months(months, sum_of_days(days))
    if workspace.ledger.active(Lessons.table(), periods):
        lessons = delivered_rows(workspace, Lessons, periods)
        months = with_finer_months(months, sum_of_lessons(lessons))
    return months


def _summed(parts: ibis.Table, date: ibis.ir.DateValue, origin: str) -> ibis.Table:
    """Parts of a month summed by pupil and school.

    Late minutes are part of unauthorised absence; what is unreported is scheduled but not
    reported, so neither presence nor absence.
    """
    # A sum of integers has 128 bits in DuckDB, which Parquet lacks; one of decimals can be cast.
    minutes = parts.scheduled_minutes.cast("decimal(18, 0)")
    away = parts.absence_minutes.cast("decimal(18, 0)")
    sums = {
        "scheduled_minutes": minutes.sum(),
        "reported_minutes": minutes.sum(where=_.status != "unreported"),
        "authorised_absence_minutes": away.sum(where=_.status == "authorised"),
        "unauthorised_absence_minutes": away.sum(where=_.status.isin(["unauthorised", "late"])),
        "late_minutes": away.sum(where=_.status == "late"),
        "other_activity_minutes": away.sum(where=_.status == "other_activity"),
    }
    whole = {name: total.fill_null(0).cast("int64") for name, total in sums.items()}
    return (
        parts.group_by("student_id", "school_id", month=date.strftime("%Y-%m"))
        .agg(delivery_id=_.delivery_id.max(), **whole)
        .mutate(record_no=ibis.null("int64"), origin=ibis.literal(origin))
        .select(Attendance.columns())
    )


def final_first(grades: ibis.Table) -> ibis.Table:
    """One mark per grain: the final grade where a term grade is delivered beside it."""
    order = [grades.is_final.desc(), grades.delivery_id, grades.record_no]
    place = ibis.row_number().over(group_by=Grades.grain(), order_by=order)
    return grades.mutate(place=place).filter(_.place == 0).drop("place")


def students(enrolments: ibis.Table) -> ibis.Table:
    """Pupils ever enrolled, as the latest register has them."""
    autumn = enrolments.term.endswith("HT").cast("int64")
    order = enrolments.term.substr(0, 4).cast("int64") * 2 + autumn
    return (
        enrolments.mutate(order=order)
        .group_by("student_id")
        .agg(
            birth_year=_.birth_year.max(),
            sex=_.sex.max(),
            first_term=_.term.argmin(_.order),
            last_term=_.term.argmax(_.order),
        )
        .select(Students.columns())
    )
