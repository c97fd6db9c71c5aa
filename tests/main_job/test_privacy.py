"""No identity number leaves the archive and the vault; no pupil's key reaches Dagster."""

import re
import zipfile

import pytest
from pyarrow import compute, parquet

IDENTITY = 12
SHORT = 10


@pytest.fixture(scope="module")
def identities(job):
    """Every identity number that stands in a delivered file, with and without its century."""
    found = {
        number
        for path in job.deliveries.iterdir()
        for content in contents(path)
        for number in re.findall(rb"(?<![0-9])(?:19|20)[0-9]{10}(?![0-9])", content)
    }
    assert len(found) > 500
    return frozenset(found | {number[-SHORT:] for number in found})


@pytest.fixture(scope="module")
def students(job):
    """The key of every pupil."""
    return frozenset(job.published("SELECT student_id FROM core.students").student_id)


def contents(path):
    """The bytes of a file, and of what is packed in it."""
    if path.suffix != ".xlsx":
        return [path.read_bytes()]
    with zipfile.ZipFile(path) as packed:
        return [packed.read(name) for name in packed.namelist()]


def numbers_in(content):
    """Whatever in some bytes could be an identity number, however it is embedded or divided."""
    plain = re.sub(rb"(?<=[0-9])[-+](?=[0-9]{4})", b"", content)
    for run in re.findall(rb"[0-9]{10,}", plain):
        for length in (SHORT, IDENTITY):
            yield from (run[at : at + length] for at in range(len(run) - length + 1))


def named_in(path, identities):
    """Whether a file names somebody."""
    return any(not identities.isdisjoint(numbers_in(content)) for content in contents(path))


def files_under(*folders):
    """Every file in some folders."""
    return [path for folder in folders for path in folder.rglob("*") if path.is_file()]


def test_the_search_finds_a_number_that_is_there(job, identities, tmp_path):
    assert named_in(min(job.deliveries.glob("elever_*.csv")), identities)
    number = min(number for number in identities if len(number) == SHORT)
    divided = tmp_path / "divided"
    divided.write_bytes(b"x" + number[:6] + b"-" + number[6:] + b"y")
    assert named_in(divided, identities)


def test_no_identity_number_reaches_logs_or_runs_or_open_files(job, identities):
    found = files_under(job.workspace.dagster, job.workspace.outbox, job.workspace.releases)
    searched = [path for path in found if path.suffix != ".duckdb"]
    assert any(path.suffix == ".db" for path in searched)
    assert [path.name for path in searched if named_in(path, identities)] == []


def test_no_pupils_key_reaches_logs_or_runs(job, students):
    sample = b"|".join(re.escape(student.encode()) for student in sorted(students))
    named = re.compile(sample)
    found = files_under(job.workspace.dagster)
    assert [path.name for path in found if named.search(path.read_bytes())] == []


def test_no_identity_number_lies_in_the_lake(job, identities):
    paths = files_under(job.workspace.lake.folder)
    assert len(paths) > 300
    for path in paths:
        table = parquet.read_table(path)
        for name in table.column_names:
            text = compute.unique(table[name].cast("string")).drop_null().to_pylist()
            assert identities.isdisjoint(numbers_in("\n".join(text).encode())), path.parent.name


def test_no_identity_number_can_be_read_from_the_ledger(job, identities):
    ledger = job.workspace.deliveries / "ledger.sqlite"
    assert not named_in(ledger, identities)
