"""Outlook (utsikt till behörighet): pupils whose marks would open a programme if they were final.

Marks of every term of högstadiet before the final grades, judged by the same rules as final
grades. It says what is missing now, not what will be: most subjects go on. Which marks cannot be
judged: :mod:`pipelines.grading`.
"""

from collections.abc import Callable

import ibis
from ibis import _

from pipelines.grading import (
    ELIGIBILITY_BREAKS,
    SCALE_BREAKS,
    VOCATIONAL,
    is_eligible,
    standing_of_reports,
)
from pipelines.indicators.registry import Example, Indicator, SeriesBreak
from pipelines.populations.grades import BEFORE_FINAL, READS
from schemas.grading import (
    LAST_BLOCK_LEVEL,
    PASSING_MARKS,
    PROGRAMMES,
    SUBJECTS_FOR_OTHERS,
    SUBJECTS_FOR_VOCATIONAL,
    Programme,
)


def outlook(programme: Programme) -> Callable[..., ibis.Table]:
    """The function from grades and enrolments to whom ``programme`` would be open."""

    def compute(grades: ibis.Table, enrolments: ibis.Table) -> ibis.Table:
        pupils = standing_of_reports(grades, enrolments).filter(~_.is_final)
        return pupils.select(
            "student_id",
            "school_id",
            period=pupils.term,
            numerator=is_eligible(programme, pupils).cast("float64"),
            denominator=ibis.literal(1).cast("float64"),
        )

    return compute


SUBJECTS = ("SVA", "EN", "MA", "BL", "HKK", "IDH", "MU", "SL")
MARKS = "\n".join(
    [
        "student_id | school_id | term | subject_code | scale_id | mark | is_final",
        *(f"p1 | A | 2015HT | {subject} | A-F | E | no" for subject in SUBJECTS),
        "p1 | A | 2015HT | TK | A-F | F | no",
    ]
)

INDICATORS = tuple(
    Indicator(
        name=f"outlook_{programme.name}",
        title_en=f"Outlook for {programme.en}",
        title_sv=f"Utsikt till {programme.sv}",
        unit_en="share of pupils",
        unit_sv="andel av eleverna",
        kind="share",
        higher_is="better",
        source="SkolL (2010:800) 16 kap. 29-34 §§, on term grades; proposal of this project",
        period="term",
        yearly="spring",
        reads=READS,
        compute=outlook(programme),
        breaks=tuple(map(SeriesBreak._make, (*ELIGIBILITY_BREAKS, *SCALE_BREAKS))),
        population=BEFORE_FINAL,
        rules=(
            SUBJECTS_FOR_VOCATIONAL if programme is VOCATIONAL else SUBJECTS_FOR_OTHERS,
            PASSING_MARKS,
            LAST_BLOCK_LEVEL,
        ),
        numerator_en="Pupils whose term marks are enough for the programmes.",
        denominator_en="Pupils with term marks, not final, in which some subject counts.",
        limits_en=(
            "Not a forecast. A subject that a school has not begun counts as missing. The value "
            "of a school year is its spring term, so of grades 7 and 8 only; the last grade level "
            "stands under its autumn term."
        ),
        example=Example(
            says=(
                "Swedish, English, mathematics and five other subjects are passed in autumn: if "
                "these were final grades, vocational programmes would be open."
            ),
            tables={"core.grades": MARKS},
            numerator=float(programme is VOCATIONAL),
            denominator=1,
        ),
        is_published=programme is VOCATIONAL,
        is_drawn=False,
    )
    for programme in PROGRAMMES
)
