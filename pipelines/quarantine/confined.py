"""Corrected workbooks are read like any file of others: by a process of small means."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from pipelines.ingest.child import CAN_FORK, asked
from pipelines.ingest.profiles import Profile, load_profiles
from pipelines.ingest.records import UnreadableError
from pipelines.quarantine.workbook import Row, export_of, read_sheet

WORK = "workbook"
GUIDE_ALONE = ("", "")


class Reading:
    """A workbook read sheet by sheet; what the workers of the warden do."""

    def __init__(self, about: str) -> None:
        """Begin with the workbook that lies there."""
        self.path = Path(about)

    def do(self, files: Sequence[Sequence[str]]) -> list[Mapping[str, Any]]:
        """The rows of each sheet, ``(title, layout)``; of none, which export it is."""
        return [self._answer(*sheet) for sheet in files]

    def size(self, file: Sequence[str]) -> int:
        """Size of the workbook [bytes]."""
        del file
        return self.path.stat().st_size

    def refused(self, file: Sequence[str], cause: str) -> Mapping[str, Any]:
        """Why a sheet was not read."""
        del file
        return {"cause": cause}

    def tidy(self, worker: int) -> None:
        """Nothing is written."""

    def _answer(self, title: str, layout: str) -> Mapping[str, Any]:
        try:
            if not title:
                return {"export": export_of(self.path)}
            profile = next(one for one in load_profiles() if one.name == layout)
            return {"rows": [asdict(row) for row in read_sheet(self.path, title, profile)]}
        except UnreadableError as error:
            return {"cause": f"{error.cause}: {error}"}


def export_in(path: Path) -> str:
    """What the export that a workbook came from is known by.

    Raises:
        UnreadableError: If it is no safe workbook, not one of these, or beyond the limits.
    """
    (answer,) = _answers(path, [GUIDE_ALONE])
    return str(answer["export"])


def rows_in(path: Path, sheets: Mapping[str, Profile]) -> list[Row]:
    """The rows of a workbook, by layout.

    Raises:
        UnreadableError: As :func:`export_in`, or if headings are not those that were written.
    """
    answers = _answers(path, [(title, profile.name) for title, profile in sheets.items()])
    return [Row(**row) for answer in answers for row in answer["rows"]]


def _answers(path: Path, sheets: Sequence[tuple[str, str]]) -> list[Mapping[str, Any]]:
    tasks = [[sheet] for sheet in sheets]
    found: Iterable[list[Any]]
    if CAN_FORK:
        found = asked(WORK, str(path.absolute()), tasks)
    else:
        found = (Reading(str(path)).do(task) for task in tasks)
    answers = [answer for each in found for answer in each]
    for answer in answers:
        if "cause" in answer:
            cause, _, message = str(answer["cause"]).partition(": ")
            raise UnreadableError(cause, message)
    return answers
