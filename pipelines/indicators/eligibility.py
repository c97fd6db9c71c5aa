"""Eligibility (behörighet): pupils whose final grades open a group of upper-secondary programmes.

One indicator per group in :data:`schemas.grading.PROGRAMMES`. Every pupil with a counted mark
counts, also one with only F or streck. The rules apply from the leavers of spring 2011;
earlier ones fell under others and have no row.
"""

from collections.abc import Callable

import ibis
from ibis import _

from pipelines.grading import SCALE_CHANGE, final_grades, is_eligible, with_meaning
from pipelines.indicators.registry import Indicator, SeriesBreak
from schemas.grading import PROGRAMMES, Programme

FIRST_SCHOOL_YEAR = "2010/11"


def eligibility(programme: Programme) -> Callable[[ibis.Table], ibis.Table]:
    """The function from grades to who is eligible for ``programme``."""

    def compute(grades: ibis.Table) -> ibis.Table:
        leavers = with_meaning(final_grades(grades)).filter(_.school_year >= FIRST_SCHOOL_YEAR)
        pupils = leavers.group_by("student_id", "school_id", "school_year").agg(
            is_eligible=is_eligible(programme), is_counted=_.is_counted.any()
        )
        return pupils.filter(_.is_counted).select(
            "student_id",
            "school_id",
            period=_.school_year,
            numerator=_.is_eligible.cast("float64"),
            denominator=ibis.literal(1).cast("float64"),
        )

    return compute


INDICATORS = tuple(
    Indicator(
        name=f"eligibility_{programme.name}",
        title_en=f"Eligible for {programme.en}",
        title_sv=f"Behöriga till {programme.sv}",
        unit_en="share of pupils",
        unit_sv="andel av eleverna",
        kind="share",
        higher_is="better",
        source="SkolL (2010:800) 16 kap. 29-34 §§",
        period="school_year",
        yearly="sum",
        reads=("core.grades",),
        compute=eligibility(programme),
        breaks=(SeriesBreak(*SCALE_CHANGE),),
    )
    for programme in PROGRAMMES
)
