"""The school calendar as expressions: :mod:`schemas.calendar` for a column of terms or months.

What the plain functions there say of one term, these say of every row; the tests hold the two
to each other. The number a dated rule sets in a month belongs here too.
"""

import ibis
from ibis import _

from schemas.calendar import FIRST_MONTH_OF_SCHOOL_YEAR
from schemas.rules import Rule


def in_force(rules: tuple[Rule, ...], month: ibis.ir.StringValue) -> ibis.ir.FloatingValue:
    """The number of the latest rule that took effect in or before ``month``; NULL before all."""
    latest_first = sorted(rules, reverse=True)
    numbers = [(month >= rule.valid_from, float(rule.value)) for rule in latest_first]
    return ibis.cases(*numbers)


def term_of_month(month: ibis.ir.StringValue) -> ibis.ir.StringValue:
    """The term a month lies in; July belongs to the spring term it follows."""
    is_autumn = month.substr(5, 2) >= f"{FIRST_MONTH_OF_SCHOOL_YEAR:02d}"
    return month.left(4) + is_autumn.ifelse("HT", "VT")


def place_in_term(month: ibis.ir.StringValue) -> ibis.ir.IntegerValue:
    """Which month of its term a month is; 0 is August, and January."""
    number = month.substr(5, 2).cast("int64")
    return (number >= FIRST_MONTH_OF_SCHOOL_YEAR).ifelse(
        number - FIRST_MONTH_OF_SCHOOL_YEAR, number - 1
    )


def term_after(term: ibis.ir.StringValue) -> ibis.ir.StringValue:
    """The term just after: ``2016VT`` after ``2015HT``."""
    spring = (_year(term) + 1).cast("string") + "VT"
    return _is_autumn(term).ifelse(spring, term.left(4) + "HT")


def term_before(term: ibis.ir.StringValue) -> ibis.ir.StringValue:
    """The term just before: ``2015HT`` before ``2016VT``."""
    autumn = (_year(term) - 1).cast("string") + "HT"
    return _is_autumn(term).ifelse(term.left(4) + "VT", autumn)


def term_order(term: ibis.ir.StringValue) -> ibis.ir.IntegerValue:
    """A number that grows with time: 2016VT before 2016HT, unlike their letters."""
    return _year(term) * 2 + _is_autumn(term).cast("int64")


def school_year_of_term(term: ibis.ir.StringValue) -> ibis.ir.StringValue:
    """The school year a term lies in: ``2015HT`` and ``2016VT`` are both ``2015/16``."""
    first = _year(term) - _is_autumn(term).ifelse(0, 1)
    return first.cast("string") + "/" + (first + 1).cast("string").right(2)


def school_year_of_date(day: ibis.ir.DateValue) -> ibis.ir.StringValue:
    """The school year a day lies in, from 1 August to 31 July."""
    first = day.year().cast("int64") - (day.month() < FIRST_MONTH_OF_SCHOOL_YEAR).ifelse(1, 0)
    return first.cast("string") + "/" + (first + 1).cast("string").right(2)


def first_month_of_term(term: ibis.ir.StringValue) -> ibis.ir.StringValue:
    """August or January of the term's year."""
    return term.left(4) + _is_autumn(term).ifelse("-08", "-01")


def first_day_of_term(term: ibis.ir.StringValue) -> ibis.ir.DateValue:
    """1 August, or 1 January."""
    return ibis.date(_year(term), _is_autumn(term).ifelse(FIRST_MONTH_OF_SCHOOL_YEAR, 1), 1)


def last_day_of_term(term: ibis.ir.StringValue) -> ibis.ir.DateValue:
    """31 December, or 31 July."""
    return ibis.date(_year(term), _is_autumn(term).ifelse(12, FIRST_MONTH_OF_SCHOOL_YEAR - 1), 31)


def reference_day_of_term(term: ibis.ir.StringValue) -> ibis.ir.DateValue:
    """The day a term's pupils are counted: 1 September, or 1 February."""
    return ibis.date(_year(term), _is_autumn(term).ifelse(9, 2), 1)


def latest_by_term(rows: ibis.Table, *keys: str) -> ibis.Table:
    """The rows of the latest ``term`` within each combination of ``keys``."""
    order = term_order(rows.term)
    latest = order.max().over(ibis.window(group_by=keys))
    return rows.mutate(is_latest=order == latest).filter(_.is_latest).drop("is_latest")


def _year(term: ibis.ir.StringValue) -> ibis.ir.IntegerValue:
    return term.left(4).cast("int64")


def _is_autumn(term: ibis.ir.StringValue) -> ibis.ir.BooleanValue:
    return term.right(2) == "HT"
