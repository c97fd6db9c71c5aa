"""Every case of the catalogue of bad input ends in its class, and tells nobody about a pupil."""

import logging
import sqlite3
from contextlib import closing

import pytest

from pipelines.ingest.recognition import recognise
from pipelines.ingest.records import UnreadableError
from tests.pipelines.ingest.bad_input import CASES, ELSEWHERE, GOOD, HIDDEN, ROWS
from tests.pipelines.ingest.deliveries import (
    ATTENDANCE_NAME,
    drop,
    ingested,
    number,
    report,
    stored_texts,
)

KNOWN = 102
IN_FORCE = {"accept", "A", "R"}
TOLD = [number(n) for n in range(ROWS + 5)]


def test_the_catalogue_is_whole():
    numbers = {case.number for case in CASES} | set(ELSEWHERE)
    assert numbers == set(range(1, KNOWN + 1))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_each_case_ends_in_its_class(workspace, case, caplog, capfd):
    caplog.set_level(logging.DEBUG)
    files = case.make()
    for name, content in files.items():
        drop(workspace, name, content).chmod(case.mode)
        ingested(workspace, {})
    entries = workspace.ledger.rows()
    assert_class(case, entries, workspace)
    assert_repeats(case, entries)
    assert_rows_are_conserved(entries, workspace)
    assert_nothing_is_told(workspace, (*TOLD, *case.told), caplog.text, *capfd.readouterr())


def assert_class(case, entries, workspace):
    last = entries[-1]
    if case.expected in IN_FORCE:
        assert last["status"] in ("active", "superseded"), last["cause"]
        held = [row for entry in entries for row in report(workspace, entry).held]
        assert len(held) == case.held
        assert all(case.says in row["reasons"] for row in held)
        assert case.expected != "R" or case.held > 0
    else:
        assert last["status"] in ("rejected", "held")
        assert (last["cause"] or "").startswith(case.says)
        assert last["accepted"] == 0 or last["status"] == "held"
    assert not any("internal" in (entry["cause"] or "") for entry in entries)


def assert_repeats(case, entries):
    if case.repeats:
        first, last = entries
        assert (first["status"], last["status"]) == ("active", "superseded")
        same = f"the same rows as {first['delivery_id'][:12]}, which stays in force"
        assert last["cause"] == same


def assert_rows_are_conserved(entries, workspace):
    for entry in entries:
        found = report(workspace, entry)
        rows = [row for rows in found.accepted.values() for row in rows]
        stored = {row["record_no"] for row in rows if "record_no" in row}
        if entry["status"] == "rejected":
            assert not stored
            assert not found.held
        else:
            bins = ("accepted", "quarantined", "duplicates", "superseded")
            assert entry["records"] == sum(entry[name] for name in bins)
            assert len(found.held) == entry["quarantined"]
            assert not stored & {row["record_no"] for row in found.held}


def assert_nothing_is_told(workspace, secrets, *texts):
    kept = [path for path in workspace.lake.folder.rglob("*") if path.is_file()]
    outside = [text.encode() for text in texts]
    outside += [path.read_bytes() for path in kept]
    outside += [str(path).encode() for path in kept]
    outside += ["\n".join(stored_texts(p)).encode() for p in kept if p.suffix == ".parquet"]
    with closing(sqlite3.connect(workspace.deliveries / "ledger.sqlite")) as ledger:
        outside.append("\n".join(ledger.iterdump()).encode())
    told = [secret.encode() for secret in secrets] + [secret[2:].encode() for secret in secrets]
    assert not any(secret in content for content in outside for secret in told)


@pytest.mark.parametrize(
    "name",
    [
        "narvaro_[1]*?.csv",
        "narvaro\n2016.csv",
        "a" * 251 + ".csv",
        f"{HIDDEN}.csv",
        "narvaro_12345678_2016-03.csv ",
        "narvaro_12345678_2016-03.csv.exe",
    ],
)
def test_a_file_of_an_odd_name_is_refused_and_no_other_is_touched(workspace, name):
    entries = ingested(workspace, {name: GOOD + b"\n", ATTENDANCE_NAME: GOOD})
    assert entries[ATTENDANCE_NAME]["status"] == "active"
    assert [entry["status"] for key, entry in entries.items() if key != ATTENDANCE_NAME] == [
        "rejected"
    ]


def test_what_a_reader_raises_quotes_no_record(tmp_path):
    path = tmp_path / "file"
    said = ""
    for case in CASES:
        for name, content in case.make().items():
            path.write_bytes(content)
            try:
                recognise(path, name)
            except UnreadableError as error:
                said += str(error)
    assert said
    assert not any(told in said for told in (*TOLD, HIDDEN))
