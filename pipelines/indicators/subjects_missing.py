"""Subjects missing (ämnen som saknas till yrkesprogram): how far marks are from eligible.

Core subjects not passed, one each of svenska or svenska som andraspråk, engelska and matematik,
and as many as the passed other subjects fall short of five: ``core subjects not passed + max(0,
5 - other subjects passed)``, at most 8. A subject without a passing mark is not passed, whether
failed, without basis for a mark or not read. Marks of every term, final grades among them. Before
the leavers of spring 2011 no other subjects were needed. Which marks cannot be judged:
:mod:`pipelines.grading`.
"""

from collections.abc import Callable

import ibis

from pipelines.grading import (
    CORE,
    ELIGIBILITY_BREAKS,
    REPORT,
    SCALE_BREAKS,
    lacking_for_vocational,
)
from pipelines.indicators.registry import Example, Indicator, SeriesBreak
from pipelines.populations.grades import MARKED_ON_SWEDISH_SCALE, READS
from schemas.grading import LAST_BLOCK_LEVEL, PASSING_MARKS, SUBJECTS_FOR_VOCATIONAL

NAMES = {
    "SV": ("swedish", "Swedish", "svenska"),
    "EN": ("english", "English", "engelska"),
    "MA": ("mathematics", "mathematics", "matematik"),
}
"""Of a core subject: part of the indicator's name, and what it is called (en, sv)."""

MARKS = """
    student_id | school_id | term   | subject_code | scale_id | mark
    p1         | A         | 2015HT | SVA          | A-F      | E
    p1         | A         | 2015HT | EN           | A-F      | F
    p1         | A         | 2015HT | MA           | A-F      | adapted
    p1         | A         | 2015HT | BL           | A-F      | C
    p1         | A         | 2015HT | IDH          | A-F      | -
    p1         | A         | 2015HT | MLARA        | A-F      | A
    p1         | A         | 2015HT | SL           | A-F      | E
    """


def subjects_missing(grades: ibis.Table, enrolments: ibis.Table) -> ibis.Table:
    """Subjects short of eligible for vocational programmes, per pupil, school and term."""
    pupils = lacking_for_vocational(grades, enrolments)
    return _values(pupils, pupils.subjects_short)


def not_passed(code: str) -> Callable[..., ibis.Table]:
    """The function from grades and enrolments to who has not passed a core subject."""

    def compute(grades: ibis.Table, enrolments: ibis.Table) -> ibis.Table:
        pupils = lacking_for_vocational(grades, enrolments)
        return _values(pupils, pupils[f"lacks_{code.lower()}"])

    return compute


def _values(pupils: ibis.Table, number: ibis.Value) -> ibis.Table:
    one = ibis.literal(1).cast("float64")
    return pupils.select(*REPORT, numerator=number.cast("float64"), denominator=one).rename(
        period="term"
    )


SUBJECTS_MISSING = Indicator(
    name="subjects_missing_for_vocational",
    title_en="Subjects missing for vocational programmes",
    title_sv="Ämnen som saknas till yrkesprogram",
    unit_en="subjects per pupil",
    unit_sv="ämnen per elev",
    kind="mean",
    higher_is="worse",
    source="SkolL (2010:800) 16 kap. 30 §; proposal of this project",
    period="term",
    yearly="spring",
    reads=READS,
    compute=subjects_missing,
    breaks=tuple(map(SeriesBreak._make, (*ELIGIBILITY_BREAKS, *SCALE_BREAKS))),
    population=MARKED_ON_SWEDISH_SCALE,
    rules=(SUBJECTS_FOR_VOCATIONAL, PASSING_MARKS, LAST_BLOCK_LEVEL),
    numerator_en=(
        "Core subjects not passed, and what the other passed subjects fall short of five."
    ),
    denominator_en="Pupils with marks of the term in which some subject counts.",
    limits_en=(
        "A subject that the school has not begun counts as missing. That two subjects are "
        "missing does not say that they are equally far from a pass."
    ),
    example=Example(
        says=(
            "English is failed and mathematics not read: two core subjects. Three other subjects "
            "are passed, so two more are missing."
        ),
        tables={"core.grades": MARKS},
        numerator=4,
        denominator=1,
    ),
    is_drawn=False,
)

NOT_PASSED = tuple(
    Indicator(
        name=f"not_passed_{NAMES[code][0]}",
        title_en=f"Not passed: {NAMES[code][1]}",
        title_sv=f"Inte godkänt i {NAMES[code][2]}",
        unit_en="share of pupils",
        unit_sv="andel av eleverna",
        kind="share",
        higher_is="worse",
        source="SkolL (2010:800) 16 kap. 30 §; proposal of this project",
        period="term",
        yearly="spring",
        reads=READS,
        compute=not_passed(code),
        breaks=tuple(map(SeriesBreak._make, SCALE_BREAKS)),
        population=MARKED_ON_SWEDISH_SCALE,
        rules=(PASSING_MARKS, LAST_BLOCK_LEVEL),
        numerator_en=(
            "Pupils without a passing mark in "
            f"{'either kind of Swedish' if code == 'SV' else NAMES[code][1]}."
        ),
        denominator_en="Pupils with marks of the term in which some subject counts.",
        limits_en="Failed, without basis for a mark and not read at all look the same.",
        example=Example(
            says={
                "SV": "Swedish as a second language is passed, which is Swedish.",
                "EN": "English is failed with an F.",
                "MA": "Mathematics is not read, so it is not passed.",
            }[code],
            tables={"core.grades": MARKS},
            numerator=float(code != "SV"),
            denominator=1,
        ),
        is_published=False,
        is_drawn=False,
    )
    for code in CORE
)

INDICATORS = (SUBJECTS_MISSING, *NOT_PASSED)
