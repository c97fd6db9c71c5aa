"""Checking a file before it is sent: the same judgement and the same words, nothing stored."""

import datetime as dt
from pathlib import Path
from tempfile import TemporaryDirectory

from pipelines.ingest.blocks import Judges
from pipelines.ingest.recognition import judge_file
from pipelines.ingest.vault import Vault
from pipelines.schools.answers import Answer, faults_of, shown_name
from pipelines.schools.faults import Language
from schemas.deliveries import Quarantine


def check_file(path: Path, language: Language = "sv") -> Answer:
    """The answer that delivering a file would give, judged with a vault that is thrown away.

    Args:
        path: The file, under the name it will be sent with.
        language: Of the words.
    """
    today = dt.datetime.now(dt.UTC).date()
    with TemporaryDirectory() as folder:
        judges = Judges.of(Vault(Path(folder) / "vault"), today=today)
        outcome = judge_file(path, path.name, judges, Path(folder))
        judged = outcome.judged
        row = {
            "profile": judged.profile,
            "cause": judged.cause,
            "status": "rejected" if judged.cause else "active",
            "quarantined": judged.quarantined,
        }
        held = outcome.drafts.get(Quarantine.table(), Path(folder) / "none")
        faults = faults_of(row, held, path, language)
    status = "unreadable" if judged.cause else "to_correct" if faults else "accepted"
    return Answer(
        file=shown_name(path.name),
        status=status,
        records=judged.records,
        accepted=judged.accepted,
        to_correct=judged.quarantined,
        duplicates=judged.duplicates,
        faults=faults,
    )
