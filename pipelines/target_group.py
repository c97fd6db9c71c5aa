"""The target group (målgrupp) of the pilot: whom reach is measured against.

A pupil is in a school's target group for a term who is enrolled there in högstadiet, grades 7-9,
on the term's reference day (1 September or 1 February) and in the term before, wherever that was,

1. failed (F, IG or streck) at least :data:`schemas.rules.TARGET_FAILED_SUBJECTS` subjects,
2. was not eligible for vocational programmes on that term's marks, and
3. was absent, with or without leave, from at least
   :data:`schemas.rules.TARGET_ABSENCE_SHARE` of the scheduled time.

Months whose register was not filled in are left out of both sums of the third. Who has no
marks or no reported time in the term before is not in the group: unknown is not low. That is
so for pupils who arrive from outside the tables, and for everybody in their first term, and for
marks that cannot be judged (:mod:`pipelines.grading`). Before the first of the dated rules nobody
is in the group.

Source: proposal of this project; the decision of 2013 names low goal attainment and high
absence but gives no number.
"""

import ibis
from ibis import _

from pipelines.calendar import (
    first_month_of_term,
    in_force,
    reference_day_of_term,
    term_after,
    term_of_month,
)
from pipelines.grading import (
    VOCATIONAL,
    counted_subjects,
    is_eligible,
    is_in_stage,
    passed_subjects,
    reports,
    standing,
    subjects,
)
from schemas.rules import TARGET_ABSENCE_SHARE, TARGET_FAILED_SUBJECTS, Rule


def target_group(enrolments: ibis.Table, grades: ibis.Table, attendance: ibis.Table) -> ibis.Table:
    """Pupils of the target group: ``student_id``, ``school_id`` and ``term``, each once.

    Args:
        enrolments: :class:`schemas.pupils.Enrolments`.
        grades: :class:`schemas.grades.Grades`.
        attendance: :class:`schemas.attendance.Attendance`.
    """
    absent = _often_absent(attendance)
    failing = _failing(grades.semi_join(absent, ["student_id", "term"]), enrolments)
    term_concerned = failing.mutate(term=term_after(failing.term))
    return enrolled(enrolments).semi_join(term_concerned, ["student_id", "term"])


def enrolled(enrolments: ibis.Table) -> ibis.Table:
    """Pupils in högstadiet on the reference day of a term's register, once per school."""
    pupils = on_reference_day(enrolments)
    return pupils.select("student_id", "school_id", "term").distinct()


def on_reference_day(enrolments: ibis.Table) -> ibis.Table:
    """The rows of högstadiet that cover the reference day of their register's term."""
    day = reference_day_of_term(enrolments.term)
    covers_day = (_.start_date <= day) & (_.end_date.isnull() | (_.end_date >= day))
    return enrolments.filter(is_in_stage(enrolments), covers_day)


def _often_absent(attendance: ibis.Table) -> ibis.Table:
    """Pupils and terms with high absence over all schools; the limit is the next term's."""
    away = _.authorised_absence_minutes + _.unauthorised_absence_minutes
    known = attendance.filter(_.reported_minutes > 0, _.scheduled_minutes > 0)
    terms = known.group_by("student_id", term=term_of_month(known.month)).agg(
        share=away.sum() / _.scheduled_minutes.sum()
    )
    limit = _of_next_term(TARGET_ABSENCE_SHARE, terms.term)
    return terms.filter(_.share >= limit).select("student_id", "term")


def _failing(grades: ibis.Table, enrolments: ibis.Table) -> ibis.Table:
    """Pupils and terms with low goal attainment; a subject marked at two schools counts once."""
    judged = reports(grades, enrolments).filter(_.fault.isnull())
    once = subjects(grades, judged).group_by("student_id", "term", "subject")
    marks = once.agg(is_passing=_.is_passing.any(), is_counted=_.is_counted.any())
    failed = counted_subjects() - passed_subjects()
    terms = marks.group_by("student_id", "term").agg(failed=failed)
    limit = _of_next_term(TARGET_FAILED_SUBJECTS, terms.term)
    low = terms.filter(_.failed >= limit)
    pupils = standing(marks, "student_id", "term")
    unable = pupils.filter(~is_eligible(VOCATIONAL, pupils))
    return unable.semi_join(low, ["student_id", "term"]).select("student_id", "term")


def _of_next_term(rules: tuple[Rule, ...], term: ibis.ir.StringValue) -> ibis.ir.FloatingValue:
    return in_force(rules, first_month_of_term(term_after(term)))
