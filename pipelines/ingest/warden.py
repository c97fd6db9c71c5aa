"""The warden: forks confined workers, hands them files, and says which file ended one.

``python -m pipelines.ingest.warden DESCRIPTOR`` takes requests from a pipe until it closes. It
imports everything and opens nothing: no engine, no thread of ours, no file of others, so that a
fork of it is a clean process ready to judge. Workers live as long as a request.
"""

import datetime as dt
import json
import os
import shutil
import signal
import sys
import time
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from importlib import import_module
from multiprocessing.connection import Connection, Pipe, wait
from pathlib import Path
from typing import Any, NoReturn, Protocol, Self

from pipelines.ingest.blocks import Judges
from pipelines.ingest.child import judged_to_json
from pipelines.ingest.formats.registry import load_containers
from pipelines.ingest.ledger import Judged
from pipelines.ingest.limits import (
    MIB,
    OUT_OF_MEMORY,
    Limits,
    confine,
    fate,
    grant_processor_time,
    processor_time_of,
)
from pipelines.ingest.placing import archived, drafts_of, judge_into_lake
from pipelines.ingest.profiles import load_profiles
from pipelines.ingest.vault import VaultError
from pipelines.storage import StorageError, lacks_memory
from pipelines.workspace import Workspace
from schemas.contract import load_contracts

MOST_WORKERS = 2
WORTH_TWO = 64 * MIB
TOO_LARGE = "too_large: the file is larger than any that is opened; divide it or ask the operator"
LACKED_MEMORY = f"internal: {MemoryError.__name__}"

Files = Sequence[Sequence[str]]
Answer = Mapping[str, Any]


class Work(Protocol):
    """A kind of work on files."""

    def __init__(self, about: str) -> None:
        """Begin; ``about`` says what holds for all tasks."""

    def do(self, files: Files) -> list[Answer]:
        """The answer on each file."""

    def size(self, file: Sequence[str]) -> int:
        """Size of a file [bytes]."""

    def refused(self, file: Sequence[str], cause: str) -> Answer:
        """The answer on a file that is not read."""

    def tidy(self, worker: int) -> None:
        """Remove what a worker that ended left half done."""


class Judging:
    """Received files judged into the lake."""

    def __init__(self, about: str) -> None:
        """Begin in the workspace of that folder."""
        self.workspace = Workspace(Path(about))
        self._judges: Judges | None = None

    def do(self, files: Files) -> list[Answer]:
        """The verdict on each file that lies in the archive.

        Raises:
            MemoryError: If memory was refused, and any of several files may have been the cause.
        """
        if self._judges is None:
            today = dt.datetime.now(dt.UTC).date()
            self._judges = Judges.of(self.workspace.vault, today=today)
        received = [(delivery_id, file_name) for delivery_id, file_name in files]
        judged = judge_into_lake(self.workspace, received, self._judges)
        if len(files) > 1 and any(_lacked_memory(one) for one in judged):
            raise MemoryError
        return [judged_to_json(_within_limits(one)) for one in judged]

    def size(self, file: Sequence[str]) -> int:
        """Size of the archived file [bytes]; 0 if it is not there."""
        return _size(archived(self.workspace, file[0]))

    def refused(self, file: Sequence[str], cause: str) -> Answer:
        """Rejected for a cause."""
        judged = Judged(delivery_id=file[0], profile=None, scope=None, cause=cause, content={})
        return judged_to_json(judged)

    def tidy(self, worker: int) -> None:
        """Remove its drafts."""
        for folder in drafts_of(self.workspace, worker):
            shutil.rmtree(folder, ignore_errors=True)


WORK = {
    "judge": "pipelines.ingest.warden:Judging",
    "check": "pipelines.ingest.checked:Checking",
    "workbook": "pipelines.quarantine.confined:Reading",
}
"""What workers can be asked for, and where it is; imported when it is."""


@dataclass(frozen=True, slots=True)
class Task:
    """Files that a worker is given at once.

    Attributes:
        place: Which task of the request they are of.
        files: What the work knows them by.
    """

    place: int
    files: Files


@dataclass(slots=True)
class Worker:
    """A confined process.

    Attributes:
        number: Of the process.
        line: To it and from it.
        task: What it is on.
        deadline: When patience with that ends [s].
        used: Processor time it had used when last looked at [ticks].
        moved: When that was last another [s].
    """

    number: int
    line: Connection
    task: Task
    deadline: float = 0.0
    used: int | None = None
    moved: float = 0.0

    @classmethod
    def fork(cls, work: Work, limits: Limits, task: Task) -> Self:
        """Fork one; in the fork this never returns."""
        ours, theirs = Pipe()
        number = os.fork()
        if number == 0:
            _serve(theirs, ours, work, limits)
        theirs.close()
        return cls(number, ours, task)

    def give(self, task: Task, seconds: int, patience: int) -> None:
        """Hand it a task."""
        self.task, self.moved = task, time.monotonic()
        self.deadline = self.moved + patience
        with suppress(OSError):  # it is dead already: the next look at it says of what
            self.line.send_bytes(json.dumps([seconds, task.files]).encode())

    def stands_still(self, seconds: int) -> bool:
        """Whether it has used no processor time for so long."""
        used, now = processor_time_of(self.number), time.monotonic()
        if used is None or used != self.used:
            self.used, self.moved = used, now
        return now - self.moved > seconds

    def end(self, *, kill: bool) -> int:
        """End it, and say how it ended."""
        if kill:
            with suppress(ProcessLookupError):
                os.kill(self.number, signal.SIGKILL)
        self.line.close()
        _, status = os.waitpid(self.number, 0)
        return os.waitstatus_to_exitcode(status)


@dataclass(slots=True)
class Request:
    """A request under way.

    Attributes:
        asker: Where answers go.
        work: What is asked for.
        limits: What each worker may use.
        waiting: Tasks nobody is on yet.
        busy: Workers on a task, by their line.
        idle: Workers without one.
        missing: How many parts of each task have no answer yet.
        found: The answers of each task.
    """

    asker: Connection
    work: Work
    limits: Limits
    waiting: deque[Task]
    busy: dict[Connection, Worker] = field(default_factory=dict)
    idle: list[Worker] = field(default_factory=list)
    missing: list[int] = field(default_factory=list)
    found: list[list[Answer]] = field(default_factory=list)

    @classmethod
    def read(cls, asker: Connection, written: Mapping[str, Any]) -> Self:
        """A request as it was asked."""
        module, _, name = WORK[written["work"]].partition(":")
        work = getattr(import_module(module), name)(written["about"])
        tasks = [Task(place, files) for place, files in enumerate(written["tasks"])]
        one = cls(asker, work, Limits(**written["limits"]), deque(tasks))
        one.missing, one.found = [1] * len(tasks), [[] for _ in tasks]
        return one

    def serve(self) -> None:
        """Answer every task, in order; what is no file's fault ends the request."""
        most = MOST_WORKERS if self._size(self.waiting) > WORTH_TWO else 1
        try:
            for place in range(len(self.found)):
                while self.missing[place]:
                    self._hand_out(most)
                    self._look()
                self.asker.send_bytes(json.dumps({"done": self.found[place]}).encode())
                self.found[place] = []
        except _StoppedError as stop:
            self.asker.send_bytes(json.dumps({"stopped": stop.args}).encode())
        finally:
            for worker in (*self.busy.values(), *self.idle):
                worker.end(kill=True)

    def _size(self, tasks: Sequence[Task]) -> int:
        return sum(self.work.size(file) for task in tasks for file in task.files)

    def _hand_out(self, most: int) -> None:
        while self.waiting and len(self.busy) < most:
            task = self._without_huge(self.waiting.popleft())
            if not task.files:
                self._settle(task, [])
                continue
            worker = self.idle.pop() if self.idle else Worker.fork(self.work, self.limits, task)
            size = self._size([task])
            worker.give(task, self.limits.processor_time(size), self.limits.patience(size))
            self.busy[worker.line] = worker

    def _without_huge(self, task: Task) -> Task:
        """The files of a task that are small enough to be opened; the others are answered."""
        huge = [file for file in task.files if self.work.size(file) > self.limits.largest_file]
        self.found[task.place] += [self.work.refused(file, TOO_LARGE) for file in huge]
        return Task(task.place, [file for file in task.files if file not in huge])

    def _look(self) -> None:
        """Wait until a worker answers or ends, or patience with one does."""
        if not self.busy:
            return
        left = min(worker.deadline for worker in self.busy.values()) - time.monotonic()
        left = min(max(left, 0), self.limits.standstill / 2)
        for line in wait([self.asker, *self.busy], left):
            if line is self.asker:
                raise SystemExit  # nobody waits for an answer
            self._hear(self.busy.pop(line))  # type: ignore[call-overload]
        self._end_the_stuck()

    def _end_the_stuck(self) -> None:
        for worker in list(self.busy.values()):
            if worker.deadline < time.monotonic():
                self._give_up(worker, -signal.SIGXCPU)
            elif worker.stands_still(self.limits.standstill):
                self._give_up(worker, OUT_OF_MEMORY)

    def _give_up(self, worker: Worker, status: int) -> None:
        """End a worker nobody waits for any longer; its fate is that of such a status."""
        del self.busy[worker.line]
        worker.end(kill=True)
        self._mourn(worker, fate(status))

    def _hear(self, worker: Worker) -> None:
        try:
            answer = json.loads(worker.line.recv_bytes())
        except (EOFError, OSError):
            status = worker.end(kill=False)
            cause = fate(status)
            if cause is None:
                words = f"a judging process ended with status {status}"
                raise _StoppedError("ChildError", words) from None
            self._mourn(worker, cause)
            return
        self.idle.append(worker)
        if "stopped" in answer:
            raise _StoppedError(*answer["stopped"])
        self._settle(worker.task, answer["done"])

    def _mourn(self, worker: Worker, cause: str | None) -> None:
        """A worker was ended by a limit: its one file is refused, of many each is tried alone."""
        self.work.tidy(worker.number)
        task = worker.task
        if len(task.files) == 1:
            self._settle(task, [self.work.refused(task.files[0], cause or "")])
            return
        self.waiting.extendleft(Task(task.place, [file]) for file in reversed(task.files))
        self.missing[task.place] += len(task.files) - 1

    def _settle(self, task: Task, answers: list[Answer]) -> None:
        self.found[task.place] += answers
        self.missing[task.place] -= 1


class _StoppedError(Exception):
    """Work stopped for a reason that is no file's."""


def _serve(line: Connection, other_end: Connection, work: Work, limits: Limits) -> NoReturn:
    """Be a worker: do tasks until there are no more."""
    status = 1
    try:
        other_end.close()
        confine(limits)
        for seconds, files in _tasks(line):
            grant_processor_time(seconds)
            line.send_bytes(json.dumps(_done(work, files)).encode())
        status = 0
    finally:
        os._exit(status)


def _tasks(line: Connection) -> Iterator[tuple[int, Files]]:
    with suppress(EOFError):
        while True:
            seconds, files = json.loads(line.recv_bytes())
            yield seconds, files


def _done(work: Work, files: Files) -> dict[str, Any]:
    try:
        return {"done": work.do(files)}
    except (VaultError, StorageError) as error:
        return {"stopped": [type(error).__name__, str(error)]}
    except Exception as error:
        if lacks_memory(error):
            raise
        # its text may quote a row, its kind does not
        return {"stopped": ["ChildError", f"judging stopped: {type(error).__name__}"]}


def _lacked_memory(judged: Judged) -> bool:
    return (judged.cause or "").startswith(LACKED_MEMORY)


def _within_limits(judged: Judged) -> Judged:
    """A verdict that says so where memory was refused."""
    return replace(judged, cause=fate(OUT_OF_MEMORY)) if _lacked_memory(judged) else judged


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0


def main(descriptor: int) -> None:
    """Serve requests until the asker is gone."""
    load_contracts()
    load_profiles()
    load_containers()
    with Connection(descriptor) as asker, suppress(EOFError):
        while True:
            Request.read(asker, json.loads(asker.recv_bytes())).serve()


if __name__ == "__main__":
    main(int(sys.argv[1]))
