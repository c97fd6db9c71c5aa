"""The calendar of a column against the calendar of one term."""

import datetime as dt

import ibis
import pytest

from pipelines import calendar
from pipelines.engine import engine
from schemas import calendar as plain
from schemas.rules import Rule

TERMS = [f"{year}{half}" for year in range(1998, 2012) for half in ("VT", "HT")]
MONTHS = plain.months_between("1999-01", "2010-12")


def of_each(values, function):
    """``function`` of every value, as the engine answers."""
    engine()
    table = ibis.memtable({"value": values})
    return table.select(answer=function(table["value"])).to_pyarrow()["answer"].to_pylist()


@pytest.mark.parametrize("name", ["term_order", "school_year_of_term"])
def test_of_a_term(name):
    expected = [getattr(plain, name)(term) for term in TERMS]
    assert of_each(TERMS, getattr(calendar, name)) == expected


def test_the_term_after_is_the_one_whose_term_before_it_is():
    assert [plain.term_before(term) for term in of_each(TERMS, calendar.term_after)] == TERMS


def test_the_term_before_is_the_one_before():
    assert of_each(TERMS, calendar.term_before) == [plain.term_before(term) for term in TERMS]


def test_of_a_month():
    assert of_each(MONTHS, calendar.term_of_month) == [plain.term_of_month(m) for m in MONTHS]


def test_a_month_has_its_place_among_those_of_its_term():
    expected = [plain.months_of_term(plain.term_of_month(m)).index(m) for m in MONTHS]
    assert of_each(MONTHS, calendar.place_in_term) == expected


def test_of_a_date():
    days = [dt.date(int(month[:4]), int(month[5:]), 1) for month in MONTHS]
    expected = [plain.school_year_of_month(month) for month in MONTHS]
    assert of_each(days, calendar.school_year_of_date) == expected


def test_a_term_begins_with_its_first_month_and_ends_with_its_last():
    months = [plain.months_of_term(term) for term in TERMS]
    firsts = of_each(TERMS, calendar.first_day_of_term)
    lasts = of_each(TERMS, calendar.last_day_of_term)
    assert of_each(TERMS, calendar.first_month_of_term) == [month[0] for month in months]
    assert [f"{day:%Y-%m-%d}" for day in firsts] == [f"{month[0]}-01" for month in months]
    assert [f"{day:%Y-%m-%d}" for day in lasts] == [f"{month[-1]}-31" for month in months]


def test_pupils_are_counted_on_1_september_and_1_february():
    days = of_each(["2015HT", "2016VT"], calendar.reference_day_of_term)
    assert days == [dt.date(2015, 9, 1), dt.date(2016, 2, 1)]


def test_the_latest_rule_that_has_taken_effect_is_in_force():
    rules = (Rule("2018-07", 0.2, "first"), Rule("2024-07", 0.15, "second"))
    months = ["2018-06", "2018-07", "2024-06", "2024-07"]
    numbers = of_each(months, lambda month: calendar.in_force(rules, month))
    assert [number if number is None else float(number) for number in numbers] == [
        None, 0.2, 0.2, 0.15,
    ]  # fmt: skip


def test_the_latest_term_is_not_the_last_in_letters():
    rows = ibis.memtable(
        {"key": ["a", "a", "a", "b"], "term": ["2016VT", "2016HT", "2015HT", "2015VT"]}
    )
    latest = calendar.latest_by_term(rows, "key").order_by("key").to_pyarrow().to_pylist()
    assert latest == [{"key": "a", "term": "2016HT"}, {"key": "b", "term": "2015VT"}]
