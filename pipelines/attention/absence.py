"""What a pupil's absence says: of a term so far, and of the last months reported.

Months count over all schools, those with a register and scheduled time only, as for the target
group (:mod:`pipelines.target_group`).
"""

import ibis
from ibis import _

from pipelines.attention.standing import Standing, limit_after
from pipelines.calendar import term_of_month, term_order
from schemas.rules import ATTENTION_ABSENCE_RISE, TARGET_ABSENCE_SHARE

DECIMALS = 9
"""Of a difference of shares: what binary fractions leave behind the exact number goes."""

RECENT = (
    "last_month",
    "month_is_high",
    "recent_months",
    "recent_share",
    "recent_unauthorised_share",
    "recent_absence",
    "rising_absence",
)


def known_months(attendance: ibis.Table) -> ibis.Table:
    """A pupil's known months over all schools.

    Returns:
        ``student_id``, ``month``, ``term``, ``term_number``, minutes ``away``,
        ``unauthorised`` and ``scheduled``, and ``month_is_high``.
    """
    known = attendance.filter(_.reported_minutes > 0, _.scheduled_minutes > 0)
    away = _.authorised_absence_minutes + _.unauthorised_absence_minutes
    sums = {"away": away, "unauthorised": _.unauthorised_absence_minutes}
    sums["scheduled"] = _.scheduled_minutes
    months = known.group_by("student_id", "month", term=term_of_month(known.month)).agg(
        **{name: minutes.sum() for name, minutes in sums.items()}
    )
    limit = limit_after(TARGET_ABSENCE_SHARE, months.term)
    return months.mutate(
        term_number=term_order(months.term),
        month_is_high=months.away / months.scheduled >= limit,
    )


def terms_of_months(months: ibis.Table) -> ibis.Table:
    """A pupil's terms as far as some months go.

    Returns:
        ``student_id``, ``term``, ``term_number``, ``absence_share``, ``unauthorised_share`` and
        ``high_absence``.
    """
    terms = months.group_by("student_id", "term", "term_number").agg(
        absence_share=_.away.sum() / _.scheduled.sum(),
        unauthorised_share=_.unauthorised.sum() / _.scheduled.sum(),
    )
    limit = limit_after(TARGET_ABSENCE_SHARE, terms.term)
    return terms.mutate(high_absence=terms.absence_share >= limit)


def absence_so_far(months: ibis.Table, stands_at: Standing) -> tuple[ibis.Table, ibis.Table]:
    """Whole terms, and terms as far as each one's list goes; both with their last months."""
    recent = _with_recent(months)
    shown = recent.filter(recent.month <= stands_at(recent.term))
    return _with_last(recent), _with_last(shown)


def _with_last(months: ibis.Table) -> ibis.Table:
    recent = ibis.struct({name: months[name] for name in RECENT}).argmax(months.month)
    last = months.group_by("student_id", "term").agg(recent=recent).unpack("recent")
    return terms_of_months(months).join(last, ["student_id", "term"])


def _with_recent(months: ibis.Table) -> ibis.Table:
    """Add shares of a month and the one before, if that is of the same term or the one before."""
    in_time = ibis.window(group_by="student_id", order_by="month")
    kept = ("month", "term_number", "away", "unauthorised", "scheduled")
    one = ibis.struct({name: months[name] for name in kept})
    rows = months.mutate(**{f"back_{step}": one.lag(step).over(in_time) for step in (1, 2, 3)})
    back = [rows.back_1, rows.back_2, rows.back_3]
    is_near, are_near = (rows.term_number - one["term_number"] <= 1 for one in back[::2])
    scheduled = is_near.ifelse(rows.scheduled + back[0]["scheduled"], None)
    share = (rows.away + back[0]["away"]) / scheduled
    before = (back[1]["away"] + back[2]["away"]) / (back[1]["scheduled"] + back[2]["scheduled"])
    rise = are_near.ifelse(share - before, None).round(DECIMALS)
    return rows.select(
        *months.columns,
        last_month=rows.month,
        recent_months=is_near.ifelse(back[0]["month"] + " " + rows.month, None),
        recent_share=share,
        recent_unauthorised_share=(rows.unauthorised + back[0]["unauthorised"]) / scheduled,
        recent_absence=share >= limit_after(TARGET_ABSENCE_SHARE, rows.term),
        rising_absence=rise >= limit_after(ATTENTION_ABSENCE_RISE, rows.term),
    )
