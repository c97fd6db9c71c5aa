"""Unauthorised absence (ogiltig frånvaro): time away without valid reason, lateness among it.

A month without teaching, and a month whose register was not filled in, has no row: what is
unknown is not zero. In a month reported in part, the time not reported counts as scheduled and
not as absence, so both figures are at least what they show.
"""

import ibis
from ibis import _

from pipelines.indicators.registry import Indicator


def unauthorised_absence_hours(attendance: ibis.Table) -> ibis.Table:
    """Hours of unauthorised absence, one row per pupil, school and month with a register."""
    hours = _.unauthorised_absence_minutes.cast("float64") / 60
    return _known(attendance).select(
        "student_id",
        "school_id",
        period=_.month,
        numerator=hours,
        denominator=ibis.literal(1).cast("float64"),
    )


def unauthorised_absence_rate(attendance: ibis.Table) -> ibis.Table:
    """Minutes of unauthorised absence over minutes scheduled, same rows."""
    return _known(attendance).select(
        "student_id",
        "school_id",
        period=_.month,
        numerator=_.unauthorised_absence_minutes.cast("float64"),
        denominator=_.scheduled_minutes.cast("float64"),
    )


def _known(attendance: ibis.Table) -> ibis.Table:
    return attendance.filter(_.scheduled_minutes > 0, _.reported_minutes > 0)


INDICATORS = (
    Indicator(
        name="unauthorised_absence_hours",
        title_en="Unauthorised absence",
        title_sv="Ogiltig frånvaro",
        unit_en="hours per pupil and month",
        unit_sv="timmar per elev och månad",
        kind="mean",
        higher_is="worse",
        source="SkolL (2010:800) 7 kap. 17 §; SkolF (2011:185) 6 kap. 12 §",
        period="month",
        yearly="sum",
        reads=("core.attendance",),
        compute=unauthorised_absence_hours,
    ),
    Indicator(
        name="unauthorised_absence_rate",
        title_en="Unauthorised absence, rate",
        title_sv="Ogiltig frånvaro, andel av tiden",
        unit_en="hours per 100 scheduled hours",
        unit_sv="timmar per 100 schemalagda timmar",
        kind="ratio",
        higher_is="worse",
        source="SkolL (2010:800) 7 kap. 17 §; SkolF (2011:185) 6 kap. 12 §",
        period="month",
        yearly="sum",
        reads=("core.attendance",),
        compute=unauthorised_absence_rate,
        per=100.0,
    ),
)
