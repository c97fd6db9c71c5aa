"""As known on a date: no decision about a record held back that was made later."""

import datetime as dt

import pytest

from pipelines.as_of import forget, workspace_as_of
from pipelines.audit import log_path, verify
from pipelines.ingest.inbox import ingest, ready_files
from pipelines.lake import raw_table
from pipelines.quarantine.listing import held_records, mended_rows, waiver_rows
from pipelines.quarantine.waiving import waive, withdraw
from schemas.attendance import Lessons
from schemas.rules import MOST_LESSON_MINUTES
from tests.pipelines.ingest.deliveries import LESSONS_NAME, drop, lesson_row, lessons
from tests.pipelines.quarantine.round_trip import core, mended

RULE = f"scheduled_minutes: less_than_or_equal_to({MOST_LESSON_MINUTES})"
THEN, BETWEEN = "2016-07-31", "2016-08-31"


@pytest.fixture
def city(workspace):
    """Lessons that came in April; one is mended and one let through today."""
    rows = [lesson_row(0), lesson_row(1, minuter="720"), lesson_row(2, minuter="x")]
    drop(workspace, LESSONS_NAME, lessons(rows))
    at = dt.datetime(2016, 4, 5, tzinfo=dt.UTC)
    ingest(workspace, ready_files(workspace.inbox), at=at)
    return workspace


def entered_on(day, monkeypatch):
    """Have the audit log be written on another day."""

    class Clock(dt.datetime):
        @classmethod
        def now(cls, tz=None):
            return cls.fromisoformat(f"{day}T12:00:00").replace(tzinfo=tz)

    monkeypatch.setattr("pipelines.audit.datetime", Clock)


def decide(city):
    mended(city, {3: {"minuter": "60"}})
    (original, _) = city.ledger.rows()
    waive(city, original["delivery_id"], [2], rule=RULE, reason="lägerskola")


def test_before_the_decisions_the_records_are_held_back(city):
    then = core(city, "core.lessons")
    decide(city)
    now = core(city, "core.lessons")
    assert (len(then), len(now)) == (1, 3)
    earlier = workspace_as_of(city, THEN)
    assert core(earlier, "core.lessons") == then
    assert {one.record_no for one in held_records(earlier)} == {2, 3}
    assert (waiver_rows(earlier), mended_rows(earlier)) == ([], [])
    (row,) = earlier.ledger.rows()
    assert (row["accepted"], row["quarantined"]) == (1, 2)
    forget(earlier)
    assert core(city, "core.lessons") == now
    assert city.vault.folder.joinpath("key").exists()


def test_a_decision_made_until_then_holds(city, monkeypatch):
    entered_on(BETWEEN, monkeypatch)
    (original,) = city.ledger.rows()
    waive(city, original["delivery_id"], [2], rule=RULE, reason="lägerskola")
    monkeypatch.undo()
    now = core(city, "core.lessons")
    earlier = workspace_as_of(city, "2016-09-30")
    assert len(verify(earlier).entries) == 1
    rows = earlier.lake.read(raw_table(Lessons.table()), Lessons)
    assert sorted(rows.record_no.to_pyarrow().to_pylist()) == [1, 2]
    assert len(now) == 2
    earlier = workspace_as_of(city, THEN)
    assert not log_path(earlier).exists() or verify(earlier).entries == ()
    assert list(core(earlier, "core.lessons").values()) == [
        row for row in now.values() if row["scheduled_minutes"] == 60
    ]


def test_a_waiver_withdrawn_since_then_still_held_then(city, monkeypatch):
    (original,) = city.ledger.rows()
    held_back = core(city, "core.lessons")
    entered_on(BETWEEN, monkeypatch)
    waive(city, original["delivery_id"], [2], rule=RULE, reason="lägerskola")
    monkeypatch.undo()
    let_through = core(city, "core.lessons")
    withdraw(city, original["delivery_id"], [2], rule=RULE, reason="skolan tog miste")
    assert core(city, "core.lessons") == held_back
    earlier = workspace_as_of(city, "2016-09-30")
    rows = earlier.lake.read(raw_table(Lessons.table()), Lessons)
    assert sorted(rows.record_no.to_pyarrow().to_pylist()) == [1, 2]
    assert len(let_through) == 2
