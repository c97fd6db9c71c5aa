"""Who leaves unplanned, compared with all who started: by absence before, grade level and sex."""

import ibis
import pandas as pd
from ibis import _

from pipelines.calendar import (
    first_month_of_term,
    in_force,
    term_before,
    term_of_month,
)
from pipelines.participation.months import KEYS
from pipelines.participation.shares import by_unit, with_share
from pipelines.participation.spells import enrolled_time
from pipelines.results import conforming
from schemas.codes import values
from schemas.groups import UNKNOWN
from schemas.participation import LEAVER_DIMENSIONS, Leavers
from schemas.rules import TOTAL_ABSENCE_LIMITS

UNCLEAR = ("unknown", "vanished")
GROUP = ("unit", "unit_id", "dimension", "group_id")
_LIMITS = list(TOTAL_ABSENCE_LIMITS)


def leavers(spells: ibis.Table, enrolments: ibis.Table, attendance: ibis.Table) -> ibis.Table:
    """How many of each group left unplanned, in each project and in the city.

    Args:
        spells: :class:`schemas.participation.Spells`.
        enrolments: :class:`schemas.pupils.Enrolments`.
        attendance: :class:`schemas.attendance.Attendance`.

    Returns:
        Rows of :class:`schemas.participation.Leavers`.
    """
    began = spells.select(*KEYS, "outcome", term=term_of_month(spells.start_date.strftime("%Y-%m")))
    known = _with_pupil(began, enrolments)
    bands = _absence_bands(began, attendance)
    known = known.left_join(bands, KEYS).drop(*(f"{key}_right" for key in KEYS))
    each = ibis.union(
        *(
            known.select(
                "project_id",
                "outcome",
                dimension=ibis.literal(name),
                group_id=ibis.coalesce(known[name].cast("string"), ibis.literal(UNKNOWN.code)),
            )
            for name in values(LEAVER_DIMENSIONS)
        )
    )
    counted = (
        by_unit(each)
        .group_by(*GROUP)
        .agg(
            started=_.count(),
            unplanned=(_.outcome == "unplanned").sum(),
            unclear=_.outcome.isin(UNCLEAR).sum(),
        )
    )
    frame: pd.DataFrame = counted.order_by(*GROUP).execute()
    frame["others"] = frame.started - frame.unplanned - frame.unclear
    return conforming(with_share(frame, "unplanned", "started", named="share"), Leavers)


def _with_pupil(began: ibis.Table, enrolments: ibis.Table) -> ibis.Table:
    """Grade level and sex, as the register of the term of the start has them."""
    pupils = (
        enrolled_time(enrolments)
        .group_by("student_id", "term")
        .agg(grade_level=_.grade_level.max(), sex=_.sex.max())
    )
    keys = ["student_id", "term"]
    return began.left_join(pupils, keys).drop(*(f"{key}_right" for key in keys))


def _absence_bands(began: ibis.Table, attendance: ibis.Table) -> ibis.Table:
    """The band of all absence in the term before the start, over all schools.

    Months without a register or without scheduled time are left out. A share on a limit belongs
    to the band below, as in :mod:`pipelines.indicators.absence_bands`.
    """
    concerned = began.select(*KEYS, term=term_before(began.term))
    known = attendance.semi_join(began, "student_id").filter(
        _.reported_minutes > 0, _.scheduled_minutes > 0
    )
    away = known.authorised_absence_minutes + known.unauthorised_absence_minutes
    sums = known.group_by("student_id", term=term_of_month(known.month)).agg(
        away=away.sum(), scheduled=known.scheduled_minutes.sum()
    )
    rows = concerned.join(sums, ["student_id", "term"])
    month = first_month_of_term(rows.term)
    return rows.select(*KEYS, prior_absence=_band(rows, month))


def _band(rows: ibis.Table, month: ibis.ir.StringValue) -> ibis.ir.StringValue:
    """The highest limit that the share is above: ``above_15`` is above 15 and not above 30."""
    percent = 100 * rows.away.cast("float64")
    above = [
        (percent > in_force(TOTAL_ABSENCE_LIMITS[limit], month) * rows.scheduled, f"above_{limit}")
        for limit in reversed(_LIMITS)
    ]
    return ibis.cases(*above, else_=f"up_to_{_LIMITS[0]}")
