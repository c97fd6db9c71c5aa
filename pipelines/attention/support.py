"""What stands beside a pupil on the list: how much is reported, and whether there is support."""

import ibis
from ibis import _

from pipelines.calendar import last_day_of_term, latest_by_term, term_of_month, term_order
from pipelines.populations.attendance import enrolled_months

LIST = ["student_id", "term"]
MONTH = ["student_id", "month"]


def with_coverage(rows: ibis.Table, enrolments: ibis.Table, attendance: ibis.Table) -> ibis.Table:
    """Add how much of the term so far is reported, and the months of which nothing is.

    Args:
        rows: With ``student_id``, ``term`` and ``month``.
        enrolments: :class:`schemas.pupils.Enrolments`.
        attendance: :class:`schemas.attendance.Attendance`.
    """
    lists = rows.select(*LIST, until=_.month).distinct()
    months = _months_so_far(attendance, lists)
    coverage = months.group_by(LIST).agg(
        register_coverage=_.reported.sum() / _.scheduled.sum().nullif(0)
    )
    accounted = months.filter((_.reported > 0) | (_.scheduled == 0))
    enrolled = _so_far(enrolled_months(enrolments.semi_join(lists, LIST)), lists)
    silent = enrolled.select(*MONTH, "term").distinct().anti_join(accounted, MONTH)
    unreported = silent.group_by(LIST).agg(silent_months=_.month.count())
    for more in (coverage, unreported):
        rows = rows.left_join(more, LIST).drop(*(f"{key}_right" for key in LIST))
    return rows.mutate(months_unreported=rows.silent_months.fill_null(0))


def with_support(rows: ibis.Table, participation: ibis.Table) -> ibis.Table:
    """Add who has a day of support in the month, by the latest register of that term or before.

    A participation still open there lasts, as far as is known, to the end of that register's
    term, as in :mod:`pipelines.indicators.reach`.

    Args:
        rows: With ``student_id``, ``term`` and ``month``.
        participation: :class:`schemas.support.Participation`.
    """
    lists = rows.select("student_id", "month", list_term=rows.term).distinct()
    known = participation.join(lists, "student_id")
    known = known.filter(term_order(known.term) <= term_order(known.list_term))
    latest = latest_by_term(known, "student_id", "list_term", "project_id", "start_date")
    last_day = ibis.coalesce(latest.end_date, last_day_of_term(latest.term)).cast("string")
    begins = latest.start_date.cast("string") <= latest.month + "-31"
    support = (
        latest.filter(begins, last_day >= latest.month + "-01")
        .group_by("student_id", term=_.list_term)
        .agg(supported_since=_.start_date.min())
    )
    rows = rows.left_join(support, LIST).drop(*(f"{key}_right" for key in LIST))
    return rows.mutate(is_supported=rows.supported_since.notnull())


def _months_so_far(attendance: ibis.Table, lists: ibis.Table) -> ibis.Table:
    """Minutes reported and scheduled over all schools, by month of each list's term."""
    here = _so_far(attendance, lists)
    return here.group_by(*MONTH, "term").agg(
        reported=_.reported_minutes.sum(), scheduled=_.scheduled_minutes.sum()
    )


def _so_far(months: ibis.Table, lists: ibis.Table) -> ibis.Table:
    """Rows by month of the pupils, terms and months of some lists."""
    dated = months.mutate(term=term_of_month(months.month)).join(lists, LIST)
    return dated.filter(_.month <= _.until)
