"""The ledger of deliveries: what came, when, by which layout, and where it stands."""

import datetime as dt
import re
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from pipelines.ingest import history
from pipelines.ingest.standing import Candidate, Standing, standings
from pipelines.ingest.supplements import follow, scopes_following
from pipelines.lake import WHOLE
from schemas.calendar import (
    months_of_term,
    school_year_of_term,
    term_after,
    term_of_month,
    term_order,
)
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
        duplicates INTEGER NOT NULL DEFAULT 0,
        completeness TEXT NOT NULL DEFAULT 'unproven',
        same_rows TEXT,
        hold TEXT,
        picked TEXT,
        refused TEXT,
        prior TEXT
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
    "CREATE TABLE IF NOT EXISTS note (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID",
    "CREATE INDEX IF NOT EXISTS delivery_scope ON delivery (scope)",
    "CREATE INDEX IF NOT EXISTS content_delivery ON content (delivery_id)",
    *history.CREATE_EVENTS,
)
ADDED = {
    "completeness": "TEXT NOT NULL DEFAULT 'unproven'",
    **dict.fromkeys(("same_rows", "hold", "picked", "refused", "prior"), "TEXT"),
}
"""Columns that a ledger of an earlier version lacks."""

LAYOUT = 2
UNTRUSTED = "untrusted: "
"""How the cause begins of a file that was refused for who may write to it."""

KNOWN_OF_ENTRY = (
    "delivery_id", "file_name", "received_at", "scope", "version", "status", "quarantined",
    "same_rows", "was_settled",
)  # fmt: skip
SETTLED = ("active", "superseded", "held", "rejected")
VERDICT = (
    "delivery_id", "profile", "scope", "version", "cause", "records", "accepted", "quarantined",
    "duplicates", "completeness",
)  # fmt: skip


class LedgerError(LookupError):
    """A decision cannot be entered; says why."""


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
        completeness: Whether the sender's own word shows that it is whole.
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
    completeness: str = "unproven"


@dataclass(frozen=True, slots=True, kw_only=True)
class Weighed:
    """What comparing a delivery with the others about the same thing gave.

    Attributes:
        same_rows: What its rows are known by; None if they cannot be compared.
        hold: Why it must wait for a person; None if that was not asked, empty if it need not,
            whatever was said earlier.
    """

    same_rows: str | None = None
    hold: str | None = None


@dataclass(frozen=True, slots=True)
class Entry:
    """A delivery as the ledger has it.

    Attributes:
        delivery_id: SHA-256 of the file.
        file_name: Name as dropped in the inbox.
        received_at: UTC, ISO 8601.
        scope: What it is about.
        version: As its name says.
        status: Where it stands.
        quarantined: Records held back [count].
        same_rows: What its rows are known by, if they were compared.
        tables: Periods it holds rows of, by table.
        was_settled: Whether it was in force or superseded before it was to be judged again.
    """

    delivery_id: str
    file_name: str
    received_at: str
    scope: str | None
    version: int
    status: str
    quarantined: int
    same_rows: str | None
    was_settled: bool
    tables: Mapping[str, frozenset[str]] = field(default_factory=dict)


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

    def receive(self, received: Sequence[tuple[str, str, str]]) -> set[str]:
        """Enter files as received: ``(delivery_id, file_name, received_at)``.

        One that was rejected or held, or had no record accepted, is received anew, under the
        name it has now. Any other that is known changes nothing; that it came again under
        another name is only noted.

        Returns:
            Those to judge.
        """
        with self._open() as ledger:
            return {one[0] for one in received if _receive(ledger, *one)}

    def forget_verdicts(self, delivery_ids: Sequence[str] | None = None) -> None:
        """Take deliveries for received and not yet judged; nothing else is forgotten.

        A file that was refused for who may write to it stays refused: it was never read.

        Args:
            delivery_ids: Which; all if left out.
        """
        with self._open() as ledger:
            query = "SELECT delivery_id FROM delivery WHERE substr(coalesce(cause, ''), 1, ?) != ?"
            every = [one for (one,) in ledger.execute(query, (len(UNTRUSTED), UNTRUSTED))]
            wanted = set(every if delivery_ids is None else delivery_ids)
            chosen = [(one,) for one in every if one in wanted]
            ledger.executemany(
                f"UPDATE delivery SET prior = iif(status = 'received', prior, {PRIOR}), "
                "status = 'received', cause = NULL, same_rows = NULL WHERE delivery_id = ?",
                chosen,
            )
            ledger.executemany("DELETE FROM content WHERE delivery_id = ?", chosen)

    def waiting(self) -> list[tuple[str, str]]:
        """Received but not yet judged, oldest first: ``(delivery_id, file_name)``."""
        query = "SELECT delivery_id, file_name FROM delivery WHERE status = 'received' ORDER BY seq"
        with self._open() as ledger:
            return ledger.execute(query).fetchall()

    def settle(
        self,
        judged: Sequence[Judged],
        *,
        at: dt.datetime | None = None,
        weighed: Mapping[str, Weighed] | None = None,
    ) -> None:
        """Enter verdicts, then decide per scope which delivery is in force.

        The rule is :func:`pipelines.ingest.standing.standings`. What changed is entered in the
        history; nothing is if a delivery came again and stands where it stood.

        Args:
            judged: The verdicts.
            at: When; now, if left out.
            weighed: What comparing some deliveries with their rivals gave.
        """
        with self._open() as ledger:
            scopes = {one.scope for one in judged if one.scope} | _disputed(ledger)
            scopes |= _left(ledger, [one.delivery_id for one in judged])
            with _entering(ledger, scopes, [one.delivery_id for one in judged], at):
                for one in judged:
                    _enter(ledger, one)
                _weigh(ledger, weighed or {})

    def release(self, delivery_id: str, reason: str, *, at: dt.datetime | None = None) -> None:
        """Put a held delivery in force, because a person says so; its rivals are superseded.

        Raises:
            LedgerError: If it is not held.
        """
        with self._open() as ledger:
            scope, status = _scope_and_status(ledger, delivery_id)
            if status != "held":
                raise LedgerError(f"{delivery_id[:12]} is {status}; only what is held is released")
            with _entering(ledger, {scope}, [], at):
                ledger.execute(
                    "UPDATE delivery SET picked = NULL WHERE scope = ? AND version = "
                    "(SELECT version FROM delivery WHERE delivery_id = ?)",
                    (scope, delivery_id),
                )
                ledger.execute(
                    "UPDATE delivery SET picked = ? WHERE delivery_id = ?",
                    (f"released by hand: {reason}", delivery_id),
                )

    def reject(self, delivery_id: str, reason: str, *, at: dt.datetime | None = None) -> None:
        """Take a delivery out, because a person says so; the version below comes into force.

        Raises:
            LedgerError: If it is rejected already, or not judged yet.
        """
        with self._open() as ledger:
            scope, status = _scope_and_status(ledger, delivery_id)
            if status not in ("active", "superseded", "held"):
                raise LedgerError(f"{delivery_id[:12]} is {status}; it cannot be rejected now")
            with _entering(ledger, {scope}, [], at):
                cause = f"rejected by hand: {reason}"
                ledger.execute(
                    "UPDATE delivery SET refused = ?, picked = NULL, status = 'rejected', "
                    "cause = ? WHERE delivery_id = ?",
                    (cause, cause, delivery_id),
                )

    def prove(self, delivery_id: str, *, at: dt.datetime | None = None) -> None:
        """Enter that its sender's word, which came later, shows a delivery to be whole.

        Raises:
            LedgerError: If there is no such delivery.
        """
        with self._open() as ledger:
            scope, _ = _scope_and_status(ledger, delivery_id)
            with _entering(ledger, {scope}, [], at):
                _no_longer_doubted(ledger, delivery_id)
            query = "UPDATE delivery SET completeness = 'proven' WHERE delivery_id = ?"
            ledger.execute(query, (delivery_id,))
            state = history.states(ledger, [delivery_id])[delivery_id]
            step = (state["status"], state["status"], "its sender's statement came: it is whole")
            history.enter(ledger, delivery_id, stamp(at), [step], state)
            ledger.execute("INSERT OR IGNORE INTO pending VALUES ('release', ?)", (WHOLE,))

    def doubt(self, delivery_id: str, cause: str, *, at: dt.datetime | None = None) -> None:
        """Hold a delivery that its sender's word, which came later, contradicts.

        Raises:
            LedgerError: If there is no such delivery.
        """
        with self._open() as ledger:
            scope, _ = _scope_and_status(ledger, delivery_id)
            with _entering(ledger, {scope}, [], at):
                ledger.execute(
                    "UPDATE delivery SET hold = ?, picked = NULL, completeness = 'unproven' "
                    "WHERE delivery_id = ?",
                    (cause, delivery_id),
                )

    def rows(self) -> list[dict[str, object]]:
        """Every delivery in order of arrival, with the columns of ``raw.deliveries``."""
        query = """
            SELECT delivery_id, file_name, received_at, profile, scope, version, status, cause,
                records,
                iif(status IN ('superseded', 'rejected'), 0, accepted) AS accepted,
                quarantined, duplicates,
                iif(status IN ('superseded', 'rejected'), accepted, 0) AS superseded, completeness
            FROM delivery ORDER BY seq
        """
        with self._open() as ledger:
            cursor = ledger.execute(query)
            names = [column[0] for column in cursor.description]
            return [dict(zip(names, row, strict=True)) for row in cursor]

    def events(self) -> list[dict[str, object]]:
        """Every step of every delivery in order, with the columns of ``raw.delivery_events``."""
        with self._open() as ledger:
            return history.events(ledger)

    def entries(self, delivery_ids: Iterable[str]) -> dict[str, Entry]:
        """Some deliveries, by id."""
        with self._open() as ledger:
            found = (_entries(ledger, "delivery_id", one) for one in delivery_ids)
            return {entry.delivery_id: entry for entries in found for entry in entries}

    def rivals(self, scopes: Iterable[str]) -> dict[str, list[Entry]]:
        """Deliveries that were judged and not rejected, by what they are about."""
        with self._open() as ledger:
            return {
                scope: [
                    entry
                    for entry in _entries(ledger, "scope", scope)
                    if entry.status in ("active", "superseded", "held")
                ]
                for scope in scopes
            }

    def named(self, words: str) -> list[str]:
        """Deliveries whose id starts with ``words`` or whose file has that name."""
        query = """
            SELECT delivery_id FROM delivery
            WHERE file_name = ?1 OR substr(delivery_id, 1, length(?1)) = ?1 ORDER BY seq
        """
        with self._open() as ledger:
            return [delivery_id for (delivery_id,) in ledger.execute(query, (words,))]

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

    def outdate(self, kind: str, periods: Sequence[str]) -> None:
        """Enter that the tables of some periods must be made anew."""
        with self._open() as ledger:
            ledger.executemany(
                "INSERT OR IGNORE INTO pending VALUES (?, ?)", [(kind, p) for p in periods]
            )

    def done(self, kind: str, periods: Sequence[str]) -> None:
        """Enter that the tables of some periods were made anew."""
        with self._open() as ledger:
            ledger.executemany(
                "DELETE FROM pending WHERE kind = ? AND period = ?", [(kind, p) for p in periods]
            )

    def published(self, at: dt.datetime | None = None) -> None:
        """Enter that a release was made; now, if no moment is given."""
        with self._open() as ledger:
            ledger.execute("INSERT OR REPLACE INTO note VALUES ('published', ?)", (stamp(at),))

    def published_on(self) -> dt.date | None:
        """The day the last release was made; None before the first."""
        with self._open() as ledger:
            query = "SELECT value FROM note WHERE name = 'published'"
            found = ledger.execute(query).fetchone()
        return dt.datetime.fromisoformat(found[0]).date() if found else None

    def periods(self) -> set[str]:
        """Periods that deliveries in force have rows of, of any table."""
        query = """
            SELECT DISTINCT period FROM content JOIN delivery USING (delivery_id)
            WHERE status = 'active'
        """
        with self._open() as ledger:
            return {period for (period,) in ledger.execute(query)}

    def as_of(self, at: dt.datetime, path: Path) -> "Ledger":
        """Write out the ledger as it stood at a moment, everything in it to be made anew.

        Args:
            at: The moment; what came in that second is in.
            path: A file that does not exist.
        """
        moment = stamp(at)
        with self._open() as ledger:
            known = history.known_by(ledger, moment)
            content = ledger.execute("SELECT delivery_id, table_name, period FROM content")
            held = [row for row in content if row[0] in known]
            query = "SELECT * FROM event WHERE at <= ? ORDER BY seq"
            events = ledger.execute(query, (moment,)).fetchall()
        earlier = Ledger(path)
        with earlier._open() as ledger:
            _write_out(ledger, known, held, events)
        return earlier

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with closing(sqlite3.connect(self.path, timeout=60)) as ledger, ledger:
            if ledger.execute("PRAGMA user_version").fetchone()[0] < LAYOUT:
                _bring_up_to_date(ledger)
            yield ledger


PRIOR = "json_object({})".format(", ".join(f"'{name}', {name}" for name in history.KEPT))


def stamp(at: dt.datetime | None) -> str:
    """A moment as the ledger writes it: UTC, whole seconds; now, if there is none."""
    moment = dt.datetime.now(dt.UTC) if at is None else at.astimezone(dt.UTC)
    return moment.isoformat(timespec="seconds")


def in_order(kind: str, periods: Iterable[str]) -> list[str]:
    """Periods from the oldest to the newest."""
    return sorted(periods, key=term_order if kind == "term" else None)


def outdated_by(periods: Iterable[str]) -> set[tuple[str, str]]:
    """What must be made anew when rows of some periods come into force, or out of it.

    A term's target group looks back on the term before, so a term outdates the next one too. Who
    is enrolled in a term decides who counts in its months.
    """
    months = {period for period in periods if re.fullmatch(MONTH_PATTERN, period)}
    delivered = {period for period in periods if re.fullmatch(TERM_PATTERN, period)}
    terms = {term_of_month(month) for month in months} | delivered
    terms |= {term_after(term) for term in terms}
    months |= {month for term in delivered for month in months_of_term(term)}
    years = {school_year_of_term(term) for term in terms}
    return {
        ("release", WHOLE),
        *(("month", month) for month in months),
        *(("term", term) for term in terms),
        *(("school_year", year) for year in years),
    }


def _bring_up_to_date(ledger: sqlite3.Connection) -> None:
    """Make the tables; what an earlier version entered gets its columns and its history."""
    ledger.execute("BEGIN IMMEDIATE")
    for statement in CREATE:
        ledger.execute(statement)
    existing = {row[1] for row in ledger.execute("PRAGMA table_info(delivery)")}
    for name, kind in ADDED.items():
        if name not in existing:
            ledger.execute(f"ALTER TABLE delivery ADD COLUMN {name} {kind}")
    untold = ledger.execute(
        "SELECT delivery_id FROM delivery WHERE delivery_id NOT IN (SELECT delivery_id FROM event)"
    ).fetchall()
    for delivery_id, state in history.states(ledger, (row[0] for row in untold)).items():
        steps = _first_steps(state, "as an earlier version of the program entered it")
        history.enter(ledger, delivery_id, state["received_at"], steps, state)
    ledger.execute(f"PRAGMA user_version = {LAYOUT}")


def _first_steps(state: history.State, why: str) -> list[history.Step]:
    received = (None, "received", f"as {state['file_name']}")
    if state["status"] == "received":
        return [received]
    before = {**state, "status": "received"}
    return [received, *history.steps_of_judgement(before, state, state["cause"] or why)]


def _receive(ledger: sqlite3.Connection, delivery_id: str, file_name: str, at: str) -> bool:
    """Enter one file; whether it is to be judged."""
    known = ledger.execute(
        "SELECT file_name, status, accepted FROM delivery WHERE delivery_id = ?", (delivery_id,)
    ).fetchone()
    if known is None:
        ledger.execute(
            "INSERT INTO delivery (delivery_id, file_name, received_at) VALUES (?, ?, ?)",
            (delivery_id, file_name, at),
        )
        state = history.states(ledger, [delivery_id])[delivery_id]
        history.enter(ledger, delivery_id, at, _first_steps(state, ""), state)
        return True
    old_name, status, accepted = known
    is_renamed = old_name != file_name
    if status in ("rejected", "held") or (status in SETTLED and is_renamed and not accepted):
        _receive_again(ledger, delivery_id, file_name, is_renamed=is_renamed)
        return True
    if is_renamed and status != "received":
        _note_other_name(ledger, delivery_id, at, status, file_name)
    return False


def _receive_again(
    ledger: sqlite3.Connection, delivery_id: str, file_name: str, *, is_renamed: bool
) -> None:
    """Take a delivery for received; what a person decided holds for the name it had."""
    ledger.execute(
        f"UPDATE delivery SET prior = {PRIOR}, file_name = ?, status = 'received', cause = NULL, "
        "scope = NULL WHERE delivery_id = ?",
        (file_name, delivery_id),
    )
    if is_renamed:
        ledger.execute(
            "UPDATE delivery SET hold = NULL, picked = NULL, refused = NULL WHERE delivery_id = ?",
            (delivery_id,),
        )


def _note_other_name(
    ledger: sqlite3.Connection, delivery_id: str, at: str, status: str, file_name: str
) -> None:
    why = f"came again as {file_name}; nothing changed"
    told = "SELECT 1 FROM event WHERE delivery_id = ? AND why = ?"
    if ledger.execute(told, (delivery_id, why)).fetchone() is None:
        history.enter(
            ledger,
            delivery_id,
            at,
            [(status, status, why)],
            history.states(ledger, [delivery_id])[delivery_id],
        )


def _scope_and_status(ledger: sqlite3.Connection, delivery_id: str) -> tuple[str, str]:
    query = "SELECT scope, status FROM delivery WHERE delivery_id = ?"
    found = ledger.execute(query, (delivery_id,)).fetchone()
    if found is None:
        raise LedgerError(f"{delivery_id[:12]} is no delivery")
    scope, status = found
    return scope or "", status


def _disputed(ledger: sqlite3.Connection) -> set[str]:
    """Scopes with a delivery held; a rival that was renamed may have left them."""
    query = "SELECT DISTINCT scope FROM delivery WHERE status = 'held'"
    return {scope for (scope,) in ledger.execute(query)}


def _left(ledger: sqlite3.Connection, delivery_ids: Sequence[str]) -> set[str]:
    """What deliveries that are judged again were about before."""
    known = history.states(ledger, delivery_ids).values()
    return {state["scope"] for state in known if state["scope"] and state["status"] != "received"}


@contextmanager
def _entering(
    ledger: sqlite3.Connection,
    scopes: set[str],
    judged: Sequence[str],
    at: dt.datetime | None,
) -> Iterator[None]:
    """While this lasts deliveries are changed; then they are put in order, and what changed told.

    Args:
        ledger: The ledger.
        scopes: Which to put in order.
        judged: Deliveries that are changed by judging them, of these scopes or of none.
        at: When; now, if left out.
    """
    scopes = scopes | scopes_following(ledger, scopes)
    ids = sorted({one for scope in scopes for one in _members(ledger, scope)} | set(judged))
    before = history.states(ledger, ids)
    in_force = {scope: _in_force(ledger, scope) for scope in scopes}
    yield
    whys = {one: s.why for scope in sorted(scopes) for one, s in _order(ledger, scope).items()}
    whys |= follow(ledger, scopes)
    ledger.execute("UPDATE delivery SET prior = NULL WHERE status != 'received'")
    after = history.states(ledger, ids)
    changed = [one for one in ids if history.differ(before[one], after[one])]
    for one in changed:
        why = whys.get(one) or str(after[one]["cause"])
        steps = [(before[one]["status"], after[one]["status"], why)]
        if one in judged:
            steps = history.steps_of_judgement(before[one], after[one], why)
        history.enter(ledger, one, stamp(at), steps, after[one])
    moved = [scope for scope in scopes if in_force[scope] != _in_force(ledger, scope)]
    outdated = {("release", WHOLE)} if changed or moved else set()
    if moved:
        outdated |= outdated_by({p for scope in moved for p in _periods(ledger, scope)})
    ledger.executemany("INSERT OR IGNORE INTO pending VALUES (?, ?)", sorted(outdated))


def _members(ledger: sqlite3.Connection, scope: str) -> list[str]:
    query = "SELECT delivery_id FROM delivery WHERE scope = ?"
    return [delivery_id for (delivery_id,) in ledger.execute(query, (scope,))]


def _in_force(ledger: sqlite3.Connection, scope: str) -> set[str]:
    query = "SELECT delivery_id FROM delivery WHERE scope = ? AND status = 'active'"
    return {delivery_id for (delivery_id,) in ledger.execute(query, (scope,))}


def _periods(ledger: sqlite3.Connection, scope: str) -> set[str]:
    """Periods that any delivery of a scope has rows of, in force or not."""
    query = """
        SELECT DISTINCT period FROM content JOIN delivery USING (delivery_id) WHERE scope = ?
    """
    return {period for (period,) in ledger.execute(query, (scope,))}


def _no_longer_doubted(ledger: sqlite3.Connection, delivery_id: str) -> None:
    """Lift the hold on a delivery whose sender contradicted it, and then sent the right word."""
    ledger.execute(
        "UPDATE delivery SET hold = NULL WHERE delivery_id = ? AND "
        "substr(hold, 1, instr(hold, ':')) IN ('hash_mismatch:', 'count_mismatch:')",
        (delivery_id,),
    )


def _enter(ledger: sqlite3.Connection, judged: Judged) -> None:
    """Enter a verdict; what a person refused under this name stays refused."""
    if judged.completeness == "proven":
        _no_longer_doubted(ledger, judged.delivery_id)
    ledger.execute(
        """
        UPDATE delivery SET profile = :profile, scope = :scope, version = :version,
            cause = coalesce(:cause, refused),
            status = iif(coalesce(:cause, refused) IS NULL, 'judged', 'rejected'),
            records = :records, accepted = :accepted, quarantined = :quarantined,
            duplicates = :duplicates, completeness = :completeness
        WHERE delivery_id = :delivery_id
        """,
        {name: getattr(judged, name) for name in VERDICT},
    )
    ledger.execute("DELETE FROM content WHERE delivery_id = ?", (judged.delivery_id,))
    ledger.executemany(
        "INSERT INTO content VALUES (?, ?, ?)",
        [(judged.delivery_id, t, p) for t, periods in judged.content.items() for p in periods],
    )


def _weigh(ledger: sqlite3.Connection, weighed: Mapping[str, Weighed]) -> None:
    """Enter comparisons; one made earlier stays where none could be made now."""
    ledger.executemany(
        "UPDATE delivery SET same_rows = coalesce(?, same_rows), hold = nullif("
        "coalesce(?, hold), '') WHERE delivery_id = ?",
        [(found.same_rows, found.hold, one) for one, found in weighed.items()],
    )


def _order(ledger: sqlite3.Connection, scope: str) -> dict[str, Standing]:
    """Decide which deliveries of a scope are in force, and enter it."""
    query = """
        SELECT delivery_id, version, same_rows, hold, picked FROM delivery
        WHERE scope = ? AND status NOT IN ('received', 'rejected') ORDER BY seq
    """
    names = ("delivery_id", "version", "same_rows", "hold", "picked")
    rows = ledger.execute(query, (scope,)).fetchall()
    decided = standings(scope, [Candidate(**dict(zip(names, r, strict=True))) for r in rows])
    ledger.executemany(
        "UPDATE delivery SET status = ?, cause = ? WHERE delivery_id = ?",
        [(standing.status, standing.cause, one) for one, standing in decided.items()],
    )
    return decided


def _entries(ledger: sqlite3.Connection, column: str, value: str) -> list[Entry]:
    query = f"""
        SELECT delivery_id, file_name, received_at, scope, version, status, quarantined, same_rows,
            coalesce(json_extract(prior, '$.status') IN ('active', 'superseded'), 0)
        FROM delivery WHERE {column} = ? ORDER BY seq
    """
    rows = ledger.execute(query, (value,)).fetchall()
    known = [dict(zip(KNOWN_OF_ENTRY, row, strict=True)) for row in rows]
    return [Entry(**one, tables=_tables(ledger, one["delivery_id"])) for one in known]


def _tables(ledger: sqlite3.Connection, delivery_id: str) -> dict[str, frozenset[str]]:
    query = "SELECT table_name, period FROM content WHERE delivery_id = ?"
    found: dict[str, set[str]] = {}
    for table, period in ledger.execute(query, (delivery_id,)):
        found.setdefault(table, set()).add(period)
    return {table: frozenset(periods) for table, periods in found.items()}


def _write_out(
    ledger: sqlite3.Connection,
    known: Mapping[str, history.State],
    content: Sequence[tuple[str, str, str]],
    events: Sequence[tuple[object, ...]],
) -> None:
    """Fill a new ledger with what was known at a time, all of it to be made anew."""
    names = ("delivery_id", *history.KEPT)
    marks = ", ".join("?" * len(names))
    ledger.executemany(
        f"INSERT INTO delivery ({', '.join(names)}) VALUES ({marks})",
        [(one, *(state[name] for name in history.KEPT)) for one, state in known.items()],
    )
    unread = [one for one, state in known.items() if state["status"] in ("received", "rejected")]
    held = [row for row in content if row[0] not in set(unread)]
    ledger.executemany("INSERT INTO content VALUES (?, ?, ?)", held)
    ledger.executemany("INSERT INTO event VALUES (?, ?, ?, ?, ?, ?, ?)", events)
    outdated = outdated_by({period for _, _, period in held})
    ledger.executemany("INSERT OR IGNORE INTO pending VALUES (?, ?)", sorted(outdated))
