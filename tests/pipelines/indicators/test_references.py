"""Every indicator against a slow one written from the rules, on histories full of odd cases."""

import os
from functools import cache
from random import Random

import ibis
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.engine import engine
from pipelines.indicators.registry import load_indicators
from tests.reference.histories import invented
from tests.reference.indicators import REFERENCES

INDICATORS = load_indicators()
PUPILS = int(os.environ.get("SAMVERKAN_HISTORIES", "2200"))
"""How many histories; ten thousand take a quarter of an hour."""
HISTORY = invented(Random(2013), PUPILS)  # noqa: S311  a seed, not a secret


@pytest.fixture(scope="module")
def tables():
    """The histories as tables of the engine."""
    return {
        name: engine().create_table(f"history_{name}", rows, temp=True, overwrite=True)
        for name, rows in HISTORY.tables().items()
    }


def fast(name, tables):
    indicator = INDICATORS[name]
    names = [table.split(".")[1] for table in indicator.reads]
    rows = indicator.compute(**{table: tables[table] for table in names}).to_pyarrow().to_pylist()
    values = {(r["student_id"], r["school_id"], r["period"]): _ratio(r) for r in rows}
    assert len(values) == len(rows)
    return values


def _ratio(row):
    return row["numerator"], row["denominator"]


@cache
def slow(name):
    names = [table.split(".")[1] for table in INDICATORS[name].reads]
    return REFERENCES[name](**{table: HISTORY.rows[table] for table in names})


@pytest.mark.parametrize("name", INDICATORS)
def test_agrees_with_the_slow_reference(name, tables):
    expected = slow(name)
    assert len(expected) > 100
    assert fast(name, tables) == expected


@pytest.mark.parametrize("name", INDICATORS)
def test_some_pupils_count_and_some_do_not(name):
    numerators = {numerator for numerator, _ in slow(name).values()}
    assert len(numerators) > 1


def test_the_order_of_rows_does_not_matter():
    random = Random(7)  # noqa: S311  a seed, not a secret
    shuffled = {
        name: ibis.memtable(rows.take(random.sample(range(len(rows)), k=len(rows))))
        for name, rows in HISTORY.tables().items()
    }
    for name in INDICATORS:
        assert fast(name, shuffled) == slow(name)


@settings(deadline=None, max_examples=3)
@given(st.data())
def test_the_value_of_a_pupil_does_not_depend_on_the_others(data):
    students = sorted({row["student_id"] for row in HISTORY.rows["enrolments"]})
    alone = data.draw(st.lists(st.sampled_from(students), min_size=1, max_size=5, unique=True))
    some = {name: ibis.memtable(rows) for name, rows in HISTORY.of(alone).tables().items()}
    for name in INDICATORS:
        expected = {k: v for k, v in slow(name).items() if k[0] in alone}
        assert fast(name, some) == expected


def test_what_asks_for_more_is_open_to_fewer(tables):
    values = {name: fast(name, tables) for name in INDICATORS if name.startswith("eligibility_")}
    vocational, arts, social, natural = (
        {key for key, (numerator, _) in values[f"eligibility_{name}"].items() if numerator}
        for name in ("vocational", "arts", "social_science", "natural_science")
    )
    assert social < arts < vocational
    assert natural < arts


def test_an_eligible_pupil_has_at_least_80_points(tables):
    """Eight passes since 2011; before, three were enough."""
    merit = fast("merit_value_16", tables)
    eligible = fast("eligibility_vocational", tables)
    points = {key: merit[key][0] for key, (numerator, _) in eligible.items() if numerator}
    assert min(points.values()) >= 30
    assert min(value for (*_, year), value in points.items() if year >= "2010/11") >= 80


def test_reached_pupils_are_pupils_of_the_target_group(tables):
    group = {key for key, (numerator, _) in fast("target_group", tables).items() if numerator}
    assert set(fast("reach", tables)) < group


def test_hours_are_the_minutes_of_the_rate(tables):
    minutes = fast("unauthorised_absence_rate", tables)
    hours = fast("unauthorised_absence_hours", tables)
    assert hours.keys() == minutes.keys()
    assert all(hours[key][0] * 60 == pytest.approx(minutes[key][0]) for key in hours)
