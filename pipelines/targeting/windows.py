"""How far back the target group of some terms reads: those terms, and the one before each."""

from collections.abc import Callable, Collection, Sequence

import ibis

from pipelines.calendar import term_of_month
from schemas.calendar import term_before

TOGETHER = 4
"""Terms judged at once: six years of a large city do not fit into the engine's memory."""

Judged = Callable[[ibis.Table, ibis.Table, ibis.Table], ibis.Table]


def in_turn(
    judged: Judged,
    terms: Sequence[str],
    enrolments: ibis.Table,
    grades: ibis.Table,
    attendance: ibis.Table,
) -> ibis.Table:
    """What is judged of some terms, a few at a time.

    Args:
        judged: Makes rows with a ``term`` from what :func:`behind` gives.
        terms: Whose, at least one.
        enrolments: :class:`schemas.pupils.Enrolments`.
        grades: :class:`schemas.grades.Grades`.
        attendance: :class:`schemas.attendance.Attendance`.
    """
    parts = []
    for first in range(0, len(terms), TOGETHER):
        few = terms[first : first + TOGETHER]
        rows = judged(*behind(few, enrolments, grades, attendance))
        parts.append(rows.filter(rows.term.isin(few)))
    return parts[0] if len(parts) == 1 else ibis.union(*parts)


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
