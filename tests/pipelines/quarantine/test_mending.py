"""Mending: what comes back is in the core table exactly once, and nothing else is changed."""

import shutil
import tempfile
import zipfile
from pathlib import Path

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines import audit
from pipelines.audit import AuditError, entries, verify
from pipelines.ingest import inbox
from pipelines.ingest.child import judged_here
from pipelines.ingest.inbox import ingest
from pipelines.quarantine import confined
from pipelines.quarantine.listing import RESUBMIT, held_records, mended_rows
from pipelines.quarantine.mending import MendingError, resubmit
from pipelines.quarantine.workbook import GUIDE
from pipelines.workspace import Workspace
from tests.pipelines.ingest.deliveries import (
    ATTENDANCE_NAME,
    LESSONS_NAME,
    attendance,
    ingested,
    lesson_row,
    lessons,
    month_row,
    number,
    one,
)
from tests.pipelines.quarantine.round_trip import (
    core,
    corrected,
    exported,
    layout_sheets,
    mended,
    places,
)

PUPIL, MINUTES, LATE = "Personnummer", "Schemalagd tid, minuter", "Varav sen ankomst, minuter"
REPORTED, MONTH, SCHOOL = "Rapporterad tid, minuter", "Månad", "Skolenhetskod"
FAULTS = {
    "text": {MINUTES: "Hemlig"},
    "nothing": {MINUTES: ""},
    "too much": {MINUTES: "99999"},
    "negative": {LATE: "-5"},
    "wrong check digit": {PUPIL: "wrong"},
    "another school": {SCHOOL: "87654321"},
    "rule across columns": {REPORTED: "7001"},
    "two at once": {MINUTES: "", LATE: "x"},
    "formula": {LATE: "=1+1"},
}
PUPILS = 8


def wrong_number(n):
    """A number of nobody whose check digit is wrong."""
    right = number(n)
    return right[:-1] + str((int(right[-1]) + 1) % 10)


def faulty(n, fault):
    """A pupil's month with a fault."""
    changes = dict(FAULTS[fault]) if fault else {}
    if changes.get(PUPIL):
        changes[PUPIL] = wrong_number(n)
    return month_row(n, **changes)


def right(n, fault):
    """The cells that mend it."""
    good = dict(zip(HEADINGS, month_row(n), strict=True))
    return {heading: good[heading] for heading in FAULTS[fault]}


HEADINGS = (
    PUPIL, SCHOOL, MONTH, MINUTES, REPORTED, "Giltig frånvaro, minuter",
    "Ogiltig frånvaro, minuter", LATE, "Annan skolaktivitet, minuter",
)  # fmt: skip


@pytest.fixture
def two_held(workspace):
    """Four records, of which the second and the third are held back."""
    one(
        workspace,
        ATTENDANCE_NAME,
        attendance([month_row(0), faulty(1, "text"), faulty(2, "negative"), month_row(3)]),
    )
    return workspace


@pytest.fixture
def unweighed(monkeypatch):
    """A correction waits for nobody, however much it changes."""
    monkeypatch.setattr(inbox, "weigh", lambda *_: {})


@pytest.fixture(scope="module")
def folder():
    """Where the examples' workspaces live."""
    with tempfile.TemporaryDirectory() as made:
        yield Path(made)


@st.composite
def deliveries(draw):
    """Which pupils' records have which fault, and which of those come back corrected."""
    faults = draw(
        st.lists(st.sampled_from([None, *FAULTS]), min_size=PUPILS, max_size=PUPILS).filter(any)
    )
    held = [n for n, fault in enumerate(faults) if fault]
    first = draw(st.lists(st.sampled_from(held), min_size=1, unique=True))
    return faults, sorted(first), sorted(set(held) - set(first))


@settings(deadline=None, max_examples=12)
@given(case=deliveries())
def test_every_mended_record_is_there_once_and_nothing_else_is_changed(folder, case):
    faults, first, then = case
    shutil.rmtree(folder / "data", ignore_errors=True)
    workspace = Workspace(folder / "data")
    workspace.make()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(inbox, "judged_by_children", judged_here)
        one(workspace, ATTENDANCE_NAME, attendance([faulty(n, f) for n, f in enumerate(faults)]))
        before = core(workspace, "core.attendance")
        was = workspace.ledger.rows()
        for batch in filter(None, (first, then)):
            done = mended(workspace, {n + 1: right(n, faults[n]) for n in batch})
            assert [s.records for s in done.supplements] == [tuple(n + 1 for n in batch)]
        after = core(workspace, "core.attendance")
    assert workspace.ledger.rows()[0] == was[0]
    assert len(before) == faults.count(None)
    assert len(after) == PUPILS
    assert {key: after[key] for key in before} == before
    whole = Workspace(folder / "data").ledger.rows()
    assert sum(row["accepted"] for row in whole) == PUPILS
    assert len({row["scheduled_minutes"] for row in after.values()}) == 1
    assert all(one.mended_by for one in held_records(workspace))


def test_a_mended_file_gives_the_rows_that_a_right_file_gives(two_held, tmp_path):
    mended(two_held, {2: right(1, "text"), 3: right(2, "negative")})
    other = Workspace(tmp_path / "other")
    other.make()
    one(other, ATTENDANCE_NAME, attendance([month_row(n) for n in range(4)]))
    found, expected = core(two_held, "core.attendance"), core(other, "core.attendance")
    without = [
        sorted(tuple(v for k, v in row.items() if k != "student_id") for row in rows.values())
        for rows in (found, expected)
    ]
    assert without[0] == without[1]


def test_the_original_counts_its_records_as_before_and_says_who_mended_them(two_held):
    (before,) = two_held.ledger.rows()
    (supplement,) = mended(two_held, {2: right(1, "text")}).supplements
    original, added = two_held.ledger.rows()
    assert original == before
    assert (added["status"], added["records"], added["accepted"]) == ("active", 1, 1)
    (row,) = mended_rows(two_held)
    assert (row["delivery_id"], row["record_no"]) == (original["delivery_id"], 2)
    assert (row["mended_by"], row["mended_record_no"]) == (supplement.delivery_id, 1)
    assert {one.record_no: one.mended_by for one in held_records(two_held)} == {
        2: supplement.delivery_id,
        3: None,
    }
    assert (supplement.delivery_id, 1) in places(two_held, "core.attendance")


def test_the_record_is_in_the_audit_log_with_its_reason(two_held):
    (supplement,) = mended(two_held, {2: right(1, "text")}).supplements
    (entry,) = entries(two_held, RESUBMIT)
    assert entry.reason == "rättad av skolan"
    assert entry.subject == {
        "delivery": supplement.mends,
        "records": ["2"],
        "count": 1,
        "supplement": supplement.delivery_id,
    }


def test_rows_nobody_touched_stay_in_quarantine(two_held):
    done = mended(two_held, {2: right(1, "text")})
    assert done.left == 1
    done = mended(two_held, {3: right(2, "negative")})
    assert done.left == 0
    assert len(places(two_held, "core.attendance")) == 4


def test_nothing_corrected_is_refused(two_held):
    with pytest.raises(MendingError, match="no record is corrected"):
        resubmit(two_held, exported(two_held), reason="rättad")
    assert len(two_held.ledger.rows()) == 1


def test_a_record_mended_twice_is_refused(two_held):
    path = corrected(exported(two_held), {2: right(1, "text")})
    resubmit(two_held, path, reason="rättad")
    before = two_held.ledger.rows()
    with pytest.raises(MendingError, match="rad 2: the record is mended already"):
        resubmit(two_held, path, reason="rättad igen")
    assert two_held.ledger.rows() == before


def test_a_mended_record_is_not_exported_again(two_held):
    mended(two_held, {2: right(1, "text")})
    book = openpyxl.load_workbook(exported(two_held))
    (sheet,) = layout_sheets(book)
    assert [row[1].value for row in sheet.iter_rows(min_row=2)] == ["3"]
    book.close()


@pytest.mark.usefixtures("unweighed")
def test_a_correction_that_came_meanwhile_is_told(two_held):
    path = corrected(exported(two_held), {2: right(1, "text")})
    correction = attendance([month_row(n) for n in range(5)])
    ingested(two_held, {ATTENDANCE_NAME.replace(".csv", "_v2.csv"): correction})
    with pytest.raises(MendingError, match="superseded: a correction or a decision came"):
        resubmit(two_held, path, reason="rättad")
    assert len(places(two_held, "core.attendance")) == 5


@pytest.mark.usefixtures("unweighed")
def test_a_correction_takes_the_mended_records_with_it_and_gives_them_back(two_held):
    (supplement,) = mended(two_held, {2: right(1, "text")}).supplements
    mended_before = core(two_held, "core.attendance")
    newer = ATTENDANCE_NAME.replace(".csv", "_v2.csv")
    ingested(two_held, {newer: attendance([month_row(0)])})
    statuses = {row["delivery_id"]: row["status"] for row in two_held.ledger.rows()}
    assert statuses[supplement.delivery_id] == "superseded"
    assert len(places(two_held, "core.attendance")) == 1
    ingested(two_held, {newer: attendance([month_row(0), month_row(1)])})
    assert core(two_held, "core.attendance") == mended_before
    (row,) = mended_rows(two_held)
    assert row["status"] == "active"


def test_everything_judged_anew_gives_the_same(two_held):
    mended(two_held, {2: right(1, "text")})
    before, rows = core(two_held, "core.attendance"), two_held.ledger.rows()
    two_held.ledger.forget_verdicts()
    shutil.rmtree(two_held.lake.folder)
    two_held.make()
    ingest(two_held, [])
    assert core(two_held, "core.attendance") == before
    assert two_held.ledger.rows() == rows


def test_a_key_that_was_not_at_fault_may_not_be_changed(two_held):
    changes = {2: right(1, "text") | {PUPIL: number(7)}}
    with pytest.raises(MendingError, match="Personnummer is part of the key"):
        mended(two_held, changes)
    changes = {2: right(1, "text") | {MONTH: "2016-04"}}
    with pytest.raises(MendingError, match="Månad is part of the key"):
        mended(two_held, changes)
    assert len(two_held.ledger.rows()) == 1


@pytest.mark.parametrize("taken", [0, 4])
def test_a_key_mended_to_one_that_is_accepted_already_is_refused(workspace, taken):
    rows = [month_row(0), faulty(1, "wrong check digit"), faulty(4, "text")]
    one(workspace, ATTENDANCE_NAME, attendance(rows))
    if taken == 4:
        mended(workspace, {3: right(4, "text")})
    with pytest.raises(MendingError, match="rad 2: the file has an accepted record with that key"):
        mended(workspace, {2: {PUPIL: number(taken)}})
    assert len(places(workspace, "core.attendance")) == 1 + (taken == 4)


def test_two_rows_mended_to_one_key_are_refused(workspace):
    rows = [month_row(0), faulty(1, "wrong check digit"), faulty(2, "wrong check digit")]
    one(workspace, ATTENDANCE_NAME, attendance(rows))
    with pytest.raises(MendingError, match="two corrected records are the same"):
        mended(workspace, {2: {PUPIL: number(5)}, 3: {PUPIL: number(5)}})
    with pytest.raises(MendingError, match="the same pupil and time again"):
        mended(workspace, {2: {PUPIL: number(5)}, 3: {PUPIL: number(5), MINUTES: "7001"}})


def test_of_records_that_contradict_each_other_one_is_marked_as_right(workspace):
    rows = [month_row(0), month_row(1), month_row(1, **{MINUTES: "7100"})]
    one(workspace, ATTENDANCE_NAME, attendance(rows))
    both = {2: {"Rättad": "x"}, 3: {"Rättad": "x"}}
    with pytest.raises(MendingError, match="the same pupil and time again"):
        mended(workspace, both)
    mended(workspace, {3: {"Rättad": "x"}})
    minutes = sorted(
        row["scheduled_minutes"] for row in core(workspace, "core.attendance").values()
    )
    assert minutes == [7000, 7100]
    with pytest.raises(MendingError, match="accepted record with that key"):
        mended(workspace, {2: {"Rättad": "x"}})


def test_a_value_that_is_still_wrong_is_told_by_row_and_reason(two_held):
    with pytest.raises(MendingError) as refused:
        mended(two_held, {2: {MINUTES: "Hemligare"}, 3: right(2, "negative")})
    (fault,) = refused.value.faults
    assert fault.endswith("rad 2: scheduled_minutes: not int64")
    assert "Hemlig" not in fault
    assert len(two_held.ledger.rows()) == 1


def test_a_record_whose_fields_cannot_be_told_apart_is_not_mended_here(workspace):
    broken = ["x", *month_row(1)]
    one(workspace, ATTENDANCE_NAME, attendance([month_row(0), broken]))
    good = dict(zip(HEADINGS, month_row(1), strict=True))
    with pytest.raises(MendingError, match="cannot be told apart"):
        mended(workspace, {2: good})


def test_a_record_of_no_export_or_of_another_is_refused(two_held):
    path = exported(two_held)
    with pytest.raises(MendingError, match="no record of this export"):
        resubmit(two_held, corrected(path, {2: {"Post": "4"}}), reason="rättad")
    with pytest.raises(MendingError, match="no record of this export"):
        resubmit(two_held, corrected(exported(two_held), {3: {"Leverans": "ab" * 32}}), reason="x")
    book = openpyxl.load_workbook(path)
    book[GUIDE]["B1"] = "abcdefghijkl"
    book.save(path)
    book.close()
    with pytest.raises(ValueError, match="knows no such export"):
        resubmit(two_held, path, reason="rättad")


def test_a_row_that_was_copied_is_refused(two_held):
    with pytest.raises(MendingError, match="the same record stands twice"):
        resubmit(two_held, corrected(exported(two_held), {3: {"Post": "2"}}), reason="rättad")


def test_another_workbook_is_refused(two_held, tmp_path):
    book = openpyxl.Workbook()
    book.active.append(["a"])
    book.save(tmp_path / "other.xlsx")
    book.close()
    with pytest.raises(MendingError, match=r"other\.xlsx: sheet"):
        resubmit(two_held, tmp_path / "other.xlsx", reason="rättad")
    (tmp_path / "text.xlsx").write_text("no workbook")
    with pytest.raises(MendingError, match=r"text\.xlsx: format"):
        resubmit(two_held, tmp_path / "text.xlsx", reason="rättad")


def test_a_workbook_with_macros_or_out_of_proportion_is_refused_unread(two_held):
    path = exported(two_held)
    whole = path.read_bytes()
    for member, content, cause in (
        ("xl/vbaProject.bin", b"x", "macro"),
        ("b", b"0" * 9**8, "bomb"),
    ):
        path.write_bytes(whole)
        with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as packed:
            packed.writestr(member, content)
        with pytest.raises(MendingError, match=f"{cause}: "):
            resubmit(two_held, path, reason="rättad")


def test_a_workbook_is_read_by_another_process(two_held, monkeypatch):
    def read_here(*_):
        raise AssertionError("read by this process")

    path = corrected(exported(two_held), {2: right(1, "text")})
    monkeypatch.setattr(confined, "read_sheet", read_here)
    monkeypatch.setattr(confined, "export_of", read_here)
    assert resubmit(two_held, path, reason="rättad").left == 1


def test_without_forks_it_is_read_here(two_held, monkeypatch):
    monkeypatch.setattr(confined, "CAN_FORK", False)
    assert mended(two_held, {2: right(1, "text")}).left == 1


def test_a_heading_that_was_changed_is_refused(two_held):
    path = exported(two_held)
    book = openpyxl.load_workbook(path)
    (sheet,) = layout_sheets(book)
    sheet["G1"] = "Annat"
    book.save(path)
    book.close()
    with pytest.raises(MendingError, match="missing_column"):
        resubmit(two_held, path, reason="rättad")


def test_no_mending_without_an_entry_in_the_audit_log(two_held, monkeypatch):
    path = corrected(exported(two_held), {2: right(1, "text")})
    before = two_held.ledger.rows(), len(verify(two_held).entries)

    def full(*_):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(audit.os, "fsync", full)
        with pytest.raises(AuditError, match="nothing was done"):
            resubmit(two_held, path, reason="rättad")
    assert (two_held.ledger.rows(), len(verify(two_held).entries)) == before
    assert list(two_held.deliveries.glob(".mending-*")) == []
    resubmit(two_held, path, reason="rättad")
    assert len(places(two_held, "core.attendance")) == 3


def test_a_crash_between_entry_and_delivery_is_mended_by_handing_in_again(two_held, monkeypatch):
    path = corrected(exported(two_held), {2: right(1, "text")})

    def stop(*_, **__):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("pipelines.quarantine.mending.ingest", stop)
        with pytest.raises(KeyboardInterrupt):
            resubmit(two_held, path, reason="rättad")
    assert mended_rows(two_held) == []
    resubmit(two_held, path, reason="rättad")
    assert len(mended_rows(two_held)) == 1
    assert len(list(entries(two_held, RESUBMIT))) == 2


def test_records_of_two_layouts_and_two_files_come_back_in_one_workbook(workspace):
    one(workspace, ATTENDANCE_NAME, attendance([faulty(1, "text"), month_row(0)]))
    held = lesson_row(2, minuter="36,5")
    one(workspace, LESSONS_NAME, lessons([held, lesson_row(1)]))
    done = mended(workspace, {1: {MINUTES: "7000", "minuter": "36"}})
    assert len(done.supplements) == 2
    minutes = [row["scheduled_minutes"] for row in core(workspace, "core.lessons").values()]
    assert sorted(minutes) == [36, 60]
