"""The target group month by month, by what was known after each month.

Everybody in grades 7-9 with a day of enrolment in the month, judged by the rule in force in it:

* *marks* of the term once its last month (December, June) has come, if some can be judged;
  else those of the term before;
* *absence* of the term so far, if some month of it has time and a register; else of the whole
  term before. Nothing later than the month counts.

So a month of which nothing is known yet has the group frozen for its term, and the last month,
when everything is reported, that of the next. Absence of the first weeks rests on little:
``absence_months`` says on how many months. The attention list (:mod:`pipelines.attention`) says
*now* in the same way.
"""

from collections.abc import Collection

import ibis
from ibis import _

from pipelines.attention.standing import last_month_of_teaching
from pipelines.calendar import term_order
from pipelines.grading import is_in_stage
from pipelines.targeting.criteria import judged
from pipelines.targeting.facts import ABSENCE, MARKS, absence_of, marks_of_terms, months_of_pupils
from pipelines.targeting.pupils import once_per_school
from pipelines.targeting.windows import behind
from schemas.target_group import TargetGroupMonths

LIST = ["student_id", "month"]


def pupils_of_months(
    enrolments: ibis.Table,
    grades: ibis.Table,
    attendance: ibis.Table,
    *,
    terms: Collection[str],
) -> ibis.Table:
    """Every pupil of the months of some terms, with each criterion as it was known then.

    Months are those of which some school delivered attendance.

    Args:
        enrolments: :class:`schemas.pupils.Enrolments`.
        grades: :class:`schemas.grades.Grades`.
        attendance: :class:`schemas.attendance.Attendance`.
        terms: Terms to tell; each rests on itself and on the term before.

    Returns:
        Rows of :class:`schemas.target_group.TargetGroupMonths`.
    """
    registers, some_grades, dated = behind(terms, enrolments, grades, attendance)
    marks = marks_of_terms(some_grades, registers)
    known = months_of_pupils(dated)
    months = _months(known, terms)
    pupils = _registered(registers.filter(_.term.isin(sorted(terms))), months)
    rows = _beside(pupils, _marks_at(marks, months), MARKS)
    rows = _beside(rows, _absence_at(known, months), ABSENCE)
    return judged(rows, rows.month).select(TargetGroupMonths.columns())


def _months(known: ibis.Table, terms: Collection[str]) -> ibis.Table:
    """``month``, ``term``, ``term_number``, and whether the term's marks are given in it."""
    months = known.filter(_.term.isin(sorted(terms))).select("month", "term").distinct()
    return months.mutate(
        term_number=term_order(months.term),
        has_ended=months.month >= last_month_of_teaching(months.term),
    )


def _registered(registers: ibis.Table, months: ibis.Table) -> ibis.Table:
    """Pupils of högstadiet with a day of enrolment in the month, once per school."""
    here = registers.filter(is_in_stage(registers)).join(months, "term")
    has_begun = here.start_date.cast("string") <= here.month + "-31"
    lasts = here.end_date.isnull() | (here.end_date.cast("string") >= here.month + "-01")
    return once_per_school(here.filter(has_begun, lasts), "month")


def _marks_at(marks: ibis.Table, months: ibis.Table) -> ibis.Table:
    """The latest marks known in each month; those that cannot be judged only for want of others."""
    given = months.filter(_.has_ended).select("month", "term_number").join(marks, "term_number")
    return _later(given, _before(marks, months), MARKS)


def _absence_at(known: ibis.Table, months: ibis.Table) -> ibis.Table:
    """Absence of the term so far in each month; of the term before only for want of it."""
    until = months.select("term", until=_.month)
    so_far = known.join(until, "term").filter(_.month <= _.until).drop("month")
    here = absence_of(so_far, "until").rename(month="until")
    return _later(here, _before(absence_of(known), months), ABSENCE)


def _before(known: ibis.Table, months: ibis.Table) -> ibis.Table:
    """What is known of the term before each month's."""
    return months.select("month", term_number=_.term_number - 1).join(known, "term_number")


def _later(here: ibis.Table, before: ibis.Table, columns: tuple[str, ...]) -> ibis.Table:
    """What is known of this term, else of the one before; of neither, what is told of this one."""
    names = [*LIST, *columns]
    both = here.select(names).outer_join(before.select(names), LIST, rname="{name}_before")
    term, missing = columns[0], columns[-1]
    is_known_before = both[f"{term}_before"].notnull() & both[f"{missing}_before"].isnull()
    is_of_before = both[term].isnull() | (both[missing].notnull() & is_known_before)
    return both.select(
        **{name: ibis.coalesce(both[name], both[f"{name}_before"]) for name in LIST},
        **{name: is_of_before.ifelse(both[f"{name}_before"], both[name]) for name in columns},
    )


def _beside(rows: ibis.Table, known: ibis.Table, columns: tuple[str, ...]) -> ibis.Table:
    return rows.left_join(known, LIST).select(rows, *columns)
