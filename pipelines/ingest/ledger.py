"""The ledger of deliveries: what came, when, by which layout, and where it stands."""

import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

CREATE = (
    """
    CREATE TABLE IF NOT EXISTS delivery (
        seq INTEGER PRIMARY KEY,
        delivery_id TEXT NOT NULL UNIQUE,
        file_name TEXT NOT NULL,
        received_at TEXT NOT NULL,
        profile TEXT,
        scope TEXT,
        version INTEGER NOT NULL DEFAULT 1,
        status TEXT NOT NULL DEFAULT 'received',
        cause TEXT,
        records INTEGER NOT NULL DEFAULT 0,
        accepted INTEGER NOT NULL DEFAULT 0,
        quarantined INTEGER NOT NULL DEFAULT 0,
        duplicates INTEGER NOT NULL DEFAULT 0
    )
    """,
    """
    CREATE TABLE IF NOT EXISTS content (
        delivery_id TEXT NOT NULL,
        table_name TEXT NOT NULL,
        period TEXT NOT NULL,
        PRIMARY KEY (table_name, period, delivery_id)
    ) WITHOUT ROWID
    """,
    "CREATE INDEX IF NOT EXISTS delivery_scope ON delivery (scope)",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """What judging a delivery gave.

    Attributes:
        delivery_id: SHA-256 of the file.
        profile: Layout it was read by; None if none fits.
        scope: What it is about; a correction has the same scope.
        version: As its name says.
        cause: Why it cannot be read; None if it can.
        records: Records in the file [count].
        accepted: Records accepted [count].
        quarantined: Records held back [count].
        duplicates: Exact repeats left out [count].
        content: Periods (or ``all``) it holds rows of, by table.
    """

    delivery_id: str
    profile: str | None
    scope: str | None
    version: int = 1
    cause: str | None = None
    records: int = 0
    accepted: int = 0
    quarantined: int = 0
    duplicates: int = 0
    content: Mapping[str, frozenset[str]]


@dataclass(frozen=True, slots=True)
class Ledger:
    """One SQLite file beside the archive of deliveries.

    Attributes:
        path: Where it lies.
    """

    path: Path

    def knows(self, delivery_id: str) -> bool:
        """Whether this very content was received before and judged."""
        query = "SELECT 1 FROM delivery WHERE delivery_id = ? AND status <> 'received'"
        with self._open() as ledger:
            return ledger.execute(query, (delivery_id,)).fetchone() is not None

    def receive(self, received: Sequence[tuple[str, str, str]]) -> None:
        """Enter files as received: ``(delivery_id, file_name, received_at)``; known ones stay."""
        insert = (
            "INSERT OR IGNORE INTO delivery (delivery_id, file_name, received_at) VALUES (?, ?, ?)"
        )
        with self._open() as ledger:
            ledger.executemany(insert, received)

    def waiting(self) -> list[tuple[str, str]]:
        """Received but not yet judged, oldest first: ``(delivery_id, file_name)``."""
        query = "SELECT delivery_id, file_name FROM delivery WHERE status = 'received' ORDER BY seq"
        with self._open() as ledger:
            return ledger.execute(query).fetchall()

    def settle(self, judged: Sequence[Judged]) -> None:
        """Enter verdicts, then decide per scope which delivery is in force.

        The highest version is active and the lower ones superseded. Two different files of
        one version are held, and the version below stays in force, until a later one comes.
        """
        with self._open() as ledger:
            for one in judged:
                _enter(ledger, one)
            for scope in sorted({one.scope for one in judged if one.scope and not one.cause}):
                _order(ledger, scope)

    def rows(self) -> list[dict[str, object]]:
        """Every delivery in order of arrival, with the columns of ``raw.deliveries``."""
        query = """
            SELECT delivery_id, file_name, received_at, profile, scope, version, status, cause,
                records, iif(status = 'superseded', 0, accepted) AS accepted,
                quarantined, duplicates, iif(status = 'superseded', accepted, 0) AS superseded
            FROM delivery ORDER BY seq
        """
        with self._open() as ledger:
            cursor = ledger.execute(query)
            names = [column[0] for column in cursor.description]
            return [dict(zip(names, row, strict=True)) for row in cursor]

    def active(self, table: str, periods: Sequence[str] | None = None) -> list[str]:
        """Deliveries in force that hold rows of a table, for some periods or for all."""
        query = """
            SELECT DISTINCT delivery_id, period FROM content JOIN delivery USING (delivery_id)
            WHERE table_name = ? AND status = 'active' ORDER BY delivery_id
        """
        with self._open() as ledger:
            found = ledger.execute(query, (table,)).fetchall()
        wanted = None if periods is None else set(periods)
        return list(dict.fromkeys(d for d, period in found if wanted is None or period in wanted))

    def periods(self, deliveries: Sequence[str] | None = None) -> dict[str, set[str]]:
        """Periods that some deliveries, or all, hold rows of, by table.

        A superseded delivery counts too: the period it leaves must be made anew.
        """
        chosen = None if deliveries is None else set(deliveries)
        with self._open() as ledger:
            rows = ledger.execute("SELECT delivery_id, table_name, period FROM content").fetchall()
        found: dict[str, set[str]] = {}
        for delivery_id, table, period in rows:
            if chosen is None or delivery_id in chosen:
                found.setdefault(table, set()).add(period)
        return found

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with closing(sqlite3.connect(self.path, timeout=60)) as ledger, ledger:
            for statement in CREATE:
                ledger.execute(statement)
            yield ledger


def _enter(ledger: sqlite3.Connection, judged: Judged) -> None:
    ledger.execute(
        """
        UPDATE delivery SET profile = ?, scope = ?, version = ?, cause = ?, status = ?,
            records = ?, accepted = ?, quarantined = ?, duplicates = ?
        WHERE delivery_id = ?
        """,
        (
            judged.profile,
            judged.scope,
            judged.version,
            judged.cause,
            "rejected" if judged.cause else "active",
            judged.records,
            judged.accepted,
            judged.quarantined,
            judged.duplicates,
            judged.delivery_id,
        ),
    )
    ledger.executemany(
        "INSERT OR IGNORE INTO content VALUES (?, ?, ?)",
        [(judged.delivery_id, t, p) for t, periods in judged.content.items() for p in periods],
    )


def _order(ledger: sqlite3.Connection, scope: str) -> None:
    rivals = ledger.execute(
        "SELECT delivery_id, version FROM delivery WHERE scope = ? AND status <> 'rejected'",
        (scope,),
    ).fetchall()
    versions = [version for _, version in rivals]
    undisputed = [version for version in versions if versions.count(version) == 1]
    in_force = max(undisputed, default=0)
    for delivery_id, version in rivals:
        status = "superseded" if version < in_force else "held"
        if version == in_force:
            status = "active"
        cause = f"{versions.count(version)} files of version {version} for {scope}"
        ledger.execute(
            "UPDATE delivery SET status = ?, cause = ? WHERE delivery_id = ?",
            (status, cause if status == "held" else None, delivery_id),
        )
