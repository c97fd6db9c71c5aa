"""The target group frozen for a term: every pupil counted, judged by the term before."""

import ibis
from ibis import _

from pipelines.calendar import first_month_of_term, term_order
from pipelines.target_group import on_reference_day
from pipelines.targeting.criteria import judged
from pipelines.targeting.facts import ABSENCE, MARKS, absence_of, marks_of_terms, months_of_pupils
from schemas.target_group import TargetGroupPupils

KNOWN = ["student_id", "term_number"]


def pupils_of_terms(
    enrolments: ibis.Table, grades: ibis.Table, attendance: ibis.Table
) -> ibis.Table:
    """Everybody in grades 7-9 on a term's reference day, with each criterion apart.

    Args:
        enrolments: :class:`schemas.pupils.Enrolments`, of the terms and of the terms before.
        grades: :class:`schemas.grades.Grades`, of the terms before.
        attendance: :class:`schemas.attendance.Attendance`, of the terms before.

    Returns:
        Rows of :class:`schemas.target_group.TargetGroupPupils`.
    """
    pupils = once_per_school(on_reference_day(enrolments), "term")
    rows = pupils.mutate(term_number=term_order(pupils.term) - 1)
    marks = marks_of_terms(grades, enrolments)
    rows = rows.left_join(marks, KNOWN).select(rows, *MARKS)
    absence = absence_of(months_of_pupils(attendance))
    rows = rows.left_join(absence, KNOWN).select(rows, *ABSENCE)
    return judged(rows, first_month_of_term(rows.term)).select(TargetGroupPupils.columns())


def once_per_school(registered: ibis.Table, period: str) -> ibis.Table:
    """Registered pupils once per school and period; residence is one for all schools.

    Args:
        registered: Rows of a register, with ``period``.
        period: ``term`` or ``month``.

    Returns:
        ``student_id``, ``school_id``, the period, ``term``, ``grade_level`` and
        ``residence_district_id``, that of the enrolment which began last.
    """
    began = registered.start_date.cast("string") + " " + registered.school_id
    district = registered.residence_district_id.fill_null("")
    last = registered.group_by("student_id", period).agg(district=district.argmax(began))
    periods = dict.fromkeys((period, "term"))
    pupils = registered.group_by("student_id", "school_id", *periods).agg(
        grade_level=_.grade_level.max()
    )
    both = pupils.join(last, ["student_id", period])
    return both.mutate(residence_district_id=both.district.nullif("")).drop("district")
