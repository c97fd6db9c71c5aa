"""Patterns of absence: how often, on how many days and for how long at a stretch.

Lessons, or days where a school delivers no lessons, become one row per pupil, school and month
without a row per day in between: the days of a month are the bits of a number. A month's row
holds what is needed to join the streaks of several months exactly.

An occasion is a lesson: no rule says that lessons missed one after the other are one occasion.
A late arrival is told apart and is no occasion. A day without a reported lesson, be it a
holiday or a register not filled in, neither breaks a streak nor makes it longer.
"""

import ibis
from ibis import _

from pipelines.calendar import place_in_term, term_of_month
from pipelines.core import with_finer_months
from schemas.attendance import AbsencePatterns

MOST_DAYS = 31
MOST_MONTHS = 7
ABSENT, PRESENT = "1", "0"


def absence_patterns(lessons: ibis.Table, days: ibis.Table) -> ibis.Table:
    """Each pupil's pattern of unauthorised absence, month by month.

    Args:
        lessons: :class:`schemas.attendance.Lessons`.
        days: :class:`schemas.attendance.Days`; used where a school delivered no lessons for
            the month.

    Returns:
        Rows of :class:`schemas.attendance.AbsencePatterns`.
    """
    from_lessons = _patterns(lessons, lessons.lesson_date, "lesson")
    from_days = _patterns(days, days.school_day, "day")
    return with_finer_months(from_days, from_lessons)


def longest_streaks(patterns: ibis.Table) -> ibis.Table:
    """The longest streak of each pupil and school in a term, joined over its months.

    Args:
        patterns: :class:`schemas.attendance.AbsencePatterns`.

    Returns:
        ``student_id``, ``school_id``, ``term``, ``school_days`` and ``longest_run`` [days]. A
        month without a row is left out, as a holiday is.
    """
    names = ("school_days", "longest_run", "leading_run", "trailing_run")
    place = place_in_term(patterns.month)
    parts = {
        f"{name}_{number}": patterns[name].max(where=place == number).fill_null(0)
        for name in names
        for number in range(MOST_MONTHS)
    }
    terms = patterns.group_by("student_id", "school_id", term=term_of_month(patterns.month))
    months = terms.agg(school_days=_.school_days.sum(), **parts)
    return months.select(
        "student_id", "school_id", "term", "school_days", longest_run=_longest(months)
    )


def _patterns(parts: ibis.Table, date: ibis.ir.DateValue, origin: str) -> ibis.Table:
    """Lessons, or days, as patterns; counts of lessons only where those are told apart."""
    is_absent = (_.status == "unauthorised") & (_.absence_minutes > 0)
    bit = ibis.literal(1).cast("int64") << (date.day().cast("int64") - 1)
    sums = parts.group_by("student_id", "school_id", first=date.truncate("M")).agg(
        reported=bit.bit_or(where=_.status != "unreported").fill_null(0),
        absent=bit.bit_or(where=is_absent).fill_null(0),
        lessons=_.count(where=is_absent),
        late=_.count(where=_.status == "late"),
    )
    drawn = sums.mutate(row=_drawn(sums)).mutate(runs=_.row.split(PRESENT))
    is_told = ibis.literal(origin) == "lesson"
    unknown = ibis.null("int64")
    return drawn.select(
        "student_id",
        "school_id",
        month=_.first.strftime("%Y-%m"),
        school_days=_.row.length().cast("int64"),
        unauthorised_days=_.row.replace(PRESENT, "").length().cast("int64"),
        unauthorised_occasions=ibis.ifelse(is_told, drawn.lessons, unknown),
        late_arrivals=ibis.ifelse(is_told, drawn.late, unknown),
        longest_run=_.runs.map(lambda run: run.length()).maxs().cast("int64"),
        leading_run=_.runs[0].length().cast("int64"),
        trailing_run=_.runs[-1].length().cast("int64"),
        origin=ibis.literal(origin),
    ).select(AbsencePatterns.columns())


def _drawn(sums: ibis.Table) -> ibis.ir.StringValue:
    """The school days of a month in order, a letter each."""
    letters = [
        ibis.cases((_is_set(sums.absent, day), ABSENT), (_is_set(sums.reported, day), PRESENT))
        for day in range(MOST_DAYS)
    ]
    return ibis.literal("").concat(*(letter.fill_null("") for letter in letters))


def _is_set(bits: ibis.ir.IntegerValue, day: int) -> ibis.ir.BooleanValue:
    return (bits >> day) & 1 == 1


def _longest(months: ibis.Table) -> ibis.ir.IntegerValue:
    """The longest run within a month or over the ends of several."""
    running = ibis.literal(0).cast("int64")
    found = [months[f"longest_run_{number}"] for number in range(MOST_MONTHS)]
    for number in range(MOST_MONTHS):
        found.append(running + months[f"leading_run_{number}"])
        is_whole = months[f"trailing_run_{number}"] == months[f"school_days_{number}"]
        running = ibis.ifelse(is_whole, running, 0) + months[f"trailing_run_{number}"]
    return ibis.greatest(*found)
