"""Pupils who may be in the target group: whom the term before must be known of.

Low goal attainment and high absence are both of that term, so who has no marks that can be
judged, or no month with a register, is neither in the group nor outside it.
"""

import ibis
from ibis import _

from pipelines.calendar import first_month_of_term, in_force, term_before, term_of_month
from pipelines.grading import reports
from pipelines.populations.population import Population
from pipelines.target_group import enrolled
from schemas.rules import TARGET_ABSENCE_SHARE, TARGET_FAILED_SUBJECTS

_TERM = ("student_id", "term")


def expected(enrolments: ibis.Table, grades: ibis.Table, attendance: ibis.Table) -> ibis.Table:
    """Each pupil, school and term, and what keeps the pupil from being judged; NULL if nothing."""
    pupils = enrolled(enrolments)
    concerned = pupils.mutate(concerned=pupils.term, term=term_before(pupils.term))
    marks, months = _marks(grades, enrolments), _months(attendance)
    rows = concerned.left_join(marks, _TERM).drop("student_id_right", "term_right")
    rows = rows.left_join(months, _TERM).drop("student_id_right", "term_right")
    month = first_month_of_term(rows.concerned)
    is_before = ibis.or_(
        *(in_force(rule, month).isnull() for rule in (TARGET_ABSENCE_SHARE, TARGET_FAILED_SUBJECTS))
    )
    missing = ibis.cases(
        (is_before, "not_yet_valid"),
        (rows.has_marks.isnull() & rows.has_register.isnull(), "no_term_before"),
        (rows.has_marks.isnull(), "no_grades"),
        (~rows.has_marks, ibis.coalesce(rows.fault, "nothing_counted")),
        (rows.has_register.isnull(), "no_attendance"),
        (~rows.has_time, "no_scheduled_time"),
        (~rows.has_register, "no_register"),
    )
    return rows.select("student_id", "school_id", period=rows.concerned, missing=missing)


def _marks(grades: ibis.Table, enrolments: ibis.Table) -> ibis.Table:
    """Pupils and terms with marks at any school, whether some can be judged, and a fault if not."""
    found = reports(grades, enrolments)
    can_judge = found.fault.isnull() & found.has_counted
    return found.group_by(*_TERM).agg(has_marks=can_judge.any(), fault=found.fault.min())


def _months(attendance: ibis.Table) -> ibis.Table:
    """Pupils and terms with attendance, and whether any month has time and a register."""
    has_time = _.scheduled_minutes > 0
    return attendance.group_by("student_id", term=term_of_month(attendance.month)).agg(
        has_time=has_time.any(), has_register=(has_time & (_.reported_minutes > 0)).any()
    )


CONCERNED = Population(
    who_en="Every pupil of grades 7-9 at the school on the reference day of the term, "
    "1 September or 1 February.",
    reads=("core.enrolments", "core.grades", "core.attendance"),
    expected=expected,
)
