"""The ledger: which delivery is in force, and what must be made anew."""

import itertools
import sqlite3
from contextlib import closing

import pytest

from pipelines.ingest.ledger import Judged, Ledger, LedgerError, in_order
from schemas.deliveries import Deliveries, DeliveryEvents

SCOPE = "attendance 12345678 2016-03"
TABLE = "core.attendance"
MONTH = frozenset({"2016-03"})


@pytest.fixture
def ledger(tmp_path):
    return Ledger(tmp_path / "deliveries" / "ledger.sqlite")


def sha(name):
    return name.encode().hex().rjust(64, "0")


def judged(name, version=1, **changes):
    filled = {
        "profile": "attendance_template_csv",
        "scope": SCOPE,
        "records": 10,
        "accepted": 7,
        "quarantined": 2,
        "duplicates": 1,
        "content": {TABLE: MONTH},
    }
    return Judged(delivery_id=sha(name), version=version, **filled | changes)


def settle(ledger, *verdicts):
    """Each file received and judged in a run of its own."""
    for one in verdicts:
        ledger.receive([(one.delivery_id, "f.csv", "2016-04-01T00:00:00+00:00")])
        ledger.settle([one])


def statuses(ledger):
    return {bytes.fromhex(r["delivery_id"]).lstrip(b"\0").decode(): r["status"]
            for r in ledger.rows()}  # fmt: skip


def done(ledger):
    """Everything that is pending is made."""
    for kind, periods in ledger.pending().items():
        ledger.done(kind, periods)
    assert ledger.pending() == {}


def test_a_delivery_is_received_then_judged(ledger):
    assert ledger.rows() == ledger.waiting() == []
    ledger.receive([(sha("a"), "a.csv", "2016-04-01"), (sha("b"), "b.csv", "2016-04-01")])
    ledger.receive([(sha("a"), "again.csv", "2016-04-02")])
    assert ledger.waiting() == [(sha("a"), "a.csv"), (sha("b"), "b.csv")]
    assert ledger.settled() == set()
    ledger.settle([judged("a")])
    assert ledger.settled() == {sha("a")}
    assert ledger.waiting() == [(sha("b"), "b.csv")]
    assert ledger.active(TABLE) == [sha("a")]


def test_the_rows_are_those_of_the_contract(ledger):
    settle(ledger, judged("a"), judged("b", version=2))
    for row in ledger.rows():
        assert list(row) == Deliveries.columns()
        bins = ("accepted", "quarantined", "duplicates", "superseded")
        assert row["records"] == sum(row[name] for name in bins)
    old, new = ledger.rows()
    assert (old["accepted"], old["superseded"]) == (0, 7)
    assert (new["accepted"], new["superseded"]) == (7, 0)


@pytest.mark.parametrize("order", list(itertools.permutations(["v1", "v2", "v3"])))
def test_the_highest_version_is_in_force_whatever_came_first(ledger, order):
    settle(ledger, *(judged(name, version=int(name[1])) for name in order))
    assert statuses(ledger) == {"v1": "superseded", "v2": "superseded", "v3": "active"}
    assert ledger.active(TABLE) == [sha("v3")]


@pytest.mark.parametrize("order", list(itertools.permutations(["1", "2a", "2b"])))
def test_rivals_are_held_and_the_version_below_stays_in_force(ledger, order):
    settle(ledger, *(judged(name, version=int(name[0])) for name in order))
    assert statuses(ledger) == {"1": "active", "2a": "held", "2b": "held"}
    assert ledger.active(TABLE) == [sha("1")]
    causes = {row["cause"] for row in ledger.rows() if row["status"] == "held"}
    assert causes == {f"2 files of version 2 for {SCOPE}"}


def test_a_later_version_settles_the_rivalry(ledger):
    settle(ledger, judged("1a"), judged("1b"))
    assert statuses(ledger) == {"1a": "held", "1b": "held"}
    assert ledger.active(TABLE) == []
    settle(ledger, judged("2", version=2))
    assert statuses(ledger) == {"1a": "superseded", "1b": "superseded", "2": "active"}
    assert all(row["cause"] is None for row in ledger.rows())


def test_rivals_that_come_in_one_run_are_held_too(ledger):
    ledger.receive([(sha(n), "f.csv", "2016-04-01") for n in ("a", "b")])
    ledger.settle([judged("a"), judged("b")])
    assert statuses(ledger) == {"a": "held", "b": "held"}


def test_a_rejected_file_waits_once_more_when_it_comes_again(ledger):
    rejected = judged("x", scope=None, cause="unknown: no layout", content={}, profile=None)
    settle(ledger, rejected)
    assert ledger.settled() == set()
    ledger.receive([(sha("x"), "better name.csv", "2016-04-02")])
    assert ledger.waiting() == [(sha("x"), "better name.csv")]
    ledger.settle([judged("x")])
    assert statuses(ledger) == {"x": "active"}
    assert ledger.rows()[0]["cause"] is None
    ledger.receive([(sha("x"), "third name.csv", "2016-04-03")])
    assert ledger.rows()[0]["file_name"] == "better name.csv"


def test_a_rival_that_comes_again_under_another_name_leaves_the_dispute(ledger):
    settle(ledger, judged("a"), judged("b"))
    done(ledger)
    ledger.receive([(sha("b"), "of another school.csv", "2016-04-02")])
    assert statuses(ledger) == {"a": "held", "b": "received"}
    settle(ledger, judged("c", scope="something else"))
    assert ledger.waiting() == [(sha("b"), "of another school.csv")]
    nothing = {"scope": "attendance 87654321 2016-03", "accepted": 0, "content": {}}
    settle(ledger, judged("b", **nothing))
    assert statuses(ledger) == {"a": "active", "b": "active", "c": "active"}
    assert ledger.active(TABLE, ["2016-03"]) == [sha("a"), sha("c")]
    assert ledger.pending()["month"] == ["2016-03"]


def test_forgotten_verdicts_are_all_given_anew(ledger):
    verdicts = [judged("1"), judged("2", version=2), judged("x", scope=None, cause="empty: ...")]
    settle(ledger, *verdicts)
    before = ledger.rows()
    ledger.forget_verdicts()
    assert [delivery_id for delivery_id, _ in ledger.waiting()] == [sha(n) for n in "12x"]
    assert ledger.active(TABLE) == []
    ledger.settle(verdicts[:1])
    assert statuses(ledger) == {"1": "active", "2": "received", "x": "received"}
    ledger.settle(verdicts[1:])
    assert ledger.rows() == before


def test_a_rejected_file_is_nobodys_rival(ledger):
    rejected = judged("x", scope=None, cause="empty: the file is empty", content={}, profile=None)
    settle(ledger, judged("a"), rejected)
    assert statuses(ledger) == {"a": "active", "x": "rejected"}
    assert ledger.rows()[1]["cause"] == "empty: the file is empty"
    assert ledger.active(TABLE) == [sha("a")]


def test_deliveries_in_force_are_told_by_table_and_period(ledger):
    april = judged("b", scope="attendance 12345678 2016-04", content={TABLE: {"2016-04"}})
    terms = judged("c", scope="grades x", content={"core.grades": {"2015HT", "2016VT"}})
    settle(ledger, judged("a"), april, terms)
    assert ledger.active(TABLE) == sorted([sha("a"), sha("b")])
    assert ledger.active(TABLE, ["2016-04"]) == [sha("b")]
    assert ledger.active(TABLE, []) == ledger.active("core.costs") == []
    assert ledger.active("core.grades", ["2015HT", "2016VT"]) == [sha("c")]


@pytest.mark.parametrize(
    ("periods", "expected"),
    [
        (
            {"2016-03"},
            {"month": ["2016-03"], "term": ["2016VT", "2016HT"],
             "school_year": ["2015/16", "2016/17"]},
        ),
        (
            {"2015HT"},
            {"month": ["2015-08", "2015-09", "2015-10", "2015-11", "2015-12"],
             "term": ["2015HT", "2016VT"], "school_year": ["2015/16"]},
        ),
        ({"2015/16"}, {}),
        ({"all"}, {}),
        (set(), {}),
    ],
)  # fmt: skip
def test_a_delivery_outdates_its_periods_their_months_and_the_term_that_looks_back_on_it(
    ledger, periods, expected
):
    settle(ledger, judged("a", content={TABLE: frozenset(periods)}))
    assert ledger.pending() == {**expected, "release": ["all"]}


def test_what_was_made_anew_is_no_longer_pending(ledger):
    settle(ledger, judged("a"))
    ledger.done("month", ["2016-03", "2016-04"])
    ledger.done("term", ["2016HT"])
    assert "month" not in ledger.pending()
    assert ledger.pending()["term"] == ["2016VT"]
    done(ledger)


def test_a_correction_that_empties_a_month_outdates_it(ledger):
    settle(ledger, judged("a"))
    done(ledger)
    empty = judged("b", version=2, records=1, accepted=0, quarantined=1, duplicates=0,
                   content={TABLE: frozenset()})  # fmt: skip
    settle(ledger, empty)
    assert ledger.active(TABLE) == [sha("b")] or ledger.active(TABLE) == []
    assert ledger.pending()["month"] == ["2016-03"]


def test_a_rival_that_takes_a_version_out_of_force_outdates_its_periods(ledger):
    settle(ledger, judged("1"), judged("2a", version=2, content={TABLE: {"2016-03", "2016-04"}}))
    done(ledger)
    settle(ledger, judged("2b", version=2, content={TABLE: {"2016-03"}}))
    assert ledger.pending()["month"] == ["2016-03", "2016-04"]


def test_terms_are_put_in_the_order_of_time():
    assert in_order("term", {"2016HT", "2016VT", "2015HT"}) == ["2015HT", "2016VT", "2016HT"]
    assert in_order("month", ["2016-03", "2015-12"]) == ["2015-12", "2016-03"]


def test_a_verdict_is_entered_whole_or_not_at_all(ledger):
    settle(ledger, judged("a"))
    before = ledger.rows(), ledger.pending()
    ledger.receive([(sha("b"), "f.csv", "2016-04-01")])
    broken = judged("b", version=2, content={TABLE: [object()]})
    with pytest.raises((sqlite3.Error, TypeError)):
        ledger.settle([judged("a", version=3), broken])
    assert ledger.rows()[0] == before[0][0]
    assert ledger.waiting() == [(sha("b"), "f.csv")]


def steps(ledger, name):
    return [(e["status_from"], e["status_to"]) for e in ledger.events()
            if e["delivery_id"] == sha(name)]  # fmt: skip


def test_every_step_of_a_delivery_is_told_in_order(ledger):
    settle(ledger, judged("a"), judged("b", version=2))
    assert [list(event) for event in ledger.events()] == [DeliveryEvents.columns()] * 9
    assert steps(ledger, "a") == [
        (None, "received"), ("received", "recognised"), ("recognised", "judged"),
        ("judged", "active"), ("active", "superseded"),
    ]  # fmt: skip
    assert ledger.events()[-1]["why"] == "in force"
    whys = [event["why"] for event in ledger.events() if event["status_to"] == "superseded"]
    assert whys == ["version 2 takes its place"]


def test_history_is_never_changed(ledger):
    settle(ledger, judged("a"))
    with closing(sqlite3.connect(ledger.path)) as file:
        for statement in ("UPDATE event SET why = ''", "DELETE FROM event"):
            with pytest.raises(sqlite3.IntegrityError, match="history is never changed"):
                file.execute(statement)


def test_a_file_that_is_rejected_again_outdates_nothing_and_tells_nothing(ledger):
    rejected = judged("x", scope=None, cause="unknown: no layout", content={}, profile=None)
    settle(ledger, rejected)
    done(ledger)
    before = ledger.events()
    settle(ledger, rejected)
    assert ledger.pending() == {}
    assert ledger.events() == before


def test_a_file_without_an_accepted_record_is_judged_again_under_another_name(ledger):
    settle(ledger, judged("a", accepted=0, quarantined=9, content={}))
    assert ledger.receive([(sha("a"), "f.csv", "2016-04-02")]) == set()
    assert ledger.receive([(sha("a"), "right name.csv", "2016-04-02")]) == {sha("a")}
    ledger.settle([judged("a", scope="attendance 87654321 2016-03")])
    assert ledger.rows()[0]["file_name"] == "right name.csv"
    assert steps(ledger, "a")[-4:] == [
        ("active", "received"), ("received", "recognised"), ("recognised", "judged"),
        ("judged", "active"),
    ]  # fmt: skip


def test_that_a_known_file_came_under_another_name_is_told_once(ledger):
    settle(ledger, judged("a"))
    done(ledger)
    for _ in range(2):
        assert ledger.receive([(sha("a"), "other.csv", "2016-04-02")]) == set()
    assert ledger.events()[-1]["why"] == "came again as other.csv; nothing changed"
    assert len(ledger.events()) == 5
    assert ledger.rows()[0]["file_name"] == "f.csv"
    assert ledger.pending() == {}


def test_a_person_picks_one_of_two_rivals(ledger):
    settle(ledger, judged("a"), judged("b"))
    done(ledger)
    ledger.release(sha("b"), "the school said so")
    assert statuses(ledger) == {"a": "superseded", "b": "active"}
    assert ledger.events()[-1]["why"] == "released by hand: the school said so"
    assert ledger.pending()["month"] == ["2016-03"]
    with pytest.raises(LedgerError, match="only what is held"):
        ledger.release(sha("b"), "again")


def test_what_a_person_refuses_stays_refused_under_its_name_alone(ledger):
    settle(ledger, judged("a"), judged("b", version=2))
    ledger.reject(sha("b"), "wrong month")
    assert statuses(ledger) == {"a": "active", "b": "rejected"}
    row = ledger.rows()[1]
    assert (row["cause"], row["accepted"], row["superseded"]) == (
        "rejected by hand: wrong month", 0, 7)  # fmt: skip
    settle(ledger, judged("b", version=2))
    assert statuses(ledger) == {"a": "active", "b": "rejected"}
    with pytest.raises(LedgerError):
        ledger.reject(sha("b"), "twice")
    ledger.receive([(sha("b"), "new name.csv", "2016-04-02")])
    ledger.settle([judged("b", version=2)])
    assert statuses(ledger) == {"a": "superseded", "b": "active"}


def test_a_ledger_of_an_earlier_version_gets_its_history(ledger):
    settle(ledger, judged("a"), judged("b", version=2))
    rows = ledger.rows()
    with closing(sqlite3.connect(ledger.path)) as file, file:
        file.execute("DROP TABLE event")
        for name in ("completeness", "same_rows", "hold", "picked", "refused", "prior"):
            file.execute(f"ALTER TABLE delivery DROP COLUMN {name}")
        file.execute("PRAGMA user_version = 0")
    assert ledger.rows() == rows
    assert steps(ledger, "a")[-1] == ("judged", "superseded")
    assert len(ledger.events()) == 8


def test_the_ledgers_folder_is_the_owners_alone(ledger):
    ledger.receive([])
    assert ledger.path.parent.stat().st_mode & 0o777 == 0o700
    with closing(sqlite3.connect(ledger.path)) as file:
        assert file.execute("PRAGMA integrity_check").fetchone() == ("ok",)
