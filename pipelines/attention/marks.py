"""What a pupil's marks say: low attainment, eligibility for vocational programmes, and what lacks.

Marks of a term count over all schools, as for the target group (:mod:`pipelines.target_group`);
those that cannot be judged (:mod:`pipelines.grading`) are unknown.
"""

import ibis
from ibis import _

from pipelines.attention.standing import limit_after
from pipelines.calendar import term_order
from pipelines.grading import (
    CORE,
    REPORT,
    VOCATIONAL,
    counted_subjects,
    is_eligible,
    passed_subjects,
    reports,
    standing,
    with_meaning,
)
from schemas.rules import ATTENTION_FAILED_WITHIN, ATTENTION_MORE_FAILED, TARGET_FAILED_SUBJECTS

COLUMNS = (
    *("student_id", "term", "term_number", "failed_subjects", "low_attainment"),
    *("not_eligible", "missing_core", "other_subjects_short"),
)


def judged_marks(grades: ibis.Table, enrolments: ibis.Table) -> ibis.Table:
    """Each pupil's marks of a term, where some can be judged.

    Args:
        grades: :class:`schemas.grades.Grades`.
        enrolments: :class:`schemas.pupils.Enrolments`.

    Returns:
        ``COLUMNS``; ``missing_core`` has codes, such as ``SV MA``, and is empty if none lacks.
    """
    can_be_judged = reports(grades, enrolments).filter(_.fault.isnull(), _.has_counted)
    marks = (
        with_meaning(grades)
        .semi_join(can_be_judged, REPORT)
        .group_by("student_id", "term", "subject")
        .agg(is_passing=_.is_passing.any(), is_counted=_.is_counted.any())
    )
    failed = marks.group_by("student_id", "term").agg(
        failed_subjects=counted_subjects() - passed_subjects()
    )
    terms = standing(marks, "student_id", "term").join(failed, ["student_id", "term"])
    lacks = [(~terms[f"passed_{code.lower()}"]).ifelse(f" {code}", "") for code in CORE]
    marked = terms.mutate(
        term_number=term_order(terms.term),
        low_attainment=terms.failed_subjects >= limit_after(TARGET_FAILED_SUBJECTS, terms.term),
        not_eligible=~is_eligible(VOCATIONAL, terms),
        missing_core=sum(lacks[1:], start=lacks[0]).strip(),
        other_subjects_short=ibis.greatest(VOCATIONAL.other_subjects - terms.others, 0),
    )
    return marked.select(COLUMNS)


def with_signs(marks: ibis.Table) -> ibis.Table:
    """Add ``near_failing`` and ``more_failed``, unknown without marks of the term before.

    Args:
        marks: Rows of :func:`judged_marks`.
    """
    before = marks.select(
        "student_id", term_number=_.term_number + 1, failed_before=_.failed_subjects
    )
    both = marks.left_join(before, ["student_id", "term_number"])
    limit = limit_after(TARGET_FAILED_SUBJECTS, both.term)
    near = ibis.greatest(limit - limit_after(ATTENTION_FAILED_WITHIN, both.term), 1.0)
    more = both.failed_subjects - both.failed_before
    is_near = ~both.low_attainment & (both.failed_subjects >= near)
    return both.select(
        *marks.columns,
        near_failing=ibis.ifelse(limit.isnull(), None, is_near),
        more_failed=more >= limit_after(ATTENTION_MORE_FAILED, both.term),
    )
