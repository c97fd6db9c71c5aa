"""Marks withheld (streck och anpassad studiegång): subjects without a mark, by why they have none.

A streck is set where absence leaves no basis for a mark (SkolL 10 kap. 18 §); it is no F. An
adapted study plan (anpassad studiegång, SkolL 3 kap. 12 §) takes a subject away. Neither is a
failed subject, and the two are told apart. Which marks cannot be judged: :mod:`pipelines.grading`.
"""

import ibis
from ibis import _

from pipelines.grading import REPORT, SCALE_BREAKS, SWEDISH_SCALES, counts
from pipelines.indicators.registry import Example, Indicator, SeriesBreak
from pipelines.populations.grades import MARKED_ON_SWEDISH_SCALE, READS
from schemas.grading import LAST_BLOCK_LEVEL

MARKS = """
    student_id | school_id | term   | subject_code | scale_id | mark
    p1         | A         | 2016VT | MA           | A-F      | -
    p1         | A         | 2016VT | EN           | A-F      | F
    p1         | A         | 2016VT | SV           | A-F      | E
    p1         | A         | 2016VT | BL           | A-F      | adapted
    p1         | A         | 2016VT | MU           | A-F      | adapted
    """


def streck_share(grades: ibis.Table, enrolments: ibis.Table) -> ibis.Table:
    """Subjects with a streck over subjects with a mark or a streck."""
    known = _on_swedish_scale(grades, enrolments).filter(_.counted > 0)
    return _values(known, known.streck, known.counted)


def adapted_share(grades: ibis.Table, enrolments: ibis.Table) -> ibis.Table:
    """Subjects not read over all subjects of the report."""
    known = _on_swedish_scale(grades, enrolments)
    return _values(known, known.adapted, known.adapted + known.counted)


def _on_swedish_scale(grades: ibis.Table, enrolments: ibis.Table) -> ibis.Table:
    return counts(grades, enrolments).filter(_.scale_id.isin(SWEDISH_SCALES))


def _values(
    known: ibis.Table, numerator: ibis.ir.NumericValue, denominator: ibis.ir.NumericValue
) -> ibis.Table:
    return known.select(
        *REPORT, numerator=numerator.cast("float64"), denominator=denominator.cast("float64")
    ).rename(period="term")


INDICATORS = (
    Indicator(
        name="streck_share",
        title_en="Subjects without basis for a mark",
        title_sv="Ämnen med streck",
        unit_en="share of subjects",
        unit_sv="andel av ämnena",
        kind="ratio",
        higher_is="worse",
        source="SkolL (2010:800) 10 kap. 18 §; SkolF (2011:185) 6 kap. 10 §",
        period="term",
        yearly="spring",
        reads=READS,
        compute=streck_share,
        breaks=tuple(map(SeriesBreak._make, SCALE_BREAKS)),
        population=MARKED_ON_SWEDISH_SCALE,
        rules=(LAST_BLOCK_LEVEL,),
        numerator_en="Subjects with a streck.",
        denominator_en="Subjects with a mark or a streck; a subject not read is none.",
        limits_en=(
            "A school that leaves a subject out of its list instead of setting a streck is not "
            "seen."
        ),
        example=Example(
            says="Of mathematics, English and Swedish, one has a streck; the F is a mark.",
            tables={"core.grades": MARKS},
            numerator=1,
            denominator=3,
        ),
        is_drawn=False,
    ),
    Indicator(
        name="adapted_share",
        title_en="Subjects not read, by adapted study plan",
        title_sv="Ämnen som inte läses, anpassad studiegång",
        unit_en="share of subjects",
        unit_sv="andel av ämnena",
        kind="ratio",
        higher_is="neither",
        source="SkolL (2010:800) 3 kap. 12 §; SCB, code 3",
        period="term",
        yearly="spring",
        reads=READS,
        compute=adapted_share,
        breaks=tuple(map(SeriesBreak._make, SCALE_BREAKS)),
        population=MARKED_ON_SWEDISH_SCALE,
        rules=(LAST_BLOCK_LEVEL,),
        numerator_en="Subjects that an adapted study plan or timetable took away.",
        denominator_en="Subjects with a mark, a streck or not read.",
        limits_en=(
            "A school that leaves a subject out of its list instead of saying that it is not read "
            "is not seen."
        ),
        example=Example(
            says="Of five subjects, art and music are not read.",
            tables={"core.grades": MARKS},
            numerator=2,
            denominator=5,
        ),
        is_drawn=False,
    ),
)
