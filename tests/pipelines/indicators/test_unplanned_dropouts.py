"""Unplanned dropouts, by hand."""

import pytest

from pipelines.indicators.registry import load_indicators
from schemas.support import Participation

INDICATOR = load_indicators()["unplanned_dropouts"]
HEADER = "student_id | project_id | school_id | term | start_date | end_date | end_reason"


@pytest.fixture
def dropouts(drawn, found):
    def values(*rows):
        drawing = "\n".join([HEADER, *rows])
        return found(INDICATOR.compute(participation=drawn(Participation, drawing)))

    return values


@pytest.mark.parametrize(
    ("reason", "numerator"),
    [
        ("ended_by_family", 1.0),
        ("did_not_attend", 1.0),
        ("ended_by_project", 1.0),
        ("completed", 0.0),
        ("graduated", 0.0),
        ("moved", 0.0),
        ("transferred", 0.0),
        ("unknown", 0.0),
    ],
)
def test_the_reason_decides_and_an_unknown_one_stays_in_the_denominator(
    dropouts, reason, numerator
):
    found = dropouts(f"p1 | north | A | 2016VT | 2015-10-01 | 2016-03-01 | {reason}")
    assert found == [("p1", "A", "2015/16", numerator, 1.0)]


def test_support_that_lasts_has_not_ended(dropouts):
    assert dropouts("p1 | north | A | 2016VT | 2015-10-01 | |") == []


def test_only_the_latest_register_counts(dropouts):
    found = dropouts(
        "p1 | north | A | 2015HT | 2015-10-01 | 2015-12-01 | ended_by_family",
        "p1 | north | A | 2016VT | 2015-10-01 | 2016-03-01 | completed",
        "p1 | north | A | 2016HT | 2015-10-01 | 2016-09-01 | completed",
        "p2 | north | A | 2016VT | 2015-10-01 | | ",
        "p2 | north | A | 2015HT | 2015-10-01 | 2015-12-01 | ended_by_family",
    )
    assert found == [("p1", "A", "2016/17", 0.0, 1.0)]


def test_july_ends_the_school_year_and_august_begins_one(dropouts):
    found = dropouts(
        "p1 | north | A | 2016VT | 2015-10-01 | 2016-07-31 | completed",
        "p2 | north | A | 2016HT | 2015-10-01 | 2016-08-01 | completed",
    )
    assert [row[2] for row in found] == ["2015/16", "2016/17"]


def test_a_pupil_with_two_ends_counts_once_and_drops_out_by_any(dropouts):
    found = dropouts(
        "p1 | north | A | 2015HT | 2015-09-01 | 2015-11-01 | did_not_attend",
        "p1 | north | A | 2016VT | 2016-02-01 | 2016-05-01 | completed",
        "p1 | south | B | 2016VT | 2016-02-01 | 2016-05-01 | completed",
    )
    assert found == [("p1", "A", "2015/16", 1.0, 1.0), ("p1", "B", "2015/16", 0.0, 1.0)]
