"""Feedback: every fault told by row and column, in words, and no value of a row."""

import stat

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipelines.ingest.profiles import load_profiles
from pipelines.schools.answers import answer_of_delivery, shown_name
from pipelines.schools.faults import fault_of_file, faults_of_records, grouped
from pipelines.schools.feedback import (
    MOST_ON_A_PAGE,
    feedback_book,
    feedback_page,
    feedback_rows,
    next_name,
    write_feedback,
    write_new_feedback,
)
from pipelines.schools.places import Places
from tests.pipelines.ingest.deliveries import (
    ATTENDANCE_HEADINGS,
    ATTENDANCE_NAME,
    attendance,
    csv_text,
    drop,
    ingested,
    lesson_row,
    lessons,
    month_row,
    number,
    workbook,
)
from tests.pipelines.schools.conftest import OTHER, SCHOOL, opened

WRITTEN = "<b>hemligt</b>"


def page_and_book(workspace, entry):
    """Both feedback files on a delivery, as text."""
    answer = answer_of_delivery(workspace, entry)
    page = feedback_page(answer, entry, owner="Skolan", next_name="x.csv", is_simulated=False)
    book = opened(feedback_book(answer, entry, owner="Skolan", next_name="x.csv"))
    cells = [str(c.value) for sheet in book for row in sheet.iter_rows() for c in row if c.value]
    return answer, page, "\n".join(cells)


def test_no_value_of_a_row_stands_in_what_a_sender_is_told(workspace):
    rows = [
        month_row(0, Personnummer=number(0)[:-1]),
        month_row(1, **{"Giltig frånvaro, minuter": WRITTEN}),
        month_row(2, Månad="2009-13"),
        month_row(3),
        month_row(3, **{"Rapporterad tid, minuter": "6901"}),
    ]
    entry = ingested(workspace, {ATTENDANCE_NAME: attendance(rows)})[ATTENDANCE_NAME]
    answer, page, book = page_and_book(workspace, entry)
    assert answer.to_correct == 5
    for told in (page, book, str(answer.as_json())):
        for value in (WRITTEN, "hemligt", "2009-13", "6901", *(number(n)[:-1] for n in range(4))):
            assert value not in told
        for line in range(2, 7):
            assert str(line) in told


def test_a_workbooks_faults_are_told_by_cell_in_the_files_own_order(workspace, tmp_path):
    headings = list(reversed(ATTENDANCE_HEADINGS))
    row = list(reversed(month_row(0, **{"Giltig frånvaro, minuter": "x"})))
    path = workbook(tmp_path / "x.xlsx", headings, [row])
    name = ATTENDANCE_NAME.replace(".csv", ".xlsx")
    entry = ingested(workspace, {name: path.read_bytes()})[name]
    fault = answer_of_delivery(workspace, entry).faults[0]
    assert headings["ABCDEFGHI".index(fault.cell[0])] == "Giltig frånvaro, minuter"
    assert fault.cell[1:] == "2"


@pytest.mark.parametrize(
    ("content", "rule", "told"),
    [
        (b"", "empty", "Filen är tom."),
        (attendance([]), "no_records", "inga rader under dem"),
        (csv_text(ATTENDANCE_HEADINGS[1:], []).encode(), "missing_column", "Personnummer"),
        (csv_text((*ATTENDANCE_HEADINGS, "Namn"), []).encode(), "extra_column", "nummer 10"),
        (csv_text(ATTENDANCE_HEADINGS, [], ",").encode(), "dialect", "skiljetecknet ;"),
        (attendance([month_row(0)]).replace(b"7000", b"\xe5"), "encoding", "utf-8"),
        (attendance([month_row(0)])[:-9], "truncated", "mitt i en rad"),
    ],
)
def test_a_file_that_cannot_be_read_is_told_why_and_which_heading(workspace, content, rule, told):
    entry = ingested(workspace, {ATTENDANCE_NAME: content})[ATTENDANCE_NAME]
    answer, page, book = page_and_book(workspace, entry)
    assert [fault.rule for fault in answer.faults] == [rule]
    assert answer.status == "unreadable"
    for text in (page, book):
        assert "Filen kunde inte läsas" in text
        assert told in text


def test_rivals_wait_and_are_told_how_to_go_on(workspace):
    name = ATTENDANCE_NAME
    ingested(workspace, {name: attendance([month_row(0)])})
    ingested(workspace, {name: attendance([month_row(1)])})
    rows = [row for row in workspace.ledger.rows() if row["file_name"] == name]
    assert {row["status"] for row in rows} == {"held"}
    answer, page, _ = page_and_book(workspace, rows[0])
    assert [fault.rule for fault in answer.faults] == ["held"]
    assert "Filen väntar" in page
    assert next_name(rows[0], rows) == name.replace(".csv", "_v2.csv")


def test_new_feedback_is_on_files_with_faults_and_written_once(workspace):
    other = ATTENDANCE_NAME.replace(SCHOOL, OTHER)
    good = attendance([month_row(0, Skolenhetskod=OTHER)])
    ingested(workspace, {ATTENDANCE_NAME: attendance([month_row(0, Månad="x")]), other: good})
    drop(workspace, f"narvaro-{OTHER}.csv", b"a;b\n1;2\n")
    ingested(workspace, {})
    told = write_new_feedback(workspace)
    files = {str(path.relative_to(workspace.outbox)) for path in workspace.outbox.rglob("*.*ml")}
    assert told.files == 2
    assert len([name for name in files if name.startswith(f"{SCHOOL}/aterkoppling/narvaro_")]) == 1
    assert len([name for name in files if name.startswith(f"{OTHER}/aterkoppling/narvaro-")]) == 1
    assert f"{OTHER}/aterkoppling/sammanfattning.html" in files
    modes = {stat.S_IMODE(p.stat().st_mode) for p in workspace.outbox.rglob("*") if p.is_file()}
    assert modes == {0o600}
    again = write_new_feedback(workspace)
    assert (again.files, again.summaries) == (0, 0)


def test_a_file_that_a_later_one_made_good_is_not_to_be_corrected(workspace):
    ingested(workspace, {ATTENDANCE_NAME: b""})
    ingested(workspace, {ATTENDANCE_NAME.replace(".csv", "_v2.csv"): attendance([month_row(0)])})
    assert write_new_feedback(workspace).files == 0
    page = (workspace.outbox / SCHOOL / "aterkoppling" / "sammanfattning.html").read_text("utf-8")
    assert "Inget att rätta" in page


def test_the_answer_on_every_delivery_is_a_table(workspace):
    fixed = ATTENDANCE_NAME.replace(".csv", "_v2.csv")
    broken = f"betyg_{SCHOOL}_2016VT.csv"
    ingested(workspace, {ATTENDANCE_NAME: b"", broken: b"\n"})
    ingested(workspace, {fixed: attendance([month_row(0), month_row(1, Månad="x")])})
    names = {row["delivery_id"]: row["file_name"] for row in workspace.ledger.rows()}
    rows = {names[row["delivery_id"]]: row for row in feedback_rows(workspace)}
    assert len(rows) == len(names)
    told = ("receiver", "answer", "to_correct", "is_open")
    assert [rows[ATTENDANCE_NAME][name] for name in told] == [SCHOOL, "unreadable", 0, "no"]
    assert [rows[broken][name] for name in told] == [SCHOOL, "unreadable", 0, "yes"]
    assert [rows[fixed][name] for name in told] == [SCHOOL, "to_correct", 1, "yes"]
    assert [rows["skolor.csv"][name] for name in told] == ["staden", "accepted", 0, "no"]


def test_feedback_on_a_file_without_faults_is_written_when_asked_for(workspace):
    entry = ingested(workspace, {ATTENDANCE_NAME: attendance([month_row(0)])})[ATTENDANCE_NAME]
    told = write_feedback(workspace, [entry["delivery_id"]])
    assert told.files == 1
    page = next(told.folders[0].glob("narvaro*.html")).read_text("utf-8")
    assert "Godkänd" in page
    assert "Gör så här" not in page


def test_the_owner_of_a_file_is_read_off_its_name(workspace):
    places = Places.of(workspace)
    owners = {
        ATTENDANCE_NAME: SCHOOL,
        "deltagande_alnas-projekt_2016VT.csv": "alnas-projekt",
        "skolor.csv": "staden",
        f"export {OTHER} mars.csv": OTHER,
        "../../x.csv": "okand",
    }
    for name, owner in owners.items():
        row = {"file_name": name, "profile": None}
        assert places.owner_of(row) == owner


def test_names_with_markup_or_hidden_letters_are_shown_as_plain_text(workspace):
    name = "narvaro\u202e_<script>alert(1)</script>.csv".replace("/", "-")
    entry = ingested(workspace, {name: b"a;b\n"})[name]
    _, page, _ = page_and_book(workspace, entry)
    assert "<script" not in page
    assert "\u202e" not in page
    assert "\u202e" not in shown_name(name)


def test_a_file_with_another_name_is_to_be_named_as_its_template(workspace):
    entry = ingested(workspace, {"mars.csv": b"a;b\n1;2\n"})["mars.csv"]
    _, page, _ = page_and_book(workspace, entry)
    assert "Spara den med det namn som mallen har." in page


def test_many_faults_are_grouped_and_the_rest_left_to_the_workbook(workspace):
    wrong = {"Giltig frånvaro, minuter": "x"}
    rows = [month_row(n, **wrong) for n in range(MOST_ON_A_PAGE + 20)]
    entry = ingested(workspace, {ATTENDANCE_NAME: attendance(rows)})[ATTENDANCE_NAME]
    answer, page, book = page_and_book(workspace, entry)
    assert [(g.records, g.places) for g in grouped(answer.faults)] == [
        (MOST_ON_A_PAGE + 20, f"2-{MOST_ON_A_PAGE + 21}")
    ]
    assert "Ytterligare 20 rättelser" in page
    assert str(MOST_ON_A_PAGE + 21) in book


def test_other_systems_files_are_told_by_their_own_headings(workspace):
    name = f"lektioner_{SCHOOL}_2016-03.csv"
    rows = [lesson_row(0, franvarotyp="X"), lesson_row(1, datum="2016-02-30")]
    entry = ingested(workspace, {name: lessons(rows)})[name]
    faults = answer_of_delivery(workspace, entry).faults
    assert [fault.column for fault in faults] == ["franvarotyp", "datum"]
    assert "G, O, S, A, R" in faults[0].remedy


@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow])
@given(st.text(max_size=30), st.text(max_size=60), st.sampled_from(["sv", "en"]))
def test_any_reason_is_told_without_an_error(cause, message, language):
    fault = fault_of_file(f"{cause}: {message}", language)
    assert fault.text
    profile = load_profiles()[0]
    assert all(f.text for f in faults_of_records([(1, message or "x")], profile, [], language))
