"""Months, terms and school years."""

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.calendar import (
    months_between,
    months_of_school_year,
    months_of_term,
    school_year_of_month,
    school_year_of_term,
    term_after,
    term_before,
    term_of_month,
    term_order,
    terms_of_school_year,
)

TERMS = st.builds("{}{}".format, st.integers(1990, 2099), st.sampled_from(["VT", "HT"]))
MONTHS = st.dates(dt.date(1990, 1, 1), dt.date(2098, 12, 31)).map("{:%Y-%m}".format)


@given(TERMS)
def test_after_undoes_before(term):
    assert term_after(term_before(term)) == term_before(term_after(term)) == term
    assert term_order(term_before(term)) + 1 == term_order(term) == term_order(term_after(term)) - 1


@given(TERMS)
def test_a_term_lies_in_its_school_year_and_its_months_in_it(term):
    year = school_year_of_term(term)
    assert term in terms_of_school_year(year)
    assert len(months_of_term(term)) == (5 if term.endswith("HT") else 7)
    for month in months_of_term(term):
        assert term_of_month(month) == term
        assert school_year_of_month(month) == year


@given(TERMS)
def test_a_school_year_is_twelve_months_from_august_in_the_order_of_time(term):
    months = months_of_school_year(school_year_of_term(term))
    assert len(months) == len(set(months)) == 12
    assert months == sorted(months)
    assert (months[0][5:], months[-1][5:]) == ("08", "07")
    assert months == months_between(months[0], months[-1])


@given(MONTHS, st.integers(0, 40))
def test_months_follow_each_other_without_a_gap(first, count):
    year, month = map(int, first.split("-"))
    last = f"{year + (month - 1 + count) // 12:04d}-{(month - 1 + count) % 12 + 1:02d}"
    months = months_between(first, last)
    assert len(months) == count + 1
    assert (months[0], months[-1]) == (first, last)
    assert months == sorted(set(months))


def test_no_month_lies_between_a_month_and_one_before_it():
    assert months_between("2016-03", "2016-02") == []


@pytest.mark.parametrize(
    ("month", "term", "year"),
    [
        ("2015-07", "2015VT", "2014/15"),
        ("2015-08", "2015HT", "2015/16"),
        ("2015-12", "2015HT", "2015/16"),
        ("2016-01", "2016VT", "2015/16"),
        ("2000-01", "2000VT", "1999/00"),
    ],
)
def test_the_school_year_turns_in_august(month, term, year):
    assert term_of_month(month) == term
    assert school_year_of_month(month) == year
