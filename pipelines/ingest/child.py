"""Child processes that judge: two at a time, each serving many batches of files.

``python -m pipelines.ingest.child ROOT`` reads batches as JSON lines and answers each with its
verdicts. A child that dies takes no delivery with it: its batch stays received, not judged.
"""

import datetime as dt
import json
import subprocess
import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from queue import SimpleQueue
from typing import IO, Self, TextIO

from pipelines.ingest.blocks import Judges
from pipelines.ingest.ledger import Judged
from pipelines.ingest.placing import judge_into_lake
from pipelines.workspace import Workspace

Batch = Sequence[tuple[str, str]]

CHILDREN = 2


class ChildError(RuntimeError):
    """A child stopped before it answered; its files are judged by the next run."""


@dataclass(frozen=True, slots=True)
class Child:
    """A process that judges batches of received files.

    Attributes:
        process: The process, text on both pipes.
    """

    process: subprocess.Popen[str]

    @classmethod
    def start(cls, workspace: Workspace) -> Self:
        """Start one; its own words are dropped, because an error may quote a row."""
        command = [sys.executable, "-m", "pipelines.ingest.child", str(workspace.root)]
        process = subprocess.Popen(  # noqa: S603 - our own module
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            cwd=Path(__file__).parents[2],
        )
        return cls(process)

    def __enter__(self) -> Self:
        """Itself; ended when the block ends."""
        return self

    def __exit__(self, *_: object) -> None:
        """End the process."""
        if self.process.stdin is not None:
            with suppress(BrokenPipeError):  # what a dead child was not told is still in the pipe
                self.process.stdin.close()
        self.process.wait()
        if self.process.stdout is not None:
            self.process.stdout.close()

    def judge(self, batch: Batch) -> list[Judged]:
        """The verdicts on a batch.

        Raises:
            ChildError: If the process ended instead.
        """
        source, answers = self.process.stdin, self.process.stdout
        try:
            line = _asked(source, batch, answers) if source and answers else ""
        except BrokenPipeError:
            line = ""
        if not line:
            raise ChildError(f"a judging process ended with status {self.process.wait()}")
        return [_from_json(verdict) for verdict in json.loads(line)]


def judged_by_children(workspace: Workspace, batches: Sequence[Batch]) -> Iterator[list[Judged]]:
    """The verdicts on each batch, in order, by two processes side by side.

    Raises:
        ChildError: If one of them ended before it answered.
    """
    idle: SimpleQueue[Child] = SimpleQueue()

    def ask(batch: Batch) -> list[Judged]:
        child = idle.get()
        try:
            return child.judge(batch)
        finally:
            idle.put(child)

    with ExitStack() as stack:
        for _ in range(CHILDREN):
            idle.put(stack.enter_context(Child.start(workspace)))
        pool = stack.enter_context(ThreadPoolExecutor(CHILDREN))
        yield from pool.map(ask, batches)


def serve(workspace: Workspace, batches: TextIO, answers: TextIO) -> None:
    """Answer batches until there are no more."""
    judges = Judges.of(workspace.vault, today=dt.datetime.now(dt.UTC).date())
    for line in batches:
        verdicts = judge_into_lake(workspace, json.loads(line), judges)
        answers.write(json.dumps([_as_json(verdict) for verdict in verdicts]) + "\n")
        answers.flush()


def _asked(source: IO[str], batch: Batch, answers: IO[str]) -> str:
    source.write(json.dumps(list(batch)) + "\n")
    source.flush()
    return answers.readline()


def _as_json(judged: Judged) -> dict[str, object]:
    content = {table: sorted(periods) for table, periods in judged.content.items()}
    return {**asdict(judged), "content": content}


def _from_json(written: dict[str, object]) -> Judged:
    content = written.pop("content")
    assert isinstance(content, dict)  # noqa: S101 - written by _as_json
    periods = {table: frozenset(found) for table, found in content.items()}
    return Judged(**written, content=periods)  # type: ignore[arg-type]


if __name__ == "__main__":
    serve(Workspace(Path(sys.argv[1])), sys.stdin, sys.stdout)
