"""Children: what a limit ends, what it does not, and what a confined process cannot do."""

import errno
import os
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from itertools import islice

import duckdb
import pyarrow as pa
import pytest

from pipelines.ingest import checked, child, warden
from pipelines.ingest.checked import check_files
from pipelines.ingest.checking import check_file
from pipelines.ingest.child import ChildError, asked, judged_by_children, judged_here
from pipelines.ingest.inbox import ingest, ready_files
from pipelines.ingest.limits import MIB, Limits, fate, processor_time_of
from pipelines.ingest.placing import archived, drafts_of
from pipelines.ingest.recognition import sha256_of
from pipelines.ingest.vault import VaultError
from pipelines.storage import lacks_memory
from tests.pipelines.ingest.bad_input import BOOK_NAME, book, rezipped
from tests.pipelines.ingest.deliveries import (
    ATTENDANCE_NAME,
    LESSONS_NAME,
    SCHOOL,
    attendance,
    drop,
    ingested,
    lesson_row,
    lessons,
    month_row,
    number,
    report,
)

GOOD = attendance([month_row(0), month_row(1)])
HEAD, _, LINES = lessons([lesson_row(n, amne='"M""A"') for n in range(900)]).partition(b"\n")
QUOTED = HEAD + b"\n" + LINES * 1300


def received(workspace, files):
    """Files as they lie in the archive, waiting for a verdict."""
    waiting = []
    for name, content in files.items():
        path = drop(workspace, name, content)
        delivery_id = sha256_of(path)
        target = archived(workspace, delivery_id)
        target.parent.mkdir(parents=True, exist_ok=True)
        path.rename(target)
        waiting.append((delivery_id, name))
    return waiting


def months(count):
    """Good files of as many months."""
    return {
        f"narvaro_{SCHOOL}_2016-0{n}.csv": attendance([month_row(0, Månad=f"2016-0{n}")])
        for n in range(1, count + 1)
    }


def causes(verdicts):
    return {judged.delivery_id: judged.cause for batch in verdicts for judged in batch}


@pytest.mark.parametrize(
    ("limits", "kind"),
    [
        (Limits(seconds=1, seconds_per_mib=0), "too_slow"),
        (Limits(memory=500 * MIB, standstill=10), "too_large"),
    ],
    ids=["processor time", "memory"],
)
def test_a_limit_refuses_the_file_it_was_reached_on_and_no_other(workspace, limits, kind):
    files = months(3)
    spoilt = f"lektioner_{SCHOOL}_2016-03.csv"
    waiting = received(workspace, files | {spoilt: QUOTED})
    found = causes(judged_by_children(workspace, [waiting], limits))
    names = dict(waiting)
    refused = {names[one]: cause.split(":")[0] for one, cause in found.items() if cause}
    assert refused == {spoilt: kind}
    assert len(found) == len(waiting)
    assert not list((workspace.lake.folder / ".drafts").iterdir())


@pytest.mark.skipif(sys.platform != "linux", reason="other systems do not tell")
def test_a_worker_has_its_memory_whatever_was_done_before_it(workspace, tmp_path):
    limits = Limits(memory=200 * MIB, standstill=10)
    checked_before = tmp_path / ATTENDANCE_NAME
    checked_before.write_bytes(GOOD)
    check_files([checked_before])
    waiting = received(workspace, months(2))
    assert set(causes(judged_by_children(workspace, [waiting], limits)).values()) == {None}


def test_a_file_larger_than_any_that_is_opened_is_not_opened(workspace):
    waiting = received(workspace, months(1) | {ATTENDANCE_NAME: GOOD * 40})
    found = causes(judged_by_children(workspace, [waiting], Limits(largest_file=4000)))
    assert sorted(str(cause).split(":")[0] for cause in found.values()) == ["None", "too_large"]


def test_what_the_operator_allows_is_taken_from_the_environment(monkeypatch):
    assert Limits.of_environment().largest_file == Limits().largest_file
    monkeypatch.setenv("SAMVERKAN_LARGEST_FILE", "20000")
    assert Limits.of_environment().largest_file == 20_000 * MIB


def test_children_judge_as_this_process_does(workspace, tmp_path):
    waiting = received(workspace, months(4) | {"okänd.csv": b""})
    batches = [waiting[:2], waiting[2:], []]
    theirs = list(judged_by_children(workspace, batches))
    other = type(workspace)(tmp_path / "other")
    other.make()
    received(other, months(4) | {"okänd.csv": b""})
    assert theirs == list(judged_here(other, batches))
    assert list(judged_by_children(workspace, [])) == []


def test_one_warden_serves_one_ingest_after_the_other(workspace):
    waiting = received(workspace, months(2))
    list(judged_by_children(workspace, [waiting[:1]]))
    first = child._idle[-1].process.pid
    list(judged_by_children(workspace, [waiting[1:]]))
    assert child._idle[-1].process.pid == first


def test_a_warden_that_was_ended_takes_no_delivery_with_it(workspace):
    waiting = received(workspace, months(2))
    verdicts = judged_by_children(workspace, [[one] for one in waiting])
    next(verdicts)
    ended = child.Warden.start()
    ended.process.kill()
    with pytest.raises(ChildError, match="ended with status -9"):
        list(ended.answers({"work": "judge", "tasks": [[]], "about": "", "limits": {}}))
    ended.close()
    assert len(list(verdicts)) == 1


def test_a_worker_that_somebody_ends_refuses_no_file():
    assert fate(-signal.SIGKILL) is None
    assert fate(-signal.SIGTERM) is None
    assert fate(0) is None
    assert fate(-signal.SIGXCPU).startswith("too_slow: ")
    assert fate(-signal.SIGABRT).startswith("too_large: ")
    assert fate(1).startswith("too_large: ")


@pytest.mark.usefixtures("with_children")
def test_a_vault_without_its_key_is_told_as_such(workspace):
    ingested(workspace, {ATTENDANCE_NAME: GOOD})
    (workspace.vault.folder / "key").unlink()
    waiting = received(workspace, months(2))
    with pytest.raises(VaultError, match="restore"):
        list(judged_by_children(workspace, [waiting]))


@pytest.mark.usefixtures("with_children")
def test_a_bomb_and_a_good_file_end_as_they_would_without_children(workspace):
    bomb = rezipped(book(), also={"xl/media/zeros": b"\0" * (100 << 20)})
    entries = ingested(workspace, {BOOK_NAME: bomb, **months(1)})
    assert entries[BOOK_NAME]["cause"].startswith("bomb: ")
    name = next(iter(months(1)))
    assert len(report(workspace, entries[name]).accepted["attendance"]) == 1


@pytest.mark.skipif(sys.platform != "linux", reason="other systems do not tell")
def test_a_worker_that_stands_still_is_ended_and_waited_for_by_nobody(workspace):
    waiting = received(workspace, months(1))
    workspace.vault.student_ids([number(0)])
    with closing(sqlite3.connect(workspace.vault.folder / "link.sqlite")) as held:
        held.execute("BEGIN EXCLUSIVE")
        found = causes(judged_by_children(workspace, [waiting], Limits(standstill=2)))
    assert [str(cause).split(":")[0] for cause in found.values()] == ["too_large"]
    assert causes(judged_by_children(workspace, [waiting])) == {waiting[0][0]: None}


@pytest.mark.skipif(sys.platform != "linux", reason="other systems do not tell")
def test_what_uses_processor_time_does_not_stand_still():
    worker = warden.Worker(os.getpid(), None, warden.Task(0, []))
    for _ in range(3):
        until = time.process_time() + 0.05
        while time.process_time() < until:
            pass
        worker.moved = 0.0
        assert not worker.stands_still(10)
    assert processor_time_of(0) is None


def test_work_that_nobody_waits_for_any_more_ends(workspace):
    waiting = received(workspace, months(3))
    verdicts = judged_by_children(workspace, [[one] for one in waiting])
    assert len(list(islice(verdicts, 1))) == 1
    verdicts.close()
    assert len(list(judged_by_children(workspace, [waiting]))) == 1


def test_where_no_process_can_be_forked_files_are_judged_all_the_same(workspace, monkeypatch):
    monkeypatch.setattr(child, "CAN_FORK", False)
    waiting = received(workspace, months(1))
    ((judged,),) = judged_by_children(workspace, [waiting])
    assert judged.accepted == 1


def test_unknown_work_ends_the_warden_and_nothing_else():
    with pytest.raises(ChildError, match="ended with status"):
        list(asked("nonsense", "", [[["x"]]]))


CONFINED = """
import sys, socket, os, resource, signal
from pipelines.ingest.limits import Limits, confine, grant_processor_time
confine(Limits(memory=600 << 20, written=1 << 20))
what = sys.argv[1]
try:
    if what == "socket":
        socket.socket()
    elif what == "program":
        os.execv("/bin/true", ["true"])
    elif what == "memory":
        held = [bytearray(b"1") * (64 << 20) for _ in range(40)]
    elif what == "file":
        with open(sys.argv[2], "wb") as file:
            file.write(b"1" * (4 << 20))
    elif what == "time":
        grant_processor_time(0)
        while True:
            pass
except (OSError, MemoryError) as error:
    print(type(error).__name__, getattr(error, "errno", ""))
"""


@pytest.mark.skipif(sys.platform != "linux", reason="other systems have other limits")
@pytest.mark.parametrize(
    ("what", "said", "status"),
    [
        ("socket", f"PermissionError {errno.EACCES}", 0),
        ("program", f"PermissionError {errno.EACCES}", 0),
        ("memory", "MemoryError", 0),
        ("file", f"OSError {errno.EFBIG}", 0),
        ("time", "", -signal.SIGXCPU),
    ],
)
def test_a_confined_process_is_denied(what, said, status, tmp_path, repository):
    done = subprocess.run(  # noqa: S603 - our own words
        [sys.executable, "-c", CONFINED, what, str(tmp_path / "file")],
        capture_output=True,
        text=True,
        cwd=repository,
        check=False,
    )
    assert (done.stdout.strip(), done.returncode) == (said, status)


def test_drafts_of_a_worker_that_was_ended_are_removed(workspace):
    folder = workspace.lake.folder / ".drafts" / "4711-abc"
    folder.mkdir(parents=True)
    (folder / "x.parquet").write_bytes(b"x")
    assert list(drafts_of(workspace, 4711)) == [folder]
    warden.Judging(str(workspace.root)).tidy(4711)
    assert list(drafts_of(workspace, 4711)) == []


def test_a_worker_in_this_process_answers_and_waits(workspace):
    waiting = received(workspace, months(1))
    work = warden.Judging(str(workspace.root))
    (verdict,) = work.do(waiting)
    assert verdict["accepted"] == 1
    assert work.size(waiting[0]) > 0
    assert work.size(("0" * 64, "none.csv")) == 0
    assert work.refused(waiting[0], "too_slow: x")["cause"] == "too_slow: x"


def of_sqlite(name):
    error = sqlite3.OperationalError("refused")
    error.sqlite_errorname = name
    return error


REFUSALS = {
    "memory": MemoryError(),
    "a page": OSError(errno.ENOMEM, "Cannot allocate memory"),
    "a map": of_sqlite("SQLITE_IOERR_NOMEM"),
    "a thread": RuntimeError("can't start new thread"),
    "a thread of Arrow's": pa.ArrowException("Unknown error: Failed to launch worker thread: no"),
    "a block": duckdb.OutOfMemoryException("failed to allocate data"),
    "a file": duckdb.IOException("Could not allocate memory"),
}


@pytest.mark.parametrize("refusal", REFUSALS.values(), ids=REFUSALS)
@pytest.mark.parametrize("where", ["judging._judge_blockwise", "placing._put_in_place"])
def test_memory_refused_in_any_words_is_nobodys_but_the_files(
    workspace, monkeypatch, refusal, where
):
    def refuse(*_, **__):
        raise refusal

    waiting = received(workspace, months(2))
    work = warden.Judging(str(workspace.root))
    monkeypatch.setattr("pipelines.ingest.judging._judge_together", refuse)
    monkeypatch.setattr(f"pipelines.ingest.{where}", refuse)
    with pytest.raises((MemoryError, type(refusal))):
        warden._done(work, waiting)
    if "judging" in where:
        (verdict,) = warden._done(work, waiting[:1])["done"]
        assert verdict["cause"].startswith("too_large")


def test_what_is_refused_otherwise_is_not_called_memory():
    others = (OSError(errno.ENOSPC, ""), OSError(), of_sqlite("SQLITE_FULL"))
    others += (RuntimeError("other"), duckdb.IOException("No space left on device"))
    assert not any(map(lacks_memory, others))


@pytest.mark.usefixtures("with_children")
def test_ingest_of_a_folder_goes_through_children(workspace):
    for name, content in months(2).items():
        drop(workspace, name, content)
    done = ingest(workspace, ready_files(workspace.inbox))
    assert [judged.accepted for judged in done.judged] == [1, 1]


def test_a_check_is_the_same_by_a_child_as_by_this_process(tmp_path, monkeypatch):
    good, bad = tmp_path / ATTENDANCE_NAME, tmp_path / LESSONS_NAME
    good.write_bytes(GOOD)
    bad.write_bytes(lessons([lesson_row(0), lesson_row(1, minuter="sextio")]))
    answers = check_files([good, bad], "en")
    assert [answer.status for answer in answers] == ["accepted", "to_correct"]
    assert answers == [check_file(path, "en") for path in (good, bad)]
    monkeypatch.setenv("SAMVERKAN_LARGEST_FILE", "0")
    assert [one.faults[0].rule for one in check_files([good])] == ["too_large"]
    monkeypatch.setattr(checked, "CAN_FORK", False)
    assert check_files([good, bad], "en") == answers


@pytest.mark.skipif(not child.CAN_FORK, reason="no limits can be set")
def test_a_thread_that_lacks_the_memory_to_begin_is_waited_for_by_nobody():
    """Without the limit's own end, ``start`` would wait for a thread that is no more."""
    failing = (
        "import threading\n"
        "from pipelines.ingest.limits import Limits, confine\n"
        "def bootstrap(thread): raise MemoryError\n"
        "threading.Thread._bootstrap_inner = bootstrap\n"
        "confine(Limits())\n"
        "threading.Thread(target=print).start()\n"
    )
    ended = subprocess.run([sys.executable, "-c", failing], check=False, timeout=60)  # noqa: S603
    assert str(fate(ended.returncode)).startswith("too_large")
