"""The command line: what each command says, and how it ends."""

import re
from functools import partial
from pathlib import Path

import pytest
from typer.testing import CliRunner

from assets.commands import app
from pipelines.releases.release import current
from pipelines.simulation import city
from pipelines.simulation.city import Parameters, simulate
from pipelines.workspace import Workspace
from schemas.support import Costs
from tests.main_job.whole_job import at_home

COMMANDS = ("demo", "simulate", "ingest", "run", "status", "check", "query", "ui", "release",
            "reject", "revisions")  # fmt: skip
HEADING = ";".join(Costs.template_columns())
GOOD = f"{HEADING}\nalnas-projekt;2013/14;personal;500000\n"
BAD = f"{HEADING}\nalnas-projekt;2013/14;personal;många\n"


def call(*words, code=0):
    """Run a command; what it printed, without decoration and line breaks."""
    result = CliRunner(env={"COLUMNS": "200", "TERM": "dumb"}).invoke(app, [str(w) for w in words])
    assert result.exit_code == code, result.output
    return re.sub(r"\x1b\[[0-9;]*m", "", result.output)


@pytest.fixture(scope="module")
def demonstrated(tmp_path_factory):
    """The demo on the smallest city, and what it printed."""
    workspace = Workspace(tmp_path_factory.mktemp("demo") / "workspace")
    with at_home(workspace), pytest.MonkeyPatch.context() as patch:
        patch.setattr(city, "Parameters", partial(Parameters, pupils_per_grade=20))
        printed = call("demo", "--schools", 4, "--years", 1)
    return workspace, printed


@pytest.fixture
def at_demo(demonstrated):
    """The environment points to the demo's workspace."""
    with at_home(demonstrated[0]):
        yield demonstrated[0]


@pytest.fixture
def costs(tmp_path):
    """A file a sender may deliver."""
    path = tmp_path / "kostnader_alnas-projekt_2013-14.csv"
    path.write_text(GOOD, encoding="utf-8")
    return path


def test_help_names_every_command():
    printed = call("--help")
    assert all(re.search(rf"\b{command}\b", printed) for command in COMMANDS)


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_and_option_is_explained(command):
    assert "Usage" in call(command, "--help")


def test_an_unknown_command_is_a_wrong_call():
    call("publish", code=2)


def test_a_good_file_is_accepted_and_nothing_is_stored(nowhere, costs):
    assert "1 records: 1 accepted" in call("check", costs)
    assert not nowhere.root.exists()
    assert costs.exists()


def test_a_bad_record_is_told_by_line_and_reason_without_its_value(costs):
    costs.write_text(BAD, encoding="utf-8")
    printed = call("check", costs, code=1)
    assert "line 2: Belopp, kronor: Värdet är inget heltal." in printed
    english = call("check", "--lang", "en", costs, code=1)
    assert "line 2: Belopp, kronor: The value is not a whole number." in english
    assert "många" not in printed


@pytest.mark.parametrize("content", [b"", b"a;b\n1;2\n", GOOD.encode() + b"\xe5;x\n"])
def test_a_file_that_cannot_be_read_is_refused_with_its_cause(costs, content):
    costs.write_bytes(content)
    assert "cannot be read: " in call("check", costs, code=1)


def test_one_bad_file_among_good_ones_fails_the_check(costs, tmp_path):
    other = tmp_path / "okänd.csv"
    other.write_text("a;b\n", encoding="utf-8")
    printed = call("check", costs, other, code=1)
    assert "kostnader_alnas-projekt_2013-14.csv: 1 records" in printed
    assert "okänd.csv: cannot be read" in printed


def test_a_file_that_is_not_there_is_a_wrong_call(tmp_path):
    call("check", tmp_path / "none.csv", code=2)


def test_a_delivered_file_is_ingested_once_and_kept_at_the_senders(workspace, costs):
    printed = call("ingest", "--simulated", costs)
    assert "kostnader_alnas-projekt_2013-14.csv" in printed
    assert "active" in printed
    assert costs.exists()
    assert "kostnader_alnas-projekt_2013-14.csv" not in call("ingest", "--simulated", costs)
    (row,) = workspace.ledger.rows()
    assert (row["status"], row["accepted"]) == ("active", 1)
    assert list(workspace.inbox.iterdir()) == []


def test_an_unreadable_delivery_fails_the_ingest_and_stays_in_the_status(workspace, tmp_path):
    path = tmp_path / "kostnader_alnas-projekt_2014-15.csv"
    path.write_bytes(b"a;b\n1;2\n")
    assert "rejected" in call("ingest", "--simulated", path, code=1)
    printed = call("status")
    assert "kostnader_alnas-projekt_2014-15.csv" in printed
    assert "rejected" in printed
    (row,) = workspace.ledger.rows()
    assert "line 1" in row["cause"]


def test_the_status_lists_what_needs_a_hand_and_everything_if_asked(workspace, costs):
    assert "published: nothing yet" in call("status")
    call("ingest", "--simulated", costs)
    assert costs.name not in call("status")
    assert "outdated release" in call("status")
    assert costs.name in call("status", "--all")
    assert workspace.ledger.pending() != {}


def test_a_question_before_the_first_release_says_what_to_do(workspace):
    assert "samverkan demo" in call("query", "SELECT 1", code=1)
    assert current(workspace.releases) is None


def test_the_demo_says_where_the_report_and_the_warehouse_are(demonstrated):
    workspace, printed = demonstrated
    release = current(workspace.releases)
    assert f"report:    {release / 'report.html'}" in printed
    assert f"warehouse: {release / 'research.duckdb'}" in printed
    assert workspace.is_simulated
    assert {path.name for path in workspace.root.iterdir()} >= {"inbox", "lake", "vault"}
    assert list(workspace.root.glob("tmp*")) == []


def test_the_current_release_answers_a_question(at_demo):
    printed = call("query", "SELECT count(*) AS schools FROM core.schools")
    assert current(at_demo.releases) is not None
    assert re.search(r"schools[^0-9]+int64[^0-9]+4\b", printed)


@pytest.mark.parametrize(
    "statement",
    ["DROP TABLE core.schools", "SELECT * FROM core.nothing", "COPY core.schools TO 'x.csv'",
     "SELECT * FROM read_csv('/etc/hostname')", "SET memory_limit = '9GB'"],
)  # fmt: skip
def test_a_refused_statement_fails_in_words(at_demo, statement):
    printed = call("query", statement, code=1)
    assert printed.strip()
    assert "Traceback" not in printed
    assert call("query", "SELECT count(*) FROM core.schools").strip()
    assert current(at_demo.releases) is not None


def test_the_status_of_a_published_city_says_where_the_report_is(at_demo):
    printed = call("status")
    assert "in the inbox: 0" in printed
    assert "outdated" not in printed
    assert str(current(at_demo.releases)) in printed


@pytest.mark.parametrize("command", ["ingest", "run"])
def test_a_folder_of_invented_pupils_takes_no_file_that_may_be_real(workspace, costs, command):
    printed = call(command, costs, code=2)
    assert "SAMVERKAN_DATA" in printed
    assert workspace.ledger.rows() == list(workspace.inbox.iterdir()) == []


def test_the_demo_refuses_a_workspace_with_real_deliveries(workspace, costs):
    call("ingest", "--simulated", costs)
    workspace.simulated_mark.unlink()
    printed = call("demo", "--schools", 4, "--years", 1, code=2)
    assert "real deliveries" in printed
    assert len(workspace.ledger.rows()) == 1
    assert not workspace.is_simulated


def test_the_demo_refuses_a_workspace_with_real_files_still_in_the_inbox(workspace, costs):
    workspace.simulated_mark.unlink()
    waiting = workspace.inbox / costs.name
    waiting.write_bytes(costs.read_bytes())
    assert "real deliveries" in call("demo", "--schools", 4, "--years", 1, code=2)
    assert waiting.exists()
    assert not workspace.is_simulated


def test_simulate_writes_the_same_city_as_the_library(tmp_path):
    printed = call("simulate", tmp_path / "city", "--schools", 4, "--years", 1, "--seed", 7)
    assert str(tmp_path / "city" / "truth") in printed
    made = simulate(tmp_path / "same", parameters=Parameters(schools=4, years=1, seed=7))
    for path in sorted(made.truth.iterdir()):
        assert (tmp_path / "city" / "truth" / path.name).read_bytes() == path.read_bytes()


def test_simulate_refuses_what_no_city_can_be_made_from(tmp_path):
    call("simulate", tmp_path / "city", "--schools", 1, code=2)
    assert not Path(tmp_path / "city").exists()


def test_simulate_refuses_to_write_over_a_city(tmp_path):
    (tmp_path / "city" / "deliveries").mkdir(parents=True)
    call("simulate", tmp_path / "city", "--schools", 4, "--years", 1, code=2)
