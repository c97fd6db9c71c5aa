"""Dagster's run history in SQLite: what makes keeping it cheap in a process that runs much.

A run over six years enters several thousand events, each in two files.
"""

import sqlite3
from collections.abc import Mapping
from functools import cache

from dagster._core.storage.event_log.sqlite import sqlite_event_log
from dagster._core.storage.runs.sqlite import sqlite_run_storage
from dagster._core.storage.schedules.sqlite import sqlite_schedule_storage
from sqlalchemy import create_engine, event
from sqlalchemy.engine import Engine
from sqlalchemy.pool import NullPool

DEFAULTS = {"timeout": 5.0}
"""What the sqlite3 module waits for a lock, if nothing is said [s]."""


def skip_waiting_for_the_disk() -> None:
    """Let this process's run history be lost with the power; for a demo that can be repeated."""

    @event.listens_for(Engine, "connect")
    def _relax(connection: sqlite3.Connection, _record: object) -> None:
        if isinstance(connection, sqlite3.Connection):
            connection.execute("PRAGMA synchronous = OFF")


def compile_statements_once() -> None:
    """Keep one SQLAlchemy engine for each file of the history, and with it what it compiled.

    Dagster's SQLite storages make an engine for every event, so that SQLAlchemy compiles every
    statement anew: half the time of entering it. An engine without a pool holds no connection,
    so one serves as well as many.
    """

    @cache
    def engine_of(path: str, timeout: float) -> Engine:
        return create_engine(path, poolclass=NullPool, connect_args={"timeout": timeout})

    def reused(
        path: str, *, poolclass: type[NullPool], connect_args: Mapping[str, float] = DEFAULTS
    ) -> Engine:
        del poolclass
        return engine_of(path, connect_args["timeout"])

    for storage in (sqlite_event_log, sqlite_run_storage, sqlite_schedule_storage):
        vars(storage)["create_engine"] = reused
