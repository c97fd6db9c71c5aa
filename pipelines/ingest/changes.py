"""Changes of identity: a file that says which number took the place of which, for the vault alone.

The same pupil first has a temporary number or a samordningsnummer and then a personnummer. Nobody
guesses that: only such a file links two numbers. It is received, archived and rejected like any
other, becomes rows of no table, and is right in every record or refused whole.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa

from pipelines.ingest.blocks import Judges
from pipelines.ingest.formats.registry import load_containers
from pipelines.ingest.identity import identities_of
from pipelines.ingest.judging import Outcome, refused
from pipelines.ingest.ledger import Judged
from pipelines.ingest.profiles import Profile
from pipelines.ingest.records import UnreadableError
from pipelines.ingest.register import ChangeError
from pipelines.ingest.vault import VaultError, at_school
from schemas.contract import SCHOOL_PATTERN

NAME = "identity_changes"
SCHOOL, OLD, NEW = "Skolenhetskod", "Tidigare nummer", "Nytt nummer"
FILE_NAME = r"idbyte_(?P<sender>[0-9a-zA-Z]{2,12})_(?P<day>\d{4}-\d{2}-\d{2})\.(?P<kind>csv|xlsx)"
CAUSE = "identity_change"
LETTERS_OF_ID = 12


@dataclass(frozen=True, slots=True)
class Change:
    """One record: a number and the one that took its place.

    Attributes:
        line: Line of the file it stands on.
        old: What the old number is looked up as.
        new: What the new number is looked up as.
    """

    line: int
    old: str
    new: str


def is_change_file(file_name: str) -> bool:
    """Whether a file is named as one that declares changes of identity."""
    return re.fullmatch(FILE_NAME, file_name) is not None


def judge_changes(delivery_id: str, path: Path, file_name: str, judges: Judges) -> Outcome:
    """Enter what a file declares in the vault's register; a verdict in any case.

    Args:
        delivery_id: SHA-256 of the file.
        path: Where it lies.
        file_name: Its name when it was dropped.
        judges: Whose vault is told.

    Raises:
        VaultError: If the vault cannot be asked, which is no fault of the file.
    """
    layout = _layout(file_name)
    try:
        changes = list(_changes(path, layout, judges))
        distinct = list({(one.old, one.new): one for one in changes}.values())
        own = judges.vault.own_ids([number for one in distinct for number in (one.old, one.new)])
        pairs = list(zip(own[::2], own[1::2], strict=True))
        try:
            judges.vault.register.declare(delivery_id, pairs)
        except ChangeError as error:
            raise UnreadableError(CAUSE, str(error), distinct[error.place].line) from None
    except VaultError:
        raise
    except Exception as error:  # noqa: BLE001 - one file never stops the others
        judges.vault.register.withdraw(delivery_id)
        return refused(delivery_id, NAME, error)
    judged = Judged(
        delivery_id=delivery_id,
        profile=NAME,
        scope=f"{NAME} {delivery_id[:LETTERS_OF_ID]}",
        records=len(changes),
        accepted=len(distinct),
        duplicates=len(changes) - len(distinct),
        content={},
    )
    return Outcome(judged, {})


def _layout(file_name: str) -> Profile:
    return Profile(
        name=NAME,
        container=file_name.rpartition(".")[2],
        file_name=re.compile(FILE_NAME),
        dataset=NAME,
        columns=(SCHOOL, OLD, NEW),
        tables=(),
    )


def _changes(path: Path, layout: Profile, judges: Judges) -> Iterator[Change]:
    """The records of a file, each judged.

    Raises:
        UnreadableError: If the file cannot be read, or a record is no change of identity.
    """
    found = 0
    for records in load_containers()[layout.container].records(path, layout, strictly=True):
        if records.faults:
            place = min(records.faults)
            raise UnreadableError(CAUSE, records.faults[place], int(records.lines[place]))
        rows = pa.table(dict(records.columns))
        schools = [text.strip() for text in rows[SCHOOL].to_pylist()]
        lines = records.lines.tolist()
        old = _numbers(rows[OLD].to_pylist(), schools, lines, judges)
        new = _numbers(rows[NEW].to_pylist(), schools, lines, judges)
        found += len(lines)
        yield from map(Change, lines, old, new)
    if not found:
        raise UnreadableError("no_records", "the file has a header and nothing under it")


def _numbers(
    texts: Sequence[str], schools: Sequence[str], lines: Sequence[int], judges: Judges
) -> list[str]:
    """What each number is looked up as.

    Raises:
        UnreadableError: If one is no identity number, or temporary without its school.
    """
    found = identities_of(texts, today=judges.identity.today)
    if found.faults:
        place = min(found.faults)
        raise UnreadableError(CAUSE, found.faults[place], lines[place])
    numbers = []
    for place, number in enumerate(found.numbers):
        if found.is_temporary[place] and not re.fullmatch(SCHOOL_PATTERN, schools[place]):
            raise UnreadableError(CAUSE, "a temporary number needs its school's code", lines[place])
        numbers.append(at_school(number, schools[place]) if found.is_temporary[place] else number)
    return numbers
