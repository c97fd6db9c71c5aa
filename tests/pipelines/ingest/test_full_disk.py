"""A full disk, met while files are judged: the run stops in plain words, and no file suffers."""

import errno
import json
import os
import shutil
import sqlite3
import subprocess
import sys

import pytest

from pipelines.ingest import judging
from pipelines.ingest.inbox import ingest, ready_files
from pipelines.ingest.judging import refused
from pipelines.storage import StorageError, lacks_room, storage_error
from tests.pipelines.ingest.deliveries import (
    ATTENDANCE_NAME,
    LESSONS_NAME,
    attendance,
    drop,
    lesson_row,
    lessons,
    month_row,
)

MANY = 900
UNSHARE = shutil.which("unshare")
ON_A_SMALL_DISK = """
import json, subprocess, sys
from pathlib import Path
from pipelines.ingest.inbox import ingest, ready_files
from pipelines.storage import StorageError
from pipelines.workspace import Workspace

def mount(*how):
    subprocess.run(["mount", *how, "-t", "tmpfs", "tmpfs", str(small)], check=True)

workspace = Workspace(Path(sys.argv[1]))
small = getattr(workspace, sys.argv[2]).folder
mount("-o", "size=16k")
told = None
try:
    ingest(workspace, ready_files(workspace.inbox))
except StorageError as error:
    told = str(error)
held = [str(path.relative_to(small)) for path in small.rglob("*.parquet")]
stopped = [row["status"] for row in workspace.ledger.rows()]
mount("-o", "remount,size=16m")
ingest(workspace, [])
done = [(row["status"], row["accepted"]) for row in workspace.ledger.rows()]
print(json.dumps({"told": told, "left": held, "stopped": stopped, "done": done}))
"""


def can_mount():
    """Whether this user may have a disk of its own, seen by nobody else."""
    return UNSHARE is not None and apart("mount", "-t", "tmpfs", "x", "/mnt").returncode == 0


def apart(*command, cwd=None):
    """Run a command that sees disks of its own."""
    words = [UNSHARE, "--user", "--map-root-user", "--mount", *command]
    return subprocess.run(words, capture_output=True, text=True, check=False, cwd=cwd)  # noqa: S603


def statuses(workspace):
    return [row["status"] for row in workspace.ledger.rows()]


def drafts(workspace):
    """All that lies in the lake."""
    return [path for path in workspace.lake.folder.rglob("*") if path.is_file()]


@pytest.mark.parametrize("part", ["lake", "vault"])
def test_a_disk_that_fills_up_stops_the_run_and_the_files_wait(workspace, repository, part):
    if not can_mount():
        pytest.skip("no disk can be mounted here without privileges")
    drop(workspace, ATTENDANCE_NAME, attendance([month_row(n) for n in range(MANY)]))
    drop(workspace, LESSONS_NAME, lessons([lesson_row(n) for n in range(MANY)]))
    folder = str(workspace.root.absolute())
    found = apart(sys.executable, "-c", ON_A_SMALL_DISK, folder, part, cwd=repository)
    assert found.returncode == 0, found.stderr
    answer = json.loads(found.stdout)
    assert "the disk is full; 0 MB are free there. Make room" in answer["told"]
    assert f"{workspace.root.absolute() / part}" in answer["told"]
    assert answer["left"] == []
    assert answer["stopped"] == ["received", "received"]
    assert answer["done"] == [["active", MANY], ["active", MANY]]


@pytest.fixture
def full(monkeypatch):
    """A disk that takes nothing more, where rows are written."""

    def write(*_):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(judging.parquet.ParquetWriter, "write_table", write)


@pytest.mark.usefixtures("full")
@pytest.mark.parametrize("small", [judging.SMALL_BYTES, 0])
def test_a_write_that_fails_rejects_no_file(workspace, monkeypatch, small):
    monkeypatch.setattr(judging, "SMALL_BYTES", small)
    drop(workspace, ATTENDANCE_NAME, attendance([month_row(0)]))
    drop(workspace, LESSONS_NAME, lessons([lesson_row(0)]))
    with pytest.raises(StorageError, match=r"lake.*: the disk is full; \d+ MB are free"):
        ingest(workspace, ready_files(workspace.inbox))
    assert statuses(workspace) == ["received", "received"]
    assert drafts(workspace) == []
    monkeypatch.undo()
    ingest(workspace, [])
    assert statuses(workspace) == ["active", "active"]


def test_rows_that_cannot_be_put_in_place_are_put_there_in_no_table(workspace, monkeypatch):
    rows = [lesson_row(0), lesson_row(1, minuter="x")]
    drop(workspace, LESSONS_NAME, lessons(rows))
    put = type(workspace.root).replace

    def replace(path, target):
        if path.stem == "raw.quarantine" or "quarantine" in str(target):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return put(path, target)

    with monkeypatch.context() as patch:
        patch.setattr(type(workspace.root), "replace", replace)
        with pytest.raises(StorageError, match="the disk is full"):
            ingest(workspace, ready_files(workspace.inbox))
    assert drafts(workspace) == []
    assert statuses(workspace) == ["received"]


def test_a_place_that_cannot_be_written_to_is_named(workspace):
    workspace.lake.folder.joinpath(".drafts").write_text("no folder", "utf-8")
    drop(workspace, ATTENDANCE_NAME, attendance([month_row(0)]))
    with pytest.raises(StorageError, match=r"lake: it cannot be written .*same command again"):
        ingest(workspace, ready_files(workspace.inbox))
    assert statuses(workspace) == ["received"]


def test_other_errors_of_the_system_are_still_the_files():
    for number in (errno.EIO, errno.EACCES, errno.EFBIG, None):
        error = OSError(number, "odd") if number else OSError("odd")
        assert refused("ab" * 32, None, error).judged.cause.startswith("internal: ")
    with pytest.raises(OSError, match="full"):
        refused("ab" * 32, None, OSError(errno.ENOSPC, "full"))


def test_a_database_without_room_is_told_like_a_file_without_room(tmp_path):
    with sqlite3.connect(tmp_path / "small.sqlite") as small:
        small.execute("PRAGMA max_page_count = 2")
        small.execute("CREATE TABLE one (value)")
        with pytest.raises(sqlite3.OperationalError) as raised:
            small.execute("INSERT INTO one VALUES (?)", ["x" * 100_000])
    small.close()
    assert lacks_room(raised.value)
    assert f"{tmp_path}: the disk is full" in str(storage_error(tmp_path, raised.value))
    assert not lacks_room(sqlite3.OperationalError("no such table"))
    assert "by you" in str(storage_error(tmp_path, PermissionError(13, "x", f"{tmp_path}/a/b")))
