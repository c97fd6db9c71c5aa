"""Pupils whose attendance should be known: enrolled at a school in a month of teaching.

July has no teaching (SkolF (2011:185) 3 kap. 3 §: the school year ends in June). A school that
has sent no register of pupils for the term is believed about whom it reports on.
"""

import ibis
from ibis import _

from pipelines.calendar import term_of_month
from pipelines.populations.population import Population
from schemas.calendar import MONTHS_OF_TEACHING


def expected(attendance: ibis.Table, enrolments: ibis.Table) -> ibis.Table:
    """Each pupil, school and month that has a report or an enrolment, and what would be missing."""
    reported = attendance.select(
        "student_id",
        "school_id",
        period=_.month,
        missing=ibis.cases(
            (_.scheduled_minutes == 0, "no_scheduled_time"),
            (_.reported_minutes == 0, "no_register"),
            else_="no_enrolment",
        ),
    )
    enrolled = enrolled_months(enrolments).rename(period="month")
    silent = enrolled.anti_join(reported, ["student_id", "school_id", "period"])
    return reported.union(silent.mutate(missing=ibis.literal("no_attendance")))


def enrolled_months(enrolments: ibis.Table) -> ibis.Table:
    """``student_id``, ``school_id`` and ``month`` of teaching with a day of enrolment, once each."""
    number = ibis.memtable({"number": list(MONTHS_OF_TEACHING)}, schema={"number": "string"})
    month = enrolments.term.left(4) + "-" + number.number
    joined = enrolments.cross_join(number).mutate(month=month)
    first = joined.month + "-01"
    last = joined.month + "-31"
    in_term = term_of_month(joined.month) == joined.term
    has_begun = joined.start_date.cast("string") <= last
    lasts = joined.end_date.isnull() | (joined.end_date.cast("string") >= first)
    rows = joined.filter(in_term, has_begun, lasts)
    return rows.select("student_id", "school_id", "month").distinct()


def not_enrolled(attendance: ibis.Table, enrolments: ibis.Table) -> ibis.Table:
    """Pupils and months reported by a school whose register of that term lacks them."""
    months = attendance.select("student_id", "school_id", "month")
    registers = enrolments.select("school_id", "term").distinct()
    known = months.mutate(term=term_of_month(months.month)).semi_join(
        registers, ["school_id", "term"]
    )
    return known.anti_join(enrolled_months(enrolments), ["student_id", "school_id", "month"]).drop(
        "term"
    )


ATTENDANCE = Population(
    who_en=(
        "Every pupil with a day of enrolment at the school in a month of teaching, and every "
        "pupil the school reported attendance for."
    ),
    reads=("core.attendance", "core.enrolments"),
    expected=expected,
)
