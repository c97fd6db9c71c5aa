"""Support month by month: each month of each participation, and the one project it counts in."""

import ibis
from ibis import _

from schemas.participation import PupilMonths

KEYS = ("student_id", "project_id", "start_date")


def spell_months(spells: ibis.Table) -> ibis.Table:
    """Each month that a participation has a day in.

    Args:
        spells: ``student_id``, ``project_id``, ``start_date`` and ``last_day``.

    Returns:
        The first three, ``month`` and ``days``, days of the month that it covers [days].
    """
    first, last = spells.start_date, spells.last_day
    months = (last.year() - first.year()) * 12 + last.month() - first.month()
    counted = spells.select(*KEYS, "last_day", months=months.cast("int64"))
    each = counted.mutate(step=ibis.range(0, counted.months + 1).unnest())
    opens = (each.start_date.truncate("M") + each.step.as_interval("M")).cast("date")
    closes = (opens + ibis.interval(months=1) - ibis.interval(days=1)).cast("date")
    whole = each.mutate(
        opens=ibis.greatest(opens, each.start_date), closes=ibis.least(closes, each.last_day)
    )
    days = whole.closes.delta(whole.opens, unit="day") + 1
    return whole.select(*KEYS, month=whole.opens.strftime("%Y-%m"), days=days.cast("int64"))


def longest_of_month(months: ibis.Table, *keys: str) -> ibis.Table:
    """One participation for each of ``keys`` and month: which it is counted in.

    The one that covers most days of the month; of equals the one that started last, then the
    first project by its key.

    Args:
        months: From :func:`spell_months`.
        keys: ``student_id``, and ``project_id`` where a project is judged by itself.
    """
    order = [_.days.desc(), _.start_date.desc(), _.project_id]
    place = ibis.row_number().over(group_by=[*keys, "month"], order_by=order)
    return months.mutate(place=place).filter(_.place == 0).drop("place")


def pupil_months(spells: ibis.Table) -> ibis.Table:
    """Each month a pupil had support in, with the one project it is counted in.

    Args:
        spells: :class:`schemas.participation.Spells`.

    Returns:
        Rows of :class:`schemas.participation.PupilMonths`.
    """
    months = spell_months(spells)
    number = months.group_by("student_id", "month").agg(participations=_.count())
    schools = spells.select(*KEYS, "school_id")
    chosen = longest_of_month(months, "student_id").join(number, ["student_id", "month"])
    return chosen.join(schools, KEYS).select(PupilMonths.columns())
