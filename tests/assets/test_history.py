"""The run history: events are entered as before, with less work."""

import dagster as dg
import pytest
from dagster._core.storage.event_log.sqlite import sqlite_event_log
from dagster._core.storage.runs.sqlite import sqlite_run_storage
from dagster._core.storage.schedules.sqlite import sqlite_schedule_storage
from sqlalchemy import create_engine, event
from sqlalchemy.engine import Engine

from assets.history import compile_statements_once


@dg.asset
def something() -> None:
    """An asset to enter events of."""


def events_of_a_run(folder):
    """Events that a run leaves when they are read by another instance, and the engines made."""
    made = []
    folder.mkdir()

    def count(dialect, _record, arguments, _options):
        if "history" in str(arguments):
            made.append(dialect)

    event.listen(Engine, "do_connect", count)
    try:
        with dg.DagsterInstance.local_temp(str(folder)) as instance:
            run = dg.materialize([something], instance=instance).run_id
    finally:
        event.remove(Engine, "do_connect", count)
    with dg.DagsterInstance.local_temp(str(folder)) as instance:
        kinds = [record.dagster_event_type for record in instance.all_logs(run)]
        known = instance.get_latest_materialization_event(dg.AssetKey("something"))
    return kinds, known is not None, len({id(dialect) for dialect in made})


@pytest.fixture
def statements_compiled_once(monkeypatch):
    for storage in (sqlite_event_log, sqlite_run_storage, sqlite_schedule_storage):
        monkeypatch.setattr(storage, "create_engine", create_engine)
    return compile_statements_once


def test_the_history_is_the_same_and_far_fewer_engines_are_made(tmp_path, statements_compiled_once):
    before = events_of_a_run(tmp_path / "before")
    statements_compiled_once()
    after = events_of_a_run(tmp_path / "after")
    assert after[:2] == before[:2]
    assert dg.DagsterEventType.ASSET_MATERIALIZATION in after[0]
    assert after[2] < before[2] / 2
