"""Target group (målgrupp): pupils with low goal attainment and high absence the term before.

A pupil of whom the term before tells too little has no value: unknown is not outside.
Who is in the group: :mod:`pipelines.target_group`.
"""

import ibis
from ibis import _

from pipelines.grading import SCALE_BREAKS
from pipelines.indicators.registry import Example, Indicator, SeriesBreak
from pipelines.populations.target_group import CONCERNED, expected
from pipelines.target_group import target_group
from schemas.rules import TARGET_ABSENCE_SHARE, TARGET_FAILED_SUBJECTS


def target_group_share(
    enrolments: ibis.Table, grades: ibis.Table, attendance: ibis.Table
) -> ibis.Table:
    """Each pupil who can be judged counts one, and is counted if in the group."""
    group = target_group(enrolments, grades, attendance).mutate(is_member=ibis.literal(value=True))
    pupils = expected(enrolments, grades, attendance).filter(_.missing.isnull())
    found = pupils.rename(term="period").left_join(group, ["student_id", "school_id", "term"])
    return found.select(
        "student_id",
        "school_id",
        period=_.term,
        numerator=_.is_member.notnull().cast("float64"),
        denominator=ibis.literal(1).cast("float64"),
    )


EXAMPLE = Example(
    says=(
        "p1 failed mathematics in autumn 2015 and passed only English, so was not eligible for a "
        "vocational programme, and was away 150 of 1 000 minutes, exactly 15 per cent. So p1 is "
        "in the target group of spring 2016."
    ),
    tables={
        "core.enrolments": """
            student_id | school_id | term   | grade_level | start_date
            p1         | A         | 2016VT | 8           | 2015-08-17
            """,
        "core.grades": """
            student_id | school_id | term   | subject_code | scale_id | mark
            p1         | A         | 2015HT | MA           | A-F      | F
            p1         | A         | 2015HT | EN           | A-F      | E
            """,
        "core.attendance": """
            student_id | school_id | month   | scheduled_minutes | reported_minutes | authorised_absence_minutes | unauthorised_absence_minutes
            p1         | A         | 2015-10 | 1000              | 1000             | 100                        | 50
            """,  # noqa: E501  a drawn table
    },
    numerator=1,
    denominator=1,
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
        breaks=tuple(map(SeriesBreak._make, SCALE_BREAKS)),
        population=CONCERNED,
        rules=(TARGET_FAILED_SUBJECTS, TARGET_ABSENCE_SHARE),
        numerator_en="1 if the pupil is in the target group in the term, else 0",
        denominator_en="1: every pupil of whom the term before is known",
        limits_en=(
            "A pupil new to the tables has no value in the first term, and in autumn grade 7 has "
            "one only if grade 6 set marks. One more failed subject or one more hour of absence "
            "moves a pupil across the limits; nothing tells how far from them a pupil is."
        ),
        example=EXAMPLE,
    ),
)
