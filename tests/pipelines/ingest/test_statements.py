"""Statements that come after their files: they prove, contradict, or wait."""

import datetime as dt
import hashlib

import pytest

from pipelines.ingest.inbox import ingest, late_statements, ready_files
from pipelines.ingest.statements import speaks_of_known
from tests.pipelines.ingest.deliveries import (
    ATTENDANCE_HEADINGS,
    ATTENDANCE_NAME,
    attendance,
    csv_text,
    drop,
    ingested,
    month_row,
)

GOOD = attendance([month_row(0), month_row(1)])
EMPTY = csv_text(ATTENDANCE_HEADINGS, []).encode()
STATEMENT = f"{ATTENDANCE_NAME}.sha256"


def checksum(content):
    return hashlib.sha256(content).hexdigest()


def told_later(workspace, words, *, content=GOOD, name=STATEMENT):
    """A file that is taken in, and what its sender says of it by the next run."""
    ingested(workspace, {ATTENDANCE_NAME: content})
    for kind, periods in workspace.ledger.pending().items():
        workspace.ledger.done(kind, periods)
    path = drop(workspace, name, words.encode())
    return path, ingested(workspace, {})[ATTENDANCE_NAME]


def whys(workspace):
    return [event["why"] for event in workspace.ledger.events()]


@pytest.mark.parametrize("more", ["", "\n2\n"])
@pytest.mark.parametrize("name", [STATEMENT, "any_other_name.sha256"])
def test_a_statement_that_comes_later_proves_its_file(workspace, more, name):
    path, found = told_later(workspace, f"{checksum(GOOD)}  x{more}", name=name)
    assert (found["status"], found["completeness"]) == ("active", "proven")
    assert not path.exists()
    assert whys(workspace)[-1] == "its sender's statement came: it is whole"
    assert workspace.ledger.pending() == {"release": ["all"]}
    workspace.ledger.forget_verdicts()
    (again,) = ingested(workspace, {}).values()
    assert again["completeness"] == "proven"


def test_it_is_known_from_then_on_and_not_before(workspace, tmp_path):
    early, late = (dt.datetime(2016, 4, day, tzinfo=dt.UTC) for day in (1, 9))
    drop(workspace, ATTENDANCE_NAME, GOOD)
    ingest(workspace, ready_files(workspace.inbox), at=early)
    drop(workspace, STATEMENT, checksum(GOOD).encode())
    ingest(workspace, [], at=late)
    then = [
        workspace.ledger.as_of(at, tmp_path / f"{at.day}.sqlite").rows()[0]["completeness"]
        for at in (early, late)
    ]
    assert then == ["unproven", "proven"]


@pytest.mark.parametrize(
    ("words", "cause"),
    [
        (f"{'ab' * 32}  x\n", "hash_mismatch: the checksum that came later for"),
        (f"{checksum(GOOD)}\n3\n", "count_mismatch: 2 records in"),
    ],
)
def test_a_statement_that_contradicts_its_file_holds_it_and_names_it(workspace, words, cause):
    path, found = told_later(workspace, words)
    assert (found["status"], found["completeness"]) == ("held", "unproven")
    assert found["cause"].startswith(f"{cause} {ATTENDANCE_NAME}")
    assert not path.exists()
    assert workspace.ledger.active("core.attendance") == []
    assert workspace.ledger.pending()["month"] == ["2016-03"]
    workspace.ledger.release(found["delivery_id"], "the sender mistook the file")
    assert ingested(workspace, {})[ATTENDANCE_NAME]["status"] == "active"


def test_both_sent_again_lift_the_hold(workspace):
    told_later(workspace, f"{'ab' * 32}  x\n")
    drop(workspace, STATEMENT, f"{checksum(GOOD)}\n".encode())
    found = ingested(workspace, {ATTENDANCE_NAME: GOOD})[ATTENDANCE_NAME]
    assert (found["status"], found["completeness"]) == ("active", "proven")


def test_the_right_statement_alone_lifts_the_hold_too(workspace):
    told_later(workspace, f"{'ab' * 32}  x\n")
    drop(workspace, STATEMENT, f"{checksum(GOOD)}\n".encode())
    found = ingested(workspace, {})[ATTENDANCE_NAME]
    assert (found["status"], found["completeness"]) == ("active", "proven")


def test_a_header_that_was_refused_is_a_report_of_nothing_when_that_is_said_later(workspace):
    _, found = told_later(workspace, f"{checksum(EMPTY)}\n0\n", content=EMPTY)
    assert (found["status"], found["records"], found["completeness"]) == ("active", 0, "proven")


@pytest.mark.parametrize("words", ["", "3\n", "half of it"])
def test_a_statement_without_a_checksum_waits_and_changes_nothing(workspace, words):
    path, found = told_later(workspace, words)
    assert (found["status"], found["completeness"]) == ("active", "unproven")
    assert path.exists()
    assert not speaks_of_known(workspace, path)


@pytest.mark.parametrize("under_way", [ATTENDANCE_NAME, f"{ATTENDANCE_NAME}.part"])
def test_a_statement_whose_file_is_in_the_inbox_waits_for_that_one(workspace, under_way):
    ingested(workspace, {ATTENDANCE_NAME: GOOD})
    drop(workspace, under_way, b"another")
    path = drop(workspace, STATEMENT, f"{checksum(b'another')}\n".encode())
    ingest(workspace, [])
    assert path.exists()
    assert [row["status"] for row in workspace.ledger.rows()] == ["active"]


def test_a_statement_that_others_could_have_written_is_not_taken(workspace):
    ingested(workspace, {ATTENDANCE_NAME: GOOD})
    path = drop(workspace, STATEMENT, f"{'ab' * 32}\n".encode())
    assert late_statements(workspace) == [path]
    path.chmod(0o666)
    assert late_statements(workspace) == []
    ingest(workspace, [])
    assert [row["status"] for row in workspace.ledger.rows()] == ["active"]
