"""Templates: what is in them, and that what they let through is accepted."""

import datetime as dt
import stat

import openpyxl
import pytest
from openpyxl.worksheet.datavalidation import DataValidationList

from pipelines import audit
from pipelines.ingest.checking import check_file
from pipelines.ingest.profiles import TEMPLATE_NAMES
from pipelines.schools.columns import template_columns
from pipelines.schools.places import Places
from pipelines.schools.templates import (
    ROWS,
    Template,
    file_name,
    template_book,
    templates_of,
    write_templates,
)
from schemas.contract import load_contracts
from tests.pipelines.ingest.deliveries import (
    ATTENDANCE_NAME,
    attendance,
    ingested,
    month_row,
    number,
)
from tests.pipelines.schools.conftest import (
    MONTH,
    OTHER,
    PROJECT,
    SCHOOL,
    TERM,
    opened,
    participant,
    participation,
    pupil,
    register,
    rows_of,
)

ABOUT = {
    "school_id": SCHOOL,
    "project_id": PROJECT,
    "month": MONTH,
    "term": TERM,
    "school_year": "2015/16",
    "year": "2016",
    "instrument": "trivsel-2016",
    "coder": "kodare-1",
    "document": "d5",
}
SPECIAL = {
    "student_id": number(7),
    "subject_code": "M2FRA",
    "valid_from": "2010-07-01",
    "district_name": "Alnäs",
    "item_code": "fraga-1",
    "first_term": "2013HT",
    "code": "skola",
    "rounding": 1.0,
    "as_of": dt.datetime(2016, 7, 31),  # noqa: DTZ001
    "planned_end_date": dt.datetime(2016, 6, 10),  # noqa: DTZ001 - as a spreadsheet has it
    "start_date": dt.datetime(2016, 1, 18),  # noqa: DTZ001
    "school_year": "2015/16",
    "decided_on": dt.datetime(2016, 1, 28),  # noqa: DTZ001
    "paid_on": dt.datetime(2016, 2, 25),  # noqa: DTZ001
}


def named_like(table):
    """What a file of a table is about, and its name."""
    pattern = TEMPLATE_NAMES[table]
    about = {name: value for name, value in ABOUT.items() if f"(?P<{name}>" in pattern}
    return about, file_name(pattern, about)


def template_like(table):
    about, name = named_like(table)
    owner = about.get("school_id") or about.get("project_id") or "staden"
    return Template(table=table, owner=owner, named=about, file_name=name)


def value_for(column):
    """A value that the template itself offers or allows."""
    if column.name in SPECIAL and column.given is None:
        return SPECIAL[column.name]
    if column.given is not None or not column.is_required:
        return column.given
    if column.choices:
        return column.choices[0].value
    if column.kind in ("whole", "number"):
        return float(column.lowest or 0)  # a spreadsheet saves every number as a float
    return "text"


@pytest.mark.parametrize("table", TEMPLATE_NAMES)
def test_a_template_filled_in_as_it_asks_is_accepted(table, places, tmp_path):
    template = template_like(table)
    path = tmp_path / template.file_name
    path.write_bytes(template_book(template, places, []))
    book = openpyxl.load_workbook(path)
    columns = template_columns(template.contract, template.named, places)
    for place, column in enumerate(columns, 1):
        book.worksheets[0].cell(2, place, value_for(column))
    book.save(path)
    answer = check_file(path)
    assert [(fault.rule, fault.cell) for fault in answer.faults] == []
    assert (answer.records, answer.accepted) == (1, 1)


@pytest.mark.parametrize("table", TEMPLATE_NAMES)
def test_a_template_shows_the_contracts_headings_rules_and_words(table, places):
    template = template_like(table)
    book = opened(template_book(template, places, []))
    sheet = book.worksheets[0]
    headings = [cell.value for cell in sheet[1]]
    assert headings == list(template.contract.template_columns())
    assert sheet.freeze_panes == "A2"
    assert book.sheetnames[1:] == ["Anvisningar", "Kodlistor"]
    explained = [row[0] for row in book["Anvisningar"].iter_rows(values_only=True)]
    assert set(headings) <= set(explained)
    assert not sheet.merged_cells.ranges
    for cell in sheet[1]:
        longest_word = max(map(len, str(cell.value).split()))
        assert sheet.column_dimensions[cell.column_letter].width > 1.3 * longest_word
    lists: DataValidationList = sheet.data_validations
    assert len(lists.dataValidation) == len(headings)
    assert all(str(v.sqref).endswith(str(ROWS + 1)) and v.prompt for v in lists.dataValidation)


def validations(book):
    """Validation by heading."""
    sheet = book.worksheets[0]
    found = {str(v.sqref).split(":")[0]: v for v in sheet.data_validations.dataValidation}
    return {cell.value: found[f"{cell.column_letter}2"] for cell in sheet[1]}


def test_limits_and_lists_come_from_the_contract(places):
    book = opened(template_book(template_like("core.attendance"), places, []))
    by_heading = validations(book)
    scheduled = by_heading["Schemalagd tid, minuter"]
    highest = next(
        check.statistics["max_value"]
        for check in load_contracts()["core.attendance"]
        .to_schema()
        .columns["scheduled_minutes"]
        .checks
        if "max_value" in check.statistics
    )
    assert (scheduled.type, scheduled.formula1, scheduled.formula2) == ("whole", "0", str(highest))
    assert by_heading["Månad"].formula1 == f'"{MONTH}"'
    assert by_heading["Personnummer"].type == "textLength"
    formats = {
        c.value: book.worksheets[0].column_dimensions[c.column_letter]
        for c in book.worksheets[0][1]
    }
    assert formats["Månad"].number_format == "@"
    assert formats["Personnummer"].number_format == "@"
    assert formats["Schemalagd tid, minuter"].number_format == "0"


@pytest.mark.parametrize("table", TEMPLATE_NAMES)
def test_what_is_shown_beside_a_cell_is_as_short_as_a_spreadsheet_takes(table, places):
    sheet = opened(template_book(template_like(table), places, [])).worksheets[0]
    for one in sheet.data_validations.dataValidation:
        assert len(one.promptTitle) <= 32
        assert len(one.errorTitle) <= 32
        assert len(one.prompt) <= 255
        assert len(one.error) <= 225
        assert len(one.formula1 or "") <= 255


def test_a_code_list_refers_to_its_values_and_closed_lists_stop_other_values(places):
    book = opened(template_book(template_like("core.participation"), places, []))
    by_heading = validations(book)
    reason = by_heading["Avslutsorsak"]
    sheet, _, area = reason.formula1.partition("!")
    cells = book[sheet.strip("'")][area.replace("$", "")]
    listed = [row[0].value for row in cells]
    codes = load_contracts()["core.participation"].codes("end_reason")
    assert listed == [code.sv for code in codes]
    assert reason.errorStyle == "stop"
    assert by_heading["Skolenhetskod"].errorStyle == "warning"
    assert by_heading["Från"].type == "date"


def test_grades_offer_the_scale_of_their_term(places):
    contract = load_contracts()["core.grades"]
    offered = {
        term: {
            column.name: [choice.value for choice in column.choices]
            for column in template_columns(contract, {"term": term}, places)
        }
        for term in ("2012VT", "2012HT")
    }
    assert offered["2012VT"]["scale_id"] == ["G-MVG"]
    assert offered["2012HT"]["scale_id"] == ["A-F"]
    assert offered["2012HT"]["mark"] == ["A", "B", "C", "D", "E", "F", "-", "adapted"]


def test_the_month_asks_the_schools_that_exist_and_what_is_due(workspace):
    places = Places.of(workspace)
    names = [one.file_name for one in templates_of(workspace, places, MONTH)]
    assert names == [
        f"narvaro_{SCHOOL}_{MONTH}.xlsx",
        f"narvaro_{OTHER}_{MONTH}.xlsx",
        f"deltagande_{PROJECT}_{TERM}.xlsx",
        f"kontakter_{PROJECT}_{MONTH}.xlsx",
    ]
    june = [one.file_name for one in templates_of(workspace, places, "2016-06", owner=SCHOOL)]
    assert june == [f"narvaro_{SCHOOL}_2016-06.xlsx", f"betyg_{SCHOOL}_{TERM}.xlsx"]
    assert [one.table for one in templates_of(workspace, places, "2016-07")] == [
        "core.participation",
        "core.support_contacts",
    ]
    every = {one.table for one in templates_of(workspace, places, MONTH, every=True)}
    assert every == set(TEMPLATE_NAMES) - {"core.stated_figures"}


def test_a_file_that_was_delivered_is_asked_for_as_the_next_version(workspace):
    ingested(workspace, {ATTENDANCE_NAME: attendance([month_row(0)])})
    names = [one.file_name for one in templates_of(workspace, Places.of(workspace), MONTH)]
    assert f"narvaro_{SCHOOL}_{MONTH}_v2.xlsx" in names
    assert f"narvaro_{OTHER}_{MONTH}.xlsx" in names


def test_pupils_of_the_register_stand_in_the_monthly_template_of_their_own_school(workspace):
    left, wrong = pupil(2, Till="2016-02-12"), pupil(3, Nyanländ="kanske")
    ingested(workspace, register([pupil(0), pupil(1), left, wrong]))
    written = write_templates(workspace, MONTH)
    by_name = {path.name: path for path in written.files}
    own = openpyxl.load_workbook(by_name[f"narvaro_{SCHOOL}_{MONTH}.xlsx"]).worksheets[0]
    assert [row[:3] for row in rows_of(own)] == [[number(n), SCHOOL, MONTH] for n in (0, 1)]
    other = openpyxl.load_workbook(by_name[f"narvaro_{OTHER}_{MONTH}.xlsx"]).worksheets[0]
    assert rows_of(other) == []
    assert written.pupils == {by_name[f"narvaro_{SCHOOL}_{MONTH}.xlsx"]: 2}


def test_participants_are_carried_over_as_long_as_their_support_lasted(workspace):
    ended = {"Till": "2015-12-18", "Avslutsorsak": "slutförd enligt plan"}
    rows = [participant(0, Termin="2015HT"), participant(1, Termin="2015HT", **ended)]
    ingested(workspace, participation(rows, "2015HT"))
    written = write_templates(workspace, MONTH, owner=PROJECT)
    sheet = openpyxl.load_workbook(written.files[0]).worksheets[0]
    assert rows_of(sheet) == [
        [
            number(0), PROJECT, SCHOOL, TERM, dt.datetime(2016, 1, 18), dt.datetime(2016, 6, 10),  # noqa: DTZ001
            None, None,
        ]
    ]  # fmt: skip
    assert sheet["A2"].number_format == "@"
    assert check_file(written.files[0]).is_accepted


def test_the_register_of_a_new_school_year_asks_for_grade_and_class_anew(workspace):
    ingested(workspace, register([pupil(0)]))
    same = write_templates(workspace, "2016-05", owner=SCHOOL, every=True).files
    again = next(path for path in same if path.name.startswith("elever_"))
    assert rows_of(openpyxl.load_workbook(again).worksheets[0])[0][3:5] == [8, "8A"]
    autumn = write_templates(workspace, "2016-08", owner=SCHOOL).files
    new = next(path for path in autumn if path.name.startswith("elever_"))
    row = rows_of(openpyxl.load_workbook(new).worksheets[0])[0]
    assert row[:6] == [number(0), SCHOOL, "2016HT", None, None, dt.datetime(2015, 8, 17)]  # noqa: DTZ001


def test_files_with_identity_numbers_are_the_operators_alone_and_entered_without_them(
    workspace, caplog
):
    ingested(workspace, register([pupil(0), pupil(1)]))
    written = write_templates(workspace, MONTH)
    assert {stat.S_IMODE(path.stat().st_mode) for path in written.files} == {0o600}
    folders = {path.parent for path in written.files} | {p.parent.parent for p in written.files}
    assert {stat.S_IMODE(folder.stat().st_mode) for folder in folders} == {0o700}
    entries = list(audit.entries(workspace, "templates.write"))
    assert len(entries) == 1
    assert entries[0].subject["rows_with_identity_numbers"] == 2
    assert entries[0].subject["owners"] == [SCHOOL]
    log = audit.log_path(workspace).read_text("utf-8") + caplog.text
    assert not any(number(n) in log for n in (0, 1))


def test_templates_may_go_to_another_folder(workspace, tmp_path):
    written = write_templates(workspace, MONTH, owner=SCHOOL, into=tmp_path / "ut")
    assert [p.relative_to(tmp_path).parts[:3] for p in written.files] == [("ut", SCHOOL, "mallar")]
    assert list(workspace.outbox.iterdir()) == []


def test_names_that_look_like_formulas_are_texts_in_a_code_list():
    places = Places(schools={}, projects={}, districts={"x": "=1+1"}, covered=[])
    book = opened(template_book(template_like("core.enrolments"), places, []))
    cells = [cell for row in book["Kodlistor"].iter_rows() for cell in row if cell.value == "=1+1"]
    assert [cell.data_type for cell in cells] == ["s"]
    assert all(cell.quotePrefix for cell in cells)
