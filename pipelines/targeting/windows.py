"""How far back the target group of some terms reads: those terms, and the one before each."""

from collections.abc import Collection

import ibis

from pipelines.calendar import term_of_month
from schemas.calendar import term_before


def behind(
    terms: Collection[str], enrolments: ibis.Table, grades: ibis.Table, attendance: ibis.Table
) -> tuple[ibis.Table, ibis.Table, ibis.Table]:
    """Registers, marks and months of some terms and of the term before each.

    Args:
        terms: Whose target group is asked for.
        enrolments: :class:`schemas.pupils.Enrolments`.
        grades: :class:`schemas.grades.Grades`.
        attendance: :class:`schemas.attendance.Attendance`.
    """
    wanted = sorted({*terms, *(term_before(term) for term in terms)})
    return (
        enrolments.filter(enrolments.term.isin(wanted)),
        grades.filter(grades.term.isin(wanted)),
        attendance.filter(term_of_month(attendance.month).isin(wanted)),
    )
