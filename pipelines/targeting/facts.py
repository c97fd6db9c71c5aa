"""What is known of a pupil's terms, over all schools: failed subjects, eligibility, absence.

Limits are not applied here: the same facts are judged by one dated rule or another. Rows are
counted by condition and not summed: a sum of booleans has 128 bits in DuckDB, which Parquet lacks.
"""

import ibis
from ibis import _

from pipelines.calendar import term_of_month, term_order
from pipelines.grading import (
    REPORT,
    VOCATIONAL,
    is_eligible,
    reports,
    standing,
    with_meaning,
)

TERM = ("student_id", "term")
MARKS = ("marks_term", "failed_subjects", "not_eligible", "marks_missing")
ABSENCE = ("absence_term", "absence_months", "absence_share", "absence_missing")


def marks_of_terms(grades: ibis.Table, enrolments: ibis.Table) -> ibis.Table:
    """What each pupil's marks of a term say, at whatever schools.

    Args:
        grades: :class:`schemas.grades.Grades`.
        enrolments: :class:`schemas.pupils.Enrolments`.

    Returns:
        ``student_id``, ``term_number`` and ``MARKS``; ``marks_missing`` is the code of why the
        marks cannot be judged, NULL if some can.
    """
    found = reports(grades, enrolments)
    can_judge = found.fault.isnull() & found.has_counted
    status = found.group_by(*TERM).agg(can_judge=can_judge.any(), fault=found.fault.min())
    marks = (
        with_meaning(grades)
        .semi_join(found.filter(can_judge), REPORT)
        .group_by(*TERM, "subject")
        .agg(is_passing=_.is_passing.any(), is_counted=_.is_counted.any())
    )
    failed = marks.group_by(*TERM).agg(
        failed_subjects=_.count(where=_.is_counted) - _.count(where=_.is_passing)
    )
    judged = standing(marks, *TERM).join(failed, TERM)
    judged = judged.mutate(not_eligible=~is_eligible(VOCATIONAL, judged))
    rows = status.left_join(judged.select(*TERM, "failed_subjects", "not_eligible"), TERM)
    missing = ibis.ifelse(rows.can_judge, None, ibis.coalesce(rows.fault, "nothing_counted"))
    return rows.select(
        "student_id",
        "failed_subjects",
        "not_eligible",
        marks_term=rows.term,
        term_number=term_order(rows.term),
        marks_missing=missing,
    )


def months_of_pupils(attendance: ibis.Table) -> ibis.Table:
    """A pupil's months over all schools.

    Args:
        attendance: :class:`schemas.attendance.Attendance`.

    Returns:
        ``student_id``, ``month``, ``term``; ``away`` and ``scheduled`` minutes of the rows with
        time and a register; whether there are rows with time, and with both.
    """
    has_time = _.scheduled_minutes > 0
    is_known = has_time & (_.reported_minutes > 0)
    away = _.authorised_absence_minutes + _.unauthorised_absence_minutes
    return attendance.group_by("student_id", "month", term=term_of_month(attendance.month)).agg(
        away=away.sum(where=is_known),
        scheduled=_.scheduled_minutes.sum(where=is_known),
        has_time=has_time.any(),
        has_register=is_known.any(),
    )


def absence_of(months: ibis.Table, *keys: str) -> ibis.Table:
    """What some months say together, for each pupil, term and ``keys``.

    Args:
        months: Rows of :func:`months_of_pupils`.
        keys: Columns to tell rows apart by, beside pupil and term.

    Returns:
        ``student_id``, ``term_number``, the keys and ``ABSENCE``; ``absence_missing`` is the code
        of why absence is unknown, NULL if it is known.
    """
    sums = months.group_by(*TERM, *keys).agg(
        share=_.away.sum() / _.scheduled.sum().nullif(0),
        months=_.count(where=_.has_register),
        has_time=_.has_time.any(),
        has_register=_.has_register.any(),
    )
    missing = ibis.cases((sums.has_register, None), (sums.has_time, "no_register"))
    unknown = (~sums.has_time).ifelse("no_scheduled_time", missing)
    return sums.select(
        "student_id",
        *keys,
        absence_term=sums.term,
        term_number=term_order(sums.term),
        absence_months=sums.months,
        absence_share=sums.share,
        absence_missing=unknown,
    )
