"""Goal attainment (måluppfyllelse): subjects passed, out of the subjects a pupil is marked in.

A subject counts where the pupil has a mark or a streck; a subject not read (anpassad
studiegång) does not. Svenska and svenska som andraspråk are one subject. Dropping a subject
raises the share, so the number of subjects, the denominator, is to be read with it.
"""

import ibis
from ibis import _

from pipelines.grading import SCALE_CHANGE, counted_subjects, passed_subjects, with_meaning
from pipelines.indicators.registry import Indicator, SeriesBreak


def goal_attainment(grades: ibis.Table) -> ibis.Table:
    """Subjects passed over subjects counted, per pupil, school and term."""
    return _subjects(grades).select(
        "student_id",
        "school_id",
        period=_.term,
        numerator=_.passed.cast("float64"),
        denominator=_.counted.cast("float64"),
    )


def all_subjects_passed(grades: ibis.Table) -> ibis.Table:
    """Each pupil with a counted subject counts one, and is counted where all are passed."""
    return _subjects(grades).select(
        "student_id",
        "school_id",
        period=_.term,
        numerator=(_.passed == _.counted).cast("float64"),
        denominator=ibis.literal(1).cast("float64"),
    )


def _subjects(grades: ibis.Table) -> ibis.Table:
    terms = with_meaning(grades).group_by("student_id", "school_id", "term")
    return terms.agg(passed=passed_subjects(), counted=counted_subjects()).filter(_.counted > 0)


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
        reads=("core.grades",),
        compute=goal_attainment,
        breaks=(SeriesBreak(*SCALE_CHANGE),),
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
        reads=("core.grades",),
        compute=all_subjects_passed,
        breaks=(SeriesBreak(*SCALE_CHANGE),),
    ),
)
