"""When a list stands, by which limits it judges, and which terms are behind it."""

from collections.abc import Callable, Sequence

import ibis
from ibis import _

from pipelines.calendar import first_month_of_term, in_force, term_after, term_order
from schemas.rules import Rule

Standing = Callable[[ibis.ir.StringValue], ibis.ir.StringValue]
"""From a term to the month its list stands at; NULL for a term that is to have no list."""


def standing_at(until: str, terms: Sequence[str] | None = None) -> Standing:
    """Each term's list as it stands when ``until`` is the last month known.

    Args:
        until: YYYY-MM.
        terms: Those that are to have a list; every term if left out.
    """

    def stands_at(term: ibis.ir.StringValue) -> ibis.ir.StringValue:
        begun = ibis.greatest(first_month_of_term(term), ibis.literal(until))
        month = ibis.least(begun, last_month_of_teaching(term))
        return month if terms is None else term.isin(list(terms)).ifelse(month, None)

    return stands_at


def third_month(term: ibis.ir.StringValue) -> ibis.ir.StringValue:
    """October or March: each term's list as it stood three months into the term."""
    return term.left(4) + (term.right(2) == "HT").ifelse("-10", "-03")


def last_month_of_teaching(term: ibis.ir.StringValue) -> ibis.ir.StringValue:
    """December or June, in which the marks of the term are given."""
    return term.left(4) + (term.right(2) == "HT").ifelse("-12", "-06")


def limit_after(rules: tuple[Rule, ...], term: ibis.ir.StringValue) -> ibis.ir.FloatingValue:
    """The number by which the target group of the term after ``term`` is judged."""
    return in_force(rules, first_month_of_term(term_after(term)))


def term_numbered(number: ibis.ir.IntegerValue) -> ibis.ir.StringValue:
    """The term that :func:`pipelines.calendar.term_order` gives a number."""
    return (number // 2).cast("string") + (number % 2 == 1).ifelse("HT", "VT")


def terms_behind(lists: ibis.Table, count: int) -> ibis.Table:
    """The terms of some lists and as many before each, as ``term``, once each."""
    here = lists.select(number=term_order(lists.term)).distinct()
    steps = ibis.memtable({"step": list(range(count + 1))}, schema={"step": "int64"})
    numbers = here.cross_join(steps).select(number=_.number - _.step).distinct()
    return numbers.select(term=term_numbered(numbers.number))
