"""A school's round trip, as a new user would make it."""

import openpyxl
import pytest

from pipelines.core import core_table
from pipelines.ingest.checking import check_file
from pipelines.ingest.inbox import ingest, ready_files
from pipelines.schools.feedback import write_new_feedback
from pipelines.schools.templates import write_templates
from schemas.attendance import Attendance
from tests.pipelines.ingest.deliveries import ingested, number
from tests.pipelines.schools.conftest import MONTH, SCHOOL, opened, pupil, register

MINUTES = {"D": 7000, "E": 6900, "F": 300, "G": 120, "H": 20, "I": 0}
CORRECTED = f"narvaro_{SCHOOL}_{MONTH}_v2.xlsx"
MISTAKES = {"D3": "sju tusen", "A4": "7", "E5": 7200}


@pytest.fixture
def filled(workspace, tmp_path):
    """The school's own template, filled in with three mistakes."""
    ingested(workspace, register([pupil(n) for n in range(4)]))
    template = write_templates(workspace, MONTH, owner=SCHOOL).files[0]
    book = openpyxl.load_workbook(template)
    sheet = book.worksheets[0]
    for row in range(2, 6):
        for column, minutes in MINUTES.items():
            sheet[f"{column}{row}"] = float(minutes)
    for cell, value in MISTAKES.items():
        sheet[cell] = value
    path = tmp_path / template.name
    book.save(path)
    return path


def send(workspace, path, name):
    """Drop a file and take it in; the line of the ledger."""
    (workspace.inbox / name).write_bytes(path.read_bytes())
    ingest(workspace, ready_files(workspace.inbox))
    return next(row for row in workspace.ledger.rows() if row["file_name"] == name)


@pytest.fixture
def told(workspace, filled):
    """What the school is told after sending it: its folder of feedback."""
    send(workspace, filled, filled.name)
    done = write_new_feedback(workspace)
    assert done.files == 1
    return workspace.outbox / SCHOOL / "aterkoppling"


def test_the_three_mistakes_are_told_by_their_cells_before_sending(filled):
    answer = check_file(filled)
    assert (answer.status, answer.records, answer.accepted) == ("to_correct", 4, 1)
    assert [(fault.cell, fault.column) for fault in answer.faults] == [
        ("D3", "Schemalagd tid, minuter"),
        ("A4", "Personnummer"),
        ("D5, E5", "Schemalagd tid, minuter + Rapporterad tid, minuter"),
    ]


def test_the_feedback_says_what_the_check_said_and_how_to_go_on(filled, told):
    sheet = opened(next(told.glob("narvaro*.xlsx")).read_bytes())["Att rätta"]
    rows = [[cell.value for cell in row] for row in sheet.iter_rows(min_row=2)]
    assert [(row[1], row[2], row[3], row[4]) for row in rows] == [
        (fault.cell, fault.column, fault.text, fault.remedy) for fault in check_file(filled).faults
    ]
    page = next(told.glob("narvaro*.html")).read_text("utf-8")
    assert f"Spara den som {CORRECTED}." in page
    assert all(fault.text in page for fault in check_file(filled).faults)


def test_the_corrected_file_is_accepted_and_its_rows_are_in_the_core_table(workspace, filled, told):
    book = openpyxl.load_workbook(filled)
    book.worksheets[0]["D3"], book.worksheets[0]["E5"] = 7000, 6900
    book.worksheets[0]["A4"] = number(2)
    book.save(filled)
    assert send(workspace, filled, CORRECTED)["status"] == "active"
    first = next(r for r in workspace.ledger.rows() if r["file_name"] == filled.name)
    assert first["status"] == "superseded"
    table = core_table(workspace, Attendance, [MONTH]).to_pyarrow().to_pylist()
    assert [row["unauthorised_absence_minutes"] for row in table] == [120] * 4
    assert {row["school_id"] for row in table} == {SCHOOL}
    assert len({row["student_id"] for row in table}) == 4
    assert write_new_feedback(workspace).files == 0
    assert "Inget att rätta" in (told / "sammanfattning.html").read_text("utf-8")


def test_a_template_sent_back_as_it_was_is_told_what_is_missing(workspace):
    ingested(workspace, register([pupil(0)]))
    template = write_templates(workspace, MONTH, owner=SCHOOL).files[0]
    answer = check_file(template)
    assert answer.to_correct == 1
    assert {fault.cell for fault in answer.faults} == {f"{letter}2" for letter in MINUTES}
    assert all(fault.rule.endswith(": missing") for fault in answer.faults)
