"""The command `vault`: the officer's decisions, and no number on the screen."""

import pytest
from typer.testing import CliRunner

from assets.commands import app
from pipelines.audit import entries
from pipelines.ingest.inbox import ingest
from pipelines.workspace import Workspace
from tests.pipelines.ingest.deliveries import ATTENDANCE_NAME, attendance, drop, month_row, number
from tests.pipelines.ingest.pupils import core_students

WHY = ("--reason", "as decided")


@pytest.fixture
def workspace(tmp_path, monkeypatch):
    made = Workspace(tmp_path / "data")
    made.make()
    monkeypatch.setenv("SAMVERKAN_DATA", str(made.root))
    drop(made, ATTENDANCE_NAME, attendance([month_row(n) for n in range(3)]))
    ingest(made, sorted(made.inbox.iterdir()))
    return made


def call(*words, code=0, typed=None):
    result = CliRunner(env={"COLUMNS": "200"}).invoke(app, ["vault", *words], input=typed)
    assert result.exit_code == code, result.output
    assert not any(number(n) in result.output for n in range(3))
    return result.output


def test_a_number_that_is_typed_is_not_shown(workspace):
    assert "case 1" in call("protect", *WHY, typed=f"{number(0)}\n")
    assert len(core_students(workspace, "core.attendance")) == 2
    assert "yes" in call("list")


def test_numbers_are_read_from_a_file(workspace, tmp_path):
    path = tmp_path / "numbers.txt"
    path.write_text(f"\ufeff{number(0)}\n\n{number(2)}\n", encoding="utf-8")
    assert "case 1, 2" in call("protect", "--from", str(path), *WHY)
    assert len(core_students(workspace, "core.attendance")) == 1
    assert [entry.subject for entry in entries(workspace, "vault.protect")] == [{"count": 2}]


def test_a_case_is_cleared_by_its_number(workspace):
    call("protect", *WHY, typed=f"{number(0)}\n")
    assert "case 1 is cleared" in call("clear", "1", *WHY)
    assert len(core_students(workspace, "core.attendance")) == 3
    assert "no open case" in call("clear", "1", *WHY, code=1)


def test_a_text_that_is_no_number_stops_the_command(workspace, tmp_path):
    assert "number 1: not an identity number" in call("protect", *WHY, typed="x\n", code=1)
    assert "no such file" in call("protect", "--from", str(tmp_path / "none"), *WHY, code=2)
    assert not workspace.vault.register.path.exists()


def test_without_a_reason_nothing_is_done(workspace):
    call("protect", typed=f"{number(0)}\n", code=2)
    assert not workspace.vault.register.path.exists()
