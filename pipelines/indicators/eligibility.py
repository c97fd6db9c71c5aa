"""Eligibility (behörighet): pupils whose final grades open a group of upper-secondary programmes.

One indicator per group in :data:`schemas.grading.PROGRAMMES`. Every pupil with a counted mark
counts, also one with only F or streck. The rules are those of the school year: before the leavers
of spring 2011, svenska, engelska and matematik opened every programme. Which final grades cannot
be judged: :mod:`pipelines.grading`.
"""

from collections.abc import Callable

import ibis
from ibis import _

from pipelines.grading import (
    ELIGIBILITY_BREAKS,
    SCALE_BREAKS,
    VOCATIONAL,
    final_standing,
    is_eligible,
)
from pipelines.indicators.registry import Example, Indicator, SeriesBreak
from pipelines.populations.grades import LEAVERS, READS
from schemas.grading import (
    LAST_BLOCK_LEVEL,
    PASSING_MARKS,
    PROGRAMMES,
    SUBJECTS_FOR_OTHERS,
    SUBJECTS_FOR_VOCATIONAL,
    Programme,
)


def eligibility(programme: Programme) -> Callable[..., ibis.Table]:
    """The function from grades and enrolments to who is eligible for ``programme``."""

    def compute(grades: ibis.Table, enrolments: ibis.Table) -> ibis.Table:
        pupils = final_standing(grades, enrolments)
        return pupils.filter(_.has_counted).select(
            "student_id",
            "school_id",
            period=pupils.school_year,
            numerator=is_eligible(programme, pupils).cast("float64"),
            denominator=ibis.literal(1).cast("float64"),
        )

    return compute


def asked_for(programme: Programme) -> str:
    """What a programme asks for, in words."""
    named = f", {', '.join(programme.required)} among them" if programme.required else ""
    return (
        f"a passing mark in SV or SVA, in EN, in MA and in {programme.other_subjects} other "
        f"subjects{named}"
    )


SUBJECTS = ("SVA", "EN", "MA", "BL", "HKK", "IDH", "MU", "SL")
MARKS = "\n".join(
    [
        "student_id | school_id | term | subject_code | scale_id | mark | is_final",
        *(f"p1 | A | 2016VT | {subject} | A-F | E | yes" for subject in SUBJECTS),
        "p1 | A | 2016VT | TK | A-F | F | yes",
    ]
)
"""A pupil with exactly what the vocational programmes ask for."""

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
        reads=READS,
        compute=eligibility(programme),
        breaks=tuple(map(SeriesBreak._make, (*ELIGIBILITY_BREAKS, *SCALE_BREAKS))),
        population=LEAVERS,
        rules=(
            SUBJECTS_FOR_VOCATIONAL if programme is VOCATIONAL else SUBJECTS_FOR_OTHERS,
            PASSING_MARKS,
            LAST_BLOCK_LEVEL,
        ),
        numerator_en=f"Pupils with {asked_for(programme)}.",
        denominator_en="Pupils with a mark or a streck in some subject, also with only F.",
        limits_en=(
            "Grades before examination (prövning) only. A dispensation from English is decided at "
            "admission and not known. Newly arrived pupils count like all others."
        ),
        example=Example(
            says=(
                "Swedish, English, mathematics and five other subjects are passed: enough for "
                "vocational programmes and for no others."
            ),
            tables={"core.grades": MARKS},
            numerator=float(programme is VOCATIONAL),
            denominator=1,
        ),
    )
    for programme in PROGRAMMES
)
