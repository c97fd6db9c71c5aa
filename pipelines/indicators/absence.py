"""Absence (frånvaro): scheduled time away with a valid reason, in all, and what nobody reported.

Authorised absence is illness reported or leave granted; the total adds the unauthorised. Time
not reported is neither presence nor absence: it counts as scheduled, and register coverage says
how much was reported. A month of teaching in which nothing was reported has coverage 0, and no
value in the other two. Other school activity is not absence.
"""

from collections.abc import Callable

import ibis
from ibis import _

from pipelines.indicators.registry import Example, Indicator
from pipelines.populations.attendance import ATTENDANCE, known_months, offered_months

READS = ("core.attendance", "core.enrolments")
LIMITS = (
    "A reason may be given, or changed, long afterwards. Registers filled in only in part make "
    "the figure too low: read it beside register coverage."
)
MARCH = """
    student_id | school_id | month   | scheduled_minutes | reported_minutes | authorised_absence_minutes | unauthorised_absence_minutes
    p1         | A         | 2016-03 | 6000              | 5400             | 480                        | 120
"""  # noqa: E501  a drawn table


def rate(*parts: str) -> Callable[[ibis.Table, ibis.Table], ibis.Table]:
    """The function from attendance to some minutes of it over minutes scheduled."""

    def compute(attendance: ibis.Table, enrolments: ibis.Table) -> ibis.Table:
        away = sum((_[part] for part in parts[1:]), _[parts[0]])
        return _of_scheduled(known_months(attendance, enrolments), away)

    return compute


def register_coverage(attendance: ibis.Table, enrolments: ibis.Table) -> ibis.Table:
    """Minutes reported over minutes scheduled; what is left of 100 is time not reported."""
    return _of_scheduled(offered_months(attendance, enrolments), _.reported_minutes)


def _of_scheduled(months: ibis.Table, minutes: ibis.Deferred) -> ibis.Table:
    return months.select(
        "student_id",
        "school_id",
        period=_.month,
        numerator=minutes.cast("float64"),
        denominator=_.scheduled_minutes.cast("float64"),
    )


INDICATORS = (
    Indicator(
        name="authorised_absence_rate",
        title_en="Authorised absence, rate",
        title_sv="Giltig frånvaro, andel av tiden",
        unit_en="hours per 100 scheduled hours",
        unit_sv="timmar per 100 schemalagda timmar",
        kind="ratio",
        higher_is="worse",
        source="SkolL (2010:800) 7 kap. 17-18 §§",
        period="month",
        yearly="sum",
        reads=READS,
        compute=rate("authorised_absence_minutes"),
        per=100.0,
        population=ATTENDANCE,
        numerator_en="Minutes of absence with a valid reason in the month.",
        denominator_en="Minutes scheduled in the month, of which some were reported.",
        limits_en=LIMITS,
        is_drawn=False,
        example=Example(
            says="480 of 6000 scheduled minutes are 8 per 100 hours; 600 were not reported.",
            tables={"core.attendance": MARCH},
            numerator=480,
            denominator=6000,
        ),
    ),
    Indicator(
        name="total_absence_rate",
        title_en="Total absence, rate",
        title_sv="Total frånvaro, andel av tiden",
        unit_en="hours per 100 scheduled hours",
        unit_sv="timmar per 100 schemalagda timmar",
        kind="ratio",
        higher_is="worse",
        source="SkolL (2010:800) 7 kap. 19 a §; SOU 2016:94",
        period="month",
        yearly="sum",
        reads=READS,
        compute=rate("authorised_absence_minutes", "unauthorised_absence_minutes"),
        per=100.0,
        population=ATTENDANCE,
        numerator_en="Minutes of absence in the month, with and without a valid reason.",
        denominator_en="Minutes scheduled in the month, of which some were reported.",
        limits_en=LIMITS,
        is_drawn=False,
        example=Example(
            says="480 minutes with a valid reason and 120 without are 10 per 100 hours.",
            tables={"core.attendance": MARCH},
            numerator=600,
            denominator=6000,
        ),
    ),
    Indicator(
        name="register_coverage",
        title_en="Register coverage",
        title_sv="Andel av tiden som är rapporterad",
        unit_en="reported hours per 100 scheduled hours",
        unit_sv="rapporterade timmar per 100 schemalagda timmar",
        kind="ratio",
        higher_is="better",
        source="Proposal of this project; cf. Skolverket's proposed register of absence (2021)",
        period="month",
        yearly="sum",
        reads=READS,
        compute=register_coverage,
        per=100.0,
        population=ATTENDANCE,
        numerator_en="Minutes reported in the month; 0 where no register was filled in.",
        denominator_en="Minutes scheduled in the month.",
        limits_en=(
            "In most systems one press of a button confirms that everybody was present, so a "
            "register filled in need not be right. A pupil without a schedule is not seen here."
        ),
        is_drawn=False,
        example=Example(
            says="5400 of 6000 scheduled minutes were reported; of the other 10 % nobody knows.",
            tables={"core.attendance": MARCH},
            numerator=5400,
            denominator=6000,
        ),
    ),
)
