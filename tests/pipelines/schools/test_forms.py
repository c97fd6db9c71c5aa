"""Forms: written, filled in, read back by their keys."""

import datetime as dt

import openpyxl
import pytest

from pipelines.ingest.checking import check_file
from pipelines.ingest.profiles import load_profiles
from pipelines.ingest.records import UnreadableError
from pipelines.schools.forms import (
    HEADER_ROW,
    KEPT_BACK,
    SHEET,
    form_book,
    form_name,
    form_named,
    read_form,
)
from pipelines.schools.templates import write_templates
from schemas.forms import ANNUAL_REPORT, FORMS, WORK_PLAN
from tests.pipelines.schools.conftest import PROJECT, opened


def some_answer(question):
    """An answer as a spreadsheet holds it, and as it is read back."""
    return {
        "choice": lambda: (question.codes[0].sv, question.codes[0].code),
        "date": lambda: (dt.datetime(2016, 1, 15), dt.date(2016, 1, 15)),  # noqa: DTZ001
        "number": lambda: ("2,5", 2.5),
        "whole": lambda: (12.0, 12),
        "sek": lambda: (100000.0, 100000),
    }.get(question.kind, lambda: ("=Några ord", "=Några ord"))()


def fill(path, form, answers):
    """Write answers into a form by key, as a person would beside the question."""
    path.write_bytes(form_book(form, PROJECT, "Alnäs", 2016))
    book = openpyxl.load_workbook(path)
    sheet = book[SHEET]
    for row in range(HEADER_ROW + 1, sheet.max_row + 1):
        if sheet.cell(row, 1).value in answers:
            cell = sheet.cell(row, 3, answers[sheet.cell(row, 1).value])
            cell.data_type = "s" if isinstance(cell.value, str) else cell.data_type
    book.save(path)


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.name)
def test_every_answer_is_read_back_by_its_key(form, tmp_path):
    path = tmp_path / form_name(form, PROJECT, 2016)
    given = {question.key: some_answer(question) for question in form.questions}
    fill(path, form, {key: written for key, (written, _) in given.items()})
    found = read_form(path, path.name)
    assert found.faults == ()
    assert (found.form, found.project_id, found.year) == (form, PROJECT, 2016)
    assert found.values == {key: read for key, (_, read) in given.items()}
    assert check_file(path).is_accepted


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.name)
def test_no_text_that_was_written_goes_to_research(form, tmp_path):
    path = tmp_path / form_name(form, PROJECT, 2016)
    fill(path, form, {question.key: some_answer(question)[0] for question in form.questions})
    kept = read_form(path, path.name).for_research
    texts = {q.key for q in form.questions if q.kind in ("text", "free_text")}
    assert texts
    assert set(kept) == {question.key for question in form.questions} - texts
    marked = {
        row[0].value
        for row in opened(path.read_bytes())[SHEET].iter_rows(min_row=HEADER_ROW + 1)
        if row[4].value == KEPT_BACK
    }
    assert marked == texts


def test_a_wrong_and_a_missing_answer_are_told_by_their_cell(tmp_path):
    path = tmp_path / form_name(ANNUAL_REPORT, PROJECT, 2016)
    given = {question.key: some_answer(question)[0] for question in ANNUAL_REPORT.questions}
    given |= {"granted_sek": "en miljon", "network": "kanske", "pupils": -3, "schools": None}
    fill(path, ANNUAL_REPORT, given)
    answer = check_file(path)
    assert answer.status == "to_correct"
    assert {fault.rule for fault in answer.faults} == {
        "granted_sek: not int64",
        "network: not one of the codes",
        "pupils: in_range",
        "schools: missing",
    }
    sheet = opened(path.read_bytes())[SHEET]
    for fault in answer.faults:
        assert sheet[f"B{fault.line}"].value == fault.column
        assert fault.cell == f"C{fault.line}"
        assert "{" not in fault.text + fault.remedy
        assert "en miljon" not in fault.text + fault.remedy


def test_a_file_that_is_no_form_is_refused(tmp_path):
    path = tmp_path / form_name(WORK_PLAN, PROJECT, 2016)
    path.write_bytes(b"x")
    assert check_file(path).faults[0].rule == "format"
    book = openpyxl.Workbook()
    book.save(path)
    assert check_file(path).faults[0].rule == "sheet"
    with pytest.raises(UnreadableError, match="no form has files of this name"):
        read_form(path, "annat.xlsx")


def test_a_form_is_known_by_its_name_and_no_delivery_has_such_a_name():
    for form in FORMS:
        name = form_name(form, PROJECT, 2016)
        assert form_named(name) == (form, PROJECT, 2016)
        assert form_named(name.replace(".xlsx", "_v2.xlsx")) == (form, PROJECT, 2016)
        assert [one.name for one in load_profiles() if one.named(name)] == []
    assert form_named("narvaro_12345678_2016-03.xlsx") is None


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
