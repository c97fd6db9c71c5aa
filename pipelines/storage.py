"""Storage: a disk that is full, a folder that cannot be written to, memory that is refused.

A fault of the disk is no file's. Whatever meets it stops, leaves nothing half written, and can be
done again when the disk has room.
"""

import errno
import os
import shutil
import sqlite3
from pathlib import Path

import duckdb

FAULTS = {
    errno.ENOSPC: "the disk is full",
    errno.EDQUOT: "the quota is used up",
    errno.EROFS: "the disk is read-only",
    errno.EACCES: "it may not be read or written by you",
    errno.EPERM: "it may not be read or written by you",
}
LACKS_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EROFS)
"""Faults that no file can cause by what is in it."""

OF_SQLITE = {
    "SQLITE_FULL": FAULTS[errno.ENOSPC],
    "SQLITE_READONLY": FAULTS[errno.EROFS],
    "SQLITE_CANTOPEN": FAULTS[errno.EACCES],
    "SQLITE_IOERR": "the disk does not take what is written",
}
ADVICE = {
    FAULTS[errno.ENOSPC]: "make room, or move the data folder to a larger disk",
    FAULTS[errno.EDQUOT]: "make room, or have the quota raised",
}
OTHERWISE = "give the user who runs this the right to read and write there"
NO_THREAD = ("can't start new thread", "Failed to launch worker thread")
"""What Python and Arrow say when a thread cannot begin."""
MB = 10**6
LEAST_ROOM = 4 * MB
"""Less than this is none: the engine says no more of a full disk than that writing failed."""

Fault = OSError | sqlite3.Error


class StorageError(RuntimeError):
    """What is to be kept cannot be written; says where, why, and what to do."""


def lacks_room(error: BaseException) -> bool:
    """Whether an error says that nothing can be written now, whatever it is."""
    if lacks_memory(error):
        return False
    if isinstance(error, OSError):
        return error.errno in LACKS_ROOM
    return isinstance(error, sqlite3.Error) and _of_sqlite(error) is not None


def lacks_memory(error: BaseException) -> bool:
    """Whether an error says that memory was refused, in whichever library's words.

    A thread that cannot begin is one; so is what SQLite says when it cannot map a file.
    """
    if isinstance(error, OSError):
        return error.errno == errno.ENOMEM
    if isinstance(error, sqlite3.Error):
        return getattr(error, "sqlite_errorname", "").endswith("NOMEM")
    if isinstance(error, duckdb.Error):
        return isinstance(error, duckdb.OutOfMemoryException) or "allocate" in str(error)
    return isinstance(error, MemoryError) or any(words in str(error) for words in NO_THREAD)


def storage_error(folder: Path, error: Fault) -> StorageError:
    """The error in words for whoever looks after the machine; it quotes no row.

    Args:
        folder: Where something was to be written, unless the error itself says where.
        error: What the system said.
    """
    named = getattr(error, "filename", None)
    place = Path(named).parent if isinstance(named, str) else folder
    why = _why(error)
    return StorageError(
        f"{place}: {why}; {_free(place) // MB} MB are free there. "
        f"{ADVICE.get(why, OTHERWISE).capitalize()}, and run the same command again: what was "
        "received waits, and nothing is half written"
    )


def require_room(folder: Path) -> None:
    """Make sure that something can still be written.

    Args:
        folder: Where.

    Raises:
        StorageError: If there is hardly any room.
    """
    if _free(folder) < LEAST_ROOM:
        raise storage_error(folder, OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)))


def _why(error: Fault) -> str:
    found = FAULTS.get(error.errno or 0) if isinstance(error, OSError) else _of_sqlite(error)
    return found or f"it cannot be written ({type(error).__name__})"


def _of_sqlite(error: sqlite3.Error) -> str | None:
    name = getattr(error, "sqlite_errorname", "")
    return next((words for start, words in OF_SQLITE.items() if name.startswith(start)), None)


def _free(place: Path) -> int:
    """Room at a place, or at the nearest folder above it that there is [bytes]."""
    here = next((one for one in (place, *place.parents) if one.exists()), Path("/"))
    return shutil.disk_usage(here).free
