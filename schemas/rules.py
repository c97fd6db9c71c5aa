"""Dated rules: numbers that a decision sets and a later decision changes."""

from typing import NamedTuple


class Rule(NamedTuple):
    """A number and the month it takes effect.

    Attributes:
        valid_from: First month it applies, YYYY-MM.
        value: The number.
        source: Law, decision or report that sets it.
    """

    valid_from: str
    value: float
    source: str


def in_force(rules: tuple[Rule, ...], month: str) -> Rule:
    """The latest rule that took effect in or before ``month``.

    Raises:
        LookupError: If none had taken effect.
    """
    started = [rule for rule in rules if rule.valid_from <= month]
    if not started:
        raise LookupError(f"no rule in force in {month}; the first is from {min(rules).valid_from}")
    return max(started)


def value_in(rules: tuple[Rule, ...], month: str, *, before: float) -> float:
    """The number in force in ``month``; ``before`` where no rule had taken effect yet."""
    started = [rule for rule in rules if rule.valid_from <= month]
    return max(started).value if started else before


TARGET_FAILED_SUBJECTS = (
    Rule("2011-08", 1, "Proposal of this project; the 2013 decision gives no number"),
)
"""Low goal attainment: subjects with F, IG or streck at the latest grading, at least this many."""

TARGET_ABSENCE_SHARE = (
    Rule("2011-08", 0.15, "Proposal of this project; the 2013 decision gives no number"),
)
"""High absence: authorised and unauthorised minutes over scheduled minutes of the term before."""

ATTENTION_FAILED_WITHIN = (
    Rule("2011-08", 1, "Proposal of this project: one subject from the limit of low attainment"),
)
"""Near low goal attainment: failed subjects short of its limit by at most this, but at least one.
While the limit is one subject, nobody is near it."""

ATTENTION_MORE_FAILED = (Rule("2011-08", 1, "Proposal of this project: one subject more"),)
"""Falling results: failed subjects more than on the marks before, at least this many."""

ATTENTION_ABSENCE_RISE = (
    Rule("2011-08", 0.05, "Proposal of this project: a third of the limit of high absence"),
)
"""Rising absence: share of two months above that of the two months before, at least this."""

ATTENTION_DAYS_KEPT = (
    Rule("2011-08", 45, "Proposal of this project; the board's document plan goes before it"),
)
"""Days after it was written until an attention list handed to a school must be deleted."""

MERIT_SUBJECTS = (
    Rule("1998-01", 16, "GyF (2010:2039) 7 kap. 4 §, before SFS 2011:3"),
    Rule("2014-01", 17, "GyF (2010:2039) 7 kap. 4 § through SFS 2011:3"),
)
"""Grades that count in the merit value; the 17th is only språkval (M2)."""

SAVSJO = "Proposal of this project, after the bands of Sävsjö municipality; no law sets one"

TOTAL_ABSENCE_ABOVE_5 = (Rule("2011-08", 5, SAVSJO),)
"""Absence with or without valid reason: more than this [percent of a term's scheduled time]."""

TOTAL_ABSENCE_ABOVE_15 = (Rule("2011-08", 15, SAVSJO),)
"""Absence with or without valid reason: more than this [percent of a term's scheduled time]."""

TOTAL_ABSENCE_ABOVE_30 = (Rule("2011-08", 30, SAVSJO),)
"""Absence with or without valid reason: more than this [percent of a term's scheduled time]."""

TOTAL_ABSENCE_ABOVE_50 = (Rule("2011-08", 50, SAVSJO),)
"""Absence with or without valid reason: more than this [percent of a term's scheduled time]."""

UNAUTHORISED_ABSENCE_ABOVE_5 = (Rule("2011-08", 5, SAVSJO),)
"""Unauthorised absence: more than this [percent of a term's scheduled time]."""

UNAUTHORISED_ABSENCE_ABOVE_15 = (Rule("2011-08", 15, SAVSJO),)
"""Unauthorised absence: more than this [percent of a term's scheduled time]."""

TOTAL_ABSENCE_LIMITS = {
    5: TOTAL_ABSENCE_ABOVE_5,
    15: TOTAL_ABSENCE_ABOVE_15,
    30: TOTAL_ABSENCE_ABOVE_30,
    50: TOTAL_ABSENCE_ABOVE_50,
}
UNAUTHORISED_ABSENCE_LIMITS = {5: UNAUTHORISED_ABSENCE_ABOVE_5, 15: UNAUTHORISED_ABSENCE_ABOVE_15}
"""Where one band of absence ends and the next begins, by the number in the indicator's name.

A share exactly on a limit belongs to the band below it, as Sävsjö writes them: 0-5, 5.1-15."""

REPEATED_ABSENCE_PERCENT = (
    Rule("2011-08", 5, "Proposal of this project, after Skolinspektionen, dnr 2015:2855"),
)
"""Upprepad ströfrånvaro: unauthorised, of the scheduled time of two months, at least [percent]."""

LONG_ABSENCE_DAYS = (
    Rule("2011-08", 20, "Proposal of this project, after Skolinspektionen, dnr 2015:2855"),
)
"""Sammanhängande ogiltig frånvaro: at least a month, here as school days in a row [days]."""

SUPPRESSION_THRESHOLD = (Rule("2011-08", 10, "Profile `standard`; never below 5"),)
"""Fewest pupils a published cell, and what it leaves of its whole, may rest on."""

REVISED_ROWS_SHARE = (Rule("2011-08", 0.3, "Proposal of this project; no law sets it"),)
"""A correction that makes new, changes or deletes more than this share of the rows is held."""

REVISED_ROWS_LEAST = (Rule("2011-08", 10, "Proposal of this project; no law sets it"),)
"""And at least this many rows: of three rows, one corrected is no sign of a wrong file."""

REVISED_INDICATOR_SHARE = (Rule("2011-08", 0.2, "Proposal of this project; no law sets it"),)
"""A correction that moves a school's indicator by more than this share of its value is held."""

REVISED_STUDENTS_LEAST = (Rule("2011-08", 10, "Proposal of this project; no law sets it"),)
"""Unless that value rests on fewer pupils than this: there one pupil moves it."""

DAYS_UNTIL_CLOSED = (
    Rule("1990-08", 45, "Proposal of this project: late reports come within six weeks"),
)
"""Days after its last day until a period is closed; until then its figures are preliminary."""

YOUNGEST_PUPIL = (Rule("1962-07", 5, "Catalogue of bad input, case 62"),)
"""Age that the pupil of a row reaches in the row's year, at least [years]; else the row is held."""

OLDEST_PUPIL = (Rule("1962-07", 25, "Catalogue of bad input, case 62"),)
"""The same, at most [years]."""

OTHER_MONTH_SHARE = (Rule("1962-07", 0.01, "Catalogue of bad input, case 71"),)
"""A file of which more than this share of the records is of another month is refused whole."""

OTHER_TERM_SHARE = (
    Rule("1962-07", 0.5, "Proposal of this project: its name is wrong; case 72 for terms"),
)
"""The same of another term: a register or a grade export may hold single older records."""

OTHER_PERIOD_LEAST = (
    Rule("1962-07", 5, "Proposal of this project: one slip in a small school is no wrong file"),
)
"""And at least this many records, unless all of them are; fewer are held back one by one."""

MOST_SCHEDULED_MINUTES_A_MONTH = 31 * 8 * 60
MOST_LESSON_MINUTES = 600
"""Plausibility bounds, not law: eight hours every day of the longest month; ten hours."""
