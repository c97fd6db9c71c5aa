"""Quarantine on the graph and at the command line: the whole way, and nobody's values on it."""

import re
from typing import NamedTuple

import dagster as dg
import openpyxl
import pytest
from pyarrow import parquet
from typer.testing import CliRunner

from assets.commands import app
from assets.definitions import defs
from assets.running import StageRun, run_ingest, run_outdated
from pipelines.audit import log_path
from pipelines.ingest.inbox import ingest, ready_files
from pipelines.quarantine.workbook import GUIDE
from pipelines.workspace import Workspace
from schemas.attendance import Lessons
from schemas.rules import MOST_LESSON_MINUTES
from tests.main_job.whole_job import at_home, new_workspace
from tests.pipelines.ingest.deliveries import LESSONS_NAME, drop, lesson_row, lessons, number

RULE = f"scheduled_minutes: less_than_or_equal_to({MOST_LESSON_MINUTES})"
TOLD_TO_NOBODY = "Hemligt-värde"
LONG = "731"
"""Minutes that stand nowhere else."""


def call(*words, code=0):
    """Run a command; what it printed, without line breaks inside cells."""
    result = CliRunner(env={"COLUMNS": "250", "TERM": "dumb"}).invoke(app, [str(w) for w in words])
    assert result.exit_code == code, result.output
    return re.sub(r"\x1b\[[0-9;]*m", "", result.output)


def held_lessons():
    """A good lesson, one that is too long, one with a secret for minutes."""
    rows = [lesson_row(0), lesson_row(1, minuter=LONG), lesson_row(2, minuter=TOLD_TO_NOBODY)]
    return lessons(rows)


@pytest.fixture
def city(workspace):
    """A school's lessons, ingested."""
    drop(workspace, LESSONS_NAME, held_lessons())
    ingest(workspace, ready_files(workspace.inbox))
    return workspace


class Mended(NamedTuple):
    """A city with a record mended and another let through, and what was said of it."""

    workspace: Workspace
    printed: list[str]
    checks: dict[str, dg.AssetCheckEvaluation]
    months: StageRun


@pytest.fixture(scope="module")
def mended(tmp_path_factory):
    """The whole way, from the inbox to the core tables."""
    workspace = new_workspace(tmp_path_factory.mktemp("mended") / "workspace")
    with at_home(workspace):
        drop(workspace, LESSONS_NAME, held_lessons())
        ingest(workspace, ready_files(workspace.inbox))
        printed = mend_and_waive(workspace)
        with dg.DagsterInstance.get() as instance:
            job = defs.resolve_job_def("ingest")
            result = job.execute_in_process(instance=instance, raise_on_error=False)
        assert result.success
        found = {one.check_name: one for one in result.get_asset_check_evaluations()}
        return Mended(workspace, printed, found, next(run_outdated(workspace)))


def corrected(printed):
    """The workbook a command wrote, with the secret replaced."""
    path = re.search(r"workbook: (\S+)", printed)[1]
    book = openpyxl.load_workbook(path)
    (sheet,) = [sheet for sheet in book.worksheets if sheet.title != GUIDE]
    for row in sheet.iter_rows():
        for cell in row:
            if cell.value == TOLD_TO_NOBODY:
                cell.value = "45"
    book.save(path)
    book.close()
    return path


def mend_and_waive(city):
    """Both ways out of quarantine; all that was printed on them."""
    printed = [call("quarantine", "list")]
    delivery = str(city.ledger.rows()[0]["delivery_id"])
    printed += [
        exported := call("quarantine", "export", "--reason", "not int64"),
        call("quarantine", "resubmit", corrected(exported)),
        call(
            "quarantine", "waive", "--delivery", delivery[:12], "--records", "2", "--rule", RULE,
            "--reason", "friluftsdag, bekräftat av skolan",
        ),
        call("quarantine", "list"),
        call("audit", "verify"),
        call("audit", "show"),
    ]  # fmt: skip
    return printed


def test_the_way_out_and_back_and_through_to_the_core_table(mended):
    printed, lake = mended.printed, mended.workspace.lake
    assert "1 records mended by" in printed[2]
    assert "1 accepted" in printed[3]
    assert "records: 0 held back, 1 mended" in printed[4]
    assert "3 entries are as entered" in printed[5]
    assert (mended.months.job, mended.months.is_success) == ("months", True)
    stored = parquet.read_table(lake.path(Lessons.table(), "2016-03"))
    assert sorted(stored["scheduled_minutes"].to_pylist()) == [45, 60, int(LONG)]
    (came_back,) = parquet.read_table(lake.path("quarantine.mended")).to_pylist()
    (let_through,) = parquet.read_table(lake.path("quarantine.waivers")).to_pylist()
    assert (came_back["record_no"], came_back["status"]) == (3, "active")
    assert (let_through["record_no"], let_through["rule"]) == (2, RULE)


def test_no_value_is_printed_or_logged_or_told_to_dagster(mended):
    told = "".join(mended.printed)
    dagster = [path for path in mended.workspace.dagster.rglob("*") if path.is_file()]
    assert len(dagster) > 2
    stored = [log_path(mended.workspace).read_bytes(), *(path.read_bytes() for path in dagster)]
    numbers = [number(n)[start:] for n in range(3) for start in (0, 2)]
    for value in (TOLD_TO_NOBODY, *numbers):
        assert value not in told
        assert not any(value.encode() in content for content in stored)
    assert not re.search(rf"(?<![0-9a-f]){LONG}(?![0-9a-f])", told)


def test_the_checks_count_what_was_mended(mended):
    names = (
        "mended_records_add_up", "waived_records_are_not_held_by_that_rule",
        "the_audit_log_is_whole", "rows_are_conserved",
    )  # fmt: skip
    assert all(mended.checks[name].passed for name in names)
    counted = mended.checks["mended_records_add_up"].metadata
    assert {name: one.value for name, one in counted.items()} == {
        "mended_in_force": 1,
        "accepted_in_their_own_file": 0,
        "mended_twice": 0,
        "supplements_with_other_records": 0,
    }


def test_a_waiver_is_withdrawn_at_the_command_line(city):
    delivery = str(city.ledger.rows()[0]["delivery_id"])
    named = (
        "--delivery",
        delivery[:12],
        "--records",
        "2",
        "--rule",
        RULE,
        "--reason",
        "lägerskola",
    )
    assert "1 accepted; then run" in call("quarantine", "waive", *named)
    assert "1 held back; then run" in call("quarantine", "withdraw", *named)
    assert "records: 2 held back" in call("quarantine", "list")
    assert "quarantine.withdraw" in call("audit", "show")
    call("quarantine", "withdraw", *named, code=1)
    call("quarantine", "withdraw", *named[:3], "x", *named[4:], code=2)


def test_a_damaged_log_stops_the_ingest_and_says_where(city):
    mend_and_waive(city)
    log_path(city).write_bytes(log_path(city).read_bytes().replace(b"friluftsdag", b"Friluftsdag"))
    assert "entry 3 of the audit log" in call("audit", "verify", code=1)
    assert "entry 3 of the audit log" in call("quarantine", "export", code=1)
    assert not run_ingest().is_success


def test_what_cannot_be_done_is_said_in_words(city, tmp_path):
    delivery = str(city.ledger.rows()[0]["delivery_id"])
    way = ("quarantine", "waive", "--delivery", delivery, "--reason", "ändå")
    printed = call(*way, "--records", "3", "--rule", "scheduled_minutes: not int64", code=1)
    assert f"of this delivery may be: `{RULE}`" in printed.replace("\n", "")
    assert "12-15" in call(*way, "--records", "alla", "--rule", RULE, code=2)
    assert "not held back" in call(*way, "--records", "1", "--rule", RULE, code=1)
    assert "no such record" in call("quarantine", "export", "--month", "1999-01", code=1)
    other = tmp_path / "other.xlsx"
    other.write_text("no workbook")
    assert "other.xlsx: format" in call("quarantine", "resubmit", other, code=1)
    call("quarantine", "resubmit", tmp_path / "none.xlsx", code=2)


@pytest.mark.usefixtures("city")
def test_the_list_is_chosen_from():
    assert LESSONS_NAME in call("quarantine", "list", "--school", "12345678", "--table", "lessons")
    assert "records: 0 held back" in call("quarantine", "list", "--month", "2016-04")
    assert "records: 1 held back" in call("quarantine", "list", "--reason", "int64")


def test_the_log_is_shown_by_action_and_its_newest_first_entries_left_out(city):
    mend_and_waive(city)
    assert "friluftsdag" in call("audit", "show", "--action", "quarantine.waive")
    assert "quarantine.export" not in call("audit", "show", "--last", "1")
    head = re.search(r"head: (\w{64})", call("audit", "verify"))[1]
    assert "as entered" in call("audit", "verify", "--head", head)
    assert "taken out" in call("audit", "verify", "--head", "ab" * 32, code=1)
