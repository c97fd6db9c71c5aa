"""Unplanned dropouts (oplanerade avhopp): pupils whose support ended before it was meant to.

Out of the pupils whose support ended in the school year, at the school they went to when it
started. The reason decides (:data:`schemas.codes.END_REASONS`). An unknown reason is neither
planned nor unplanned: the pupil stays in the denominator, so the share is at least what it
shows. The numerator is also the number of dropouts.
"""

import ibis
from ibis import _

from pipelines.calendar import latest_by_term, school_year_of_date
from pipelines.indicators.registry import Example, Indicator
from schemas.codes import END_REASONS, of_group

UNPLANNED = of_group(END_REASONS, "unplanned")


def unplanned_dropouts(participation: ibis.Table) -> ibis.Table:
    """Each pupil with an end counts one, and is counted if any end was unplanned."""
    latest = latest_by_term(participation, "student_id", "project_id", "start_date")
    ended = latest.filter(_.end_date.notnull())
    pupils = ended.group_by(
        "student_id", "school_id", period=school_year_of_date(ended.end_date)
    ).agg(is_dropout=_.end_reason.isin(UNPLANNED).any())
    return pupils.select(
        "student_id",
        "school_id",
        "period",
        numerator=_.is_dropout.cast("float64"),
        denominator=ibis.literal(1).cast("float64"),
    )


EXAMPLE = Example(
    says=(
        "p1's support by the project north ended in November because p1 did not attend. A second "
        "support ended as planned in May of the same school year: p1 counts once, as a dropout."
    ),
    tables={
        "core.participation": """
            student_id | project_id | school_id | term   | start_date | end_date   | end_reason
            p1         | north      | A         | 2015HT | 2015-09-01 | 2015-11-20 | did_not_attend
            p1         | north      | A         | 2016VT | 2016-02-01 | 2016-05-31 | completed
            """,
    },
    numerator=1,
    denominator=1,
)

INDICATORS = (
    Indicator(
        name="unplanned_dropouts",
        title_en="Unplanned dropouts",
        title_sv="Oplanerade avhopp",
        unit_en="share of the pupils whose support ended",
        unit_sv="andel av eleverna vars insats avslutades",
        kind="share",
        higher_is="worse",
        source="Proposal of this project",
        period="school_year",
        yearly="sum",
        reads=("core.participation",),
        compute=unplanned_dropouts,
        numerator_en="1 if any of the pupil's support ended unplanned in the school year, else 0",
        denominator_en="1: every pupil whose support ended in the school year",
        limits_en=(
            "The reason is the team's own word, and an unknown one counts as no dropout. Who "
            "ended differs between projects, so the share rests on few pupils in most of them. "
            "Support that nobody reported as ended is not here."
        ),
        example=EXAMPLE,
    ),
)
