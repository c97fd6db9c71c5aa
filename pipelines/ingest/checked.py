"""Files checked before they are sent, each by a process of small means.

:func:`check_files` asks; :class:`Checking` is what the process does.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, cast

from pipelines.ingest.checking import check_file
from pipelines.ingest.child import CAN_FORK, asked
from pipelines.schools.answers import Answer, shown_name
from pipelines.schools.faults import Fault, Language, fault_of_file


def check_files(paths: Sequence[Path], language: Language = "sv") -> list[Answer]:
    """The answer that delivering each file would give, in order.

    Args:
        paths: The files, under the names they will be sent with.
        language: Of the words.
    """
    if not CAN_FORK:
        return [check_file(path, language) for path in paths]
    tasks = [[[str(path.absolute())]] for path in paths]
    return [_answer(one) for answers in asked("check", language, tasks) for one in answers]


class Checking:
    """Files checked, and nothing stored."""

    def __init__(self, about: str) -> None:
        """Begin, with answers in that language."""
        self.language = cast("Language", about)

    def do(self, files: Sequence[Sequence[str]]) -> list[Mapping[str, Any]]:
        """The answer on each file."""
        return [check_file(Path(path), self.language).as_json() for (path,) in files]

    def size(self, file: Sequence[str]) -> int:
        """Size of the file [bytes]."""
        return Path(file[0]).stat().st_size

    def refused(self, file: Sequence[str], cause: str) -> Mapping[str, Any]:
        """It cannot be read."""
        faults = (fault_of_file(cause, self.language),)
        name = shown_name(Path(file[0]).name)
        return Answer(file=name, status="unreadable", faults=faults).as_json()

    def tidy(self, worker: int) -> None:
        """Nothing: what a check writes is nobody's."""


def _answer(written: dict[str, Any]) -> Answer:
    faults = tuple(Fault(**fault) for fault in written["faults"])
    return Answer(**written | {"faults": faults})
