"""Reach (räckvidd): pupils of the target group who had at least one day of support in the term.

Only schools that a project covers in the term. A pupil is reached by any project, also one that
met the pupil at another school. Support given outside the target group is not counted here.

The latest register of a participation tells how it ended. One that is still open there lasts,
as far as is known, to the end of that register's term: a register repeats a participation in
every term it touches, so a later term without it had none.
"""

import ibis
from ibis import _

from pipelines.calendar import (
    first_day_of_term,
    last_day_of_term,
    latest_by_term,
    term_order,
)
from pipelines.grading import SCALE_CHANGE
from pipelines.indicators.registry import Indicator, SeriesBreak
from pipelines.target_group import target_group


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
        breaks=(SeriesBreak(*SCALE_CHANGE),),
    ),
)
