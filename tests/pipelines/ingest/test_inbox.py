"""The inbox: what is taken, what is left alone, and that nothing is lost or told."""

import datetime as dt
import hashlib
import logging
import os
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pytest

from pipelines.ingest import inbox, recognition
from pipelines.ingest.child import judged_by_children
from pipelines.ingest.inbox import ingest, masked, ready_files
from pipelines.ingest.placing import archived
from pipelines.ingest.vault import VaultError
from schemas.deliveries import Deliveries
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
    one,
    original,
    report,
    stored_texts,
)

GOOD = attendance([month_row(0), month_row(1)])
TOLD_TO_NOBODY = "Hemlig"


class StoppedError(BaseException):
    """Power loss."""


def stop(*_):
    raise StoppedError


def stopped(workspace, monkeypatch, *place):
    """Ingest the inbox until a call that stops everything."""
    files = ready_files(workspace.inbox)
    with monkeypatch.context() as patch:
        patch.setattr(*place, stop)
        with pytest.raises(StoppedError):
            ingest(workspace, files)


def lake_files(workspace):
    folder = workspace.lake.folder
    return {path: path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


@pytest.mark.parametrize(
    "name",
    [".hidden.csv", ".DS_Store", "~$narvaro.xlsx", "a.csv.part", "a.tmp", "a.csv.crdownload"],
)
def test_a_file_that_is_not_whole_is_left_alone(workspace, name):
    drop(workspace, name, GOOD)
    assert ready_files(workspace.inbox) == []


def test_links_and_folders_and_pipes_are_left_alone(workspace):
    outside = workspace.root / "outside.csv"
    outside.write_bytes(GOOD)
    (workspace.inbox / "soft.csv").symlink_to(outside)
    (workspace.inbox / "hard.csv").hardlink_to(outside)
    (workspace.inbox / "folder.csv").mkdir()
    os.mkfifo(workspace.inbox / "pipe.csv")
    assert ready_files(workspace.inbox) == []
    assert ingested(workspace, {}) == {}
    assert outside.read_bytes() == GOOD


def test_a_file_that_others_may_write_to_is_refused_until_it_comes_otherwise(workspace):
    drop(workspace, ATTENDANCE_NAME, GOOD).chmod(0o666)
    entry = ingested(workspace, {})[ATTENDANCE_NAME]
    assert (entry["status"], entry["profile"], entry["records"]) == ("rejected", None, 0)
    assert entry["cause"].startswith("untrusted: every user of the machine may write to the file")
    assert list(workspace.inbox.iterdir()) == []
    assert original(workspace, entry) == GOOD
    workspace.ledger.forget_verdicts()
    assert ingested(workspace, {})[ATTENDANCE_NAME] == entry
    drop(workspace, ATTENDANCE_NAME, GOOD)
    assert ingested(workspace, {})[ATTENDANCE_NAME]["status"] == "active"
    drop(workspace, ATTENDANCE_NAME, GOOD).chmod(0o666)
    assert ingested(workspace, {})[ATTENDANCE_NAME]["status"] == "active"


def test_a_file_that_came_also_from_who_may_send_it_is_judged(workspace):
    drop(workspace, "narvaro.csv", GOOD).chmod(0o666)
    drop(workspace, ATTENDANCE_NAME, GOOD)
    (entry,) = ingested(workspace, {}).values()
    assert not entry["cause"].startswith("untrusted")


@dataclass(frozen=True)
class Owned:
    """What the system says of a file, but for whose it is."""

    found: os.stat_result
    st_uid: int

    def __getattr__(self, name):
        """Everything else as it is."""
        return getattr(self.found, name)


def test_a_file_of_another_user_is_refused_unless_the_inbox_is_theirs(workspace, monkeypatch):
    stranger, asked = {ATTENDANCE_NAME: 54321}, Path.stat

    def stat(path, **options):
        found = asked(path, **options)
        return Owned(found, stranger[path.name]) if path.name in stranger else found

    monkeypatch.setattr(Path, "stat", stat)
    drop(workspace, ATTENDANCE_NAME, GOOD)
    entry = ingested(workspace, {})[ATTENDANCE_NAME]
    assert entry["cause"].startswith("untrusted: the file belongs to another user than the inbox")
    stranger[workspace.inbox.name] = 54321
    drop(workspace, ATTENDANCE_NAME, GOOD)
    assert ingested(workspace, {})[ATTENDANCE_NAME]["status"] == "active"


def test_a_run_that_was_stopped_before_refusing_a_file_leaves_that_to_the_next(
    workspace, monkeypatch
):
    def stopped(*_):
        raise KeyboardInterrupt

    drop(workspace, ATTENDANCE_NAME, GOOD).chmod(0o666)
    with monkeypatch.context() as patched:
        patched.setattr(inbox, "_untrusted", stopped)
        with pytest.raises(KeyboardInterrupt):
            ingested(workspace, {})
    entry = ingested(workspace, {})[ATTENDANCE_NAME]
    assert (entry["status"], entry["cause"][:9]) == ("rejected", "untrusted")


def test_a_file_that_may_still_grow_is_left_alone(workspace):
    path = drop(workspace, ATTENDANCE_NAME, GOOD)
    os.utime(path, (1000, 1000))
    at = dt.datetime.fromtimestamp(1000, dt.UTC)
    assert ready_files(workspace.inbox, settled_before=at) == [path]
    assert ready_files(workspace.inbox, settled_before=at - dt.timedelta(seconds=1)) == []


def test_a_file_is_archived_under_its_content_and_can_no_longer_change(workspace):
    found = one(workspace, ATTENDANCE_NAME, GOOD)
    assert list(workspace.inbox.iterdir()) == []
    assert original(workspace, found.entry) == GOOD
    path = archived(workspace, found.entry["delivery_id"])
    assert path.stat().st_mode & 0o777 == 0o400
    assert [row["record_no"] for row in found.accepted["attendance"]] == [1, 2]
    assert {row["delivery_id"] for row in found.accepted["attendance"]} == {path.name}
    assert not list((workspace.lake.folder / ".drafts").iterdir())


def test_the_same_file_twice_changes_nothing(workspace):
    ingested(workspace, {ATTENDANCE_NAME: GOOD, LESSONS_NAME: lessons([lesson_row(0)])})
    before = lake_files(workspace), workspace.ledger.rows(), workspace.ledger.pending()
    for name in (ATTENDANCE_NAME, "another name.csv"):
        drop(workspace, name, GOOD)
        done = ingest(workspace, ready_files(workspace.inbox))
        assert (done.judged, done.repeated) == ((), 1)
    assert (lake_files(workspace), workspace.ledger.rows(), workspace.ledger.pending()) == before
    assert list(workspace.inbox.iterdir()) == []


def test_one_content_under_two_names_is_one_delivery(workspace):
    ingested(workspace, {ATTENDANCE_NAME: GOOD, ATTENDANCE_NAME.replace(".csv", "_v2.csv"): GOOD})
    (entry,) = workspace.ledger.rows()
    assert (entry["status"], entry["accepted"]) == ("active", 2)
    assert list(workspace.inbox.iterdir()) == []


def test_a_file_that_cannot_be_read_is_kept_and_does_not_stop_the_others(workspace):
    bad = f"{TOLD_TO_NOBODY};x\n1;2\n".encode()
    files = {ATTENDANCE_NAME: bad, "unknown.csv": bad + b"\n", "empty.csv": b"",
             LESSONS_NAME: lessons([lesson_row(0)])}  # fmt: skip
    entries = ingested(workspace, files)
    assert {name: entry["status"] for name, entry in entries.items()} == {
        ATTENDANCE_NAME: "rejected",
        "unknown.csv": "rejected",
        "empty.csv": "rejected",
        LESSONS_NAME: "active",
    }
    assert entries[ATTENDANCE_NAME]["cause"].startswith("missing_column: line 1: the heading")
    assert entries["unknown.csv"]["cause"].startswith("unknown: no layout has files of this name")
    assert not any(TOLD_TO_NOBODY in str(entry) for entry in entries.values())
    for name, content in files.items():
        assert original(workspace, entries[name]) == content
        assert list(entries[name]) == Deliveries.columns()


def test_a_rejected_file_is_accepted_under_its_right_name(workspace):
    assert one(workspace, "march.csv", GOOD).entry["status"] == "rejected"
    found = one(workspace, ATTENDANCE_NAME, GOOD)
    assert (found.entry["status"], found.entry["accepted"]) == ("active", 2)
    assert len(workspace.ledger.rows()) == 1


def test_rivals_are_held_until_a_correction_comes(workspace):
    second = attendance([month_row(0, **{"Giltig frånvaro, minuter": "1"})])
    third = attendance([month_row(0)])
    ingested(workspace, {ATTENDANCE_NAME: GOOD})
    ingested(workspace, {ATTENDANCE_NAME: second})
    assert [row["status"] for row in workspace.ledger.rows()] == ["held", "held"]
    ingested(workspace, {ATTENDANCE_NAME.replace(".csv", "_v2.csv"): third})
    statuses = [row["status"] for row in workspace.ledger.rows()]
    assert statuses == ["superseded", "superseded", "active"]


@pytest.mark.parametrize("place", ["header", "judge"])
def test_what_nobody_foresaw_in_one_file_stops_no_other_and_is_not_quoted(
    workspace, monkeypatch, place
):
    if place == "header":
        recognise = recognition.recognise

        def frail(path, file_name):
            if file_name == ATTENDANCE_NAME:
                raise RuntimeError(TOLD_TO_NOBODY)
            return recognise(path, file_name)

        monkeypatch.setattr(recognition, "recognise", frail)
    else:
        refuse = {"attendance_template_csv"}
        judge_all = recognition.judge_all

        def frail_judges(deliveries, judges, folder):
            if deliveries[0].profile.name in refuse:
                judges = None
            return judge_all(deliveries, judges, folder)

        monkeypatch.setattr(recognition, "judge_all", frail_judges)
    entries = ingested(workspace, {ATTENDANCE_NAME: GOOD, LESSONS_NAME: lessons([lesson_row(0)])})
    assert entries[LESSONS_NAME]["status"] == "active"
    assert entries[ATTENDANCE_NAME]["status"] == "rejected"
    assert entries[ATTENDANCE_NAME]["cause"].startswith("internal: ")
    assert TOLD_TO_NOBODY not in entries[ATTENDANCE_NAME]["cause"]


def test_a_run_that_was_stopped_before_judging_is_taken_up_by_the_next(workspace, monkeypatch):
    drop(workspace, ATTENDANCE_NAME, GOOD)
    stopped(workspace, monkeypatch, inbox, "judged_by_children")
    assert [row["status"] for row in workspace.ledger.rows()] == ["received"]
    done = ingest(workspace, [])
    assert [judged.accepted for judged in done.judged] == [2]
    assert len(report(workspace, workspace.ledger.rows()[0]).accepted["attendance"]) == 2


def test_a_run_that_was_stopped_before_archiving_leaves_the_file_to_the_next(
    workspace, monkeypatch
):
    path = drop(workspace, ATTENDANCE_NAME, GOOD)
    stopped(workspace, monkeypatch, inbox.shutil, "move")
    assert ingest(workspace, []).judged == ()
    assert path.exists()
    assert [judged.accepted for judged in ingest(workspace, [path]).judged] == [2]


@pytest.mark.parametrize("place", ["sha256_of", "_archive"])
def test_a_file_that_was_taken_and_not_archived_is_archived_by_the_next_run(
    workspace, monkeypatch, place
):
    path = drop(workspace, ATTENDANCE_NAME, GOOD)
    drop(workspace, f"{ATTENDANCE_NAME}.sha256", hashlib.sha256(GOOD).hexdigest().encode())
    stopped(workspace, monkeypatch, inbox, place)
    assert not path.exists()
    assert [judged.completeness for judged in ingest(workspace, []).judged] == ["proven"]
    assert list(workspace.inbox.iterdir()) == []


def test_a_file_that_is_still_written_to_goes_back_to_the_inbox(workspace, monkeypatch):
    path = drop(workspace, ATTENDANCE_NAME, GOOD[:-5])

    def grows(taken):
        with taken.open("ab") as file:
            file.write(GOOD[-5:])
        return "0" * 64

    with monkeypatch.context() as patch:
        patch.setattr(inbox, "sha256_of", grows)
        assert ingest(workspace, ready_files(workspace.inbox)).judged == ()
    assert workspace.ledger.rows() == []
    assert path.read_bytes() == GOOD


def test_the_file_that_is_judged_is_the_one_that_was_looked_at(workspace, monkeypatch):
    look = inbox.sha256_of

    def replaced(taken):
        found = look(taken)
        drop(workspace, ATTENDANCE_NAME, b"another\n")
        return found

    with monkeypatch.context() as patch:
        patch.setattr(inbox, "sha256_of", replaced)
        found = one(workspace, ATTENDANCE_NAME, GOOD)
    assert original(workspace, found.entry) == GOOD
    assert (workspace.inbox / ATTENDANCE_NAME).read_bytes() == b"another\n"


def test_a_crash_between_the_lake_and_the_ledger_is_made_good(workspace, monkeypatch):
    drop(workspace, ATTENDANCE_NAME, GOOD)
    stopped(workspace, monkeypatch, inbox, "_sync_disk")
    written = lake_files(workspace)
    ingest(workspace, [])
    assert [row["status"] for row in workspace.ledger.rows()] == ["active"]
    assert lake_files(workspace) == written != {}


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        (f"{number(1)}.csv", "#.csv"),
        (f"anna {number(1)[2:8]}-{number(1)[8:]}.csv", "anna #.csv"),
        (f"{number(1)[2:]}_v2.csv", "#_v2.csv"),
        (f"{number(1, born='20010175')}.csv", "#.csv"),
        ("20010115TF12.csv", "#.csv"),
        ("20010115tf12.csv", "#.csv"),
        (ATTENDANCE_NAME, ATTENDANCE_NAME),
        (f"frv-{SCHOOL}-2016-03.txt", f"frv-{SCHOOL}-2016-03.txt"),
        ("slutbetyg_20110115_2016VT.csv", "slutbetyg_20110115_2016VT.csv"),
    ],
)
def test_what_can_be_an_identity_number_in_a_name_is_masked(name, shown):
    assert masked(name) == shown


def test_no_identity_number_is_told_outside_the_archive(workspace, caplog, capfd):
    caplog.set_level(logging.DEBUG)
    pupils = [number(n) for n in range(12)]
    rows = [month_row(n) for n in range(8)]
    rows += [month_row(n, **{"Giltig frånvaro, minuter": number(n)}) for n in range(8, 10)]
    rows += [month_row(10, Månad=number(10)), month_row(11, Skolenhetskod=number(11))]
    ingested(workspace, {
        ATTENDANCE_NAME: attendance([*rows, rows[0], rows[1][:3]]),
        LESSONS_NAME: lessons([lesson_row(n, franvarotyp=number(n)) for n in range(3)]),
        f"{number(3)}.csv": GOOD,
        f"betyg_{SCHOOL}_2016VT.csv": f"{number(4)};{number(5)}\n".encode(),
    })  # fmt: skip
    out, err = capfd.readouterr()
    outside = [caplog.text.encode(), out.encode(), err.encode()]
    kept = {workspace.deliveries / "ledger.sqlite", *lake_files(workspace)}
    outside += [path.read_bytes() for path in kept]
    outside += [str(path).encode() for path in kept]
    outside += ["\n".join(stored_texts(p)).encode() for p in kept if p.suffix == ".parquet"]
    outside += [path.read_bytes() for path in workspace.vault.folder.iterdir()]
    for told in pupils:
        for content in outside:
            assert told.encode() not in content
            assert told[2:].encode() not in content
    with closing(sqlite3.connect(workspace.deliveries / "ledger.sqlite")) as ledger:
        stored = "\n".join(ledger.iterdump())
    assert not any(told[2:] in stored for told in pupils)
    assert "#.csv" in stored


def test_children_judge_as_the_process_itself_does(workspace, tmp_path, monkeypatch):
    files = {
        f"narvaro_{SCHOOL}_2016-0{n}.csv": attendance(
            [month_row(p, Månad=f"2016-0{n}") for p in range(n)]
        )
        for n in range(1, 4)
    }
    alone = ingested(workspace, files)
    other = type(workspace)(tmp_path / "other")
    other.make()
    monkeypatch.setattr(inbox, "JUDGED_AT_ONCE", 1)
    monkeypatch.setattr(inbox, "judged_by_children", judged_by_children)
    with_children = ingested(other, {**files, "empty.csv": b""})
    assert with_children.pop("empty.csv")["cause"].startswith("unknown: ")
    plain = [{name: {**entry, "received_at": ""} for name, entry in entries.items()}
             for entries in (alone, with_children)]  # fmt: skip
    assert plain[0] == plain[1]
    assert other.ledger.pending() == workspace.ledger.pending()
    rows = [row["student_id"] for entry in with_children.values()
            for row in report(other, entry).accepted["attendance"]]  # fmt: skip
    assert (len(rows), len(set(rows))) == (6, 3)


def test_where_the_disk_cannot_be_told_to_keep_files_are_ingested_too(workspace, monkeypatch):
    monkeypatch.delattr(os, "sync")
    assert one(workspace, ATTENDANCE_NAME, GOOD).entry["status"] == "active"


def test_a_vault_without_its_key_leaves_the_files_to_be_judged_later(workspace):
    one(workspace, ATTENDANCE_NAME, GOOD)
    key = workspace.vault.folder / "key"
    kept = key.read_bytes()
    key.unlink()
    with pytest.raises(VaultError):
        ingested(workspace, {LESSONS_NAME: lessons([lesson_row(4)])})
    assert [row["status"] for row in workspace.ledger.rows()] == ["active", "received"]
    key.write_bytes(kept)
    done = ingest(workspace, [])
    assert [judged.accepted for judged in done.judged] == [1]
    assert (ingest(workspace, []).judged, done.repeated) == ((), 0)
