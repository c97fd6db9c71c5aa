"""Forms: written, filled in, taken in from the inbox, told back to the project."""

import datetime as dt

import openpyxl
import pytest

from pipelines.core import delivered_rows
from pipelines.ingest.checking import check_file
from pipelines.ingest.formats.form import judged_answer
from pipelines.ingest.profiles import load_profiles
from pipelines.schools.answers import answer_of_delivery
from pipelines.schools.forms import form_book, form_name
from pipelines.schools.templates import write_templates
from schemas.form_answers import FormAnswers, FormTexts
from schemas.forms import (
    ANNUAL_REPORT,
    FORMS,
    HEADER_ROW,
    INTERIM_REPORT,
    KEPT_BACK,
    SHEET,
    WORK_PLAN,
    Question,
)
from tests.pipelines.ingest.deliveries import ingested
from tests.pipelines.schools.conftest import PROJECT, opened


def some_answer(question):
    """An answer as a spreadsheet holds it, and as it is stored."""
    return {
        "choice": lambda: (question.codes[0].sv, question.codes[0].code),
        "date": lambda: (dt.datetime(2016, 1, 15), "2016-01-15"),  # noqa: DTZ001
        "number": lambda: ("2,5", "2.5"),
        "whole": lambda: (12.0, "12"),
        "sek": lambda: (100000.0, "100000"),
    }.get(question.kind, lambda: ("Några ord", "Några ord"))()


def whole(form, **changes):
    """Every question of a form with an answer, but for some changes."""
    return {question.key: some_answer(question)[0] for question in form.questions} | changes


def filled(path, form, answers):
    """A form with answers by key, as a person would write them beside the question."""
    path.write_bytes(form_book(form, PROJECT, "Alnäs", 2016))
    book = openpyxl.load_workbook(path)
    sheet = book[SHEET]
    for row in range(HEADER_ROW + 1, sheet.max_row + 1):
        if sheet.cell(row, 1).value in answers:
            sheet.cell(row, 3, answers[sheet.cell(row, 1).value])
    book.save(path)
    return path


def stored(workspace):
    """What is in force, by table: answers by key."""
    tables = {}
    for contract, column in ((FormAnswers, "answer"), (FormTexts, "words")):
        rows = delivered_rows(workspace, contract).execute()
        values = rows[column].astype(object).where(rows[column].notna(), None)
        tables[contract] = dict(zip(rows.key, values, strict=True))
    return tables[FormAnswers], tables[FormTexts]


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.name)
def test_every_answer_becomes_a_row_and_words_lie_apart(form, tmp_path, workspace):
    path = filled(tmp_path / form_name(form, PROJECT, 2016), form, whole(form))
    assert check_file(path).is_accepted
    entry = ingested(workspace, {path.name: path.read_bytes()})[path.name]
    assert (entry["status"], entry["profile"]) == ("active", form.name)
    assert entry["records"] == entry["accepted"] == len(form.questions)
    answers, words = stored(workspace)
    asked = {question.key: some_answer(question)[1] for question in form.questions}
    texts = {q.key for q in form.questions if q.kind in ("text", "free_text")}
    assert texts
    assert words == {key: asked[key] for key in texts}
    assert answers == {key: answer for key, answer in asked.items() if key not in texts}
    rows = delivered_rows(workspace, FormAnswers).execute()
    assert set(zip(rows.project_id, rows.year, rows.form, strict=True)) == {
        (PROJECT, 2016, form.name)
    }
    marked = {
        row[0].value
        for row in opened(path.read_bytes())[SHEET].iter_rows(min_row=HEADER_ROW + 1)
        if row[4].value == KEPT_BACK
    }
    assert marked == texts


def test_a_question_that_may_be_left_is_a_row_without_an_answer(tmp_path, workspace):
    answers = whole(WORK_PLAN, decided_on=None, anchored_text=None)
    path = filled(tmp_path / form_name(WORK_PLAN, PROJECT, 2016), WORK_PLAN, answers)
    ingested(workspace, {path.name: path.read_bytes()})
    found, words = stored(workspace)
    assert found["decided_on"] is None
    assert words["anchored_text"] is None


def test_a_wrong_and_a_missing_answer_are_held_back_and_told_by_their_cell(tmp_path, workspace):
    changes = {"granted_sek": "en miljon", "network": "kanske", "pupils": -3, "schools": None}
    answers = whole(ANNUAL_REPORT, **changes)
    path = filled(tmp_path / form_name(ANNUAL_REPORT, PROJECT, 2016), ANNUAL_REPORT, answers)
    before = check_file(path)
    entry = ingested(workspace, {path.name: path.read_bytes()})[path.name]
    after = answer_of_delivery(workspace, entry)
    assert before.status == after.status == "to_correct"
    assert before.faults == after.faults
    assert {fault.rule for fault in after.faults} == {
        "granted_sek: not int64",
        "network: not one of the codes",
        "pupils: in_range",
        "schools: missing",
    }
    assert (entry["quarantined"], entry["accepted"]) == (4, len(ANNUAL_REPORT.questions) - 4)
    assert not set(changes) & set(stored(workspace)[0])
    sheet = opened(path.read_bytes())[SHEET]
    for fault in after.faults:
        assert sheet[f"B{fault.line}"].value == fault.column
        assert fault.cell == f"C{fault.line}"
        assert "{" not in fault.text + fault.remedy
        assert "en miljon" not in fault.text + fault.remedy


def test_an_unknown_key_and_an_answer_without_key_are_told_by_their_row(tmp_path, workspace):
    path = filled(tmp_path / form_name(WORK_PLAN, PROJECT, 2016), WORK_PLAN, whole(WORK_PLAN))
    book = openpyxl.load_workbook(path)
    sheet = book[SHEET]
    last = sheet.max_row
    sheet.cell(last + 1, 1, "okand_nyckel")
    sheet.cell(last + 1, 3, "hemligt")
    sheet.cell(HEADER_ROW + 1, 3, "svar bredvid en rubrik")
    book.save(path)
    entry = ingested(workspace, {path.name: path.read_bytes()})[path.name]
    told = answer_of_delivery(workspace, entry)
    assert {(fault.line, fault.rule) for fault in told.faults} == {
        (last + 1, "record: no question of the form has this key"),
        (HEADER_ROW + 1, "record: an answer without the key of a question"),
    }
    assert entry["accepted"] == len(WORK_PLAN.questions)
    assert "hemligt" not in str(told)


def test_a_removed_question_counts_as_not_answered(tmp_path, workspace):
    path = filled(tmp_path / form_name(WORK_PLAN, PROJECT, 2016), WORK_PLAN, whole(WORK_PLAN))
    book = openpyxl.load_workbook(path)
    sheet = book[SHEET]
    removed = [r for r in range(1, sheet.max_row + 1)
               if sheet.cell(r, 1).value in ("network", "selection_text")]  # fmt: skip
    for row in reversed(removed):
        sheet.delete_rows(row)
    book.save(path)
    entry = ingested(workspace, {path.name: path.read_bytes()})[path.name]
    told = answer_of_delivery(workspace, entry)
    assert [fault.rule for fault in told.faults] == ["network: missing"]
    answers, words = stored(workspace)
    assert "network" not in answers
    assert words["selection_text"] is None


def test_a_correction_takes_the_place_of_the_whole_form(tmp_path, workspace):
    name = form_name(INTERIM_REPORT, PROJECT, 2016)
    first = filled(tmp_path / name, INTERIM_REPORT, whole(INTERIM_REPORT, pupils=127))
    ingested(workspace, {name: first.read_bytes()})
    assert stored(workspace)[0]["pupils"] == "127"
    second = filled(tmp_path / "ny.xlsx", INTERIM_REPORT, whole(INTERIM_REPORT, pupils=128))
    ingested(workspace, {name.replace(".xlsx", "_v2.xlsx"): second.read_bytes()})
    answers, words = stored(workspace)
    assert answers["pupils"] == "128"
    kept = [q.key for q in INTERIM_REPORT.questions if q.is_for_research]
    assert sorted(answers) == sorted(kept)
    assert len(words) == len(INTERIM_REPORT.questions) - len(kept)


def test_a_file_that_is_no_form_is_refused(tmp_path):
    path = tmp_path / form_name(WORK_PLAN, PROJECT, 2016)
    path.write_bytes(b"x")
    assert check_file(path).faults[0].rule == "format"
    book = openpyxl.Workbook()
    book.save(path)
    assert check_file(path).faults[0].rule == "sheet"


def test_a_form_is_known_by_its_name_alone():
    for form in FORMS:
        name = form_name(form, PROJECT, 2016)
        for one in (name, name.replace(".xlsx", "_v2.xlsx")):
            (profile,) = [one_of for one_of in load_profiles() if one_of.named(one)]
            assert profile.name == form.name
            assert profile.scope(one)[0] == f"{form.name} {PROJECT} 2016"


@pytest.mark.parametrize(
    ("kind", "written", "expected"),
    [
        ("whole", "12", ("12", None)),
        ("whole", "12,5", ("", "not int64")),
        ("whole", "1001", ("", "in_range")),
        ("number", "0,25", ("0.25", None)),
        ("number", "nan", ("", "not float64")),
        ("number", "inf", ("", "not float64")),
        ("number", "3", ("3", None)),
        ("date", "2016-02-30", ("", "not date")),
        ("text", "  ord  ", ("ord", None)),
        ("whole", " ", ("", "missing")),
    ],
)
def test_an_answer_is_stored_in_one_form_only(kind, written, expected):
    question = Question("key", "Fråga", "Question", kind, highest=1000)
    assert judged_answer(question, written) == expected


def test_forms_go_out_in_the_months_they_are_due(workspace):
    names = {
        month: [path.name for path in write_templates(workspace, month, owner=PROJECT).files]
        for month in ("2016-01", "2016-07", "2016-11", "2016-12")
    }
    assert f"arbetsplan_{PROJECT}_2016.xlsx" in names["2016-01"]
    assert f"delrapport_{PROJECT}_2016.xlsx" in names["2016-07"]
    assert f"arsredovisning_{PROJECT}_2016.xlsx" in names["2016-11"]
    assert f"kostnader_{PROJECT}_2015-16.xlsx" in names["2016-11"]
    assert f"arbetsplan_{PROJECT}_2017.xlsx" in names["2016-12"]
