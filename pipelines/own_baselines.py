"""A participant's own baseline in each indicator: the time before the support began.

The definition is :class:`schemas.baselines.OwnBaselines`. A pupil is chosen for support when
things are bad, so the time just before is worse than usual, and some of the change after would
have come by itself: compare with pupils who had no support before drawing conclusions.
"""

from collections.abc import Iterable, Mapping

import ibis
from ibis import _

from pipelines.calendar import latest_by_term, term_before, term_of_month
from pipelines.indicators.registry import Indicator
from schemas.baselines import OwnBaselines

MONTHS = 12
"""Calendar months of a monthly baseline: every season once [months]."""

_STARTS = ["student_id", "project_id", "start_date"]
_AMOUNT = "decimal(18, 9)"


def own_baselines(
    indicators: Iterable[Indicator], values: Mapping[str, ibis.Table], participation: ibis.Table
) -> ibis.Table:
    """Each start of support and indicator of months or terms, with the value before.

    Args:
        indicators: Those of a school year are left out: a final grade has no before.
        values: Their :class:`schemas.indicators.IndicatorValues` by ``indicator.<name>``.
        participation: :class:`schemas.support.Participation`.

    Returns:
        Rows of :class:`schemas.baselines.OwnBaselines`.
    """
    starts = latest_by_term(participation, *_STARTS).select(_STARTS).distinct()
    parts = [_baseline(one, values[one.table], starts) for one in indicators if has_baseline(one)]
    return ibis.union(*parts) if len(parts) > 1 else parts[0]


def has_baseline(indicator: Indicator) -> bool:
    """Whether the indicator is of periods that recur while a pupil is in grades 7-9."""
    return indicator.period in ("month", "term")


def _baseline(indicator: Indicator, values: ibis.Table, starts: ibis.Table) -> ibis.Table:
    is_monthly = indicator.period == "month"
    windows = _months_before(starts) if is_monthly else _term_before(starts)
    known = values.filter(_.numerator.notnull()).select(
        "student_id", "period", n=_.numerator.cast(_AMOUNT), d=_.denominator.cast(_AMOUNT)
    )
    in_window = [
        windows.student_id == known.student_id,
        windows.first_period <= known.period,
        known.period <= windows.last_period,
    ]
    joined = windows.left_join(known, in_window)
    sums = joined.group_by(*_STARTS, "first_period", "last_period").agg(
        periods=_.period.nunique(),
        numerator=_.n.sum().cast("float64"),
        denominator=_.d.sum().cast("float64"),
    )
    per = ibis.literal(indicator.per).cast("float64")
    gap = ibis.cases((sums.periods == 0, "no_value_before"))
    named = sums.mutate(
        indicator=ibis.literal(indicator.name),
        value=per * sums.numerator / sums.denominator,
        missing=gap,
    )
    return named.select(OwnBaselines.columns())


def _months_before(starts: ibis.Table) -> ibis.Table:
    first_day = starts.start_date.truncate("M")
    return starts.mutate(
        first_period=(first_day - ibis.interval(months=MONTHS)).strftime("%Y-%m"),
        last_period=(first_day - ibis.interval(months=1)).strftime("%Y-%m"),
    )


def _term_before(starts: ibis.Table) -> ibis.Table:
    term = term_before(term_of_month(starts.start_date.strftime("%Y-%m")))
    return starts.mutate(first_period=term, last_period=term)
