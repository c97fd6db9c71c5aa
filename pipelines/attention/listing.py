"""The early attention list (uppmärksamhetslista): a school's pupils by a rule, not by a score.

Listed is who, in högstadiet and enrolled in the month the list stands at, meets the conditions
of the target group (:mod:`pipelines.target_group`) on what is known now, or is heading there.
*Now* is the marks of the term once its last month has come, else those of the term before; and
the absence of the term so far, else that of the term before. So before anything is reported of
a term, all three conditions make the target group of that term; once all is reported, that of
the next. Marks and absence count over all schools, and every limit is the one that the next
target group will be judged by.

Conditions: low attainment, not eligible for vocational programmes, high absence. Signs:

* absence of the last two months reported at or above the limit, whatever the term as a whole;
* failed subjects within :data:`schemas.rules.ATTENTION_FAILED_WITHIN` of the limit;
* :data:`schemas.rules.ATTENTION_MORE_FAILED` failed subjects more than on the marks before;
* absence of the last two months reported up by :data:`schemas.rules.ATTENTION_ABSENCE_RISE`
  from the two before those.

The first two put a pupil on the list by themselves, the others only beside a condition. The
rungs are :data:`schemas.attention.RUNGS`. What is unknown is never met, and never counted as not
met either.

Source: proposal of this project; the decision of 2013 asks for low goal attainment, lacking or
at risk of lacking eligibility, and high absence, and gives no number.
"""

import ibis
from ibis import _

from pipelines.attention.absence import absence_so_far, known_months, terms_of_months
from pipelines.attention.marks import judged_marks, with_signs
from pipelines.attention.runs import begun
from pipelines.attention.standing import (
    Standing,
    last_month_of_teaching,
    term_numbered,
    terms_behind,
)
from pipelines.attention.support import with_coverage, with_support
from pipelines.calendar import term_of_month, term_order
from pipelines.grading import is_in_stage
from pipelines.target_group import enrolled
from schemas.attention import AttentionList

CONDITIONS = ("low_attainment", "not_eligible", "high_absence")
LIST = ["student_id", "term"]
NO = ibis.literal(value=False)


def attention_list(
    enrolments: ibis.Table,
    grades: ibis.Table,
    attendance: ibis.Table,
    participation: ibis.Table,
    *,
    stands_at: Standing,
) -> ibis.Table:
    """The pupils of each school and term who are on the list.

    A pupil's row does not depend on other pupils.

    Args:
        enrolments: :class:`schemas.pupils.Enrolments`, of every term.
        grades: :class:`schemas.grades.Grades`, of every term.
        attendance: :class:`schemas.attendance.Attendance`, of every month.
        participation: :class:`schemas.support.Participation`, of every term.
        stands_at: From a term to the month its list stands at; what is later counts for nothing.

    Returns:
        Rows of :class:`schemas.attention.AttentionList`.
    """
    everybody = judged(enrolments, grades, attendance, stands_at=stands_at)
    rows = everybody.filter(_.rung.notnull()).cache()
    rows = _with_runs_of_marks(rows, grades, enrolments)
    rows = _with_since(_with_runs_of_absence(rows, attendance)).cache()
    rows = with_coverage(rows, enrolments, attendance).cache()
    return with_support(rows, participation).select(AttentionList.columns())


def judged(
    enrolments: ibis.Table, grades: ibis.Table, attendance: ibis.Table, *, stands_at: Standing
) -> ibis.Table:
    """Every pupil of högstadiet in the month a list stands at; who is not on it has no ``rung``.

    Args:
        enrolments: Of every term.
        grades: Of every term.
        attendance: Of every month.
        stands_at: From a term to the month its list stands at.

    Returns:
        ``student_id``, ``school_id``, ``term``, ``month``, ``grade_level``, ``rung`` and what it
        rests on.
    """
    pupils = _pupils(enrolments, stands_at).cache()
    registers = enrolments.semi_join(terms_behind(pupils, 2), "term")
    some_grades = grades.semi_join(terms_behind(pupils, 2), "term")
    own_marks = judged_marks(some_grades.semi_join(pupils, "student_id"), registers)
    marks = with_signs(own_marks.cache()).cache()
    dated = attendance.mutate(term=term_of_month(attendance.month))
    some_months = dated.semi_join(terms_behind(pupils, 2), "term").drop("term")
    months = known_months(some_months.semi_join(pupils, "student_id")).cache()
    whole, so_far = absence_so_far(months, stands_at)
    given = marks.filter(stands_at(marks.term) == last_month_of_teaching(marks.term))
    rows = _beside(pupils, _else_before(given, marks), term="marks_term")
    rows = _beside(rows, _else_before(so_far, whole), term="absence_term")
    return _with_rung(_with_group(rows, enrolled(enrolments), marks, whole))


def _pupils(enrolments: ibis.Table, stands_at: Standing) -> ibis.Table:
    """Pupils with a day of enrolment in the month, once per school."""
    month = stands_at(enrolments.term)
    has_begun = _.start_date.cast("string") <= month + "-31"
    lasts = _.end_date.isnull() | (_.end_date.cast("string") >= month + "-01")
    here = enrolments.mutate(month=month).filter(is_in_stage(enrolments), has_begun, lasts)
    pupils = here.group_by("student_id", "school_id", "term", "month").agg(
        grade_level=_.grade_level.max(), class_name=_.class_name.argmax(_.start_date)
    )
    return pupils.mutate(term_number=term_order(pupils.term))


def _else_before(this_term: ibis.Table, any_term: ibis.Table) -> ibis.Table:
    """What is known for the list of each term: of the term itself, else of the one before."""
    before = any_term.mutate(term_number=any_term.term_number + 1)
    return this_term.union(before.anti_join(this_term, ["student_id", "term_number"]))


def _beside(pupils: ibis.Table, known: ibis.Table, *, term: str) -> ibis.Table:
    """Pupils with what is known of them; ``term`` is what its term is to be called."""
    keys = ["student_id", "term_number"]
    joined = pupils.left_join(known.rename({term: "term"}), keys)
    return joined.drop(*(f"{key}_right" for key in keys))


def _with_group(
    rows: ibis.Table, counted: ibis.Table, marks: ibis.Table, absence: ibis.Table
) -> ibis.Table:
    """Add who is in the target group: judged by the term before, on the reference day."""
    failing = marks.filter(_.low_attainment, _.not_eligible)
    members = failing.semi_join(absence.filter(_.high_absence), ["student_id", "term"]).select(
        "student_id", term=term_numbered(_.term_number + 1)
    )
    keys = ["student_id", "school_id", "term"]
    group = counted.semi_join(members, LIST).mutate(in_group=ibis.literal(value=True))
    joined = rows.left_join(group, keys).select(rows, "in_group")
    return joined.mutate(in_target_group=joined.in_group.notnull())


def _with_rung(rows: ibis.Table) -> ibis.Table:
    """Add the number of conditions met, and the place on the list."""
    met = sum((rows[name].fill_null(NO).cast("int64") for name in CONDITIONS), ibis.literal(0))
    is_near = rows.recent_absence.fill_null(NO) | rows.near_failing.fill_null(NO)
    has_sign = is_near | rows.more_failed.fill_null(NO) | rows.rising_absence.fill_null(NO)
    rung = ibis.cases(
        (met == len(CONDITIONS), "all_three"),
        (met == len(CONDITIONS) - 1, "one_short"),
        ((met == 1) & has_sign, "one_and_sign"),
        ((met == 0) & is_near, "sign_only"),
        (rows.in_target_group, "group_only"),
    )
    return rows.mutate(conditions=met.cast("int64"), rung=rung)


def _with_runs_of_marks(rows: ibis.Table, grades: ibis.Table, enrolments: ibis.Table) -> ibis.Table:
    """Add since when each condition on marks is met."""
    history = judged_marks(grades.semi_join(rows, "student_id"), enrolments).cache()
    for name in CONDITIONS[:2]:
        known = history.select("student_id", period=_.term_number, is_met=_[name])
        rows = _with_run(rows, name, known, present=term_order(rows.marks_term))
    return rows


def _with_runs_of_absence(rows: ibis.Table, attendance: ibis.Table) -> ibis.Table:
    """Add since when absence of terms, and of months, is high."""
    months = known_months(attendance.semi_join(rows, "student_id")).cache()
    terms = terms_of_months(months).select(
        "student_id", period=_.term_number, is_met=_.high_absence
    )
    rows = _with_run(rows, "high_absence", terms, present=term_order(rows.absence_term))
    known = months.select("student_id", period=_.month, is_met=_.month_is_high)
    rows = _with_run(rows, "month_is_high", known, present=rows.last_month)
    return rows.rename(high_months_since="month_is_high_since")


def _with_run(
    rows: ibis.Table, name: str, history: ibis.Table, *, present: ibis.Value
) -> ibis.Table:
    """Add ``<name>_since``: where the run began that a condition met now is the last of."""
    lists = rows.mutate(present=present).filter(rows[name]).select(*LIST, "present").distinct()
    since = begun(lists, history).rename({f"{name}_since": "since"})
    return rows.left_join(since, LIST).drop(*(f"{key}_right" for key in LIST))


def _with_since(rows: ibis.Table) -> ibis.Table:
    """Add since when all conditions met now have been met, and write terms as words."""
    since = {f"{name}_since": rows[f"{name}_since"] for name in CONDITIONS}
    latest = ibis.greatest(*(number.fill_null(0) for number in since.values()))
    words = {name: term_numbered(number) for name, number in since.items()}
    return rows.mutate(since=term_numbered(latest.nullif(0)), **words)
