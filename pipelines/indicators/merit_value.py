"""Merit value (meritvärde): the points of a pupil's best final grades, summed.

The best 16, or from the leavers of spring 2014 the best 16 and språkval (M2) as a 17th. Before,
språkval competes for a place among the 16. Modersmål and elevens val always compete. A subject
without a mark adds nothing, and a pupil without any has no merit value; one with only F has 0.
Which final grades cannot be judged: :mod:`pipelines.grading`.
"""

from dataclasses import replace

import ibis
from ibis import _

from pipelines.calendar import first_month_of_term, in_force
from pipelines.grading import SCALE_BREAKS, breaks_of, final_subjects
from pipelines.indicators.registry import Example, Indicator, SeriesBreak
from pipelines.populations.grades import LEAVERS, LEAVERS_OF_17, READS
from schemas.grading import LANGUAGE_CHOICE, LAST_BLOCK_LEVEL, PASSING_MARKS
from schemas.rules import MERIT_SUBJECTS

PLACES = int(min(MERIT_SUBJECTS).value)
PLACES_WITH_LANGUAGE_CHOICE = int(max(MERIT_SUBJECTS).value)


def merit_value_16(grades: ibis.Table, enrolments: ibis.Table) -> ibis.Table:
    """The best 16 grades, språkval among them; per pupil, school and school year."""
    return _best(_points(final_subjects(grades, enrolments)), places_of=())


def merit_value_17(grades: ibis.Table, enrolments: ibis.Table) -> ibis.Table:
    """Språkval and the best 16 others, for the years in which a 17th grade counts."""
    final = final_subjects(grades, enrolments)
    places = in_force(MERIT_SUBJECTS, first_month_of_term(final.term))
    counting = final.filter(places >= PLACES_WITH_LANGUAGE_CHOICE)
    return _best(_points(counting), places_of=("is_language_choice",))


def _points(final: ibis.Table) -> ibis.Table:
    """Points per subject; språkval, any language, once at its best."""
    marks = final.filter(_.points.notnull())
    is_language_choice = marks.subject.startswith(LANGUAGE_CHOICE)
    subject = ibis.ifelse(is_language_choice, LANGUAGE_CHOICE, marks.subject)
    of_subject = marks.group_by("student_id", "school_id", "school_year", place_of=subject).agg(
        points=_.points.max()
    )
    return of_subject.mutate(is_language_choice=of_subject.place_of == LANGUAGE_CHOICE)


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


MARKS = """
    student_id | school_id | term   | subject_code | scale_id | mark | is_final
    p1         | A         | 2016VT | MA           | A-F      | B    | yes
    p1         | A         | 2016VT | SV           | A-F      | E    | yes
    p1         | A         | 2016VT | EN           | A-F      | F    | yes
    p1         | A         | 2016VT | IDH          | A-F      | -    | yes
    p1         | A         | 2016VT | M2FRA        | A-F      | C    | yes
    """

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
    reads=READS,
    compute=merit_value_16,
    breaks=tuple(map(SeriesBreak._make, SCALE_BREAKS)),
    population=LEAVERS,
    rules=(MERIT_SUBJECTS, PASSING_MARKS, LAST_BLOCK_LEVEL),
    numerator_en="Points of the 16 best final grades: 20 to 10 for passing marks, 0 for F and IG.",
    denominator_en="Pupils with a final grade, also those with only F.",
    limits_en=(
        "Grades before examination (prövning) only. That språkval competes among the 16 is not "
        "verified for every publication: some leave it out."
    ),
    example=Example(
        says=(
            "17.5 for B, 10 for E, 15 for C and 0 for F; the streck gives nothing. With fewer than "
            "16 grades those there are count."
        ),
        tables={"core.grades": MARKS},
        numerator=42.5,
        denominator=1,
    ),
)
MERIT_VALUE_17 = replace(
    MERIT_VALUE_16,
    name="merit_value_17",
    title_en="Merit value, 17 subjects",
    title_sv="Meritvärde, 17 ämnen",
    source=MERIT_SUBJECTS[1].source,
    compute=merit_value_17,
    breaks=tuple(
        map(
            SeriesBreak._make,
            (
                *breaks_of(
                    MERIT_SUBJECTS,
                    sv="Språkval räknas som ett {value}:e betyg i meritvärdet",
                    en="Språkval counts as grade number {value} of the merit value",
                ),
                *(one for one in SCALE_BREAKS if one[0] > "2013/14"),
            ),
        )
    ),
    population=LEAVERS_OF_17,
    numerator_en="Points of språkval (M2) and of the 16 best other final grades.",
    limits_en=(
        "Grades before examination (prövning) only. Pupils who read no språkval can reach 320 "
        "points and others 340."
    ),
)
INDICATORS = (MERIT_VALUE_16, MERIT_VALUE_17)
