"""Patterns of absence (frånvaromönster): how often, on how many days and how long at a stretch.

An occasion (tillfälle) is a lesson with unauthorised absence: no rule says that lessons missed
one after the other are one. A late arrival (sen ankomst) is counted by itself and is no
occasion, though its minutes are unauthorised absence. A school day is one with a lesson reported
for the pupil; a weekend, a holiday or a day nobody reported neither breaks a streak nor makes it
longer. Streaks go on from month to month within a term, at one school. Schools that report sums
only have no value; of those that report whole days, days and streaks are known.
"""

from collections.abc import Callable

import ibis
from ibis import _

from pipelines.absence_patterns import longest_streaks
from pipelines.indicators.registry import Example, Indicator
from pipelines.populations.attendance import LESSONS, LESSONS_OF_TERMS, of_enrolled

READS = ("core.absence_patterns", "core.enrolments")
LIMITS = (
    "Only for schools that deliver lessons or days. A lesson nobody reported is not counted, so "
    "the figure is at least what it shows. What counts as a valid reason is the school's decision."
)
MARCH = """
    student_id | school_id | month   | school_days | unauthorised_days | unauthorised_occasions | late_arrivals
    p1         | A         | 2016-03 | 20          | 2                 | 5                      | 3
"""  # noqa: E501  a drawn table


def monthly(count: str) -> Callable[[ibis.Table, ibis.Table], ibis.Table]:
    """The function from patterns to one of their counts, per pupil and month."""

    def compute(absence_patterns: ibis.Table, enrolments: ibis.Table) -> ibis.Table:
        known = absence_patterns.filter(_.school_days > 0, _[count].notnull())
        return of_enrolled(known, enrolments).select(
            "student_id",
            "school_id",
            period=_.month,
            numerator=_[count].cast("float64"),
            denominator=ibis.literal(1).cast("float64"),
        )

    return compute


def longest_unauthorised_streak(absence_patterns: ibis.Table, enrolments: ibis.Table) -> ibis.Table:
    """The longest run of the pupil's school days with unauthorised absence in a term."""
    known = of_enrolled(absence_patterns.filter(_.school_days > 0), enrolments)
    return longest_streaks(known).select(
        "student_id",
        "school_id",
        period=_.term,
        numerator=_.longest_run.cast("float64"),
        denominator=ibis.literal(1).cast("float64"),
    )


INDICATORS = (
    Indicator(
        name="unauthorised_absence_occasions",
        title_en="Occasions of unauthorised absence",
        title_sv="Tillfällen av ogiltig frånvaro",
        unit_en="lessons per pupil and month",
        unit_sv="lektioner per elev och månad",
        kind="mean",
        higher_is="worse",
        source="SkolL (2010:800) 7 kap. 17 §; a lesson as an occasion: proposal of this project",
        period="month",
        yearly="sum",
        reads=READS,
        compute=monthly("unauthorised_occasions"),
        population=LESSONS,
        numerator_en="Lessons with unauthorised absence in the month, of whatever length.",
        denominator_en="One for each month with a school day.",
        limits_en=f"{LIMITS} A day away is as many occasions as it has lessons.",
        is_published=False,
        is_drawn=False,
        example=Example(
            says="Five lessons away on two days are five occasions; the late arrivals are none.",
            tables={"core.absence_patterns": MARCH},
            numerator=5,
            denominator=1,
        ),
    ),
    Indicator(
        name="unauthorised_absence_days",
        title_en="Days with unauthorised absence",
        title_sv="Dagar med ogiltig frånvaro",
        unit_en="days per pupil and month",
        unit_sv="dagar per elev och månad",
        kind="mean",
        higher_is="worse",
        source="SkolL (2010:800) 7 kap. 17 §",
        period="month",
        yearly="sum",
        reads=READS,
        compute=monthly("unauthorised_days"),
        population=LESSONS,
        numerator_en="School days in the month with at least one lesson of unauthorised absence.",
        denominator_en="One for each month with a school day.",
        limits_en=f"{LIMITS} A day counts the same if one lesson was missed or all.",
        is_published=False,
        is_drawn=False,
        example=Example(
            says="Five lessons away on two days are two days.",
            tables={"core.absence_patterns": MARCH},
            numerator=2,
            denominator=1,
        ),
    ),
    Indicator(
        name="late_arrivals",
        title_en="Late arrivals",
        title_sv="Sena ankomster",
        unit_en="lessons per pupil and month",
        unit_sv="lektioner per elev och månad",
        kind="mean",
        higher_is="worse",
        source="SkolL (2010:800) 7 kap. 17 §; InfoMentor and other systems tell them apart",
        period="month",
        yearly="sum",
        reads=READS,
        compute=monthly("late_arrivals"),
        population=LESSONS,
        numerator_en="Lessons in the month that the pupil came late to, however late.",
        denominator_en="One for each month with a school day.",
        limits_en=f"{LIMITS} From how many minutes on a pupil is late, each school decides.",
        is_published=False,
        is_drawn=False,
        example=Example(
            says="Three late arrivals are three, whatever else the pupil missed.",
            tables={"core.absence_patterns": MARCH},
            numerator=3,
            denominator=1,
        ),
    ),
    Indicator(
        name="longest_unauthorised_streak",
        title_en="Longest streak of unauthorised absence",
        title_sv="Längsta följd av dagar med ogiltig frånvaro",
        unit_en="school days per pupil and term",
        unit_sv="skoldagar per elev och termin",
        kind="mean",
        higher_is="worse",
        source="Proposal of this project, after Skolinspektionen, dnr 2015:2855",
        period="term",
        yearly="any",
        reads=READS,
        compute=longest_unauthorised_streak,
        population=LESSONS_OF_TERMS,
        numerator_en=(
            "School days in a row with at least one lesson of unauthorised absence, the most in "
            "the term; weekends, holidays and days nobody reported are passed over."
        ),
        denominator_en="One for each term with a school day.",
        limits_en=f"{LIMITS} A streak ends with the term, and with the move to another school.",
        is_published=False,
        is_drawn=False,
        looks_back=False,
        example=Example(
            says="The last 3 school days of February and the first 2 of March are 5 in a row.",
            tables={
                "core.absence_patterns": """
                    student_id | school_id | month   | school_days | longest_run | leading_run | trailing_run
                    p1         | A         | 2016-02 | 15          | 4           | 0           | 3
                    p1         | A         | 2016-03 | 20          | 3           | 2           | 0
                """,  # noqa: E501  a drawn table
            },
            numerator=5,
            denominator=1,
        ),
    ),
)
