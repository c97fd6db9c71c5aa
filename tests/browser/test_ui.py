"""``samverkan ui``, driven as an operator drives it: look at the graph, make a month, see it."""

import os
import re
import signal
import socket
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

import pytest
from playwright.sync_api import expect

from assets.running import run_ingest
from pipelines.workspace import VARIABLE
from tests.main_job.whole_job import at_home, drop, new_workspace

pytestmark = pytest.mark.browser

MONTH = "2012-10"
LONG = 180
LISTENING = "0A"
LOCALHOST = {"0100007F", "0000000000000000FFFF00000100007F", "00000000000000000000000001000000"}


@pytest.fixture(scope="module")
def ingested(job, tmp_path_factory):
    """A workspace that knows one month's deliveries and has made no table of them."""
    workspace = new_workspace(tmp_path_factory.mktemp("ui") / "workspace")
    drop(sorted(job.deliveries.glob(f"narvaro_*_{MONTH}*")), workspace)
    with at_home(workspace):
        assert run_ingest().is_success
    return workspace


@pytest.fixture(scope="module")
def served(ingested):
    """The address of the pages, and their process; all its processes end with the tests."""
    port = _free_port()
    command = [str(Path(sys.executable).with_name("samverkan")), "ui", "--port", str(port)]
    output = ingested.root.with_name("ui.txt").open("w+", encoding="utf-8")
    process = subprocess.Popen(  # noqa: S603 - our own command
        command,
        env={**os.environ, VARIABLE: str(ingested.root)},
        stdout=output,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )
    try:
        _wait_until_served(port, process)
        yield f"http://127.0.0.1:{port}", process
    finally:
        _kill_session(process)
        output.close()


def test_the_graph_shows_the_layers_and_their_tables(served, page, strangers):
    address, _ = served
    page.goto(f"{address}/asset-groups")
    for layer in ("raw", "core", "indicator", "result", "release"):
        expect(page.get_by_text(layer, exact=True).first).to_be_visible()
    page.goto(f"{address}/assets/core/attendance?view=lineage")
    for table in ("attendance", "deliveries", "target_group", "reach"):
        expect(page.get_by_text(table, exact=True).first).to_be_visible()
    assert strangers() == set()


def test_a_month_is_made_from_the_page_and_its_check_shows_as_passed(
    served, ingested, page, strangers
):
    address, _ = served
    table = ingested.lake.path("core.attendance", MONTH)
    assert not table.exists()
    page.goto(f"{address}/assets/core/attendance?view=checks")
    expect(page.get_by_text("keeps_contract").first).to_be_visible()
    expect(page.get_by_text("Passed")).to_have_count(0)
    page.goto(f"{address}/assets/core/attendance")
    page.get_by_role("button", name=re.compile("Materialize")).first.click()
    partitions = page.get_by_placeholder(re.compile("^ex: "))
    partitions.fill(MONTH)
    partitions.press("Enter")
    expect(page.get_by_text("1 partition", exact=True)).to_be_visible()
    page.get_by_role("button", name=re.compile("^Launch")).last.click()
    _wait_for(table.exists, "the month")
    page.goto(f"{address}/runs")
    expect(page.get_by_text("Success", exact=True)).to_have_count(2, timeout=LONG * 1000)
    page.goto(f"{address}/assets/core/attendance?view=checks")
    expect(page.get_by_text("keeps_contract").first).to_be_visible()
    expect(page.get_by_text("Passed").first).to_be_visible(timeout=LONG * 1000)
    assert strangers() == set()


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_nobody_else_on_the_network_can_connect(served):
    _, process = served
    inodes = {inode for pid in _session(process) for inode in _sockets(pid)}
    listening = {
        fields[1].split(":")[0]
        for table in ("tcp", "tcp6")
        for fields in map(str.split, Path(f"/proc/net/{table}").read_text().splitlines()[1:])
        if fields[3] == LISTENING and fields[9] in inodes
    }
    assert listening
    assert listening <= LOCALHOST


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_everything_stops_when_the_command_is_asked_to(served):
    _, process = served
    assert len(_session(process)) >= 3
    process.send_signal(signal.SIGTERM)
    process.wait(timeout=LONG)
    _wait_for(lambda: not _session(process), "the end of every process")


def _free_port():
    with closing(socket.socket()) as found:
        found.bind(("127.0.0.1", 0))
        return found.getsockname()[1]


def _wait_until_served(port, process):
    def answers():
        assert process.poll() is None, "samverkan ui has ended"
        try:
            with urlopen(f"http://127.0.0.1:{port}/server_info", timeout=5) as answer:
                return answer.status == 200
        except (URLError, OSError):
            return False

    _wait_for(answers, "the pages")


def _wait_for(happened, what):
    until = time.monotonic() + LONG
    while not happened():
        assert time.monotonic() < until, f"waited too long for {what}"
        time.sleep(0.5)


def _session(process):
    """The processes started by the command, itself included, that still run."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            fields = (folder / "stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if fields[3] == str(process.pid) and fields[0] != "Z":
            found.append(int(folder.name))
    return found


def _sockets(pid):
    for handle in Path(f"/proc/{pid}/fd").glob("*"):
        try:
            target = str(handle.readlink())
        except OSError:
            continue
        if target.startswith("socket:["):
            yield target.removeprefix("socket:[").removesuffix("]")


def _kill_session(process):
    for pid in _session(process):
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            continue
    process.wait(timeout=LONG)
