"""The audit log: who did what with which deliveries, when and why.

One line of JSON per entry, each carrying the SHA-256 of the line before it and its own: a line
that was changed, added or taken out breaks the chain there. Lines missing at the end show only
against a head written down elsewhere. An action is entered before it is carried out, and is not
carried out if it cannot be entered. Nothing here can tell who a pupil is.
"""

import hashlib
import json
import os
import re
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from getpass import getuser
from pathlib import Path
from typing import Any

from pipelines.lake import sync
from pipelines.workspace import Workspace

FIRST = "0" * 64
INTERRUPTED = "audit.interrupted"
LONGEST_REASON = 1000
LIKE_AN_IDENTITY = re.compile(
    r"(?<![0-9a-f])(\d{2})?\d{2}(0[1-9]|1[0-2])([0126-8]\d|[39][01])[-+]?(\d{4}|TF\d{2})"
    r"(?![0-9a-f])",
    re.IGNORECASE,
)

Fact = str | int | bool | None | Sequence[str]


class AuditError(RuntimeError):
    """The log is damaged or cannot be written; then the action must not happen."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One line of the log.

    Attributes:
        number: Place in the log, the first is 1.
        when: UTC, ISO 8601.
        who: Name and number of the operating system's user.
        action: What is done, such as ``quarantine.waive``.
        subject: To what: delivery ids, record numbers, rules, counts; never a value of a row.
        reason: Why, in the words of whoever does it.
        previous: SHA-256 of the line before; zeros in the first.
        sha256: Of this line without this field.
    """

    number: int
    when: str
    who: str
    action: str
    subject: Mapping[str, Any]
    reason: str
    previous: str
    sha256: str


@dataclass(frozen=True, slots=True)
class Verified:
    """A log whose chain holds.

    Attributes:
        entries: Every whole line, oldest first.
        head: SHA-256 of the last line; write it down elsewhere.
        interrupted: Lines that a crash cut off before they took effect [count].
    """

    entries: tuple[Entry, ...]
    head: str
    interrupted: int


def log_path(workspace: Workspace) -> Path:
    """Where the log lies."""
    return workspace.root / "audit" / "log.jsonl"


def record(workspace: Workspace, *, action: str, subject: Mapping[str, Fact], reason: str) -> Entry:
    """Enter an action, kept by the disk when this returns; call it before acting.

    Args:
        workspace: Where everything lies.
        action: ``group.verb``.
        subject: Delivery ids, record numbers, rules, counts.
        reason: Why; one line, about no person.

    Raises:
        AuditError: If the log is damaged or cannot be written, or if the reason is empty or a
            text looks like an identity number. Nothing is entered then.
    """
    _refuse_persons(subject, reason)
    path = log_path(workspace)
    try:
        with _alone(path):
            return _append(path, action=action, subject=subject, reason=reason.strip())
    except (OSError, sqlite3.Error) as error:
        raise AuditError(
            f"the audit log cannot be written ({type(error).__name__}); nothing was done"
        ) from None


def verify(workspace: Workspace, *, head: str | None = None) -> Verified:
    """Read the whole log and check its chain.

    Args:
        workspace: Where everything lies.
        head: SHA-256 of a line that must be in the chain, as written down earlier.

    Raises:
        AuditError: If an entry is not what was entered, or ``head`` is no longer there.
    """
    path = log_path(workspace)
    found = _verified(path.read_bytes() if path.exists() else b"")
    if head is not None and head not in {FIRST, *(entry.sha256 for entry in found.entries)}:
        raise AuditError(f"no entry is {head[:12]}: entries were taken out, or another log is here")
    return found


def entries(workspace: Workspace, action: str) -> Iterator[Entry]:
    """Entries of one action, oldest first, from a log whose chain holds.

    Raises:
        AuditError: As :func:`verify`.
    """
    return (entry for entry in verify(workspace).entries if entry.action == action)


def _append(path: Path, *, action: str, subject: Mapping[str, Fact], reason: str) -> Entry:
    """Add a line to a log that nobody else is writing to; all of it or nothing."""
    before = path.read_bytes() if path.exists() else b""
    lines = before.split(b"\n")
    rest = lines.pop()
    written = b"\n" if rest else b""
    last = _verified(before.removesuffix(rest)).head
    number = len(lines) + 1
    if rest:
        torn = hashlib.sha256(rest).hexdigest()
        mended = _entry(number + 1, INTERRUPTED, {"line": number}, "", torn)
        written += _line(mended)
        number, last = number + 2, mended.sha256
    entry = _entry(number, action, dict(subject), reason, last)
    _write(path, written + _line(entry))
    return entry


def _write(path: Path, content: bytes) -> None:
    """Add bytes to a file and have the disk keep them; take them back if that fails."""
    is_new = not path.exists()
    descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    try:
        size = os.fstat(descriptor).st_size
        try:
            rest = content[os.write(descriptor, content) :]
            while rest:  # a disk that is full writes what it can, then says so
                rest = rest[os.write(descriptor, rest) :]
            os.fsync(descriptor)
        except OSError:
            os.ftruncate(descriptor, size)
            raise
    finally:
        os.close(descriptor)
    if is_new:
        sync(path.parent)


def _verified(content: bytes) -> Verified:
    lines = content.split(b"\n")
    rest = lines.pop()
    found: list[Entry] = []
    link, torn, interrupted = FIRST, 0, 0
    for number, line in enumerate(lines, 1):
        entry = _read(line)
        if entry is None or entry.number != number:
            _refuse(torn)
            link, torn = hashlib.sha256(line).hexdigest(), number
            continue
        if entry.previous != link or (torn and entry.action != INTERRUPTED):
            _refuse(torn or number)
        interrupted += bool(torn)
        link, torn = entry.sha256, 0
        found.append(entry)
    _refuse(torn or (len(lines) + 1 if rest else 0))
    return Verified(tuple(found), link, interrupted)


def _refuse(number: int) -> None:
    if number:
        raise AuditError(
            f"entry {number} of the audit log is not what was entered; put the log back from a copy"
        )


def _read(line: bytes) -> Entry | None:
    """The entry a line holds; None if it is not exactly as written."""
    try:
        entry = Entry(**json.loads(line))
        is_whole = _line(entry) == line + b"\n" and entry.sha256 == _sha256(asdict(entry))
    except (ValueError, TypeError):
        return None
    return entry if is_whole else None


def _entry(
    number: int, action: str, subject: Mapping[str, Any], reason: str, previous: str
) -> Entry:
    fields: dict[str, Any] = {
        "number": number,
        "when": datetime.now(UTC).isoformat(timespec="seconds"),
        "who": _who(),
        "action": action,
        "subject": subject,
        "reason": reason,
        "previous": previous,
    }
    return Entry(**fields, sha256=_sha256(fields))


def _sha256(fields: Mapping[str, Any]) -> str:
    without = {name: value for name, value in fields.items() if name != "sha256"}
    return hashlib.sha256(_json(without)).hexdigest()


def _line(entry: Entry) -> bytes:
    return _json(asdict(entry)) + b"\n"


def _json(fields: Mapping[str, Any]) -> bytes:
    return json.dumps(fields, sort_keys=True, ensure_ascii=False, default=list).encode()


def _who() -> str:
    if os.name == "nt":
        return getuser()
    import pwd  # noqa: PLC0415 - Windows has none

    number = os.getuid()
    try:
        return f"{pwd.getpwuid(number).pw_name} ({number})"
    except KeyError:
        return f"({number})"


def _refuse_persons(subject: Mapping[str, Fact], reason: str) -> None:
    if not reason.strip() or len(reason) > LONGEST_REASON:
        raise AuditError(f"a reason is needed, of at most {LONGEST_REASON} letters")
    if LIKE_AN_IDENTITY.search(f"{json.dumps(dict(subject), default=list)} {reason}"):
        raise AuditError("the reason or the subject looks like an identity number; say it without")


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    """While this lasts, no other process adds to the log."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    beside = path.with_name("lock.sqlite")
    with closing(sqlite3.connect(beside, timeout=60, isolation_level=None)) as lock:
        lock.execute("BEGIN EXCLUSIVE")
        yield
