"""Repeated and long absence (upprepad och sammanhängande frånvaro): without valid reason.

Repeated (upprepad ströfrånvaro) is unauthorised absence from at least a share of the time that
two months in a row had together; both must be known, and lie in the same term. Long
(sammanhängande) is unauthorised absence on at least a number of school days in a row; the
streak is that of :mod:`pipelines.absence_patterns`. Both limits are dated rules.
"""

import ibis
from ibis import _

from pipelines.absence_patterns import MOST_MONTHS, longest_streaks
from pipelines.calendar import first_month_of_term, in_force, place_in_term, term_of_month
from pipelines.indicators.registry import Example, Indicator
from pipelines.populations.attendance import by_rule, known_months, of_enrolled
from schemas.rules import LONG_ABSENCE_DAYS, REPEATED_ABSENCE_PERCENT

SOURCE = "Skolinspektionen, dnr 2015:2855 (2016); the limit is a proposal of this project"


def repeated_absence(attendance: ibis.Table, enrolments: ibis.Table) -> ibis.Table:
    """Each pupil with two known months in a row counts one, and is counted if some two reach it."""
    known = known_months(attendance, enrolments)
    term, place = term_of_month(known.month), place_in_term(known.month)
    minutes = {
        "away": known.unauthorised_absence_minutes.cast("float64"),
        "scheduled": known.scheduled_minutes.cast("float64"),
    }
    months = {
        f"{name}_{number}": minutes[name].sum(where=place == number)
        for name in minutes
        for number in range(MOST_MONTHS)
    }
    terms = known.group_by("student_id", "school_id", period=term).agg(**months)
    limit = in_force(REPEATED_ABSENCE_PERCENT, first_month_of_term(terms.period))
    pairs = [_reaches(terms, first, limit) for first in range(MOST_MONTHS - 1)]
    has_pair = ibis.or_(*(pair.notnull() for pair in pairs))
    return terms.filter(has_pair).select(
        "student_id",
        "school_id",
        "period",
        numerator=ibis.or_(*(pair.fill_null(False) for pair in pairs)).cast("float64"),  # noqa: FBT003
        denominator=ibis.literal(1).cast("float64"),
    )


def long_absence(absence_patterns: ibis.Table, enrolments: ibis.Table) -> ibis.Table:
    """Each pupil with a school day in the term counts one, and is counted if a streak is long."""
    known = of_enrolled(absence_patterns.filter(_.school_days > 0), enrolments)
    streaks = longest_streaks(known)
    limit = in_force(LONG_ABSENCE_DAYS, first_month_of_term(streaks.term))
    return streaks.filter(limit.notnull()).select(
        "student_id",
        "school_id",
        period=_.term,
        numerator=(streaks.longest_run >= limit).cast("float64"),
        denominator=ibis.literal(1).cast("float64"),
    )


def _reaches(terms: ibis.Table, first: int, limit: ibis.ir.FloatingValue) -> ibis.ir.BooleanValue:
    """Whether a month and the next together reach the limit; NULL unless both are known."""
    away = terms[f"away_{first}"] + terms[f"away_{first + 1}"]
    scheduled = terms[f"scheduled_{first}"] + terms[f"scheduled_{first + 1}"]
    return 100 * away >= limit * scheduled


INDICATORS = (
    Indicator(
        name="repeated_absence",
        title_en="Pupils with repeated unauthorised absence",
        title_sv="Elever med upprepad ogiltig ströfrånvaro",
        unit_en="share of pupils",
        unit_sv="andel av eleverna",
        kind="share",
        higher_is="worse",
        source=SOURCE,
        period="term",
        yearly="any",
        reads=("core.attendance", "core.enrolments"),
        compute=repeated_absence,
        population=by_rule(REPEATED_ABSENCE_PERCENT, otherwise="too_few_months"),
        rules=(REPEATED_ABSENCE_PERCENT,),
        numerator_en=(
            "1 if unauthorised absence is at least the limit's share of the scheduled time of "
            "some two months in a row, added up, else 0; exactly the limit is 1."
        ),
        denominator_en="One for each pupil with two known months in a row in the term.",
        limits_en=(
            "December and January are in different terms and are no pair. Time not reported in a "
            "known month counts as presence. One long absence reaches the limit as well."
        ),
        is_published=False,
        is_drawn=False,
        looks_back=False,
        example=Example(
            says=(
                "600 of the 12000 minutes of March and April are exactly 5 %, which is repeated "
                "absence, though April alone has only 2 %."
            ),
            tables={
                "core.attendance": """
                    student_id | school_id | month   | scheduled_minutes | reported_minutes | unauthorised_absence_minutes
                    p1         | A         | 2016-03 | 6000              | 6000             | 480
                    p1         | A         | 2016-04 | 6000              | 6000             | 120
                """,  # noqa: E501  a drawn table
            },
            numerator=1,
            denominator=1,
        ),
    ),
    Indicator(
        name="long_absence",
        title_en="Pupils with long unauthorised absence",
        title_sv="Elever med lång ogiltig frånvaro",
        unit_en="share of pupils",
        unit_sv="andel av eleverna",
        kind="share",
        higher_is="worse",
        source=SOURCE,
        period="term",
        yearly="any",
        reads=("core.absence_patterns", "core.enrolments"),
        compute=long_absence,
        population=by_rule(LONG_ABSENCE_DAYS, otherwise="no_lessons"),
        rules=(LONG_ABSENCE_DAYS,),
        numerator_en="1 if the longest streak of the term has at least the limit's days, else 0.",
        denominator_en="One for each term with a school day.",
        limits_en=(
            "A day counts if one lesson was missed, so a pupil who skips a lesson every day for a "
            "month is counted. A streak ends with the term. Only for schools that deliver lessons "
            "or days."
        ),
        is_published=False,
        is_drawn=False,
        looks_back=False,
        example=Example(
            says="12 school days up to the end of February and 8 in March are 20 in a row.",
            tables={
                "core.absence_patterns": """
                    student_id | school_id | month   | school_days | longest_run | leading_run | trailing_run
                    p1         | A         | 2016-02 | 15          | 12          | 0           | 12
                    p1         | A         | 2016-03 | 20          | 8           | 8           | 0
                """,  # noqa: E501  a drawn table
            },
            numerator=1,
            denominator=1,
        ),
    ),
)
