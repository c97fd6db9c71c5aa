"""Checking a file before it is sent: the same judgement, and nothing stored."""

import datetime as dt
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from pyarrow import parquet

from pipelines.ingest.blocks import Judges
from pipelines.ingest.recognition import judge_file
from pipelines.ingest.vault import Vault
from schemas.deliveries import Quarantine


@dataclass(frozen=True, slots=True)
class Verdict:
    """What delivering a file would give.

    Attributes:
        is_accepted: Whether every record would be accepted or is an exact repeat.
        summary: One line.
        faults: ``line N: reasons`` of each record that would be held back; never a value.
    """

    is_accepted: bool
    summary: str
    faults: tuple[str, ...]


def check_file(path: Path) -> Verdict:
    """Judge a file with a vault that is thrown away.

    Args:
        path: The file, under the name it will be sent with.
    """
    today = dt.datetime.now(dt.UTC).date()
    with TemporaryDirectory() as folder:
        judges = Judges.of(Vault(Path(folder) / "vault"), today=today)
        outcome = judge_file(path, path.name, judges, Path(folder))
        judged = outcome.judged
        if judged.cause is not None:
            return Verdict(is_accepted=False, summary=f"cannot be read: {judged.cause}", faults=())
        held = outcome.drafts.get(Quarantine.table())
        rows = parquet.read_table(held).to_pylist() if held else []
    faults = tuple(f"line {row['line_no']}: {row['reasons']}" for row in rows)
    summary = (
        f"{judged.records} records: {judged.accepted} accepted, "
        f"{judged.quarantined} to correct, {judged.duplicates} exact repeats"
    )
    return Verdict(is_accepted=not faults, summary=summary, faults=faults)
