"""The answer on one file: accepted or not, and what to correct; the same before and after sending.

:meth:`Answer.as_json` is what ``samverkan check --json`` prints, one object per file:
``file``, ``status`` (``accepted``, ``to_correct``, ``unreadable``, ``held``, ``superseded``),
``records``, ``accepted``, ``to_correct``, ``duplicates``, ``superseded``, and ``faults``, a list of
``line`` (null for the whole file), ``column`` (heading), ``cell``, ``rule``, ``text`` and
``remedy``. No value of a record is in it.
"""

import unicodedata
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from pyarrow import parquet

from pipelines.ingest.formats.registry import load_containers
from pipelines.ingest.inbox import masked
from pipelines.ingest.placing import archived
from pipelines.ingest.profiles import Profile, load_profiles
from pipelines.ingest.records import UnreadableError
from pipelines.lake import raw_table
from pipelines.schools.faults import (
    SHEETS,
    Fault,
    Language,
    fault_of_file,
    faults_of_records,
)
from pipelines.workspace import Workspace
from schemas.deliveries import Quarantine
from schemas.feedback_words import CAUSE_WORDS

INVISIBLE = ("Cc", "Cf", "Cs", "Co")
FAULTY = ("to_correct", "unreadable", "held")


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a sender is told of one file.

    Attributes:
        file: Its name, without what could be an identity number.
        status: ``accepted``, ``to_correct``, ``unreadable``, ``held`` or ``superseded``.
        records: Records in the file [count].
        accepted: Records accepted and in force [count].
        to_correct: Records held back [count].
        duplicates: Exact repeats, left out [count].
        superseded: Records that a later version took the place of [count].
        faults: What to correct, in the order of the file.
    """

    file: str
    status: str
    records: int = 0
    accepted: int = 0
    to_correct: int = 0
    duplicates: int = 0
    superseded: int = 0
    faults: tuple[Fault, ...] = ()

    @property
    def is_accepted(self) -> bool:
        """Whether nothing is to be corrected."""
        return self.status not in FAULTY

    def as_json(self) -> dict[str, object]:
        """The answer for machines; see the module's own words."""
        return asdict(self)


def answer_of_delivery(
    workspace: Workspace, row: Mapping[str, object], language: Language = "sv"
) -> Answer:
    """The answer on a delivery.

    Args:
        workspace: Where it lies.
        row: Its line of the ledger, with the columns of ``raw.deliveries``.
        language: Of the words.
    """
    delivery_id = str(row["delivery_id"])
    counts = {
        name: int(str(row[name])) for name in ("records", "accepted", "duplicates", "superseded")
    }
    held = workspace.lake.path(raw_table(Quarantine.table()), delivery_id)
    return Answer(
        file=shown_name(str(row["file_name"])),
        status=status_of(row),
        to_correct=int(str(row["quarantined"])),
        faults=faults_of(row, held, archived(workspace, delivery_id), language),
        **counts,
    )


def faults_of(
    row: Mapping[str, object], held: Path, path: Path, language: Language
) -> tuple[Fault, ...]:
    """Everything to correct in a file.

    Args:
        row: ``profile``, ``cause``, ``status`` and ``quarantined`` of the verdict.
        held: Its quarantined records, if it has any.
        path: The file itself, for the order of its headings.
        language: Of the words.
    """
    whole: list[Fault] = []
    cause = str(row["cause"] or "")
    if row["status"] == "held":
        kind = cause.partition(": ")[0]
        whole.append(fault_of_file(cause if kind in CAUSE_WORDS else "held", language))
    elif row["status"] == "rejected":
        return (fault_of_file(cause, language),)
    profile = profile_named(str(row["profile"]))
    if profile is None or not row["quarantined"] or not held.exists():
        return tuple(whole)
    table = parquet.read_table(held, columns=["line_no", "reasons"])
    records = zip(table["line_no"].to_pylist(), table["reasons"].to_pylist(), strict=True)
    return (*whole, *faults_of_records(records, profile, _headings(path, profile), language))


def profile_named(name: str) -> Profile | None:
    """The layout of that name, if there still is one."""
    return next((profile for profile in load_profiles() if profile.name == name), None)


def shown_name(file_name: str) -> str:
    """A file's name as it may be shown: nothing invisible in it, nor an identity number."""
    kept = "".join(c for c in file_name if unicodedata.category(c) not in INVISIBLE)
    return masked(kept)


def status_of(row: Mapping[str, object]) -> str:
    """The answer in one word, of :data:`schemas.feedback.ANSWERS`.

    Args:
        row: The delivery's line of the ledger.
    """
    status = str(row["status"])
    if status == "active":
        return "to_correct" if row["quarantined"] else "accepted"
    return {"rejected": "unreadable", "superseded": "superseded"}.get(status, "held")


def _headings(path: Path, profile: Profile) -> list[str]:
    """Headings in the order of a sheet, of a file that was judged; a text file needs none."""
    if not profile.container.startswith(SHEETS):
        return []
    try:
        return load_containers()[profile.container].headings(path, profile) or []
    except (UnreadableError, OSError):
        return []
