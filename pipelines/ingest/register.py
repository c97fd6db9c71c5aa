"""The vault's register: whose rows are kept apart, and which numbers are one and the same pupil.

Everything here is said of pseudonyms, in a file of its own beside the link table, readable by the
operator alone. Nothing of it is ever copied out of the vault: not to the lake, the ledger, the
audit log or a page. It comes into being with its first entry; until then it answers that there is
nothing, which costs one look for the file.
"""

import datetime as dt
import os
import sqlite3
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

OFFICER = "officer"
CHANGED = "changed identity"
TABLES = (
    """
    CREATE TABLE IF NOT EXISTS pupil (
        case_no INTEGER PRIMARY KEY AUTOINCREMENT,
        student_id TEXT NOT NULL UNIQUE,
        since TEXT NOT NULL,
        audited INTEGER NOT NULL DEFAULT 0,
        withdrawn INTEGER NOT NULL DEFAULT 0
    )
    """,
    """
    CREATE TABLE IF NOT EXISTS mark (
        student_id TEXT NOT NULL,
        origin TEXT NOT NULL,
        cleared INTEGER NOT NULL DEFAULT 0,
        PRIMARY KEY (student_id, origin)
    ) WITHOUT ROWID
    """,
    """
    CREATE TABLE IF NOT EXISTS kept (
        delivery_id TEXT NOT NULL,
        student_id TEXT NOT NULL,
        records INTEGER NOT NULL,
        PRIMARY KEY (delivery_id, student_id)
    ) WITHOUT ROWID
    """,
    """
    CREATE TABLE IF NOT EXISTS change (
        delivery_id TEXT NOT NULL,
        old TEXT NOT NULL,
        new TEXT NOT NULL,
        in_force INTEGER NOT NULL DEFAULT 1,
        PRIMARY KEY (delivery_id, old)
    ) WITHOUT ROWID
    """,
    "CREATE TABLE IF NOT EXISTS pending (student_id TEXT PRIMARY KEY) WITHOUT ROWID",
)

Pair = tuple[str, str]


class ChangeError(ValueError):
    """A change of identity contradicts another; says how, and at which place of those declared.

    Attributes:
        place: Of the pair that cannot be entered.
    """

    def __init__(self, message: str, place: int) -> None:
        self.place = place
        super().__init__(message)


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A pupil whose rows are kept apart, as the vault officer sees it.

    Attributes:
        case_no: What the officer knows the pupil by; says nothing of who it is.
        since: UTC, ISO 8601.
        is_protected: Whether rows are kept apart now; False once cleared.
        marks: Deliveries, and the officer's own word, that say so now [count].
        deliveries: Deliveries with records kept apart [count].
        records: Records kept apart, of every delivery that was read [count].
        is_withdrawn: Whether no release holds a row of the pupil any more.
    """

    case_no: int
    since: str
    is_protected: bool
    marks: int
    deliveries: int
    records: int
    is_withdrawn: bool


@dataclass(frozen=True, slots=True)
class Register:
    """One SQLite file in the vault.

    Attributes:
        path: Where it lies.
    """

    path: Path

    def protected(self) -> frozenset[str]:
        """Pupils whose rows are kept apart, by the ``student_id`` they have now."""
        with self._read() as register:
            return _protected(register)

    def same_as(self) -> dict[str, str]:
        """The ``student_id`` of the newest number, by that of each number it took the place of."""
        with self._read() as register:
            return _ends(_targets(register))

    def mark(self, students: Iterable[str], origin: str) -> None:
        """Enter that pupils are protected, unless the same origin was cleared for them.

        Args:
            students: Who.
            origin: The delivery that says so, or :data:`OFFICER`.
        """
        chosen = [(student, origin) for student in sorted(set(students))]
        if not chosen:
            return
        with self._write() as register:
            before = _protected(register)
            if origin == OFFICER:
                register.executemany("DELETE FROM mark WHERE (student_id, origin) = (?, ?)", chosen)
            register.executemany(
                "INSERT OR IGNORE INTO mark (student_id, origin) VALUES (?, ?)", chosen
            )
            _enter_protected(register, _protected(register) - before)

    def clear(self, student: str) -> None:
        """Enter that a pupil is no longer protected; what said so until now does not count again.

        A delivery that comes later and says so protects the pupil anew.
        """
        with self._write() as register:
            family = _family(_targets(register), student)
            marks = [(one,) for one in family]
            register.executemany("UPDATE mark SET cleared = 1 WHERE student_id = ?", marks)
            register.executemany("INSERT OR IGNORE INTO pending VALUES (?)", marks)

    def keep(self, delivery_id: str, records: Mapping[str, int]) -> None:
        """Enter how many records of a delivery are kept apart, by pupil, instead of before."""
        if not records and not self.path.exists():
            return
        with self._write() as register:
            register.execute("DELETE FROM kept WHERE delivery_id = ?", (delivery_id,))
            rows = [(delivery_id, student, count) for student, count in sorted(records.items())]
            register.executemany("INSERT INTO kept VALUES (?, ?, ?)", rows)

    def kept(self, delivery_id: str) -> int:
        """Records of a delivery that are kept apart [count]."""
        query = "SELECT coalesce(sum(records), 0) FROM kept WHERE delivery_id = ?"
        with self._read() as register:
            return int(register.execute(query, (delivery_id,)).fetchone()[0])

    def kept_by_delivery(self) -> dict[str, int]:
        """Records that are kept apart [count], by delivery."""
        with self._read() as register:
            return dict(
                register.execute("SELECT delivery_id, sum(records) FROM kept GROUP BY delivery_id")
            )

    def kept_of(self, students: Iterable[str]) -> set[str]:
        """Deliveries with records of some pupils that are kept apart."""
        query = "SELECT delivery_id FROM kept WHERE student_id = ?"
        with self._read() as register:
            found = (register.execute(query, (student,)) for student in students)
            return {delivery_id for rows in found for (delivery_id,) in rows}

    def declare(self, delivery_id: str, pairs: Sequence[Pair]) -> None:
        """Enter that numbers were changed, as one delivery says; instead of what it said before.

        Args:
            delivery_id: The delivery.
            pairs: Old and new ``student_id``, each as its own number alone gives it.

        Raises:
            ChangeError: If a number would have two new ones, or be its own; nothing is entered.
        """
        with self._write() as register:
            before = _targets(register)
            register.execute("DELETE FROM change WHERE delivery_id = ?", (delivery_id,))
            targets = _targets(register)
            for place, (old, new) in enumerate(pairs):
                _require_consistent(targets, old, new, place)
                targets[old] = new
            rows = [(delivery_id, old, new) for old, new in dict.fromkeys(pairs)]
            register.executemany(
                "INSERT INTO change (delivery_id, old, new) VALUES (?, ?, ?)", rows
            )
            _enter_changes(register, before)

    def withdraw(self, delivery_id: str) -> None:
        """Enter that a delivery declares no change after all; nothing where there was none."""
        if self.path.exists():
            with self._write() as register:
                before = _targets(register)
                _share_protection(register, before)
                register.execute("DELETE FROM change WHERE delivery_id = ?", (delivery_id,))
                _enter_changes(register, before)

    def enforce(self, in_force: Iterable[str]) -> None:
        """Have changes count only if the delivery that declares them is in force.

        A pupil who is protected under one number stays so under every number that was linked.

        Args:
            in_force: Deliveries that are.
        """
        wanted = set(in_force)
        with self._read() as register:
            query = "SELECT DISTINCT delivery_id, in_force FROM change"
            found = {one: bool(counts) for one, counts in register.execute(query)}
        counts_now = {one: one in wanted for one in found}
        differing = [(now, one) for one, now in counts_now.items() if now != found[one]]
        if not differing:
            return
        with self._write() as register:
            before = _targets(register)
            _share_protection(register, before)
            register.executemany("UPDATE change SET in_force = ? WHERE delivery_id = ?", differing)
            _enter_changes(register, before)

    def pending(self) -> frozenset[str]:
        """Pupils some of whose rows lie where, or under what name, they no longer should."""
        with self._read() as register:
            return frozenset(one for (one,) in register.execute("SELECT student_id FROM pending"))

    def settled(self, students: Iterable[str]) -> None:
        """Enter that the rows of some pupils lie where they should."""
        with self._write() as register:
            rows = [(student,) for student in students]
            register.executemany("DELETE FROM pending WHERE student_id = ?", rows)

    def cases(self) -> list[Case]:
        """Everybody who is or was protected, in the order it was entered."""
        query = "SELECT student_id, case_no, since, withdrawn FROM pupil ORDER BY case_no"
        marks = "SELECT student_id, count(*) FROM mark WHERE NOT cleared GROUP BY student_id"
        kept = "SELECT student_id, count(*), sum(records) FROM kept GROUP BY student_id"
        with self._read() as register:
            rows = register.execute(query).fetchall()
            marked = dict(register.execute(marks))
            counts = {one: counted for one, *counted in register.execute(kept)}
            targets, protected = _targets(register), _protected(register)
        return [
            Case(
                case_no=number,
                since=since,
                is_protected=_end(targets, student) in protected,
                marks=marked.get(student, 0),
                deliveries=counts.get(student, (0, 0))[0],
                records=counts.get(student, (0, 0))[1],
                is_withdrawn=bool(withdrawn),
            )
            for student, number, since, withdrawn in rows
        ]

    def case_of(self, student: str) -> int | None:
        """The case of a pupil who is or was protected; None of anybody else."""
        query = "SELECT case_no FROM pupil WHERE student_id = ?"
        with self._read() as register:
            found = register.execute(query, (student,)).fetchone()
        return None if found is None else int(found[0])

    def student_of(self, case_no: int) -> str | None:
        """The pupil of a case; None if there is no such case."""
        query = "SELECT student_id FROM pupil WHERE case_no = ?"
        with self._read() as register:
            found = register.execute(query, (case_no,)).fetchone()
        return None if found is None else str(found[0])

    def unaudited(self) -> list[int]:
        """Cases that the audit log does not know yet."""
        query = "SELECT case_no FROM pupil WHERE NOT audited ORDER BY case_no"
        with self._read() as register:
            return [number for (number,) in register.execute(query)]

    def audited(self, case_no: int) -> None:
        """Enter that the audit log knows a case."""
        with self._write() as register:
            register.execute("UPDATE pupil SET audited = 1 WHERE case_no = ?", (case_no,))

    def published(self) -> frozenset[str]:
        """Protected pupils of whom a release may still hold rows."""
        with self._read() as register:
            query = "SELECT student_id FROM pupil WHERE NOT withdrawn"
            found = {one for (one,) in register.execute(query)}
            return frozenset(found & _protected(register))

    def withdrawn(self, students: Iterable[str]) -> None:
        """Enter that no release holds rows of some pupils any more."""
        with self._write() as register:
            rows = [(student,) for student in students]
            register.executemany("UPDATE pupil SET withdrawn = 1 WHERE student_id = ?", rows)

    @contextmanager
    def _read(self) -> Iterator[sqlite3.Connection]:
        """The register as it is; an empty one where there is none."""
        is_there = self.path.exists() and self.path.stat().st_size > 0
        where = self.path if is_there else ":memory:"
        with closing(sqlite3.connect(where, timeout=60, isolation_level=None)) as register:
            if not is_there:
                _make_tables(register)
            yield register

    @contextmanager
    def _write(self) -> Iterator[sqlite3.Connection]:
        """The register, to change: all of what is done meanwhile, or nothing."""
        self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        os.close(os.open(self.path, os.O_RDWR | os.O_CREAT, 0o600))
        with closing(sqlite3.connect(self.path, timeout=60, isolation_level=None)) as register:
            register.execute("BEGIN IMMEDIATE")
            _make_tables(register)
            yield register
            register.execute("COMMIT")


def _make_tables(register: sqlite3.Connection) -> None:
    for statement in TABLES:
        register.execute(statement)


def _protected(register: sqlite3.Connection) -> frozenset[str]:
    marked = {one for (one,) in register.execute("SELECT student_id FROM mark WHERE NOT cleared")}
    ends = _ends(_targets(register)) if marked else {}
    return frozenset(ends.get(student, student) for student in marked)


def _targets(register: sqlite3.Connection) -> dict[str, str]:
    """What took the place of what, by the changes that count."""
    return dict(register.execute("SELECT old, new FROM change WHERE in_force"))


def _ends(targets: Mapping[str, str]) -> dict[str, str]:
    """The end of the chain from each that something took the place of."""
    return {old: _end(targets, old) for old in targets}


def _end(targets: Mapping[str, str], student: str) -> str:
    while student in targets:
        student = targets[student]
    return student


def _family(targets: Mapping[str, str], student: str) -> set[str]:
    """Everybody who is one and the same pupil."""
    end = _end(targets, student)
    return {end, *(old for old, new in _ends(targets).items() if new == end)}


def _require_consistent(targets: Mapping[str, str], old: str, new: str, place: int) -> None:
    if targets.get(old, new) != new:
        raise ChangeError("the old number was declared changed to another new number", place)
    if _end(targets, new) == old:
        raise ChangeError("the changes lead in a circle back to the old number", place)


def _enter_changes(register: sqlite3.Connection, before: Mapping[str, str]) -> None:
    """Whoever has another name now is pending, and so is the family of the protected."""
    after = _targets(register)
    old, new = _ends(before), _ends(after)
    moved = {one for one in {*old, *new} if old.get(one, one) != new.get(one, one)}
    pending = {old.get(one, one) for one in moved}
    is_new = {new.get(one, one) for one in moved} & _protected(register)
    rows = [(one,) for one in sorted(pending | is_new)]
    register.executemany("INSERT OR IGNORE INTO pending VALUES (?)", rows)
    _enter_protected(register, is_new)


def _enter_protected(register: sqlite3.Connection, students: Iterable[str]) -> None:
    """Pupils who are protected from now on: they get a case, and their rows are pending."""
    now = dt.datetime.now(dt.UTC).isoformat(timespec="seconds")
    chosen = sorted(students)
    rows = [(student,) for student in chosen]
    register.executemany("INSERT OR IGNORE INTO pending VALUES (?)", rows)
    register.executemany(
        "INSERT INTO pupil (student_id, since) VALUES (?, ?) ON CONFLICT (student_id) "
        "DO UPDATE SET since = excluded.since, audited = 0, withdrawn = 0",
        [(student, now) for student in chosen],
    )


def _share_protection(register: sqlite3.Connection, targets: Mapping[str, str]) -> None:
    """Mark every number of a protected pupil, before they may come to be told apart."""
    families: dict[str, set[str]] = defaultdict(set)
    for old, end in _ends(targets).items():
        families[end] |= {old, end}
    rows = [(one, CHANGED) for end in _protected(register) for one in families.get(end, ())]
    register.executemany("INSERT OR IGNORE INTO mark (student_id, origin) VALUES (?, ?)", rows)
