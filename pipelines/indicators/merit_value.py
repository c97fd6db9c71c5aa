"""Merit value (meritvärde): the points of a pupil's best final grades, summed.

The best 16, or from the leavers of spring 2014 the best 16 and språkval (M2) as a 17th. Before,
språkval competes for a place among the 16. Modersmål and elevens val always compete. A subject
without a mark adds nothing, and a pupil without any has no merit value; one with only F has 0.
"""

from dataclasses import replace

import ibis
from ibis import _

from pipelines.calendar import first_month_of_term, in_force
from pipelines.grading import SCALE_CHANGE, final_grades, with_meaning
from pipelines.indicators.registry import Indicator, SeriesBreak
from schemas.grading import LANGUAGE_CHOICE, SWEDISH
from schemas.rules import MERIT_SUBJECTS

PLACES = int(min(MERIT_SUBJECTS).value)
PLACES_WITH_LANGUAGE_CHOICE = int(max(MERIT_SUBJECTS).value)


def merit_value_16(grades: ibis.Table) -> ibis.Table:
    """The best 16 grades, språkval among them; per pupil, school and school year."""
    return _best(_points(final_grades(grades)), places_of=())


def merit_value_17(grades: ibis.Table) -> ibis.Table:
    """Språkval and the best 16 others, for the years in which a 17th grade counts."""
    final = final_grades(grades)
    places = in_force(MERIT_SUBJECTS, first_month_of_term(final.term))
    counting = final.filter(places >= PLACES_WITH_LANGUAGE_CHOICE)
    return _best(_points(counting), places_of=("is_language_choice",))


def _points(final: ibis.Table) -> ibis.Table:
    """Points per subject: svenska, either kind, and språkval, any language, once at their best."""
    marks = with_meaning(final).filter(_.points.notnull())
    is_language_choice = marks.subject_code.startswith(LANGUAGE_CHOICE)
    subject = ibis.cases(
        (marks.subject_code.isin(SWEDISH), SWEDISH[0]),
        (is_language_choice, LANGUAGE_CHOICE),
        else_=marks.subject_code,
    )
    of_subject = marks.group_by("student_id", "school_id", "school_year", subject=subject).agg(
        points=_.points.max()
    )
    return of_subject.mutate(is_language_choice=of_subject.subject == LANGUAGE_CHOICE)


def _best(points: ibis.Table, *, places_of: tuple[str, ...]) -> ibis.Table:
    """Sum the 16 highest of each pupil, within each kind of subject named by ``places_of``."""
    competing = ("student_id", "school_id", "school_year", *places_of)
    place = ibis.row_number().over(group_by=competing, order_by=ibis.desc("points"))
    best = points.mutate(place=place).filter(_.place < PLACES)
    merit = best.group_by("student_id", "school_id", "school_year").agg(points=_.points.sum())
    return merit.select(
        "student_id",
        "school_id",
        period=_.school_year,
        numerator=_.points,
        denominator=ibis.literal(1).cast("float64"),
    )


MERIT_VALUE_16 = Indicator(
    name="merit_value_16",
    title_en="Merit value, 16 subjects",
    title_sv="Meritvärde, 16 ämnen",
    unit_en="points per pupil",
    unit_sv="poäng per elev",
    kind="mean",
    higher_is="better",
    source=MERIT_SUBJECTS[0].source,
    period="school_year",
    yearly="sum",
    reads=("core.grades",),
    compute=merit_value_16,
    breaks=(SeriesBreak(*SCALE_CHANGE),),
)
MERIT_VALUE_17 = replace(
    MERIT_VALUE_16,
    name="merit_value_17",
    title_en="Merit value, 17 subjects",
    title_sv="Meritvärde, 17 ämnen",
    source=MERIT_SUBJECTS[1].source,
    compute=merit_value_17,
    breaks=(),
)
INDICATORS = (MERIT_VALUE_16, MERIT_VALUE_17)
