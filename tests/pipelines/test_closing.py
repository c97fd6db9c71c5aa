"""Until when figures are preliminary."""

import datetime as dt

import pytest

from pipelines.closing import closes_on, is_preliminary, outdate_closed
from pipelines.ingest.ledger import Judged, Ledger


@pytest.mark.parametrize(
    ("period", "day"),
    [
        ("2016-03", dt.date(2016, 5, 16)),
        ("2015-12", dt.date(2016, 2, 15)),
        ("2016VT", dt.date(2016, 9, 15)),
        ("2015HT", dt.date(2016, 2, 15)),
        ("2015/16", dt.date(2016, 9, 15)),
    ],
)
def test_a_period_closes_45_days_after_its_last_day(period, day):
    assert closes_on(period) == day
    assert is_preliminary(period, day - dt.timedelta(days=1))
    assert not is_preliminary(period, day)


def test_what_is_no_period_never_closes():
    with pytest.raises(ValueError, match="no month, term or school year"):
        closes_on("all")


def test_a_school_year_that_has_closed_outdates_the_release_once(tmp_path):
    ledger = Ledger(tmp_path / "ledger.sqlite")
    ledger.receive([("a" * 64, "a.csv", "2016-06-01T00:00:00+00:00")])
    content = {"core.attendance": frozenset({"2016-05"})}
    ledger.settle([Judged(delivery_id="a" * 64, profile="p", scope="s", content=content)])
    for kind, periods in ledger.pending().items():
        ledger.done(kind, periods)
    outdate_closed(ledger, dt.date(2016, 10, 1))
    assert ledger.pending() == {}
    ledger.published(dt.datetime(2016, 7, 1, tzinfo=dt.UTC))
    outdate_closed(ledger, dt.date(2016, 9, 14))
    assert ledger.pending() == {}
    outdate_closed(ledger, dt.date(2016, 9, 15))
    assert ledger.pending() == {"release": ["all"]}
    ledger.done("release", ["all"])
    ledger.published(dt.datetime(2016, 9, 15, tzinfo=dt.UTC))
    outdate_closed(ledger, dt.date(2017, 1, 1))
    assert ledger.pending() == {}
