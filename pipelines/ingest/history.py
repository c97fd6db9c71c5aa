"""The history of deliveries: every step that one took, written once and never changed.

A step to where a delivery stays carries all that was known of it then, so that the ledger of any
earlier moment can be written out again.
"""

import json
import sqlite3
from collections.abc import Iterable, Mapping
from typing import Any

CREATE_EVENTS = (
    """
    CREATE TABLE IF NOT EXISTS event (
        seq INTEGER PRIMARY KEY,
        delivery_id TEXT NOT NULL,
        at TEXT NOT NULL,
        status_from TEXT,
        status_to TEXT NOT NULL,
        why TEXT NOT NULL,
        state TEXT
    )
    """,
    """
    CREATE TRIGGER IF NOT EXISTS event_is_not_changed BEFORE UPDATE ON event
    BEGIN SELECT RAISE(ABORT, 'history is never changed'); END
    """,
    """
    CREATE TRIGGER IF NOT EXISTS event_is_not_deleted BEFORE DELETE ON event
    BEGIN SELECT RAISE(ABORT, 'history is never changed'); END
    """,
    "CREATE INDEX IF NOT EXISTS event_delivery ON event (delivery_id)",
)

KEPT = (
    "file_name", "received_at", "profile", "scope", "version", "status", "cause",
    "completeness", "records", "accepted", "quarantined", "duplicates",
)  # fmt: skip
"""What is known of a delivery at a time: columns of the ledger."""

COMPARED = tuple(name for name in KEPT if name != "received_at")

State = Mapping[str, Any]
Step = tuple[str | None, str, str]


def states(ledger: sqlite3.Connection, delivery_ids: Iterable[str]) -> dict[str, State]:
    """What is known now of some deliveries; of one that is judged again, what was known before."""
    found: dict[str, State] = {}
    for delivery_id in delivery_ids:
        row = ledger.execute(
            f"SELECT {', '.join(KEPT)}, prior FROM delivery WHERE delivery_id = ?", (delivery_id,)
        ).fetchone()
        if row is not None:
            known = dict(zip(KEPT, row[:-1], strict=True))
            found[delivery_id] = known if row[-1] is None else json.loads(row[-1])
    return found


def differ(before: State, after: State) -> bool:
    """Whether anything of a delivery has changed."""
    return any(before[name] != after[name] for name in COMPARED)


def enter(
    ledger: sqlite3.Connection, delivery_id: str, at: str, steps: Iterable[Step], state: State
) -> None:
    """Enter steps ``(from, to, why)`` of a delivery; what is known of it goes with the last."""
    rows = [[delivery_id, at, *step, None] for step in steps]
    if rows:
        rows[-1][-1] = json.dumps(dict(state), ensure_ascii=False)
    ledger.executemany(
        "INSERT INTO event (delivery_id, at, status_from, status_to, why, state) "
        "VALUES (?, ?, ?, ?, ?, ?)",
        rows,
    )


def steps_of_judgement(before: State, after: State, why: str) -> list[Step]:
    """The steps from before judging to where the delivery stays."""
    steps: list[Step] = []
    if before["status"] != "received":
        steps.append((before["status"], "received", f"came again as {after['file_name']}"))
    last = "received"
    if after["profile"] is not None:
        steps.append((last, "recognised", f"as {after['profile']}"))
        last = "recognised"
    if after["scope"] is not None:
        counts = f"{after['accepted']} accepted, {after['quarantined']} held back"
        steps.append((last, "judged", f"{counts}, {after['duplicates']} exact repeats"))
        last = "judged"
    return [*steps, (last, after["status"], why)]


def events(ledger: sqlite3.Connection) -> list[dict[str, object]]:
    """Every step in order, with the columns of ``raw.delivery_events``."""
    names = ("event_no", "delivery_id", "at", "status_from", "status_to", "why")
    query = "SELECT seq, delivery_id, at, status_from, status_to, why FROM event ORDER BY seq"
    return [dict(zip(names, row, strict=True)) for row in ledger.execute(query)]


def known_by(ledger: sqlite3.Connection, at: str) -> dict[str, State]:
    """What was known of each delivery at a time, by its id, in order of arrival."""
    query = """
        SELECT delivery_id, state FROM event JOIN (
            SELECT max(seq) AS seq FROM event
            WHERE at <= ? AND state IS NOT NULL GROUP BY delivery_id
        ) USING (seq) JOIN delivery USING (delivery_id) ORDER BY delivery.seq
    """
    return {delivery_id: json.loads(state) for delivery_id, state in ledger.execute(query, (at,))}
