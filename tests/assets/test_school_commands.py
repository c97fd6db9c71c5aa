"""The commands of the schools' side, as an operator calls them."""

import json

import openpyxl
import pytest
from typer.testing import CliRunner

from assets.commands import app
from pipelines.workspace import VARIABLE, Workspace
from tests.pipelines.ingest.deliveries import (
    ATTENDANCE_NAME,
    attendance,
    csv_text,
    ingested,
    month_row,
    number,
)
from tests.pipelines.schools.conftest import MONTH, PROJECT, REGISTERS, SCHOOL, pupil, register


@pytest.fixture
def workspace(tmp_path, monkeypatch):
    """A data folder that knows the schools; the environment points to it."""
    made = Workspace(tmp_path / "data")
    made.make()
    files = {name: csv_text(*table).encode() for name, table in REGISTERS.items()}
    ingested(made, {**files, **register([pupil(0)])})
    monkeypatch.setenv(VARIABLE, str(made.root))
    return made


def call(*arguments, code=0):
    """Call the command line; what it printed."""
    result = CliRunner().invoke(app, [str(argument) for argument in arguments])
    assert result.exit_code == code, result.output
    return result.output


def test_templates_say_where_they_lie_and_which_hold_identity_numbers(workspace):
    printed = call("templates", "--month", MONTH, "--school", SCHOOL)
    path = workspace.outbox / SCHOOL / "mallar" / f"narvaro_{SCHOOL}_{MONTH}.xlsx"
    assert f"{path}  (1 rows with identity numbers)" in printed
    assert number(0) not in printed
    assert path.exists()


def test_templates_can_go_elsewhere_and_all_of_them(workspace, tmp_path):
    printed = call("templates", "--month", MONTH, "--all", "--into", tmp_path / "ut")
    names = {path.name for path in (tmp_path / "ut").rglob("*.xlsx")}
    assert {"skolor.xlsx", f"arbetsplan_{PROJECT}_2017.xlsx"} <= {
        name.replace("_v2", "") for name in names
    }
    assert str(tmp_path / "ut") in printed
    assert not any(workspace.outbox.iterdir())


@pytest.mark.parametrize(
    ("arguments", "code"),
    [(("--month", "mars"), 2), (("--month", MONTH, "--school", "99999999"), 1)],
)
def test_templates_say_why_nothing_is_written(workspace, arguments, code):
    call("templates", *arguments, code=code)
    assert not any(workspace.outbox.iterdir())


def test_feedback_is_written_once_for_what_is_new_and_again_when_asked_for(workspace):
    entry = ingested(workspace, {ATTENDANCE_NAME: attendance([month_row(0, Månad="x")])})
    delivery_id = entry[ATTENDANCE_NAME]["delivery_id"]
    assert "1 feedback files" in call("feedback")
    assert "0 feedback files, 0 summaries" in call("feedback")
    for asked in (ATTENDANCE_NAME, delivery_id[:8]):
        assert "1 feedback files" in call("feedback", asked)
    assert "2 feedback files" in call("feedback", "--school", SCHOOL)
    call("feedback", "finns-inte.csv", code=2)


@pytest.mark.usefixtures("workspace")
def test_check_answers_machines_with_one_object_per_file(tmp_path):
    good, bad = tmp_path / ATTENDANCE_NAME, tmp_path / f"v_{ATTENDANCE_NAME}"
    good.write_bytes(attendance([month_row(0)]))
    bad.write_bytes(b"")
    found = json.loads(call("check", "--json", good, bad, code=1))
    assert [one["status"] for one in found] == ["accepted", "unreadable"]
    assert list(found[0]) == [
        "file", "status", "records", "accepted", "to_correct", "duplicates", "superseded", "faults",
    ]  # fmt: skip
    assert list(found[1]["faults"][0]) == ["line", "column", "cell", "rule", "text", "remedy"]
    assert json.loads(call("check", "--json", good))[0]["faults"] == []
    assert not any(number(n) in str(found) for n in range(2))


@pytest.mark.usefixtures("workspace")
def test_check_judges_a_form_of_a_project(tmp_path):
    call("templates", "--month", "2016-07", "--school", PROJECT, "--into", tmp_path)
    path = next(tmp_path.rglob("delrapport_*.xlsx"))
    assert openpyxl.load_workbook(path).sheetnames == ["Formulär", "Kodlistor"]
    printed = call("check", path, code=1)
    assert "Cellen är tom, men kolumnen Antal elever som fått stöd måste fyllas i." in printed


def test_each_ingestion_tells_the_senders_by_itself(workspace):
    (workspace.inbox / ATTENDANCE_NAME).write_bytes(attendance([month_row(0, Månad="x")]))
    call("ingest")
    pages = [path.name for path in workspace.outbox.rglob("*.html")]
    assert len([name for name in pages if name.startswith("narvaro_")]) == 1
    assert workspace.lake.path("quarantine.feedback", "all").exists()
    assert "0 feedback files" in call("feedback")
