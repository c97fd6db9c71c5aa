"""Pupils whose attendance should be known: enrolled at a school in a month of teaching.

July has no teaching (SkolF (2011:185) 3 kap. 3 §: the school year ends in June). A school that
has sent no register of pupils for the term is believed about whom it reports on. A term is made
of its months: who can be judged in none of them is given the reason that came nearest.
"""

import ibis
from ibis import _

from pipelines.calendar import first_month_of_term, in_force, term_of_month
from pipelines.populations.population import Population
from pipelines.sharing import shared
from schemas.calendar import FIRST_MONTH_OF_SCHOOL_YEAR, MONTHS_OF_TEACHING
from schemas.rules import Rule

KEYS = ["student_id", "school_id", "month"]
REASONS = ("no_register", "no_scheduled_time", "no_attendance", "no_enrolment")
"""Why a month cannot be judged, what misses least first."""

WHO = (
    "Every pupil with a day of enrolment at the school in a month of teaching, and every pupil "
    "the school reported attendance for."
)
READS = ("core.attendance", "core.enrolments")


def offered_months(attendance: ibis.Table, enrolments: ibis.Table) -> ibis.Table:
    """Attendance of pupils enrolled at the school, in months with scheduled time."""
    return of_enrolled(attendance.filter(_.scheduled_minutes > 0), enrolments)


def known_months(attendance: ibis.Table, enrolments: ibis.Table) -> ibis.Table:
    """The same where a register was filled in: what can be judged."""
    return offered_months(attendance.filter(_.reported_minutes > 0), enrolments)


def of_enrolled(rows: ibis.Table, enrolments: ibis.Table) -> ibis.Table:
    """Rows by pupil, school and month without those of :func:`not_enrolled`."""
    return rows.anti_join(not_enrolled(rows, enrolments), KEYS)


def expected(attendance: ibis.Table, enrolments: ibis.Table) -> ibis.Table:
    """Each pupil, school and month that has a report or an enrolment, and what would be missing.

    Nothing would be missing where the month can be judged.
    """
    return _expected(attendance, enrolments, otherwise=None)


def expected_lessons(attendance: ibis.Table, enrolments: ibis.Table) -> ibis.Table:
    """The same for what only lessons, or days, can tell."""
    return _expected(attendance, enrolments, otherwise="no_lessons")


def expected_lessons_of_terms(attendance: ibis.Table, enrolments: ibis.Table) -> ibis.Table:
    """The same, terms."""
    return _expected_terms(attendance, enrolments, otherwise="no_lessons")


def by_rule(rules: tuple[Rule, ...], *, otherwise: str | None = None) -> Population:
    """Pupils who should be judged by a dated rule in a term.

    Args:
        rules: The rule; a term that begins before it took effect has no value.
        otherwise: The reason where a month can be judged and the term cannot; None if there is
            no such term.
    """

    def terms(attendance: ibis.Table, enrolments: ibis.Table) -> ibis.Table:
        rows = _expected_terms(attendance, enrolments, otherwise=otherwise)
        limit = in_force(rules, first_month_of_term(rows.period))
        return rows.mutate(missing=ibis.ifelse(limit.isnull(), "not_yet_valid", rows.missing))

    return Population(who_en=WHO, reads=READS, expected=terms)


@shared
def enrolled_months(enrolments: ibis.Table) -> ibis.Table:
    """``student_id``, ``school_id`` and ``month`` of teaching with a day enrolled, once each."""
    autumn = [int(number) >= FIRST_MONTH_OF_SCHOOL_YEAR for number in MONTHS_OF_TEACHING]
    number = ibis.memtable(
        {"number": list(MONTHS_OF_TEACHING), "half": ["HT" if one else "VT" for one in autumn]},
        schema={"number": "string", "half": "string"},
    )
    pupils = enrolments.mutate(half=enrolments.term.right(2)).join(number, "half")
    months = pupils.mutate(month=pupils.term.left(4) + "-" + pupils.number)
    return months.filter(_is_enrolled(months)).select(KEYS).distinct()


@shared
def not_enrolled(rows: ibis.Table, enrolments: ibis.Table) -> ibis.Table:
    """Pupils and months reported by a school whose register of that term lacks them."""
    months = rows.select(*KEYS, term=term_of_month(rows.month))
    registers = enrolments.select("school_id", "term").distinct()
    pupils = months.join(enrolments, ["student_id", "school_id", "term"])
    enrolled = pupils.filter(_is_enrolled(pupils)).select(KEYS)
    return months.semi_join(registers, ["school_id", "term"]).anti_join(enrolled, KEYS).select(KEYS)


@shared
def _expected_terms(
    attendance: ibis.Table, enrolments: ibis.Table, *, otherwise: str | None
) -> ibis.Table:
    """Terms, each with the reason of its months that came nearest to a value."""
    months = _expected(attendance, enrolments, otherwise=otherwise)
    nearest = [reason for reason in (otherwise, *REASONS) if reason is not None]
    places = [(months.missing == reason, place) for place, reason in enumerate(nearest)]
    terms = months.group_by("student_id", "school_id", period=term_of_month(months.period)).agg(
        place=ibis.cases(*places).min()
    )
    reasons = [(terms.place == place, reason) for place, reason in enumerate(nearest)]
    return terms.select("student_id", "school_id", "period", missing=ibis.cases(*reasons))


def _expected(
    attendance: ibis.Table, enrolments: ibis.Table, *, otherwise: str | None
) -> ibis.Table:
    strangers = not_enrolled(attendance, enrolments).mutate(is_stranger=ibis.literal(value=True))
    reported = attendance.left_join(strangers, KEYS).select(
        "student_id",
        "school_id",
        period=_.month,
        missing=ibis.cases(
            (_.is_stranger, "no_enrolment"),
            (_.scheduled_minutes == 0, "no_scheduled_time"),
            (_.reported_minutes == 0, "no_register"),
            else_=ibis.null("string") if otherwise is None else ibis.literal(otherwise),
        ),
    )
    enrolled = enrolled_months(enrolments).rename(period="month")
    silent = enrolled.anti_join(reported, ["student_id", "school_id", "period"])
    return reported.union(silent.mutate(missing=ibis.literal("no_attendance")))


def _is_enrolled(rows: ibis.Table) -> ibis.ir.BooleanValue:
    """Whether an enrolment has a day in the row's ``month``."""
    has_begun = rows.start_date.strftime("%Y-%m") <= rows.month
    lasts = rows.end_date.isnull() | (rows.end_date.strftime("%Y-%m") >= rows.month)
    return has_begun & lasts


ATTENDANCE = Population(who_en=WHO, reads=READS, expected=expected)

LESSONS = Population(who_en=WHO, reads=READS, expected=expected_lessons)

LESSONS_OF_TERMS = Population(who_en=WHO, reads=READS, expected=expected_lessons_of_terms)
