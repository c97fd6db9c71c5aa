"""Grade scales and eligibility as expressions: what several indicators say of marks.

The scales, subjects and programmes themselves are data in :mod:`schemas.grading`.
"""

import ibis
from ibis import _

from pipelines.calendar import latest_by_term, school_year_of_term
from schemas.grading import CORE_SUBJECTS, GRADE_SCALES, SWEDISH, Mark, Programme

SWEDISH_SCALES = ("A-F", "G-MVG")
"""Scales that merit value and eligibility are defined for."""

SCALE_CHANGE = (
    "2012/13",
    "Betygsskalan A-F ersatte G-MVG från hösten 2012",
    "Grade scale A-F replaced G-MVG from autumn 2012",
)
"""First school year of the new scale, and why the year before is no comparison (sv, en)."""


def with_meaning(grades: ibis.Table) -> ibis.Table:
    """Add what each mark means: ``points``, ``is_passing`` and ``is_counted``."""
    columns = dict(zip(Mark._fields, zip(*GRADE_SCALES, strict=True), strict=True))
    schema = {"scale_id": "string", "mark": "string", "points": "float64"}
    schema |= {"is_passing": "boolean", "is_counted": "boolean"}
    scales = ibis.memtable({k: list(v) for k, v in columns.items()}, schema=ibis.schema(schema))
    return grades.join(scales, ["scale_id", "mark"])


def final_grades(grades: ibis.Table) -> ibis.Table:
    """Final grades (slutbetyg) on a Swedish scale, the last document of each school year.

    A final grade is given once, at the end of grade 9 (SkolF 6 kap. 14 §). Where a school
    gives one in both terms of a school year, the later replaces the earlier.
    """
    final = grades.filter(_.is_final == "yes", _.scale_id.isin(SWEDISH_SCALES))
    dated = final.mutate(school_year=school_year_of_term(final.term))
    return latest_by_term(dated, "student_id", "school_id", "school_year")


def counted_subjects() -> ibis.Deferred:
    """Subjects with a mark or a streck [count], over rows that hold a subject once.

    Svenska and svenska som andraspråk replace each other (SkolF 5 kap. 15 §): marks in both
    are a data error and one subject.
    """
    return _once_for_swedish(_.is_counted)


def passed_subjects() -> ibis.Deferred:
    """Subjects passed [count]; of svenska and svenska som andraspråk, the better mark."""
    return _once_for_swedish(_.is_passing)


def is_eligible(programme: Programme) -> ibis.Deferred:
    """Whether the marks reach what ``programme`` asks for, over rows that hold a subject once.

    Any passed subject is an "other" one, språkval, elevens val and modersmål among them. The
    dispensation from English (16 kap. 32 §) is decided at admission and not known here.

    Source:
        SkolL (2010:800) 16 kap. 30-31 §§.
    """
    others = (_.is_passing & ~_.subject_code.isin([*SWEDISH, *CORE_SUBJECTS])).sum()
    needed = [_passes(code) for code in (*CORE_SUBJECTS, *programme.required)]
    return ibis.and_(_passes(*SWEDISH), *needed, others >= programme.other_subjects)


def _passes(*codes: str) -> ibis.Deferred:
    return (_.is_passing & _.subject_code.isin(codes)).any()


def _once_for_swedish(is_so: ibis.Deferred) -> ibis.Deferred:
    is_swedish = _.subject_code.isin(SWEDISH)
    return (is_so & ~is_swedish).sum() + (is_so & is_swedish).any().cast("int64")
