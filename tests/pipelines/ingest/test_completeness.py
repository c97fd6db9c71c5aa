"""Completeness: what a sender says of a file, held against the file."""

import hashlib
import re
from dataclasses import replace

import pytest

from pipelines.ingest import completeness, recognition
from pipelines.ingest.completeness import Statement, assured, mismatch, read_statement
from pipelines.ingest.ledger import Judged
from pipelines.ingest.profiles import ProfileError, parse_profile
from tests.pipelines.ingest.deliveries import (
    ATTENDANCE_HEADINGS,
    ATTENDANCE_NAME,
    attendance,
    csv_text,
    drop,
    ingested,
    month_row,
    one,
    profile,
    report,
)

GOOD = attendance([month_row(0), month_row(1)])
EMPTY = csv_text(ATTENDANCE_HEADINGS, []).encode()
TRAILED = """
name = "trailed"
container = "csv"
file_name = '''kommunkostnad_\\d+\\.csv'''
dataset = "x"
columns = ["a"]
trailer = '''Antal poster: (?P<records>\\d+)'''
tables = []
"""


def delivered(workspace, content, beside):
    """A file and what its sender says of it, ingested."""
    drop(workspace, f"{ATTENDANCE_NAME}.sha256", beside.encode())
    return ingested(workspace, {ATTENDANCE_NAME: content})[ATTENDANCE_NAME]


def checksum(content):
    return hashlib.sha256(content).hexdigest()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (f"{'ab' * 32}  narvaro.csv\n", Statement("ab" * 32, None)),
        (f"{'AB' * 32} *narvaro.csv\r\n417\r\n", Statement("ab" * 32, 417)),
        (f"{'ab' * 32}\nrader: 0\n", Statement("ab" * 32, 0)),
        ("rows = 12\n", Statement(None, 12)),
        ("nothing of the kind\n", Statement(None, None)),
    ],
)
def test_a_statement_is_read_as_sha256sum_writes_it(tmp_path, text, expected):
    path = tmp_path / "x.sha256"
    path.write_text(text, encoding="utf-8")
    assert read_statement(path) == expected


def test_a_file_that_is_what_its_sender_says_is_proven_to_be_whole(workspace):
    found = delivered(workspace, GOOD, f"{checksum(GOOD)}  {ATTENDANCE_NAME}\n2\n")
    assert (found["status"], found["completeness"]) == ("active", "proven")
    assert list(workspace.inbox.iterdir()) == []


def test_without_a_statement_completeness_is_unproven(workspace):
    found = ingested(workspace, {ATTENDANCE_NAME: GOOD})[ATTENDANCE_NAME]
    assert (found["status"], found["completeness"]) == ("active", "unproven")


def test_a_file_cut_off_inside_its_last_value_is_found_by_its_checksum_alone(workspace):
    cut = GOOD[:-2]
    found = delivered(workspace, cut, f"{checksum(GOOD)}  {ATTENDANCE_NAME}\n")
    assert (found["status"], found["cause"].split(":")[0]) == ("rejected", "hash_mismatch")
    assert found["completeness"] == "unproven"
    assert workspace.ledger.active("core.attendance") == []
    assert report(workspace, found).accepted == {}


def test_a_file_with_another_number_of_records_is_refused_and_leaves_no_row(workspace):
    found = delivered(workspace, GOOD, f"{checksum(GOOD)}\n3\n")
    assert found["cause"] == "count_mismatch: 2 records, 3 are promised"
    assert report(workspace, found).accepted == {}


def test_a_header_alone_is_refused_unless_the_sender_says_that_there_is_nothing(workspace):
    assert ingested(workspace, {ATTENDANCE_NAME: EMPTY})[ATTENDANCE_NAME]["status"] == "rejected"
    found = delivered(workspace, EMPTY, f"{checksum(EMPTY)}\n0 \n")
    assert (found["status"], found["records"], found["completeness"]) == ("active", 0, "proven")


def test_a_statement_alone_waits_for_its_file(workspace):
    path = drop(workspace, f"{ATTENDANCE_NAME}.sha256", b"0\n")
    assert ingested(workspace, {}) == {}
    assert path.exists()


def test_a_statement_without_a_checksum_says_what_to_do():
    assert "sha256sum" in mismatch("ab" * 32, Statement(None, 12))


@pytest.fixture
def layout():
    """One whose last line tells the number of records."""
    return replace(
        profile("attendance_template_csv"),
        name="trailed",
        trailer=re.compile(r"Antal poster: (?P<records>\d+)"),
    )


@pytest.fixture
def trailed(monkeypatch, layout):
    """A verdict on a file of that layout."""
    monkeypatch.setattr(completeness, "load_profiles", lambda: (layout,))
    return Judged(delivery_id="ab" * 32, profile="trailed", scope="x", records=2, content={})


@pytest.mark.parametrize(
    ("ending", "cause", "proof"),
    [
        ("Antal poster: 2\n", None, "proven"),
        ("Antal poster: 2", None, "proven"),
        ("Antal poster: 3\n", "count_mismatch: 2 records, 3 are promised", "unproven"),
        ("\nAntal poster: 2\n", None, "proven"),
        ("\nAntal poster: 2", None, "proven"),
        ("\nAntal poster: 20\n", "count_mismatch: 2 records, 20 are promised", "unproven"),
        ("\nAntal pos", "cut_short: the last line, with the number of records, is missing",
         "unproven"),
    ],
)  # fmt: skip
def test_a_last_line_with_the_number_of_records_proves_or_refuses(
    tmp_path, trailed, ending, cause, proof
):
    path = tmp_path / "file"
    path.write_bytes(GOOD + ending.encode())
    found = assured(trailed, path, ATTENDANCE_NAME)
    assert (found.cause, found.completeness) == (cause, proof)


def test_a_layout_with_a_last_line_must_say_where_the_number_stands():
    with pytest.raises(ProfileError, match="a group `records`"):
        parse_profile(TRAILED.replace("?P<records>", ""))


TRAILER = "Antal poster: 2"


@pytest.fixture
def with_trailer(monkeypatch, layout):
    """The attendance template, its number of records in a last line, as a layout of the city."""
    layout = replace(layout, name="attendance_template_csv")
    for module in (completeness, recognition):
        monkeypatch.setattr(module, "load_profiles", lambda: (layout,))


@pytest.mark.usefixtures("with_trailer")
@pytest.mark.parametrize(
    "ending", [f"{TRAILER}\n", TRAILER, f"\n{TRAILER}\r\n\n", f"{TRAILER}\n\n"]
)
def test_a_last_line_right_after_the_records_is_no_record(workspace, ending):
    found = one(workspace, ATTENDANCE_NAME, GOOD + ending.encode())
    entry = found.entry
    assert (entry["status"], entry["completeness"]) == ("active", "proven")
    assert (entry["records"], entry["accepted"], found.held) == (2, 2, [])


@pytest.mark.usefixtures("with_trailer")
def test_a_last_line_among_the_records_is_a_record_held_back(workspace):
    among = attendance([month_row(0)]).decode() + f"{TRAILER}\n" + GOOD.decode().splitlines()[-1]
    found = one(workspace, ATTENDANCE_NAME, f"{among}\nAntal poster: 3\n".encode())
    assert (found.entry["records"], found.entry["accepted"]) == (3, 2)
    assert [row["line_no"] for row in found.held] == [3]


@pytest.mark.usefixtures("with_trailer")
@pytest.mark.parametrize("ending", ["", "Antal pos", "Antal poster: 1\n"])
def test_a_file_cut_off_before_or_inside_its_last_line_is_refused(workspace, ending):
    entry = one(workspace, ATTENDANCE_NAME, GOOD + ending.encode()).entry
    assert entry["status"] == "rejected"
    assert entry["cause"].split(":")[0] in ("cut_short", "truncated", "count_mismatch")


@pytest.mark.usefixtures("with_trailer")
def test_a_last_line_that_says_none_makes_an_empty_file_a_report_of_nothing(workspace):
    entry = one(workspace, ATTENDANCE_NAME, EMPTY + b"Antal poster: 0\n").entry
    assert (entry["status"], entry["records"], entry["completeness"]) == ("active", 0, "proven")
