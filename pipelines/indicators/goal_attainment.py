"""Goal attainment (måluppfyllelse): subjects passed, out of the subjects a pupil is marked in.

A subject counts where the pupil has a mark or a streck; a subject not read (anpassad
studiegång) does not. Svenska and svenska som andraspråk are one subject. Dropping a subject
raises the share, so the number of subjects, the denominator, is to be read with it. Which marks
cannot be judged: :mod:`pipelines.grading`.
"""

import ibis
from ibis import _

from pipelines.grading import REPORT, SCALE_BREAKS, counts
from pipelines.indicators.registry import Example, Indicator, SeriesBreak
from pipelines.populations.grades import MARKED, READS
from schemas.grading import LAST_BLOCK_LEVEL, PASSING_MARKS

LIMITS = (
    "Marks are set by the pupil's teachers; a pupil who reads fewer subjects, by an adapted study "
    "plan, has a smaller denominator. Scales differ in how many marks pass."
)
MARKS = """
    student_id | school_id | term   | subject_code | scale_id | mark
    p1         | A         | 2016VT | MA           | A-F      | E
    p1         | A         | 2016VT | EN           | A-F      | F
    p1         | A         | 2016VT | SVA          | A-F      | C
    p1         | A         | 2016VT | IDH          | A-F      | -
    p1         | A         | 2016VT | BL           | A-F      | adapted
    """


def goal_attainment(grades: ibis.Table, enrolments: ibis.Table) -> ibis.Table:
    """Subjects passed over subjects counted, per pupil, school and term."""
    return (
        _known(grades, enrolments)
        .select(
            *REPORT,
            numerator=_.passed.cast("float64"),
            denominator=_.counted.cast("float64"),
        )
        .rename(period="term")
    )


def all_subjects_passed(grades: ibis.Table, enrolments: ibis.Table) -> ibis.Table:
    """Each pupil with a counted subject counts one, and is counted where all are passed."""
    return (
        _known(grades, enrolments)
        .select(
            *REPORT,
            numerator=(_.passed == _.counted).cast("float64"),
            denominator=ibis.literal(1).cast("float64"),
        )
        .rename(period="term")
    )


def _known(grades: ibis.Table, enrolments: ibis.Table) -> ibis.Table:
    return counts(grades, enrolments).filter(_.counted > 0)


INDICATORS = (
    Indicator(
        name="goal_attainment",
        title_en="Goal attainment",
        title_sv="Måluppfyllelse",
        unit_en="share of subjects",
        unit_sv="andel av ämnena",
        kind="ratio",
        higher_is="better",
        source="SkolL (2010:800) 10 kap. 17-18 §§; proposal of this project",
        period="term",
        yearly="spring",
        reads=READS,
        compute=goal_attainment,
        breaks=tuple(map(SeriesBreak._make, SCALE_BREAKS)),
        population=MARKED,
        rules=(PASSING_MARKS, LAST_BLOCK_LEVEL),
        numerator_en="Subjects with a passing mark: A-E, G-MVG, or 10-20.",
        denominator_en="Subjects with a mark or a streck; a subject not read is none.",
        limits_en=LIMITS,
        example=Example(
            says=(
                "Mathematics and Swedish are passed; English is failed, and the streck in "
                "physical education counts like it. Art is not read and left out."
            ),
            tables={"core.grades": MARKS},
            numerator=2,
            denominator=4,
        ),
    ),
    Indicator(
        name="all_subjects_passed",
        title_en="All subjects passed",
        title_sv="Godkänt i alla ämnen",
        unit_en="share of pupils",
        unit_sv="andel av eleverna",
        kind="share",
        higher_is="better",
        source="SkolL (2010:800) 10 kap. 17-18 §§; Skolverket, andel som uppnått kunskapskraven",
        period="term",
        yearly="spring",
        reads=READS,
        compute=all_subjects_passed,
        breaks=tuple(map(SeriesBreak._make, SCALE_BREAKS)),
        population=MARKED,
        rules=(PASSING_MARKS, LAST_BLOCK_LEVEL),
        numerator_en="Pupils with a passing mark in every subject that counts.",
        denominator_en="Pupils with a subject that counts.",
        limits_en=f"{LIMITS} A pupil one subject short and one who passed none look the same.",
        example=Example(
            says="English is failed, so the pupil has not passed all subjects.",
            tables={"core.grades": MARKS},
            numerator=0,
            denominator=1,
        ),
    ),
)
