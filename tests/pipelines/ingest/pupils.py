"""Files about pupils who have something to keep: registers with marks, and changes of number."""

from pathlib import Path

from pyarrow import parquet

from pipelines.core import core_contracts, core_table
from tests.pipelines.ingest.bad_input import PUPIL_HEADINGS, PUPILS_NAME
from tests.pipelines.ingest.deliveries import SCHOOL, csv_text, number, stored_texts

MARK = "Skyddade personuppgifter"
CHANGE_NAME = f"idbyte_{SCHOOL}_2016-04-01.csv"
CHANGE_HEADINGS = ("Skolenhetskod", "Tidigare nummer", "Nytt nummer")


def pupil_row(n, *, start="2016-01-10", term="2016VT"):
    """One pupil in a register."""
    return [number(n), SCHOOL, term, "9", "9A", start, "", "centrum", "nej"]


def register(marks, heading=MARK, count=10, **changes) -> bytes:
    """A register with a column of marks, by pupil; other pupils are not marked."""
    rows = [[*pupil_row(n, **changes), marks.get(n, "nej")] for n in range(count)]
    return csv_text((*PUPIL_HEADINGS, heading), rows).encode()


def marked(mark="ja", n=0, name=PUPILS_NAME, **choices) -> dict[str, bytes]:
    """A register in which one pupil is marked."""
    return {name: register({n: mark}, **choices)}


def changes(*pairs, school=SCHOOL, name=CHANGE_NAME) -> dict[str, bytes]:
    """A file that declares changes of number, ``(old, new)``."""
    return {name: csv_text(CHANGE_HEADINGS, [[school, *pair] for pair in pairs]).encode()}


def student_of(workspace, n) -> str:
    """The pseudonym of an invented pupil."""
    return workspace.vault.student_ids([number(n)])[0]


def core_students(workspace, table) -> set[str]:
    """Pupils in a core table that is made now."""
    rows = core_table(workspace, core_contracts()[table])
    return set(rows.to_pyarrow()["student_id"].to_pylist())


def raw_students(workspace, table) -> set[str]:
    """Pupils in the files of a raw table."""
    paths = workspace.lake.folder.glob(f"raw/{table}/*.parquet")
    return {s for path in paths for s in parquet.read_table(path)["student_id"].to_pylist()}


def outside(workspace) -> dict[str, bytes]:
    """What lies outside the vault and the archive, by name; of Parquet also every text in it."""
    apart = (workspace.vault.folder, workspace.deliveries)
    paths = [path for path in workspace.root.rglob("*") if path.is_file()]
    paths = [path for path in paths if not any(path.is_relative_to(one) for one in apart)]
    paths.append(workspace.deliveries / "ledger.sqlite")
    return {str(path.relative_to(workspace.root)): _told_by(path) for path in paths}


def files_that_tell(told: dict[str, bytes], *texts: str) -> set[str]:
    """Names of the files outside in which one of the texts stands."""
    return {name for name, content in told.items() for text in texts if text.encode() in content}


def _told_by(path: Path) -> bytes:
    texts = stored_texts(path) if path.suffix == ".parquet" else ()
    return b"\n".join([path.read_bytes(), *(text.encode() for text in texts)])
