"""Templates (mallar): the workbooks that schools and projects fill in, made from the contracts.

The sheet to fill in is the first one, so that its file is read back by the template's own
layout. Everything that is known stands in it already.
"""

import datetime as dt
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from openpyxl import Workbook
from openpyxl.styles import Font
from openpyxl.utils import get_column_letter, quote_sheetname
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.worksheet import Worksheet

from pipelines.audit import record
from pipelines.ingest.formats.xlsx import data_sheet
from pipelines.ingest.profiles import TEMPLATE_NAMES, Profile, load_profiles
from pipelines.schools.columns import Choice, TemplateColumn, template_columns
from pipelines.schools.forms import form_book, form_name
from pipelines.schools.outbox import TEMPLATES, write_to_outbox
from pipelines.schools.places import CITY, Places
from pipelines.schools.prefill import PUPIL, Archive, Known
from pipelines.schools.sheets import (
    DATE,
    GIVEN_FILL,
    TEXT,
    Value,
    book_bytes,
    new_workbook,
    print_wide,
    put,
    put_header,
    put_note,
    put_rows,
    put_title,
    set_widths,
)
from pipelines.workspace import Workspace
from schemas.calendar import school_year_of_month, term_of_month
from schemas.contract import Delivered, load_contracts
from schemas.feedback_words import OTHERWISE, RULE_WORDS
from schemas.forms import FORMS
from schemas.instruments import load_instruments
from schemas.template_words import sheet_of

ROWS = 2000
LISTS = "Kodlistor"
INSTRUCTIONS = "Anvisningar"
MOST_WHOLE = 10**12
FIRST_DAY, LAST_DAY = dt.date(1990, 1, 1), dt.date(2100, 12, 31)
DAY_ZERO = dt.date(1899, 12, 30)
LONGEST_PROMPT, LONGEST_ERROR, LONGEST_TITLE = 250, 220, 30
BOLD = 1.4
"""Width of a heading's letter against a usual one, with the margin of a cell [characters]."""
SHORTEST_NUMBER, LONGEST_NUMBER = 10, 13
FIRST_ROW_OF_LIST = 4
EVERY_MONTH = range(1, 13)

DUE: Mapping[str, Iterable[int]] = {
    "core.attendance": [month for month in EVERY_MONTH if month != 7],  # noqa: PLR2004 - July
    "core.enrolments": (1, 8),
    "core.grades": (6, 12),
    "core.participation": EVERY_MONTH,
    "core.support_contacts": EVERY_MONTH,
    "core.unnamed_reach": (6, 12),
    "core.target_group_estimates": (2, 9),
    "core.selection_criteria": (2, 9),
    "core.costs": (11,),
    "core.budgets": (1,),
    "core.accounts": (11,),
}
"""In which months a template goes out by itself; the others on request."""

FURTHER: Mapping[str, Callable[[], Iterable[str]]] = {
    "instrument": lambda: sorted(load_instruments()),
    "coder": lambda: ("kodare-1", "kodare-2"),
}
"""What else than a school or project a file may be about: a template for each."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Template:
    """One template to write.

    Attributes:
        table: Which table its rows are for.
        owner: School or project that fills it in, or the city itself.
        named: What its file's name says it is about.
        file_name: Name to send it under, with the version that comes next.
    """

    table: str
    owner: str
    named: Mapping[str, str]
    file_name: str

    @property
    def contract(self) -> type[Delivered]:
        """The contract of the rows."""
        contract = load_contracts()[self.table]
        assert issubclass(contract, Delivered)  # noqa: S101 - names in TEMPLATE_NAMES
        return contract

    @property
    def sheet(self) -> str:
        """Name of the sheet to fill in, as the template's layout looks for it."""
        return data_sheet(_profile(self.table))


@dataclass(frozen=True, slots=True)
class Written:
    """What was written to the outbox.

    Attributes:
        files: Where each lies.
        pupils: Rows with an identity number, by file; only files that have any.
    """

    files: tuple[Path, ...]
    pupils: Mapping[Path, int]


def write_templates(
    workspace: Workspace,
    month: str,
    *,
    owner: str | None = None,
    every: bool = False,
    into: Path | None = None,
) -> Written:
    """Write a month's templates and forms, with mode 0600.

    That files with identity numbers are written is entered in the audit log first.

    Args:
        workspace: Where deliveries and outbox are.
        month: ``2016-03``.
        owner: Only those of one school or project.
        every: Also those that are not due that month.
        into: Another folder than the outbox.
    """
    places = Places.of(workspace)
    outbox = workspace.outbox if into is None else into
    filled = _filled(workspace, places, month, owner=owner, every=every)
    _enter(workspace, month, filled)
    files: list[Path] = []
    pupils: dict[Path, int] = {}
    for template, rows in filled:
        content = {template.file_name: template_book(template, places, rows)}
        folder = write_to_outbox(outbox, template.owner, TEMPLATES, content)
        files.append(folder / template.file_name)
        if _has_pupils(rows):
            pupils[files[-1]] = len(rows)
    for project in places.projects:
        if owner in (None, project):
            files += _write_forms(outbox, places, project, month, every=every)
    return Written(tuple(files), pupils)


def templates_of(
    workspace: Workspace,
    places: Places,
    month: str,
    *,
    owner: str | None = None,
    every: bool = False,
) -> Iterator[Template]:
    """The templates of a month.

    Args:
        workspace: Its ledger says which version of a file comes next.
        places: Schools and projects.
        month: ``2016-03``.
        owner: Only those of one school or project, known or not.
        every: Also those that are not due that month.
    """
    versions = _versions(workspace)
    for table, pattern in TEMPLATE_NAMES.items():
        if not every and int(month[5:]) not in DUE.get(table, ()):
            continue
        profile = _profile(table)
        for named in _abouts(profile, places, month):
            whose = named.get("school_id") or named.get("project_id") or CITY
            name = file_name(pattern, named)
            if name is None or owner not in (None, whose) or profile.named(name) is None:
                continue
            version = versions.get(profile.scope(name)[0], 0) + 1
            yield Template(
                table=table,
                owner=whose,
                named=profile.named(name) or {},
                file_name=name if version == 1 else name.replace(".xlsx", f"_v{version}.xlsx"),
            )


def file_name(pattern: str, named: Mapping[str, str]) -> str | None:
    """The name of a template's workbook; None if the pattern asks for what is not known.

    Args:
        pattern: A value of ``TEMPLATE_NAMES``.
        named: Values by group.
    """
    name = pattern
    while "(?P<" in name:
        start = name.index("(?P<")
        group = name[start + 4 : name.index(">", start)]
        if group not in named:
            return None
        value = named[group].replace("/", "-")
        name = name[:start] + value + name[_closing(name, start) + 1 :]
    return f"{name}.xlsx"


def template_book(template: Template, places: Places, rows: Sequence[Known]) -> bytes:
    """A template as a workbook.

    Args:
        template: Which.
        places: Schools, projects and districts to choose from.
        rows: What is known already, by column of the contract.
    """
    columns = template_columns(template.contract, template.named, places)
    book, sheet = new_workbook(template.sheet)
    book.properties.creator = "Samverkan"
    book.properties.title = template.file_name
    put_header(sheet, 1, [column.heading for column in columns])
    sheet.row_dimensions[1].height = 32
    sheet.freeze_panes = "A2"
    set_widths(sheet, [_width(column) for column in columns])
    ranges = _put_lists(book.create_sheet(LISTS), columns)
    for place, column in enumerate(columns, 1):
        letter = get_column_letter(place)
        sheet.column_dimensions[letter].number_format = _format(column)
        validation = _validation(column, ranges.get(column.heading))
        validation.add(f"{letter}2:{letter}{max(ROWS, len(rows)) + 1}")
        sheet.add_data_validation(validation)
    _put_known(sheet, columns, rows)
    print_wide(sheet, header_row=1)
    _put_instructions(book, template, columns)
    return book_bytes(book)


def _filled(
    workspace: Workspace, places: Places, month: str, *, owner: str | None, every: bool
) -> list[tuple[Template, list[Known]]]:
    """The templates of a month, each with what is known of its rows."""
    archive = Archive(workspace)
    wanted = templates_of(workspace, places, month, owner=owner, every=every)
    return [(one, archive.known_rows(one.contract, one.named)) for one in wanted]


def _enter(
    workspace: Workspace, month: str, filled: Sequence[tuple[Template, Sequence[Known]]]
) -> None:
    """Enter in the audit log which templates hold identity numbers; nothing if none does."""
    with_pupils = [(template, rows) for template, rows in filled if _has_pupils(rows)]
    if with_pupils:
        record(
            workspace,
            action="templates.write",
            subject={
                "month": month,
                "files": len(with_pupils),
                "rows_with_identity_numbers": sum(len(rows) for _, rows in with_pupils),
                "owners": sorted({template.owner for template, _ in with_pupils}),
            },
            reason="Templates filled with the pupils of each sender's own deliveries",
        )


def _has_pupils(rows: Sequence[Known]) -> bool:
    return any(row.get(PUPIL) for row in rows)


def _write_forms(
    outbox: Path, places: Places, project: str, month: str, *, every: bool
) -> list[Path]:
    """A project's forms of a month."""
    due = [form for form in FORMS if every or int(month[5:]) in form.due_months]
    files = {}
    for form in due:
        year = int(month[:4]) + (form.name == "work_plan" and int(month[5:]) > 1)
        files[form_name(form, project, year)] = form_book(
            form, project, places.name_of(project), year
        )
    if not files:
        return []
    folder = write_to_outbox(outbox, project, TEMPLATES, files)
    return [folder / name for name in files]


def _abouts(profile: Profile, places: Places, month: str) -> list[dict[str, str]]:
    """What each file of a layout is about in a month: one per school or project, or one."""
    groups = profile.file_name.groupindex
    year = month if int(month[5:]) < 8 else f"{int(month[:4]) - 1}-12"  # noqa: PLR2004 - August
    period = {
        "month": month,
        "term": term_of_month(month),
        "school_year": school_year_of_month(year),
        "year": month[:4],
    }
    if "school_id" in groups:
        owners = [{**period, "school_id": school} for school in places.schools_in(month)]
    elif "project_id" in groups:
        owners = [{**period, "project_id": project} for project in sorted(places.projects)]
    else:
        owners = [period]
    further = [name for name in FURTHER if name in groups]
    return [
        owner | {name: value} for owner in owners for name in further for value in FURTHER[name]()
    ] or owners


def _profile(table: str) -> Profile:
    name = f"{table.partition('.')[2]}_template_xlsx"
    return next(profile for profile in load_profiles() if profile.name == name)


def _versions(workspace: Workspace) -> dict[str, int]:
    """The highest version delivered of each scope."""
    versions: dict[str, int] = {}
    for row in workspace.ledger.rows():
        if row["scope"]:
            scope = str(row["scope"])
            versions[scope] = max(versions.get(scope, 0), int(str(row["version"])))
    return versions


def _closing(text: str, start: int) -> int:
    """Place of the bracket that closes the one at ``start``."""
    depth = 0
    for at in range(start, len(text)):
        depth += (text[at] == "(") - (text[at] == ")")
        if depth == 0:
            return at
    raise ValueError("a bracket in a file's name is not closed")


def _width(column: TemplateColumn) -> float:
    longest = max((len(choice.value) for choice in column.choices), default=0)
    word = max(map(len, column.heading.split()))
    return max(13, min(longest, 34), len(column.heading) / 1.6, BOLD * word)


def _format(column: TemplateColumn) -> str:
    """How cells are formatted: text stays as it is written, so ``2016-03`` is no date."""
    return {"text": TEXT, "date": DATE, "whole": "0"}.get(column.kind, "General")


def _validation(column: TemplateColumn, choices: str | None) -> DataValidation:
    """What a spreadsheet checks while a column is filled in."""
    rule = _rule(column, choices)
    validation = DataValidation(allow_blank=True, showErrorMessage=bool(rule), **rule)
    validation.showInputMessage = True
    validation.promptTitle = column.heading[:LONGEST_TITLE]
    validation.prompt = f"{column.meaning} {column.how}."[:LONGEST_PROMPT]
    validation.errorTitle = column.heading[:LONGEST_TITLE]
    validation.error = f"{column.how}."[:LONGEST_ERROR]
    is_open = bool(column.choices) and not column.is_closed and column.given is None
    validation.errorStyle = "warning" if is_open else "stop"
    return validation


def _rule(column: TemplateColumn, choices: str | None) -> dict[str, str]:
    if column.given is not None:
        return {"type": "list", "formula1": f'"{column.given}"'}
    if choices is not None:
        return {"type": "list", "formula1": choices}
    if column.is_identity:
        return _between("textLength", SHORTEST_NUMBER, LONGEST_NUMBER)
    if column.kind == "date":
        return _between("date", (FIRST_DAY - DAY_ZERO).days, (LAST_DAY - DAY_ZERO).days)
    if column.kind == "text":
        return {}
    lowest = -MOST_WHOLE if column.lowest is None else column.lowest
    highest = MOST_WHOLE if column.highest is None else column.highest
    return _between("whole" if column.kind == "whole" else "decimal", lowest, highest)


def _between(kind: str, lowest: float, highest: float) -> dict[str, str]:
    return {"type": kind, "operator": "between", "formula1": f"{lowest}", "formula2": f"{highest}"}


def _put_known(sheet: Worksheet, columns: Sequence[TemplateColumn], rows: Sequence[Known]) -> None:
    """Fill in what is known; what is not a possible value any more is left empty."""
    for at, row in enumerate(rows, 2):
        for place, column in enumerate(columns, 1):
            value = _possible(row.get(column.name), column)
            if value is not None:
                cell = put(sheet, at, place, value)
                cell.number_format = _format(column)
                cell.fill = GIVEN_FILL


def _possible(value: Value, column: TemplateColumn) -> Value:
    is_refused = column.is_closed and value not in {choice.value for choice in column.choices}
    return None if is_refused else value


def _put_lists(sheet: Worksheet, columns: Sequence[TemplateColumn]) -> dict[str, str]:
    """Write each column's choices side by side; say where each list stands, by heading."""
    put_title(sheet, 1, "Kodlistor")
    put_note(sheet, 2, "Värdena i listorna är de som kan väljas i kolumnen med samma rubrik.")
    ranges = {}
    first = 1
    widths: list[float] = []
    for column in columns:
        if not column.choices or column.given is not None:
            continue
        _put_list(sheet, first, column)
        letter = get_column_letter(first)
        last = FIRST_ROW_OF_LIST + len(column.choices)
        ranges[column.heading] = (
            f"{quote_sheetname(LISTS)}!${letter}${FIRST_ROW_OF_LIST + 1}:${letter}${last}"
        )
        widths += [max(len(column.heading), 12) + 2, 38, 3]
        first += 3
    set_widths(sheet, widths)
    sheet.freeze_panes = f"A{FIRST_ROW_OF_LIST + 1}"
    if not ranges:
        put_note(sheet, FIRST_ROW_OF_LIST, "Mallen har inga kodlistor.")
    return ranges


def _put_list(sheet: Worksheet, first: int, column: TemplateColumn) -> None:
    headings: Sequence[Choice] = (Choice(column.heading, "Betyder"),)
    for at, choice in enumerate((*headings, *column.choices), FIRST_ROW_OF_LIST):
        value = put(sheet, at, first, choice.value)
        meaning = put(sheet, at, first + 1, choice.meaning or None)
        if at == FIRST_ROW_OF_LIST:
            value.font = meaning.font = Font(bold=True)


def _put_instructions(
    book: Workbook, template: Template, columns: Sequence[TemplateColumn]
) -> None:
    words = sheet_of(template.contract)
    sheet = book.create_sheet(INSTRUCTIONS, 1)
    put_title(sheet, 1, f"Så fyller ni i {words.title.lower()}")
    lines = [
        words.purpose,
        "",
        f"1. Fyll i bladet {template.sheet}. Ändra inte dess namn, rubriker eller kolumner.",
        "2. Ljusblå fält är redan ifyllda. Kontrollera dem och ta bort rader som inte gäller.",
        f"3. Spara filen som {template.file_name} och ändra inte namnet.",
        "4. Skicka filen samma väg som förut. Ni får återkoppling om något behöver rättas.",
        "",
        "Skriv aldrig namn, diagnoser eller andra anteckningar om elever i filen.",
    ]
    for at, line in enumerate(lines, 2):
        put_note(sheet, at, line)
    header = len(lines) + 3
    put_header(sheet, header, ("Kolumn", "Vad den betyder", "Så skrivs den", "Måste fyllas i"))
    required = [
        (c.heading, c.meaning, c.how, "ja" if c.is_required else "nej, får vara tom")
        for c in columns
    ]
    after = put_rows(sheet, header + 1, required)
    rules = [str(check.name) for check in template.contract.to_schema().checks]
    if rules:
        put_header(sheet, after + 1, ("Kontroll", "Raden kan inte tas emot om", "Gör så här", ""))
        told = [RULE_WORDS.get(rule, OTHERWISE) for rule in rules]
        put_rows(sheet, after + 2, [(at, p.sv, p.sv_remedy, "") for at, p in enumerate(told, 1)])
    set_widths(sheet, (28, 62, 48, 20))
    print_wide(sheet)
