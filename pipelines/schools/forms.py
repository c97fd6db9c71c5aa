"""Forms as workbooks: written empty, and read back by the key of each question."""

import datetime as dt
import re
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import openpyxl
from openpyxl.styles import Alignment, Font, Protection
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.worksheet import Worksheet

from pipelines.ingest.formats.workbooks import BROKEN, refuse_unsafe
from pipelines.ingest.profiles import PROJECT, VERSION
from pipelines.ingest.records import UnreadableError
from pipelines.schools.answers import Answer, shown_name
from pipelines.schools.faults import Fault, Language, fault_of_file
from pipelines.schools.sheets import (
    DATE,
    GIVEN_FILL,
    TEXT,
    TOP,
    Value,
    book_bytes,
    new_workbook,
    print_wide,
    put,
    put_header,
    put_note,
    put_title,
    set_widths,
)
from schemas.feedback_words import CHECK_WORDS, VALUE_WORDS, Phrase
from schemas.forms import FORMS, KIND_WORDS, Form, Question

SHEET = "Formulär"
LISTS = "Kodlistor"
HEADINGS = ("Nyckel", "Fråga", "Svar", "Så svarar ni", "Användning")
HEADER_ROW = 5
ANSWER = "C"
FOR_RESEARCH = "Ingår i uppföljning och forskningsdata"
KEPT_BACK = "Lämnas aldrig ut till forskningsdata"
NOT_ANSWERED = "missing"


@dataclass(frozen=True, slots=True, kw_only=True)
class FormAnswers:
    """A form that was filled in, read back.

    Attributes:
        form: Which.
        project_id: Whose.
        year: About which year.
        values: Typed answers by key: codes, integers, floats, dates, texts; None if not answered.
        faults: Answers that are missing or not of their kind.
    """

    form: Form
    project_id: str
    year: int
    values: Mapping[str, Value]
    faults: tuple[Fault, ...]

    @property
    def for_research(self) -> dict[str, Value]:
        """The answers that may go into the researchers' warehouse: no text that was written."""
        kept = {question.key for question in self.form.questions if question.is_for_research}
        return {key: value for key, value in self.values.items() if key in kept}


def form_name(form: Form, project_id: str, year: int) -> str:
    """Name of a form's file: ``arbetsplan_farsta_2016.xlsx``."""
    return f"{form.file_stem}_{project_id}_{year}.xlsx"


def form_named(file_name: str) -> tuple[Form, str, int] | None:
    """The form a file is by its name, whose and about which year; None if it is none."""
    for form in FORMS:
        found = re.fullmatch(
            rf"{form.file_stem}_{PROJECT}_(?P<year>\d{{4}}){VERSION}\.xlsx", file_name
        )
        if found is not None:
            return form, found["project_id"], int(found["year"])
    return None


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


def read_form(path: Path, file_name: str) -> FormAnswers:
    """Read a form that was filled in; what is wrong with it stands among its faults.

    Args:
        path: Where it lies.
        file_name: Its name, which says whose it is.

    Raises:
        UnreadableError: If the name is no form's, or the file no safe workbook with its sheet.
    """
    named = form_named(file_name)
    if named is None:
        raise UnreadableError("unknown", "no form has files of this name; see the templates")
    form, project_id, year = named
    written = _written(path)
    values: dict[str, Value] = {}
    faults = []
    for question in form.questions:
        row, text = written.get(question.key, (None, None))
        value, wrong = _answer(question, text)
        values[question.key] = value
        if wrong is not None:
            faults.append(_fault(question, row, wrong))
    return FormAnswers(
        form=form, project_id=project_id, year=year, values=values, faults=tuple(faults)
    )


def check_form(path: Path, language: Language = "sv") -> Answer:
    """The answer on a form before it is sent; its words are in Swedish.

    Args:
        path: The file, under the name it will be sent with.
        language: Of the words on a file that cannot be read.
    """
    name = shown_name(path.name)
    try:
        answers = read_form(path, path.name)
    except UnreadableError as error:
        fault = fault_of_file(f"{error.cause}: {error}", language)
        return Answer(file=name, status="unreadable", faults=(fault,))
    asked, wrong = len(answers.form.questions), len(answers.faults)
    return Answer(
        file=name,
        status="to_correct" if wrong else "accepted",
        records=asked,
        accepted=asked - wrong,
        to_correct=wrong,
        faults=answers.faults,
    )


def _put_question(
    sheet: Worksheet, row: int, question: Question, ranges: Mapping[str, str]
) -> None:
    use = FOR_RESEARCH if question.is_for_research else KEPT_BACK
    how = KIND_WORDS[question.kind] + ("" if question.is_required else " (frivilligt)")
    for place, text in enumerate((question.key, question.sv, None, how, use), 1):
        cell = put(sheet, row, place, text)
        cell.alignment = TOP
    sheet.cell(row, 1).font = Font(color="595959", size=9)
    answer = sheet[f"{ANSWER}{row}"]
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
        validation.add(f"{ANSWER}{row}")
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


def _written(path: Path) -> dict[str, tuple[int, Any]]:
    """Row and answer by key, as they stand in the sheet."""
    refuse_unsafe(path)
    try:
        with closing(openpyxl.load_workbook(path, read_only=True, data_only=True)) as book:
            sheet = book[SHEET] if SHEET in book.sheetnames else None
            rows = sheet.iter_rows(min_col=1, max_col=3, values_only=True) if sheet else ()
            found = {str(key): (at, answer) for at, (key, _, answer) in enumerate(rows, 1) if key}
    except BROKEN:
        raise UnreadableError("format", "this is no XLSX workbook; save it as .xlsx") from None
    if sheet is None:
        raise UnreadableError("sheet", f"the workbook has no sheet {SHEET}")
    return found


def _answer(question: Question, written: object) -> tuple[Value, str | None]:
    """The typed answer, or what is wrong with it."""
    if written is None or str(written).strip() == "":
        return None, NOT_ANSWERED if question.is_required else None
    if question.kind == "choice":
        codes = {code.sv: code.code for code in question.codes}
        text = str(written).strip()
        return codes.get(text), None if text in codes else "not one of the codes"
    if question.kind == "date":
        return _date(written)
    if question.kind in ("text", "free_text"):
        return str(written).strip(), None
    return _number(question, written)


def _date(written: object) -> tuple[Value, str | None]:
    if isinstance(written, dt.datetime):
        return written.date(), None
    try:
        return dt.date.fromisoformat(str(written).strip()), None
    except ValueError:
        return None, "not date"


def _number(question: Question, written: object) -> tuple[Value, str | None]:
    try:
        number = float(str(written).strip().replace(",", "."))
    except ValueError:
        number = float("nan")
    is_whole = question.kind != "number"
    if number != number or (is_whole and not number.is_integer()):  # noqa: PLR0124 - not a number
        return None, "not int64" if is_whole else "not float64"
    if number < 0 or (question.highest is not None and number > question.highest):
        return None, "in_range"
    return (int(number) if is_whole else number), None


def _fault(question: Question, row: int | None, wrong: str) -> Fault:
    phrase: Phrase = VALUE_WORDS.get(wrong) or CHECK_WORDS[wrong]
    facts = {
        "heading": question.sv,
        "choices": _listed(question),
        "limit": f"0-{question.highest}",
    }
    return Fault(
        line=row,
        column=question.sv,
        cell=f"{ANSWER}{row}" if row else "",
        rule=f"{question.key}: {wrong}",
        text=phrase.sv.format(**facts),
        remedy=phrase.sv_remedy.format(**facts),
    )


def _listed(question: Question) -> str:
    choices: Sequence[str] = [code.sv for code in question.codes]
    return ", ".join(choices)
