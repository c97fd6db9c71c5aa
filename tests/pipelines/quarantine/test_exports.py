"""Exports: for one pair of eyes, whole, harmless to open, and an event in the audit log."""

import hashlib
import stat
import zipfile
from dataclasses import replace

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines import audit
from pipelines.audit import AuditError, entries, log_path
from pipelines.quarantine.exports import EXPORTED, export, values_of
from pipelines.quarantine.listing import Chosen, QuarantineError, counts, held_records, sources
from pipelines.quarantine.mending import MendingError, resubmit
from pipelines.quarantine.workbook import FORMULA, GUIDE, OURS, headings, shown, titles
from tests.pipelines.ingest.deliveries import (
    ATTENDANCE_HEADINGS,
    ATTENDANCE_NAME,
    LESSON_HEADINGS,
    LESSONS_NAME,
    attendance,
    ingested,
    lesson_row,
    lessons,
    month_row,
    one,
    profile,
    workbook,
)
from tests.pipelines.quarantine.round_trip import exported, layout_sheets, rows_of

MINUTES, LATE = "Schemalagd tid, minuter", "Varav sen ankomst, minuter"
TOLD_TO_NOBODY = "Hemlig"
SIGNS = ("=1+1", "+46", "-5x", "@x", "\t=1", "\uff1d1", "\uff0d1", "=cmd|' /C calc'!A0")


@pytest.fixture
def city(workspace):
    """Two schools' months and a school's lessons, with records held back in each."""
    other = [TOLD_TO_NOBODY, "87654321", "2016-03", "7000", "6900", "300", "120", "20", "0"]
    files = {
        ATTENDANCE_NAME: attendance([month_row(0), month_row(1, **{MINUTES: TOLD_TO_NOBODY})]),
        "narvaro_87654321_2016-03.csv": attendance([other]),
        LESSONS_NAME: lessons([lesson_row(0, minuter=""), lesson_row(1, minuter="", amne="XX")]),
        "narvaro_12345678_2016-04.csv": attendance([month_row(2, Månad="2016-04")]),
    }
    ingested(workspace, files)
    return workspace


@pytest.mark.parametrize(
    ("chosen", "found"),
    [
        ({}, 4),
        ({"school": "87654321"}, 1),
        ({"school": "12345678"}, 3),
        ({"month": "2016-03"}, 4),
        ({"month": "2016-04"}, 0),
        ({"table": "attendance"}, 2),
        ({"table": "core.lessons"}, 2),
        ({"table": "grades"}, 0),
        ({"reason": "MISSING"}, 2),
        ({"reason": "not int64", "school": "12345678"}, 1),
        ({"delivery": "zz"}, 0),
    ],
)
def test_records_are_chosen_by_what_their_file_is_about(city, chosen, found):
    assert len(held_records(city, Chosen(**chosen))) == found


def test_records_are_counted_by_file_and_reason(city):
    found = [(one.file_name, one.reason.partition(": ")[0], one.records) for one in counts(
        held_records(city)
    )]  # fmt: skip
    assert found[0] == (LESSONS_NAME, "scheduled_minutes", 2)
    assert sorted(found[1:]) == sorted([
        ("narvaro_87654321_2016-03.csv", "student_id", 1),
        (ATTENDANCE_NAME, "scheduled_minutes", 1),
        (LESSONS_NAME, "subject_code", 1),
    ])  # fmt: skip


def test_a_delivery_is_chosen_by_the_start_of_its_id(city):
    (source,) = [s for s in sources(city).values() if s.file_name == ATTENDANCE_NAME]
    (held,) = held_records(city, Chosen(delivery=source.delivery_id[:8]))
    assert held.source.delivery_id == source.delivery_id
    assert (held.record_no, held.line_no) == (2, 3)


def test_the_workbook_holds_the_values_under_the_files_own_headings(city):
    path = exported(city)
    book = openpyxl.load_workbook(path)
    heads = {sheet.title: [cell.value for cell in sheet[1]] for sheet in layout_sheets(book)}
    book.close()
    assert heads == {
        "1 attendance_template_csv": [*OURS, *ATTENDANCE_HEADINGS],
        "2 lesson_export": [*OURS, *LESSON_HEADINGS],
    }
    rows = rows_of(path)
    assert {row[MINUTES] for row in rows if MINUTES in row} == {TOLD_TO_NOBODY, "7000"}
    written = lesson_row(1, minuter="", amne="XX")
    (lesson,) = [row for row in rows if row.get("amne") == "XX"]
    assert [lesson[name] for name in LESSON_HEADINGS] == written
    assert (lesson["Post"], lesson["Rad"], lesson["Rättad"]) == ("2", "3", "")
    assert lesson["Orsaker"].count(";") == 1
    assert "Fyll i ett värde." in lesson["Att göra"]


def test_what_is_at_fault_is_marked_yellow_and_nothing_else(city):
    book = openpyxl.load_workbook(exported(city))
    marked = {
        (sheet.title, cell.row, sheet.cell(1, cell.column).value)
        for sheet in layout_sheets(book)
        for row in sheet.iter_rows(min_row=2)
        for cell in row
        if cell.fill.fill_type
    }
    book.close()
    assert {name for _, _, name in marked} == {MINUTES, "Personnummer", "minuter", "amne"}
    assert len(marked) == 5


def test_only_the_operator_may_read_it(city):
    path = exported(city)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert path.is_relative_to(city.outbox)
    assert [other for other in path.parent.iterdir() if other != path] == []


def test_the_export_is_an_event_with_its_records_and_the_hash_of_the_file(city):
    path = exported(city, Chosen(table="lessons"))
    (entry,) = entries(city, EXPORTED)
    (source,) = [s for s in sources(city).values() if s.file_name == LESSONS_NAME]
    assert entry.subject["records"] == [f"{source.delivery_id} 1-2"]
    assert entry.subject["count"] == 2
    assert entry.subject["sha256"] == hashlib.sha256(path.read_bytes()).hexdigest()
    assert entry.subject["export"] in path.name


def test_no_export_without_an_entry_in_the_audit_log(city, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(audit.os, "fsync", full)
        with pytest.raises((AuditError, OSError)):
            export(city, held_records(city), reason="rättelse")
    assert list((city.outbox / "quarantine").iterdir()) == []


def test_nothing_to_export_is_told(city):
    with pytest.raises(QuarantineError, match="no such record"):
        export(city, held_records(city, Chosen(month="1999-01")), reason="rättelse")


@pytest.mark.parametrize("sign", SIGNS)
def test_a_formula_is_text_and_comes_back_as_it_was(workspace, sign):
    late = {LATE: sign}
    one(workspace, ATTENDANCE_NAME, attendance([month_row(0), month_row(1, **late)]))
    path = exported(workspace)
    book = openpyxl.load_workbook(path)
    (sheet,) = layout_sheets(book)
    (cell,) = [c for c in sheet[2] if sheet.cell(1, c.column).value == LATE]
    assert (cell.value, cell.data_type, cell.quotePrefix) == (sign, "s", True)
    book.close()
    with zipfile.ZipFile(path) as packed:
        assert not any(b"<f>" in packed.read(name) for name in packed.namelist())
    with pytest.raises(MendingError, match="no record is corrected"):
        resubmit(workspace, path, reason="rättad")


@settings(max_examples=200, deadline=None)
@given(text=st.text())
def test_what_is_shown_can_be_stored_and_turns_no_text(text):
    kept = shown(text)
    assert not any(ord(c) < 32 and c not in "\t\n\r" for c in kept)
    assert not set(kept) & set("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200f")
    assert shown(kept) == kept
    openpyxl.Workbook().active["A1"] = kept


def test_every_sign_that_starts_a_formula_is_known():
    assert all(FORMULA.match(sign + "x") for sign in "=+-@\t\r\uff1d\uff0b\uff0d\uff20")
    assert not any(FORMULA.match(text) for text in ("x=1", "5", "", " =", "å"))


def test_a_file_that_only_the_strict_splitter_reads_is_read_by_it_again(workspace):
    rows = [month_row(0), month_row(1, **{LATE: 'x\n"y"'}), month_row(2, **{MINUTES: "z"})]
    one(workspace, ATTENDANCE_NAME, attendance(rows))
    held = held_records(workspace)
    found = values_of(held[0].source.delivery, [2, 3])
    assert [list(found[number].values()) for number in (2, 3)] == rows[1:]


def test_a_workbook_that_was_delivered_is_exported_too(workspace, tmp_path):
    rows = [month_row(0), month_row(1, **{MINUTES: TOLD_TO_NOBODY})]
    content = workbook(tmp_path / "in.xlsx", ATTENDANCE_HEADINGS, rows).read_bytes()
    one(workspace, ATTENDANCE_NAME.replace(".csv", ".xlsx"), content)
    (row,) = rows_of(exported(workspace))
    assert [row[name] for name in ATTENDANCE_HEADINGS] == rows[1]


def test_a_heading_like_one_of_ours_is_told_apart():
    layout = profile("lesson_export")
    assert headings(layout) == {name: name for name in LESSON_HEADINGS}
    like_ours = replace(layout, columns=("post", "Rad", "x"))
    assert list(headings(like_ours).values()) == ["post (i filen)", "Rad (i filen)", "x"]


def test_titles_are_short_and_differ():
    long = [replace(profile("lesson_export"), name=f"{'a' * 40}{n}") for n in range(3)]
    found = titles(long)
    assert len(found) == 3
    assert all(len(title) <= 31 for title in found)


def test_the_guide_names_the_files_and_the_export(city):
    book = openpyxl.load_workbook(exported(city))
    cells = {cell.value for row in book[GUIDE].iter_rows() for cell in row}
    book.close()
    (entry,) = entries(city, EXPORTED)
    assert {entry.subject["export"], ATTENDANCE_NAME, LESSONS_NAME} <= cells


def test_no_value_is_in_the_log_or_the_listing(city):
    exported(city)
    words = " ".join(str(one) for one in counts(held_records(city)))
    assert TOLD_TO_NOBODY not in words
    assert TOLD_TO_NOBODY.encode() not in log_path(city).read_bytes()
