"""`samverkan pull`: what it says, and how it ends."""

import re
import signal
import subprocess
import sys

import pytest
from typer.testing import CliRunner

from assets.commands import app
from pipelines.audit import entries
from pipelines.connectors.endpoint import Endpoint
from pipelines.workspace import VARIABLE
from tests.pipelines.connectors.conftest import faulty, site_of
from tests.pipelines.connectors.ss12000_city import MONTH, TERM, simulated_city
from tests.pipelines.connectors.ss12000_server import serving


@pytest.fixture(scope="module")
def served():
    with serving(simulated_city()) as server:
        yield server


@pytest.fixture
def site(served, tmp_path, monkeypatch):
    """A data folder the environment names, with the server declared; nothing is waited for."""
    made = site_of(served, tmp_path / "data", deliver=["attendance", "enrolments", "grades"])
    monkeypatch.setenv(VARIABLE, str(made.workspace.root))
    known = Endpoint.ask

    def ask(endpoint, *words, **more):
        return known(
            Endpoint(endpoint.source, endpoint.pool, lambda _: None, endpoint.tell), *words, **more
        )

    monkeypatch.setattr(Endpoint, "ask", ask)
    return made


def call(*words, code=0):
    """Run a command; what it printed, without decoration."""
    result = CliRunner(env={"COLUMNS": "200", "TERM": "dumb"}).invoke(app, ["pull", *words])
    assert result.exit_code == code, result.output
    return re.sub(r"\x1b\[[0-9;]*m", "", result.output)


def test_a_month_is_pulled_and_what_comes_next_is_said(site):
    printed = call("stad", "--month", MONTH)
    assert f"in the inbox: ss12000_stad_{MONTH}_v1.zip" in printed
    assert f"in the inbox: ss12000_stad_{TERM}_v1.zip" in printed
    assert "next: samverkan run" in printed
    assert sorted(site.inbox()) == [
        f"ss12000_stad_{MONTH}_v1.zip",
        f"ss12000_stad_{TERM}_v1.zip",
    ]
    again = call("stad", "--month", MONTH)
    assert "read: what changed after" in again
    assert f"unchanged: ss12000_stad_{TERM}_v1.zip" in again
    assert "next:" not in again
    assert "read: what changed" not in call("stad", "--month", MONTH, "--whole")


def test_each_pull_is_in_the_audit_log(site):
    call("stad", "--month", MONTH)
    (entry,) = entries(site.workspace, "source.pull")
    assert entry.subject == {"source": "stad", "month": MONTH, "whole": False}


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("stad", "--month", "2016"), "2016 is no month; write it as 2016-03"),
        (("other", "--month", MONTH), "declared are: stad"),
    ],
)
def test_a_wrong_call_ends_with_2(site, words, said):
    assert said in call(*words, code=2)
    assert site.inbox() == {}


def test_a_wait_is_told_and_a_lasting_fault_ends_with_1_and_names_nobody(site, served):
    with faulty(served, {2: "429", **dict.fromkeys(range(5, 30), "503")}):
        printed = call("stad", "--month", MONTH, code=1)
    assert "/syllabuses: the endpoint answers 429; asking again in 7 s" in printed
    assert "the endpoint answers 503, 6 times in a row" in printed
    assert "the same command goes on where this stopped" in printed
    assert "Hemlig" not in printed
    assert served.url not in printed
    assert site.inbox() == {}
    call("stad", "--month", MONTH)


@pytest.mark.parametrize("number", [4, 9])
def test_a_process_that_is_killed_while_it_reads_is_gone_on_from(site, served, tmp_path, number):
    unhurt = site_of(served, tmp_path / "unhurt", deliver=["attendance", "enrolments", "grades"])
    unhurt.pull()
    code = "from assets.commands import main; main()"
    command = [sys.executable, "-c", code, "pull", "stad", "--month", MONTH]
    served.asked.clear()
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as process:  # noqa: S603 - our own

        def kill(at):
            if at == number:
                process.kill()

        served.before = kill
        assert process.wait() == -signal.SIGKILL
    served.before = lambda _: None
    assert site.inbox() == {}
    call("stad", "--month", MONTH)
    assert site.inbox() == unhurt.inbox()
    questions = [(path, str(query)) for path, query in served.asked]
    assert len(questions) - len(set(questions)) == 1


def test_a_token_that_is_missing_is_asked_for(site):
    site.workspace.root.joinpath("sources", "stad.token").unlink()
    assert "write it into stad.token, one line" in call("stad", "--month", MONTH, code=1)
