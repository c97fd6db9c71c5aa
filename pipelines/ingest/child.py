"""Children: processes of small means in which every file of others is read.

A *warden* (:mod:`pipelines.ingest.warden`) is started once and has imported all that judging
needs; it forks confined workers in milliseconds and never reads a file itself. Here is the side
that asks. A worker that a limit ends rejects the one file it was on, and the others go on.

Windows cannot fork: there files are judged in this process, without limits.
"""

import atexit
import datetime as dt
import json
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from multiprocessing.connection import Connection, Pipe
from pathlib import Path
from typing import Any, Self

from pipelines.ingest.blocks import Judges
from pipelines.ingest.ledger import Judged
from pipelines.ingest.limits import Limits
from pipelines.ingest.placing import judge_into_lake
from pipelines.ingest.vault import VaultError
from pipelines.storage import StorageError
from pipelines.workspace import Workspace

Batch = Sequence[tuple[str, str]]

CAN_FORK = hasattr(os, "fork")
SPARING = {"OPENBLAS_NUM_THREADS": "1", "MIMALLOC_ARENA_RESERVE": "32MiB"}
"""What keeps libraries from reserving much before they need it: a limit counts that as used."""


class ChildError(RuntimeError):
    """Judging stopped for a reason that is no file's; what is left is judged by the next run."""


@dataclass(frozen=True, slots=True)
class Warden:
    """A process that forks workers for this one.

    Attributes:
        process: The process.
        line: To it and from it.
        owner: Process that started it; a fork of that one must start its own.
    """

    process: subprocess.Popen[bytes]
    line: Connection
    owner: int

    @classmethod
    def start(cls) -> Self:
        """Start one; its own words are dropped, because an error may quote a row."""
        ours, theirs = Pipe()
        with theirs:
            process = subprocess.Popen(  # noqa: S603 - our own module
                [sys.executable, "-m", "pipelines.ingest.warden", str(theirs.fileno())],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                pass_fds=[theirs.fileno()],
                cwd=Path(__file__).parents[2],
                env=os.environ | SPARING,
            )
        return cls(process, ours, os.getpid())

    def answers(self, request: dict[str, Any]) -> Iterator[Any]:
        """What becomes of each task of a request, in order.

        Raises:
            VaultError: If pupils cannot be given pseudonyms.
            ChildError: If the work stopped for another reason that is no file's.
        """
        try:
            self.line.send_bytes(json.dumps(request).encode())
            for _ in request["tasks"]:
                answer = json.loads(self.line.recv_bytes())
                if "stopped" in answer:
                    raise _stopped(*answer["stopped"])
                yield answer["done"]
        except (EOFError, OSError):
            status = self.process.wait()
            raise ChildError(f"the judging process ended with status {status}") from None

    def close(self) -> None:
        """End the process, and with it its workers."""
        self.line.close()
        self.process.wait()


_idle: list[Warden] = []


def judged_by_children(
    workspace: Workspace, batches: Sequence[Batch], limits: Limits | None = None
) -> Iterator[list[Judged]]:
    """The verdicts on each batch of received files, in order, by confined processes.

    Args:
        workspace: Where everything lies.
        batches: ``(delivery_id, file_name)`` of files to judge together.
        limits: What each process may use; the operator's if left out.

    Raises:
        VaultError: If pupils cannot be given pseudonyms.
        StorageError: If what is accepted cannot be written.
        ChildError: If judging stopped for another reason that is no file's.
    """
    if not CAN_FORK:
        yield from judged_here(workspace, batches)
        return
    for verdicts in asked("judge", str(workspace.root.absolute()), batches, limits):
        yield [judged_from_json(verdict) for verdict in verdicts]


def judged_here(workspace: Workspace, batches: Sequence[Batch]) -> Iterator[list[Judged]]:
    """The same verdicts by this process itself, without any limit."""
    judges = Judges.of(workspace.vault, today=dt.datetime.now(dt.UTC).date())
    yield from (judge_into_lake(workspace, batch, judges) for batch in batches)


def asked(
    work: str, about: str, tasks: Sequence[Any], limits: Limits | None = None
) -> Iterator[list[Any]]:
    """What confined workers answer to each task, in order.

    Args:
        work: Which kind, of :data:`pipelines.ingest.warden.WORK`.
        about: What it says of all tasks.
        tasks: Lists of files each.
        limits: What each worker may use; the operator's if left out.
    """
    if not tasks:
        return
    warden = _warden()
    used = asdict(limits or Limits.of_environment())
    try:
        request = {"work": work, "about": about, "tasks": list(tasks), "limits": used}
        yield from warden.answers(request)
    except BaseException:
        warden.close()
        raise
    _idle.append(warden)


def judged_to_json(judged: Judged) -> dict[str, object]:
    """A verdict as it is written between processes."""
    content = {table: sorted(periods) for table, periods in judged.content.items()}
    return {**asdict(judged), "content": content}


def judged_from_json(written: dict[str, Any]) -> Judged:
    """The verdict that was written so."""
    content = {table: frozenset(found) for table, found in written["content"].items()}
    return Judged(**written | {"content": content})


def _warden() -> Warden:
    """One that waits for work, or a new one."""
    while _idle:
        warden = _idle.pop()
        if warden.owner == os.getpid() and warden.process.poll() is None:
            return warden
    return Warden.start()


def _stopped(kind: str, message: str) -> Exception:
    known = {one.__name__: one for one in (VaultError, StorageError)}
    return known.get(kind, ChildError)(message)


@atexit.register
def _close_idle() -> None:
    for warden in _idle:
        if warden.owner == os.getpid():
            with suppress(OSError):
                warden.close()
    _idle.clear()
