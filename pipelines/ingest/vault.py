"""The vault: the only place that can tell which pupil a ``student_id`` is.

``lookup = HMAC-SHA256(key, "v1|" + number)`` leads to a random 128-bit ``student_id``. The number
itself is not stored: without the key the table says nothing, and without the table the key
says nothing. Kept apart from the lake, readable by the operator alone.

Of numbers that were declared to be one pupil's (:mod:`pipelines.ingest.register`) each answers
with the newest number's ``student_id``; the link table itself is never changed by that.
"""

import hmac
import os
import secrets
import sqlite3
from collections.abc import Sequence
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path

from pipelines.ingest.register import Register

KEY_BYTES = 32
STUDENT_BYTES = 16
ASKED_AT_ONCE = 30_000
CREATE = """
CREATE TABLE IF NOT EXISTS link (
    lookup BLOB PRIMARY KEY,
    student_id TEXT NOT NULL
) WITHOUT ROWID
"""


class VaultError(RuntimeError):
    """The vault cannot be used; nothing is written unkeyed."""


@dataclass(frozen=True, slots=True)
class Vault:
    """Pseudonyms for identity numbers, made once per pupil and kept.

    Attributes:
        folder: Holds ``key`` (mode 0400), ``link.sqlite`` and, once there is something to enter,
            ``register.sqlite`` (both mode 0600).
    """

    folder: Path

    @property
    def register(self) -> Register:
        """Whose rows are kept apart, and which numbers are one pupil's."""
        return Register(self.folder / "register.sqlite")

    def student_ids(self, numbers: Sequence[str]) -> list[str]:
        """The ``student_id`` of each number, in order; a new pupil gets a new random one.

        Args:
            numbers: What identifies a pupil, already normalised.

        Raises:
            VaultError: If the link table exists but its key does not, or is not a key.
        """
        same_as = self.register.same_as()
        return [same_as.get(one, one) for one in self.own_ids(numbers)]

    def own_ids(self, numbers: Sequence[str]) -> list[str]:
        """As :meth:`student_ids`, but what each number gives by itself, whatever was declared."""
        once = list(dict.fromkeys(numbers))
        known = dict(zip(once, self._linked(once), strict=True)) if once else {}
        return [known[number] for number in numbers]

    def known_ids(self, numbers: Sequence[str]) -> list[str | None]:
        """As :meth:`student_ids`, but None for a pupil the vault does not know; none is made."""
        if not (self.folder / "link.sqlite").exists():
            return [None] * len(numbers)
        lookups = _lookups(self._key(), numbers)
        with closing(self._open()) as link:
            found = _found(link, list(dict.fromkeys(lookups)))
        same_as = self.register.same_as()
        own = (found.get(lookup) for lookup in lookups)
        return [one and same_as.get(one, one) for one in own]

    def _linked(self, numbers: Sequence[str]) -> list[str]:
        lookups = _lookups(self._key(), numbers)
        with closing(self._open()) as link, link:
            link.execute("BEGIN IMMEDIATE")
            known = _found(link, lookups)
            new = [lookup for lookup in lookups if lookup not in known]
            drawn = secrets.token_hex(STUDENT_BYTES * len(new))
            width = 2 * STUDENT_BYTES
            students = [drawn[at : at + width] for at in range(0, len(drawn), width)]
            known.update(zip(new, students, strict=True))
            link.executemany("INSERT INTO link VALUES (?, ?)", [(n, known[n]) for n in sorted(new)])
        return [known[lookup] for lookup in lookups]

    def _open(self) -> sqlite3.Connection:
        path = self.folder / "link.sqlite"
        link = sqlite3.connect(path, timeout=60, isolation_level=None)
        link.execute(CREATE)
        path.chmod(0o600)
        return link

    def _key(self) -> bytes:
        path = self.folder / "key"
        if not path.exists():
            self._make_key(path)
        key = path.read_bytes()
        if len(key) != KEY_BYTES:
            raise VaultError(
                f"{path.name} in the vault is not a key of {KEY_BYTES} bytes; restore it from its "
                "recovery copy before anything is ingested"
            )
        return key

    def _make_key(self, path: Path) -> None:
        """Put a new key in place whole, or leave the one that another process put there first."""
        if (self.folder / "link.sqlite").exists() and not path.exists():
            raise VaultError(
                "the vault's key is missing but its link table is there; restore the key from "
                "its recovery copy: a new one would give every pupil a second identity"
            )
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        draft = path.with_name(f".{secrets.token_hex(8)}.key")
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o400)
        with os.fdopen(descriptor, "wb") as file:
            file.write(secrets.token_bytes(KEY_BYTES))
            file.flush()
            os.fsync(file.fileno())
        with suppress(FileExistsError):
            path.hardlink_to(draft)
        draft.unlink()


def at_school(number: str, school_id: str) -> str:
    """What a school's temporary number is looked up as: another school's is another pupil."""
    return f"school {school_id}|{number}"


def _lookups(key: bytes, numbers: Sequence[str]) -> list[bytes]:
    return [hmac.digest(key, b"v1|" + number.encode(), "sha256") for number in numbers]


def _found(link: sqlite3.Connection, lookups: Sequence[bytes]) -> dict[bytes, str]:
    """Those of the lookups that are linked already."""
    found: dict[bytes, str] = {}
    for first in range(0, len(lookups), ASKED_AT_ONCE):
        asked = lookups[first : first + ASKED_AT_ONCE]
        marks = ",".join("?" * len(asked))
        query = f"SELECT lookup, student_id FROM link WHERE lookup IN ({marks})"
        found.update(link.execute(query, asked))
    return found
