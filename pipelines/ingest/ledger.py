"""The ledger of deliveries: what came, when, by which layout, and where it stands."""

import re
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from pipelines.lake import WHOLE
from schemas.calendar import school_year_of_term, term_after, term_of_month, term_order
from schemas.contract import MONTH_PATTERN, TERM_PATTERN

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
    """
    CREATE TABLE IF NOT EXISTS pending (
        kind TEXT NOT NULL,
        period TEXT NOT NULL,
        PRIMARY KEY (kind, period)
    ) WITHOUT ROWID
    """,
    "CREATE INDEX IF NOT EXISTS delivery_scope ON delivery (scope)",
    "CREATE INDEX IF NOT EXISTS content_delivery ON content (delivery_id)",
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

    def settled(self) -> set[str]:
        """Deliveries that were judged and read; the others may be judged again."""
        query = "SELECT delivery_id FROM delivery WHERE status IN ('active', 'superseded')"
        with self._open() as ledger:
            return {delivery_id for (delivery_id,) in ledger.execute(query)}

    def receive(self, received: Sequence[tuple[str, str, str]]) -> None:
        """Enter files as received: ``(delivery_id, file_name, received_at)``.

        One that was rejected or held is received anew, under the name it has now.
        """
        insert = """
            INSERT INTO delivery (delivery_id, file_name, received_at) VALUES (?, ?, ?)
            ON CONFLICT (delivery_id) DO UPDATE
            SET file_name = excluded.file_name, status = 'received', cause = NULL, scope = NULL
            WHERE status IN ('rejected', 'held')
        """
        with self._open() as ledger:
            ledger.executemany(insert, received)

    def forget_verdicts(self) -> None:
        """Take every delivery for received and not yet judged; nothing else is forgotten."""
        with self._open() as ledger:
            ledger.execute("UPDATE delivery SET status = 'received', cause = NULL")
            ledger.execute("DELETE FROM content")

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
            scopes = {one.scope for one in judged if one.scope} | _disputed(ledger)
            for scope in sorted(scopes):
                _order(ledger, scope)
            outdated = _outdated({period for scope in scopes for period in _periods(ledger, scope)})
            ledger.executemany("INSERT OR IGNORE INTO pending VALUES (?, ?)", outdated)

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

    def pending(self) -> dict[str, list[str]]:
        """Periods whose tables are older than the deliveries, by kind of period.

        Kinds are ``month``, ``term``, ``school_year`` and ``release``.
        """
        found: dict[str, list[str]] = {}
        with self._open() as ledger:
            for kind, period in ledger.execute("SELECT kind, period FROM pending"):
                found.setdefault(kind, []).append(period)
        return {kind: in_order(kind, periods) for kind, periods in found.items()}

    def done(self, kind: str, periods: Sequence[str]) -> None:
        """Enter that the tables of some periods were made anew."""
        with self._open() as ledger:
            ledger.executemany(
                "DELETE FROM pending WHERE kind = ? AND period = ?", [(kind, p) for p in periods]
            )

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with closing(sqlite3.connect(self.path, timeout=60)) as ledger, ledger:
            for statement in CREATE:
                ledger.execute(statement)
            yield ledger


def in_order(kind: str, periods: Iterable[str]) -> list[str]:
    """Periods from the oldest to the newest."""
    return sorted(periods, key=term_order if kind == "term" else None)


def _disputed(ledger: sqlite3.Connection) -> set[str]:
    """Scopes with rivals; one that was renamed may have left them."""
    query = "SELECT DISTINCT scope FROM delivery WHERE status = 'held'"
    return {scope for (scope,) in ledger.execute(query)}


def _periods(ledger: sqlite3.Connection, scope: str) -> set[str]:
    """Periods that any delivery of a scope has rows of, in force or not."""
    query = """
        SELECT DISTINCT period FROM content JOIN delivery USING (delivery_id) WHERE scope = ?
    """
    return {period for (period,) in ledger.execute(query, (scope,))}


def _outdated(periods: set[str]) -> set[tuple[str, str]]:
    """What must be made anew when rows of some periods come into force, or out of it.

    A term's target group looks back on the term before, so a term outdates the next one too.
    """
    months = {period for period in periods if re.fullmatch(MONTH_PATTERN, period)}
    terms = {term_of_month(month) for month in months}
    terms |= {period for period in periods if re.fullmatch(TERM_PATTERN, period)}
    terms |= {term_after(term) for term in terms}
    years = {school_year_of_term(term) for term in terms}
    return {
        ("release", WHOLE),
        *(("month", month) for month in months),
        *(("term", term) for term in terms),
        *(("school_year", year) for year in years),
    }


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
    ledger.execute("DELETE FROM content WHERE delivery_id = ?", (judged.delivery_id,))
    ledger.executemany(
        "INSERT INTO content VALUES (?, ?, ?)",
        [(judged.delivery_id, t, p) for t, periods in judged.content.items() for p in periods],
    )


def _order(ledger: sqlite3.Connection, scope: str) -> None:
    rivals = ledger.execute(
        """
        SELECT delivery_id, version FROM delivery
        WHERE scope = ? AND status NOT IN ('received', 'rejected')
        """,
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
