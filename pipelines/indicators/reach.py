"""Reach (räckvidd): pupils of the target group who had at least one day of support in the term.

Only schools that a project covers in the term. A pupil is reached by any project, also one that
met the pupil at another school. Support given outside the target group is not counted here.

The latest register of a participation tells how it ended. One that is still open there lasts,
as far as is known, to the end of that register's term: a register repeats a participation in
every term it touches, so a later term without it had none.

Who is in the group: :mod:`pipelines.target_group`.
"""

import ibis
from ibis import _

from pipelines.calendar import (
    first_day_of_term,
    last_day_of_term,
    latest_by_term,
    term_order,
)
from pipelines.grading import SCALE_BREAKS
from pipelines.indicators.registry import Example, Indicator, SeriesBreak
from pipelines.target_group import target_group
from schemas.rules import TARGET_ABSENCE_SHARE, TARGET_FAILED_SUBJECTS


def reach(
    enrolments: ibis.Table,
    grades: ibis.Table,
    attendance: ibis.Table,
    participation: ibis.Table,
    project_schools: ibis.Table,
) -> ibis.Table:
    """Each pupil of the target group counts one, and is counted if supported in the term."""
    group = _covered(target_group(enrolments, grades, attendance), project_schools)
    supported = _supported(group, participation).mutate(is_reached=ibis.literal(value=True))
    return group.left_join(supported, ["student_id", "term"]).select(
        "student_id",
        "school_id",
        period=_.term,
        numerator=_.is_reached.notnull().cast("float64"),
        denominator=ibis.literal(1).cast("float64"),
    )


def _covered(group: ibis.Table, project_schools: ibis.Table) -> ibis.Table:
    """The rows of ``group`` whose school some project covers in the term."""
    order = term_order(group.term)
    has_started = order >= term_order(project_schools.first_term)
    lasts = project_schools.last_term.isnull() | (order <= term_order(project_schools.last_term))
    at_school = group.school_id == project_schools.school_id
    return group.semi_join(project_schools, [at_school, has_started, lasts])


def _supported(group: ibis.Table, participation: ibis.Table) -> ibis.Table:
    """Pupils and terms of ``group`` with a day of support."""
    latest = latest_by_term(participation, "student_id", "project_id", "start_date")
    support = latest.select(
        "student_id",
        first_day=_.start_date,
        last_day=ibis.coalesce(latest.end_date, last_day_of_term(latest.term)),
    )
    pupils = group.select("student_id", "term").distinct().join(support, "student_id")
    starts_in_time = pupils.first_day <= last_day_of_term(pupils.term)
    ends_in_time = pupils.last_day >= first_day_of_term(pupils.term)
    return pupils.filter(starts_in_time, ends_in_time).select("student_id", "term").distinct()


EXAMPLE = Example(
    says=(
        "p1 is in the target group of school A in spring 2016: failed mathematics and was away "
        "half the time in the autumn. The project north covers the school, and p1's support began "
        "on the last day of May, so p1 is reached."
    ),
    tables={
        "core.enrolments": """
            student_id | school_id | term   | grade_level | start_date
            p1         | A         | 2016VT | 8           | 2015-08-17
            """,
        "core.grades": """
            student_id | school_id | term   | subject_code | scale_id | mark
            p1         | A         | 2015HT | MA           | A-F      | F
            """,
        "core.attendance": """
            student_id | school_id | month   | scheduled_minutes | reported_minutes | authorised_absence_minutes | unauthorised_absence_minutes
            p1         | A         | 2015-10 | 1000              | 1000             | 0                          | 500
            """,  # noqa: E501  a drawn table
        "core.participation": """
            student_id | project_id | term   | start_date
            p1         | north      | 2016VT | 2016-05-31
            """,
        "core.project_schools": """
            project_id | school_id | first_term
            north      | A         | 2014HT
            """,
    },
    numerator=1,
    denominator=1,
)

INDICATORS = (
    Indicator(
        name="reach",
        title_en="Reach",
        title_sv="Räckvidd i målgruppen",
        unit_en="share of the target group",
        unit_sv="andel av målgruppen",
        kind="share",
        higher_is="better",
        source="Proposal of this project",
        period="term",
        yearly="any",
        reads=(
            "core.enrolments",
            "core.grades",
            "core.attendance",
            "core.participation",
            "core.project_schools",
        ),
        compute=reach,
        breaks=tuple(map(SeriesBreak._make, SCALE_BREAKS)),
        rules=(TARGET_FAILED_SUBJECTS, TARGET_ABSENCE_SHARE),
        numerator_en="1 if the pupil had at least one day of support in the term, else 0",
        denominator_en="1: every pupil of the target group at a school that a project covers",
        limits_en=(
            "A day of support counts as much as a term of it. Who cannot be judged is not in the "
            "target group, so pupils in need of support may be left out. The share says nothing "
            "of what the support achieved."
        ),
        example=EXAMPLE,
    ),
)
