"""The journal of a pull under way: every page that came, merged, and where to go on.

A page and the token of the next one are written in one transaction, so a pull that is killed
goes on from its last page. An entity that comes twice is kept once, in its newer version.
"""

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from pipelines.connectors.endpoint import PullError

FILE_NAME = "journal.sqlite"
CREATE = (
    "CREATE TABLE IF NOT EXISTS said (name TEXT PRIMARY KEY, value TEXT NOT NULL)",
    """
    CREATE TABLE IF NOT EXISTS task (
        name TEXT PRIMARY KEY, token TEXT, pages INTEGER NOT NULL, is_done INTEGER NOT NULL
    )
    """,
    "CREATE TABLE IF NOT EXISTS removed (kind TEXT PRIMARY KEY, count INTEGER NOT NULL)",
    """
    CREATE TABLE IF NOT EXISTS entity (
        kind TEXT NOT NULL, key TEXT NOT NULL, modified TEXT NOT NULL, body TEXT NOT NULL,
        PRIMARY KEY (kind, key)
    ) WITHOUT ROWID
    """,
)


class Entity(NamedTuple):
    """One entity of a page, as far as it is kept.

    Attributes:
        kind: Which collection it is of, such as ``persons``.
        key: What it is known by within that.
        modified: When it was last changed, UTC; empty if it does not say.
        body: Its kept content as canonical JSON.
    """

    kind: str
    key: str
    modified: str
    body: str


class Place(NamedTuple):
    """How far a task is.

    Attributes:
        token: Of the page to ask for next; None for the first page.
        pages: Pages that came [count].
        is_done: Whether the last one has come.
    """

    token: str | None
    pages: int
    is_done: bool


@dataclass(frozen=True, slots=True)
class Journal:
    """An open journal; nobody else can open it meanwhile.

    Attributes:
        connection: The file.
    """

    connection: sqlite3.Connection

    @classmethod
    @contextmanager
    def open(cls, folder: Path) -> "Iterator[Journal]":
        """Open the journal of a folder, made if missing.

        Raises:
            PullError: If another pull has it open.
        """
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with closing(sqlite3.connect(folder / FILE_NAME, timeout=0)) as connection:
            try:
                connection.execute("PRAGMA locking_mode = EXCLUSIVE")
                for statement in ("BEGIN EXCLUSIVE", *CREATE, "COMMIT"):
                    connection.execute(statement)
            except sqlite3.OperationalError:
                raise PullError("another pull of this month is under way; wait for it") from None
            yield cls(connection)

    def said(self, name: str) -> str | None:
        """What was noted under a name."""
        query = "SELECT value FROM said WHERE name = ?"
        found = self.connection.execute(query, (name,)).fetchone()
        return found[0] if found else None

    def say(self, name: str, value: str) -> None:
        """Note something for whoever goes on."""
        with self.connection:
            self.connection.execute("INSERT OR REPLACE INTO said VALUES (?, ?)", (name, value))

    def clear(self) -> None:
        """Forget everything."""
        with self.connection:
            for table in ("said", "task", "removed", "entity"):
                self.connection.execute(f"DELETE FROM {table}")

    def place(self, task: str) -> Place:
        """How far a task is."""
        query = "SELECT token, pages, is_done FROM task WHERE name = ?"
        found = self.connection.execute(query, (task,)).fetchone()
        return Place(found[0], found[1], bool(found[2])) if found else Place(None, 0, is_done=False)

    def restart(self, task: str) -> None:
        """Forget how far a task was; what came stays, and is merged with what comes."""
        with self.connection:
            self.connection.execute("DELETE FROM task WHERE name = ?", (task,))

    def land(
        self,
        task: str,
        entities: Iterable[Entity],
        token: str | None,
        *,
        gone: Sequence[tuple[str, str]] = (),
    ) -> None:
        """Take in a page, whole or not at all.

        Args:
            task: Whose page.
            entities: What the page brings; the newer version of an entity stays.
            token: Of the next page; None if this was the last one.
            gone: ``(kind, key)`` of entities the page says are deleted.
        """
        with self.connection:
            self._merge(entities)
            for kind, key in gone:
                self._remove(kind, key)
            self.connection.execute(
                """
                INSERT INTO task VALUES (?, ?, 1, ?) ON CONFLICT (name) DO UPDATE
                SET token = excluded.token, pages = pages + 1, is_done = excluded.is_done
                """,
                (task, token, token is None),
            )

    def removed(self) -> dict[str, int]:
        """Entities that were here and are deleted, by kind [count]."""
        return dict(self.connection.execute("SELECT kind, count FROM removed ORDER BY kind"))

    def put(self, entities: Iterable[Entity]) -> None:
        """Take in entities that belong to no page."""
        with self.connection:
            self._merge(entities)

    def _remove(self, kind: str, key: str) -> None:
        delete = "DELETE FROM entity WHERE kind = ? AND key = ?"
        count = self.connection.execute(delete, (kind, key)).rowcount
        add = """
            INSERT INTO removed VALUES (?, ?)
            ON CONFLICT (kind) DO UPDATE SET count = count + excluded.count
        """
        self.connection.execute(add, (kind, count))

    def _merge(self, entities: Iterable[Entity]) -> None:
        self.connection.executemany(
            """
            INSERT INTO entity VALUES (?, ?, ?, ?) ON CONFLICT (kind, key) DO UPDATE
            SET modified = excluded.modified, body = excluded.body
            WHERE excluded.modified >= modified
            """,
            entities,
        )

    def keys(self, kind: str) -> set[str]:
        """What the entities of a kind are known by."""
        query = "SELECT key FROM entity WHERE kind = ?"
        return {key for (key,) in self.connection.execute(query, (kind,))}

    def bodies(self, kind: str) -> Iterator[tuple[str, str]]:
        """Key and body of every entity of a kind, in order of key."""
        query = "SELECT key, body FROM entity WHERE kind = ? ORDER BY key"
        yield from self.connection.execute(query, (kind,))
