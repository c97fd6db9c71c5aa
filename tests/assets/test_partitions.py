"""Partition keys and the periods people name."""

import pytest

from assets.partitions import BY_KIND, FIRST_MONTH, key_of, kind_of, period_of, periods_of
from schemas.calendar import (
    months_between,
    months_of_school_year,
    months_of_term,
    school_year_of_month,
    term_of_month,
)

KINDS = list(BY_KIND)


@pytest.mark.parametrize("kind", KINDS)
def test_a_key_and_its_period_name_each_other(kind):
    keys = BY_KIND[kind].get_partition_keys()
    periods = [period_of(kind, key) for key in keys]
    assert len(keys) == len(set(periods)) > 10
    assert [key_of(kind, period) for period in periods] == keys
    assert periods_of(BY_KIND[kind], keys) == periods
    assert kind_of(BY_KIND[kind]) == kind


def test_partitions_are_the_months_terms_and_years_since_the_first():
    months = BY_KIND["month"].get_partition_keys()
    assert months == months_between(FIRST_MONTH, months[-1])
    first = months[:60]
    terms = list(dict.fromkeys(term_of_month(month) for month in first))
    years = list(dict.fromkeys(school_year_of_month(month) for month in first))
    assert [period_of("term", k) for k in BY_KIND["term"].get_partition_keys()][:10] == terms
    assert [period_of("school_year", k) for k in BY_KIND["school_year"].get_partition_keys()][
        :5
    ] == years


@pytest.mark.parametrize(
    ("kind", "months_of"), [("term", months_of_term), ("school_year", months_of_school_year)]
)
def test_a_key_covers_the_months_of_its_period(kind, months_of):
    for key in BY_KIND[kind].get_partition_keys()[:8]:
        window = BY_KIND[kind].time_window_for_partition_key(key)
        covered = [
            month
            for month in BY_KIND["month"].get_partition_keys()
            if f"{window.start:%Y-%m}" <= month < f"{window.end:%Y-%m}"
        ]
        assert covered == months_of(period_of(kind, key))


def test_what_is_not_divided_has_no_periods():
    assert kind_of(None) is None
    assert periods_of(None, ["2015-08"]) is None
