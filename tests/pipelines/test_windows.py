"""What an indicator rests on: values of a period from its window are those from all rows."""

from random import Random

import pytest

from pipelines.engine import engine
from pipelines.indicators.registry import load_indicators
from pipelines.windows import within
from tests.reference.histories import SCHOOL_YEARS, TERMS, invented

LONGER = [one for one in load_indicators().values() if one.period != "month"]
HISTORY = invented(Random(31), 400)  # noqa: S311  a seed, not a secret


@pytest.fixture(scope="module")
def tables():
    return {
        name: engine().create_table(f"window_{name}", rows, temp=True, overwrite=True)
        for name, rows in HISTORY.tables().items()
    }


def found(values, period):
    rows = values.filter(values.period == period).to_pyarrow().to_pylist()
    return sorted(tuple(str(value) for value in row.values()) for row in rows)


@pytest.mark.parametrize("indicator", LONGER, ids=lambda one: one.name)
def test_a_period_needs_no_more_than_its_window(indicator, tables):
    read = {t.split(".")[1]: tables[t.split(".")[1]] for t in indicator.sources}
    whole = indicator.values(**read)
    periods = SCHOOL_YEARS if indicator.period == "school_year" else TERMS
    for period in periods[1::3]:
        window = within(indicator, read, [period])
        assert found(indicator.values(**window), period) == found(whole, period)


def test_a_window_leaves_out_what_lies_outside(tables):
    indicator = load_indicators()["goal_attainment_rose"]
    read = {name: tables[name] for name in ("grades", "enrolments")}
    window = within(indicator, read, ["2013VT"])
    terms = window["grades"].select("term").distinct().to_pyarrow()["term"].to_pylist()
    assert set(terms) == {"2012HT", "2013VT"}
