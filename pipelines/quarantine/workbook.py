"""The workbook in which records held back are corrected: how it is written and read back.

One sheet per layout, every cell as text. A text that a spreadsheet would take for a formula is
marked as text; characters that turn or hide text are left out.
"""

import os
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter
from openpyxl.worksheet._write_only import WriteOnlyWorksheet

from pipelines.ingest.formats.registry import load_containers
from pipelines.ingest.profiles import Profile, as_heading
from pipelines.ingest.records import UnreadableError
from pipelines.ingest.supplements import read_columns

OURS = ("Leverans", "Post", "Rad", "Orsaker", "Att göra", "Rättad")
GUIDE = "Läs mig"
EXPORT = "Export"
LONGEST_CELL = 32_767
LONGEST_TITLE = 31
WIDTHS = {"Leverans": 14, "Orsaker": 40, "Att göra": 60}
USUAL_WIDTH = 16
FORMULA = re.compile(r"^[=+\-@\t\r\uff1d\uff0b\uff0d\uff20]")
UNSEEN = re.compile(
    r"[\x00-\x08\x0b\x0c\x0e-\x1f\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]"
)
WORDS = """
Rätta värdena i de gulmarkerade cellerna och spara filen som den är (.xlsx).
Ändra inte kolumnerna Leverans, Post, Rad och Orsaker, och inga rubriker eller blad.
Nyckeln (elev, skola, period med mera) får bara ändras där den själv är felet.
Rader som inte är rättade kan stå kvar; de ligger kvar i karantän.
Är en rad rätt som den står: skriv x i kolumnen Rättad. Av flera rader om samma sak markeras en.
En rad vars fält inte går att skilja åt rättas inte här: be skolan om hela filen på nytt (_v2).
Filen innehåller personuppgifter. Den är för driftansvarig ensam och raderas när den är inläst.
Lämna tillbaka den med: samverkan quarantine resubmit FIL
""".strip().splitlines()


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A record as it stands in the workbook.

    Attributes:
        delivery_id: Of which delivery.
        record_no: Record in the file.
        line_no: Line it starts on.
        reasons: What speaks against it.
        to_do: What to do, in Swedish.
        faulty: Headings of the columns that the reasons are about.
        values: Text by heading.
    """

    delivery_id: str
    record_no: int
    line_no: int
    reasons: str
    to_do: str
    faulty: frozenset[str]
    values: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Row:
    """A row of a workbook that came back.

    Attributes:
        place: Sheet and row, for the person who corrects it.
        delivery_id: As it stands there.
        record_no: As it stands there.
        is_marked: Whether something stands under ``Rättad``.
        values: Text by heading of the layout.
    """

    place: str
    delivery_id: str
    record_no: str
    is_marked: bool
    values: Mapping[str, str]


def write_workbook(
    path: Path,
    export_id: str,
    sheets: Mapping[str, tuple[Profile, Sequence[Line]]],
    files: Sequence[tuple[str, str]],
) -> None:
    """Write a workbook that nobody else may read.

    Args:
        path: A file that does not exist.
        export_id: What the export is known by.
        sheets: Layout and records by the sheet's title.
        files: Delivery and file name of what is in it.
    """
    book = Workbook(write_only=True)
    _write_guide(book.create_sheet(GUIDE), export_id, files)
    for title, (profile, lines) in sheets.items():
        _write_sheet(book.create_sheet(title), profile, lines)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        book.save(file)


def export_of(path: Path) -> str:
    """What the export that a workbook came from is known by.

    Raises:
        UnreadableError: If it is no safe workbook, or not one of these.
    """
    found = load_containers()["xlsx"].headings(path, _layout(GUIDE, (EXPORT,))) or []
    if len(found) < 2 or found[0] != EXPORT:  # noqa: PLR2004 - a name and a value
        raise UnreadableError("sheet", f"the sheet {GUIDE} does not say which export this is")
    return found[1]


def read_sheet(path: Path, title: str, profile: Profile) -> Iterator[Row]:
    """The rows of a sheet that came back; none if the sheet was taken out.

    Raises:
        UnreadableError: If its headings are not those that were written.
    """
    shown = headings(profile)
    layout = _layout(title, (*OURS, *shown.values()))
    try:
        for records in load_containers()["xlsx"].records(path, layout, strictly=True):
            columns = {name: column.to_pylist() for name, column in records.columns.items()}
            for at, line in enumerate(records.lines.tolist()):
                texts = {name: values[at] for name, values in columns.items()}
                yield Row(
                    f"{title}, rad {line}",
                    texts["Leverans"].strip().lower(),
                    texts["Post"].strip(),
                    bool(texts["Rättad"].strip()),
                    {own: texts[name] for own, name in shown.items()},
                )
    except UnreadableError as error:
        if error.cause not in ("sheet", "no_records"):
            raise


def titles(profiles: Sequence[Profile]) -> dict[str, Profile]:
    """Layouts by the title of their sheet, which is short and like no other."""
    named = sorted(profiles, key=lambda profile: profile.name)
    return {f"{n} {one.name}"[:LONGEST_TITLE]: one for n, one in enumerate(named, 1)}


def headings(profile: Profile) -> dict[str, str]:
    """Headings in the workbook by the file's own: the same, unless one of ours is called so."""
    ours = {as_heading(name) for name in OURS}
    return {
        name: f"{name} (i filen)" if as_heading(name) in ours else name
        for name in read_columns(profile)
    }


def shown(text: str) -> str:
    """A text as a cell can hold it: no control characters, no turned text, not endless."""
    return UNSEEN.sub("", text)[:LONGEST_CELL]


def _layout(title: str, columns: tuple[str, ...]) -> Profile:
    return Profile(
        name="quarantine_export",
        container="xlsx",
        file_name=re.compile(".*"),
        dataset="quarantine",
        columns=columns,
        tables=(),
        sheet=title,
    )


def _write_guide(
    sheet: WriteOnlyWorksheet, export_id: str, files: Sequence[tuple[str, str]]
) -> None:
    sheet.column_dimensions["A"].width = 70
    sheet.column_dimensions["B"].width = 60
    sheet.append([EXPORT, export_id])
    for words in WORDS:
        cell = WriteOnlyCell(sheet, words)
        cell.alignment = Alignment(wrap_text=True, vertical="top")
        sheet.append([cell])
    sheet.append([])
    sheet.append(["Leverans", "Fil"])
    for delivery_id, file_name in files:
        sheet.append([_Pen(sheet).text(delivery_id), _Pen(sheet).text(file_name)])


def _write_sheet(sheet: WriteOnlyWorksheet, profile: Profile, lines: Sequence[Line]) -> None:
    own = headings(profile)
    heads = [*OURS, *own.values()]
    sheet.freeze_panes = "A2"
    sheet.auto_filter.ref = f"A1:{get_column_letter(len(heads))}{len(lines) + 1}"
    for place, name in enumerate(heads, 1):
        letter = get_column_letter(place)
        sheet.column_dimensions[letter].width = WIDTHS.get(name, USUAL_WIDTH)
    pen = _Pen(sheet)
    sheet.append([pen.heading(name) for name in heads])
    for line in lines:
        first = (line.delivery_id, str(line.record_no), str(line.line_no))
        ours = [pen.text(text) for text in (*first, line.reasons, line.to_do, "")]
        values = [pen.text(line.values[n], is_faulty=n in line.faulty) for n in own]
        sheet.append([*ours, *values])


@dataclass(frozen=True, slots=True)
class _Pen:
    """Writes the cells of a sheet."""

    sheet: WriteOnlyWorksheet

    def heading(self, text: str) -> WriteOnlyCell:
        """A heading in bold."""
        cell = self.text(text)
        cell.font = Font(bold=True)
        return cell

    def text(self, text: str, *, is_faulty: bool = False) -> WriteOnlyCell:
        """A text that is nothing but text, whatever it begins with."""
        cell = WriteOnlyCell(self.sheet, shown(text))
        cell.data_type = "s"
        cell.number_format = "@"
        if FORMULA.match(text):
            cell.quotePrefix = True
        if is_faulty:
            cell.fill = PatternFill("solid", start_color="FFFF99")
        return cell
