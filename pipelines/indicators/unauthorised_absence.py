"""Unauthorised absence (ogiltig frånvaro): time away without valid reason, lateness among it.

A month without teaching, and a month whose register was not filled in, is unknown and not zero.
In a month reported in part, the time not reported counts as scheduled and not as absence, so
both figures are at least what they show. A pupil who is not in the school's register of the
term does not count there, if the school sent one.
"""

import ibis
from ibis import _

from pipelines.indicators.registry import Example, Indicator
from pipelines.populations.attendance import ATTENDANCE, known_months

SOURCE = "SkolL (2010:800) 7 kap. 17 §; SkolF (2011:185) 6 kap. 12 §"
LIMITS = (
    "What counts as a valid reason is the school's decision, and the law defines none. Schools "
    "change a reason afterwards, so the figure of a month moves until it is closed. Registers "
    "filled in only in part make it too low: read it beside register coverage."
)
MARCH = """
    student_id | school_id | month   | scheduled_minutes | reported_minutes | unauthorised_absence_minutes
    p1         | A         | 2016-03 | 6000              | 6000             | 90
    p1         | A         | 2016-04 | 6000              | 0                | 0
"""  # noqa: E501  a drawn table


def unauthorised_absence_hours(attendance: ibis.Table, enrolments: ibis.Table) -> ibis.Table:
    """Hours of unauthorised absence, one row per pupil, school and month with a register."""
    hours = _.unauthorised_absence_minutes.cast("float64") / 60
    return known_months(attendance, enrolments).select(
        "student_id",
        "school_id",
        period=_.month,
        numerator=hours,
        denominator=ibis.literal(1).cast("float64"),
    )


def unauthorised_absence_rate(attendance: ibis.Table, enrolments: ibis.Table) -> ibis.Table:
    """Minutes of unauthorised absence over minutes scheduled, same rows."""
    return known_months(attendance, enrolments).select(
        "student_id",
        "school_id",
        period=_.month,
        numerator=_.unauthorised_absence_minutes.cast("float64"),
        denominator=_.scheduled_minutes.cast("float64"),
    )


INDICATORS = (
    Indicator(
        name="unauthorised_absence_hours",
        title_en="Unauthorised absence",
        title_sv="Ogiltig frånvaro",
        unit_en="hours per pupil and month",
        unit_sv="timmar per elev och månad",
        kind="mean",
        higher_is="worse",
        source=SOURCE,
        period="month",
        yearly="sum",
        reads=("core.attendance", "core.enrolments"),
        compute=unauthorised_absence_hours,
        population=ATTENDANCE,
        numerator_en="Minutes of unauthorised absence in the month, as hours.",
        denominator_en="One for each month in which the pupil's register was filled in.",
        limits_en=f"{LIMITS} A pupil with little scheduled time can only be away for little time.",
        example=Example(
            says="90 minutes without valid reason in March are 1.5 hours; nobody knows of April.",
            tables={"core.attendance": MARCH},
            numerator=1.5,
            denominator=1,
        ),
    ),
    Indicator(
        name="unauthorised_absence_rate",
        title_en="Unauthorised absence, rate",
        title_sv="Ogiltig frånvaro, andel av tiden",
        unit_en="hours per 100 scheduled hours",
        unit_sv="timmar per 100 schemalagda timmar",
        kind="ratio",
        higher_is="worse",
        source=SOURCE,
        period="month",
        yearly="sum",
        reads=("core.attendance", "core.enrolments"),
        compute=unauthorised_absence_rate,
        per=100.0,
        population=ATTENDANCE,
        numerator_en="Minutes of unauthorised absence in the month.",
        denominator_en="Minutes scheduled in the month, of which some were reported.",
        limits_en=LIMITS,
        example=Example(
            says="90 of 6000 minutes in March are 1.5 per 100 hours; nobody knows of April.",
            tables={"core.attendance": MARCH},
            numerator=90,
            denominator=6000,
        ),
    ),
)
