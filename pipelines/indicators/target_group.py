"""Target group (målgrupp): pupils with low goal attainment and high absence the term before.

The definition is :mod:`pipelines.target_group`.
"""

import ibis
from ibis import _

from pipelines.grading import SCALE_CHANGE
from pipelines.indicators.registry import Indicator, SeriesBreak
from pipelines.target_group import enrolled, target_group


def target_group_share(
    enrolments: ibis.Table, grades: ibis.Table, attendance: ibis.Table
) -> ibis.Table:
    """Each pupil of grades 7-9 on the reference day counts one, and is counted if in the group."""
    group = target_group(enrolments, grades, attendance).mutate(is_member=ibis.literal(value=True))
    pupils = enrolled(enrolments).left_join(group, ["student_id", "school_id", "term"])
    return pupils.select(
        "student_id",
        "school_id",
        period=_.term,
        numerator=_.is_member.notnull().cast("float64"),
        denominator=ibis.literal(1).cast("float64"),
    )


INDICATORS = (
    Indicator(
        name="target_group",
        title_en="Pupils in the target group",
        title_sv="Elever i målgruppen",
        unit_en="share of pupils",
        unit_sv="andel av eleverna",
        kind="share",
        higher_is="neither",
        source="Proposal of this project; thresholds are dated rules",
        period="term",
        yearly="any",
        reads=("core.enrolments", "core.grades", "core.attendance"),
        compute=target_group_share,
        breaks=(SeriesBreak(*SCALE_CHANGE),),
    ),
)
