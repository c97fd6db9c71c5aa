"""Forms as workbooks to fill in; :mod:`pipelines.ingest.formats.form` reads them back."""

from collections.abc import Mapping

from openpyxl.styles import Alignment, Font, Protection
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.worksheet import Worksheet

from pipelines.schools.sheets import (
    DATE,
    GIVEN_FILL,
    TEXT,
    TOP,
    book_bytes,
    new_workbook,
    print_wide,
    put,
    put_header,
    put_note,
    put_title,
    set_widths,
)
from schemas.forms import (
    FOR_RESEARCH,
    HEADER_ROW,
    HEADINGS,
    KEPT_BACK,
    KIND_WORDS,
    SHEET,
    Form,
    Question,
)

LISTS = "Kodlistor"
ANSWER_COLUMN = "C"


def form_name(form: Form, project_id: str, year: int) -> str:
    """Name of a form's file: ``arbetsplan_farsta_2016.xlsx``."""
    return f"{form.file_stem}_{project_id}_{year}.xlsx"


def form_book(form: Form, project_id: str, project_name: str, year: int) -> bytes:
    """A form to fill in, as a workbook."""
    book, sheet = new_workbook(SHEET)
    book.properties.creator = "Samverkan"
    put_title(sheet, 1, f"{form.sv} {year}: {project_name}")
    put_note(sheet, 2, form.purpose)
    put_note(
        sheet,
        3,
        f"Svara i kolumnen Svar. Ändra inte kolumnen Nyckel. Spara som "
        f"{form_name(form, project_id, year)}.",
    )
    put_header(sheet, HEADER_ROW, HEADINGS)
    lists = book.create_sheet(LISTS)
    ranges = _put_lists(lists, form)
    row = HEADER_ROW + 1
    for section in form.sections:
        put(sheet, row, 2, section.sv).font = Font(bold=True, size=12)
        row += 1
        for question in section.questions:
            _put_question(sheet, row, question, ranges)
            row += 1
    set_widths(sheet, (20, 58, 44, 26, 36))
    sheet.freeze_panes = f"A{HEADER_ROW + 1}"
    print_wide(sheet, header_row=HEADER_ROW)
    return book_bytes(book)


def _put_question(
    sheet: Worksheet, row: int, question: Question, ranges: Mapping[str, str]
) -> None:
    use = FOR_RESEARCH if question.is_for_research else KEPT_BACK
    how = KIND_WORDS[question.kind] + ("" if question.is_required else " (frivilligt)")
    for place, text in enumerate((question.key, question.sv, None, how, use), 1):
        cell = put(sheet, row, place, text)
        cell.alignment = TOP
    sheet.cell(row, 1).font = Font(color="595959", size=9)
    answer = sheet[f"{ANSWER_COLUMN}{row}"]
    answer.fill = GIVEN_FILL
    answer.alignment = Alignment(vertical="top", wrap_text=True, horizontal="left")
    answer.protection = Protection(locked=False)
    answer.number_format = {"date": DATE, "text": TEXT, "free_text": TEXT}.get(
        question.kind, "General"
    )
    if question.kind == "free_text":
        sheet.row_dimensions[row].height = 75
    rule = _rule(question, ranges)
    if rule:
        validation = DataValidation(allow_blank=True, showErrorMessage=True, **rule)
        validation.error = f"{KIND_WORDS[question.kind]}."
        validation.add(f"{ANSWER_COLUMN}{row}")
        sheet.add_data_validation(validation)


def _rule(question: Question, ranges: Mapping[str, str]) -> dict[str, str]:
    if question.kind == "choice":
        return {"type": "list", "formula1": ranges[question.key]}
    kinds = {"whole": "whole", "sek": "whole", "number": "decimal"}
    if question.kind in kinds:
        highest = question.highest if question.highest is not None else 10**9
        bounds = {"formula1": "0", "formula2": f"{highest}"}
        return {"type": kinds[question.kind], "operator": "between", **bounds}
    if question.kind == "date":
        return {"type": "date", "operator": "greaterThan", "formula1": "32874"}
    return {}


def _put_lists(sheet: Worksheet, form: Form) -> dict[str, str]:
    """Write each vocabulary once; say where it stands, by question."""
    places: dict[tuple[str, ...], str] = {}
    ranges = {}
    for question in form.questions:
        if question.kind != "choice":
            continue
        words = tuple(code.sv for code in question.codes)
        if words not in places:
            column = len(places) + 1
            for at, word in enumerate(words, 1):
                put(sheet, at, column, word)
            letter = sheet.cell(1, column).column_letter
            places[words] = f"{LISTS}!${letter}$1:${letter}${len(words)}"
        ranges[question.key] = places[words]
    set_widths(sheet, [24] * len(places))
    return ranges
