"""Cases 98, 99 and 100: whose identity is protected is known to the vault, and to it alone."""

import logging
import sqlite3
from contextlib import closing

import openpyxl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipelines.audit import AuditError, entries, log_path
from pipelines.core import core_contracts
from pipelines.ingest import sweeping
from pipelines.ingest.checking import check_file
from pipelines.ingest.inbox import ingest
from pipelines.ingest.keeping import says_protected
from pipelines.ingest.sweeping import BY_A_FILE
from pipelines.lake import WHOLE
from pipelines.protection import (
    ProtectionError,
    clear,
    protect,
    shown_deliveries,
    shown_events,
)
from pipelines.quarantine.exports import export
from pipelines.quarantine.listing import QuarantineError, held_records
from pipelines.schools.feedback import write_new_feedback
from pipelines.schools.prefill import Archive
from pipelines.workspace import Workspace
from tests.pipelines.ingest.bad_input import PUPIL_HEADINGS, PUPILS_NAME
from tests.pipelines.ingest.deliveries import (
    ATTENDANCE_NAME,
    MONTH,
    SCHOOL,
    attendance,
    csv_text,
    drop,
    ingested,
    month_row,
    number,
    report,
    workbook,
)
from tests.pipelines.ingest.pupils import (
    MARK,
    core_students,
    files_that_tell,
    marked,
    outside,
    pupil_row,
    raw_students,
    register,
    student_of,
)

ATTENDANCE = {ATTENDANCE_NAME: attendance([month_row(n) for n in range(10)])}
NEXT_NAME = PUPILS_NAME.replace("2016VT", "2016HT")


def bins(entry):
    return entry["accepted"] + entry["quarantined"] + entry["duplicates"] + entry["superseded"]


def assert_kept_apart(workspace, n, *tables):
    student = student_of(workspace, n)
    for table in tables:
        assert student not in raw_students(workspace, table)
        assert student not in core_students(workspace, f"core.{table}")
    assert not files_that_tell(outside(workspace), student, number(n), number(n)[2:])


@pytest.mark.parametrize("heading", [MARK, "skyddade personuppgifter", "sekretessmarkering"])
def test_case_98_the_rows_of_a_marked_pupil_are_in_no_table(workspace, heading):
    entry = ingested(workspace, {**ATTENDANCE, **marked(heading=heading)})[PUPILS_NAME]
    assert_kept_apart(workspace, 0, "enrolments", "attendance")
    assert (entry["status"], entry["accepted"], entry["quarantined"]) == ("active", 10, 0)
    assert len(raw_students(workspace, "enrolments")) == 9
    assert len(core_students(workspace, "core.attendance")) == 9


@pytest.mark.parametrize(
    "mark", ["ja", "Ja ", "J", "x", "jq", "1", "nja", "sekretessmarkering", "?"]
)
def test_case_99_a_mark_that_is_not_known_to_say_no_protects(workspace, mark):
    ingested(workspace, {**ATTENDANCE, **marked(mark)})
    assert_kept_apart(workspace, 0, "enrolments", "attendance")


@pytest.mark.parametrize("mark", ["", " ", "nej", "NEJ", "Nej ", "ingen", "N", "0"])
def test_a_mark_that_says_no_changes_nothing(workspace, mark):
    ingested(workspace, {**ATTENDANCE, **marked(mark)})
    assert len(core_students(workspace, "core.enrolments")) == 10
    assert not workspace.vault.register.path.exists()


@given(st.text(max_size=12))
def test_a_text_says_no_only_if_it_is_one_of_the_words_for_it(text):
    words = {"", "nej", "n", "ingen", "no", "false", "0"}
    assert says_protected(text) == (text.strip().casefold() not in words)


def test_case_100_a_pupil_stays_protected_when_the_mark_is_gone(workspace):
    ingested(workspace, marked())
    ingested(workspace, {NEXT_NAME: register({}, term="2016HT", start="2016-08-20")})
    ingested(workspace, ATTENDANCE)
    assert_kept_apart(workspace, 0, "enrolments", "attendance")
    assert len(core_students(workspace, "core.enrolments")) == 9


def test_case_100_the_rows_come_back_when_the_officer_clears_the_pupil(workspace):
    ingested(workspace, {**ATTENDANCE, **marked()})
    (case,) = workspace.vault.register.cases()
    clear(workspace, case.case_no, reason="the marking ended")
    for table in ("enrolments", "attendance"):
        assert student_of(workspace, 0) in core_students(workspace, f"core.{table}")
    assert [one.is_protected for one in workspace.vault.register.cases()] == [False]
    with pytest.raises(ProtectionError, match="no open case"):
        clear(workspace, case.case_no, reason="once more")


def test_what_was_cleared_protects_nobody_when_it_is_read_again(workspace):
    ingested(workspace, {**ATTENDANCE, **marked()})
    clear(workspace, 1, reason="the marking ended")
    workspace.ledger.forget_verdicts()
    ingest(workspace, [])
    assert len(core_students(workspace, "core.attendance")) == 10
    ingested(workspace, marked(name=NEXT_NAME, term="2016HT", start="2016-08-20"))
    assert_kept_apart(workspace, 0, "enrolments", "attendance")


def test_a_pupil_marked_later_leaves_what_was_delivered_before(workspace):
    ingested(workspace, ATTENDANCE)
    assert student_of(workspace, 0) in core_students(workspace, "core.attendance")
    for kind, periods in workspace.ledger.pending().items():
        workspace.ledger.done(kind, periods)
    ingested(workspace, marked())
    assert_kept_apart(workspace, 0, "attendance")
    pending = workspace.ledger.pending()
    assert MONTH in pending["month"]
    assert pending["release"] == [WHOLE]


def test_a_month_that_only_the_pupil_had_rows_in_is_made_anew(workspace):
    ingested(workspace, {ATTENDANCE_NAME: attendance([month_row(0)])})
    for kind, periods in workspace.ledger.pending().items():
        workspace.ledger.done(kind, periods)
    protect(workspace, [number(0)], reason="as decided")
    assert MONTH in workspace.ledger.pending()["month"]
    assert core_students(workspace, "core.attendance") == set()


def test_every_record_is_accounted_for(workspace):
    found = ingested(workspace, {**ATTENDANCE, **marked()})
    for entry in found.values():
        rows = [row for rows in report(workspace, entry).accepted.values() for row in rows]
        kept = workspace.vault.register.kept(entry["delivery_id"])
        assert kept == 1
        assert len(rows) + kept == entry["accepted"]
        assert bins(entry) == entry["records"]


def test_tables_of_deliveries_do_not_give_away_how_many_are_kept(workspace):
    ingested(workspace, ATTENDANCE)
    ingested(workspace, marked())
    shown = shown_deliveries(workspace, workspace.ledger.rows())
    for row in shown:
        rows = [r for rows in report(workspace, row).accepted.values() for r in rows]
        assert row["records"] == row["accepted"] == len(rows) == 9
    whys = [row["why"] for row in shown_events(workspace, workspace.ledger.events())]
    counted = [why for why in whys if " accepted, " in why]
    assert counted
    assert all(why.startswith("9 accepted, ") for why in counted)


def test_two_rows_of_a_pupil_are_kept_apart_if_one_is_marked(workspace):
    rows = [[*pupil_row(n), "nej"] for n in range(3)]
    rows.append([*pupil_row(0, start="2016-03-01"), "ja"])
    ingested(workspace, {PUPILS_NAME: csv_text((*PUPIL_HEADINGS, MARK), rows).encode()})
    assert_kept_apart(workspace, 0, "enrolments")


def test_a_workbook_may_be_marked_too(workspace, tmp_path):
    rows = [[*pupil_row(n), "ja" if n == 0 else ""] for n in range(3)]
    book = workbook(tmp_path / "book.xlsx", (*PUPIL_HEADINGS, MARK), rows)
    name = PUPILS_NAME.replace(".csv", ".xlsx")
    entry = ingested(workspace, {name: book.read_bytes()})[name]
    assert entry["accepted"] == 3
    assert_kept_apart(workspace, 0, "enrolments")


def test_a_heading_that_is_misspelt_refuses_the_file(workspace):
    entry = ingested(workspace, marked(heading="Skyddade uppgifter"))[PUPILS_NAME]
    assert entry["status"] == "rejected"
    assert entry["cause"].startswith("extra_column")


def test_the_school_is_told_nothing(workspace):
    ingested(workspace, {**ATTENDANCE, **marked()})
    write_new_feedback(workspace)
    assert not held_records(workspace)
    pages = {path: path.read_text("utf-8") for path in workspace.outbox.rglob("*.html")}
    assert pages
    assert not any("skydd" in text.casefold() for text in pages.values())
    assert_kept_apart(workspace, 0, "enrolments", "attendance")


def test_a_check_before_sending_says_the_same(tmp_path):
    plain, secret = tmp_path / "a" / PUPILS_NAME, tmp_path / "b" / PUPILS_NAME
    for path, mark in ((plain, "nej"), (secret, "ja")):
        path.parent.mkdir()
        path.write_bytes(register({0: mark}))
    assert check_file(plain) == check_file(secret)


def test_a_faulty_record_of_the_pupil_is_held_back_and_exported_to_nobody(workspace):
    rows = [month_row(n) for n in range(3)]
    rows[0] = month_row(0, **{"Schemalagd tid, minuter": "många"})
    rows[1] = month_row(1, **{"Schemalagd tid, minuter": "få"})
    protect(workspace, [number(0)], reason="as decided")
    ingested(workspace, {ATTENDANCE_NAME: attendance(rows)})
    held = held_records(workspace)
    assert len({one.reasons for one in held}) == 1
    assert len(held) == 2
    found = export(workspace, held, reason="to correct")
    book = openpyxl.load_workbook(found.path)
    texts = {str(cell.value) for sheet in book for row in sheet.iter_rows() for cell in row}
    book.close()
    assert "få" in texts
    assert not {"många", number(0)} & texts
    assert found.records == 1
    with pytest.raises(QuarantineError):
        export(workspace, [one for one in held if one.record_no == 1], reason="to correct")


def test_a_marked_record_without_a_number_is_held_back_and_exported_to_nobody(workspace):
    row = ["200101", *pupil_row(0)[1:], "ja"]
    content = csv_text((*PUPIL_HEADINGS, MARK), [row, [*pupil_row(1), "nej"]]).encode()
    entry = ingested(workspace, {PUPILS_NAME: content})[PUPILS_NAME]
    assert (entry["accepted"], entry["quarantined"]) == (1, 1)
    with pytest.raises(QuarantineError):
        export(workspace, held_records(workspace), reason="to correct")


def test_no_template_is_filled_with_the_pupil(workspace):
    ingested(workspace, marked())
    contract = core_contracts()["core.attendance"]
    rows = Archive(workspace).known_rows(contract, {"school_id": SCHOOL, "month": MONTH})
    assert {row["student_id"] for row in rows} == {number(n) for n in range(1, 10)}


def test_the_officer_protects_a_pupil_nobody_marked(workspace):
    ingested(workspace, ATTENDANCE)
    written = f"{number(4)[2:8]}-{number(4)[8:]}"
    (case,) = protect(workspace, [written], reason="as decided")
    assert_kept_apart(workspace, 4, "attendance")
    assert [one.case_no for one in workspace.vault.register.cases()] == [case]


@pytest.mark.parametrize("text", ["", "200101", "20010115TF12"])
def test_the_officer_is_told_what_no_number_is_and_nothing_is_entered(workspace, text):
    with pytest.raises(ProtectionError) as error:
        protect(workspace, [text], reason="as decided")
    assert not text or text not in str(error.value)
    assert not log_path(workspace).exists()
    assert not workspace.vault.register.path.exists()


def test_every_step_stands_in_the_audit_log_by_its_case(workspace):
    ingested(workspace, marked())
    clear(workspace, 1, reason="the marking ended")
    protect(workspace, [number(3)], reason="as decided")
    first, second = entries(workspace, "vault.protect")
    assert (first.subject, first.reason) == ({"case": 1}, BY_A_FILE)
    assert (second.subject, second.reason) == ({"count": 1}, "as decided")
    (cleared,) = entries(workspace, "vault.clear")
    assert cleared.subject == {"case": 1}
    text = log_path(workspace).read_text("utf-8")
    assert not any(student_of(workspace, n) in text or number(n) in text for n in (0, 3))


def test_nothing_is_cleared_that_cannot_be_entered_in_the_audit_log(workspace):
    ingested(workspace, marked())
    log_path(workspace).write_text("damaged\n")
    with pytest.raises(AuditError):
        clear(workspace, 1, reason="the marking ended")
    assert student_of(workspace, 0) in workspace.vault.register.protected()


def test_a_sweep_that_was_stopped_is_finished_by_the_next_run(workspace, monkeypatch):
    def refuse(*_, **__):
        raise AuditError("the disk is full")

    ingested(workspace, ATTENDANCE)
    with monkeypatch.context() as patch:
        patch.setattr(sweeping, "record", refuse)
        with pytest.raises(AuditError):
            ingested(workspace, marked())
    assert student_of(workspace, 0) in raw_students(workspace, "attendance")
    assert student_of(workspace, 0) not in core_students(workspace, "core.attendance")
    ingest(workspace, [])
    assert_kept_apart(workspace, 0, "enrolments", "attendance")


def test_a_workspace_as_of_a_date_leaves_the_vault_it_reads_alone(workspace, tmp_path):
    ingested(workspace, ATTENDANCE)
    student = student_of(workspace, 0)
    workspace.vault.register.mark([student], "officer")
    earlier = Workspace(tmp_path / "earlier")
    earlier.make()
    earlier.vault.folder.rmdir()
    earlier.vault.folder.symlink_to(workspace.vault.folder, target_is_directory=True)
    ingest(earlier, [])
    assert workspace.vault.register.pending() == {student}


def test_the_register_is_the_operators_alone_and_names_nobody(workspace):
    ingested(workspace, {**ATTENDANCE, **marked()})
    path = workspace.vault.register.path
    assert path.parent == workspace.vault.folder
    assert path.stat().st_mode & 0o777 == 0o600
    with closing(sqlite3.connect(path)) as register:
        text = "\n".join(register.iterdump())
    assert number(0) not in text
    assert number(0)[2:] not in text


def test_confined_processes_keep_rows_apart_too(workspace, with_children, caplog):
    del with_children
    caplog.set_level(logging.DEBUG)
    ingested(workspace, ATTENDANCE)
    ingested(workspace, marked())
    assert_kept_apart(workspace, 0, "enrolments", "attendance")
    assert student_of(workspace, 0) not in caplog.text
    assert number(0) not in caplog.text


@settings(
    max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    secret=st.sets(st.integers(0, 9), min_size=1, max_size=4),
    order=st.permutations(["attendance", "register", "later"]),
)
def test_whatever_the_order_the_protected_are_nowhere_but_in_the_vault(
    tmp_path_factory, secret, order
):
    workspace = Workspace(tmp_path_factory.mktemp("data"))
    workspace.make()
    files = {
        "attendance": ATTENDANCE,
        "register": {PUPILS_NAME: register(dict.fromkeys(secret, "ja"))},
        "later": {NEXT_NAME: register({}, term="2016HT", start="2016-08-20")},
    }
    for name in order:
        for file_name, content in files[name].items():
            drop(workspace, file_name, content)
        ingest(workspace, sorted(workspace.inbox.iterdir()))
    write_new_feedback(workspace)
    told = outside(workspace)
    for n in range(10):
        assert not files_that_tell(told, number(n))
        assert bool(files_that_tell(told, student_of(workspace, n))) == (n not in secret)
    assert all(bins(entry) == entry["records"] for entry in workspace.ledger.rows())
