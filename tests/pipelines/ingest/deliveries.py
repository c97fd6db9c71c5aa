"""Files as senders write them, with invented pupils, and what became of them."""

import csv
import io
from pathlib import Path
from typing import NamedTuple

import openpyxl
from pyarrow import parquet

from pipelines.ingest.blocks import Delivery
from pipelines.ingest.inbox import archived, ingest, ready_files
from pipelines.ingest.profiles import load_profiles
from pipelines.workspace import Workspace

SCHOOL = "12345678"
MONTH = "2016-03"
ATTENDANCE_NAME = f"narvaro_{SCHOOL}_{MONTH}.csv"
LESSONS_NAME = f"lektioner_{SCHOOL}_{MONTH}.csv"
ATTENDANCE_HEADINGS = (
    "Personnummer", "Skolenhetskod", "Månad", "Schemalagd tid, minuter",
    "Rapporterad tid, minuter", "Giltig frånvaro, minuter", "Ogiltig frånvaro, minuter",
    "Varav sen ankomst, minuter", "Annan skolaktivitet, minuter",
)  # fmt: skip
LESSON_HEADINGS = (
    "personnummer", "skolenhetskod", "datum", "start", "amne", "minuter", "franvaro_min",
    "franvarotyp",
)  # fmt: skip

DAY_HEADINGS = tuple(name for name in LESSON_HEADINGS if name not in ("start", "amne"))


def check_digit(nine: str) -> str:
    """The digit that makes the Luhn sum of ten a multiple of ten, found by trying all ten."""
    return next(digit for digit in "0123456789" if _luhn_sum(nine + digit) % 10 == 0)


def number(n: int, *, born: str = "20010115") -> str:
    """A twelve-digit number of nobody; another for each ``n`` below 999."""
    nine = f"{born[2:]}{n + 1:03d}"
    return f"{born[:2]}{nine}{check_digit(nine)}"


def _luhn_sum(ten: str) -> int:
    total = 0
    for place, digit in enumerate(ten):
        product = int(digit) * (2 if place % 2 == 0 else 1)
        total += product - 9 if product > 9 else product
    return total


def month_row(n: int, **changes: str) -> list[str]:
    """One pupil's month as the template has it."""
    values = [number(n), SCHOOL, MONTH, "7000", "6900", "300", "120", "20", "0"]
    row = dict(zip(ATTENDANCE_HEADINGS, values, strict=True))
    return list((row | changes).values())


def lesson_row(n: int, **changes: str) -> list[str]:
    """One pupil's lesson as the export has it."""
    values = [number(n), SCHOOL, "2016-03-07", "08:10", "MA", "60", "0", ""]
    row = dict(zip(LESSON_HEADINGS, values, strict=True))
    return list((row | changes).values())


def day_row(n: int, **changes: str) -> list[str]:
    """One pupil's day as the export has it."""
    values = [number(n), SCHOOL, "2016-03-07", "360", "0", ""]
    row = dict(zip(DAY_HEADINGS, values, strict=True))
    return list((row | changes).values())


def csv_text(headings, rows, delimiter=";") -> str:
    """Delimited text with a header."""
    text = io.StringIO(newline="")
    csv.writer(text, delimiter=delimiter, lineterminator="\n").writerows([headings, *rows])
    return text.getvalue()


def attendance(rows) -> bytes:
    """A file of the monthly template."""
    return csv_text(ATTENDANCE_HEADINGS, rows).encode()


def lessons(rows) -> bytes:
    """A file of the lesson-level export."""
    return csv_text(LESSON_HEADINGS, rows).encode()


def days(rows) -> bytes:
    """A file of the day-level export."""
    return csv_text(DAY_HEADINGS, rows).encode()


def workbook(path: Path, headings, rows) -> Path:
    """An XLSX file with one sheet."""
    book = openpyxl.Workbook()
    for row in (headings, *rows):
        book.active.append(list(row))
    book.save(path)
    book.close()
    return path


class Report(NamedTuple):
    """What one ingested file gave."""

    entry: dict
    accepted: dict
    held: list


def drop(workspace: Workspace, name: str, content: bytes) -> Path:
    """Put a file into the inbox."""
    path = workspace.inbox / name
    path.write_bytes(content)
    return path


def ingested(workspace: Workspace, files) -> dict[str, dict]:
    """Drop files, ingest the inbox, and give the ledger's entry of each file by name."""
    for name, content in dict(files).items():
        drop(workspace, name, content)
    ingest(workspace, ready_files(workspace.inbox))
    return {row["file_name"]: row for row in workspace.ledger.rows()}


def one(workspace: Workspace, name: str, content: bytes) -> Report:
    """Ingest one file and read back all that became of it."""
    entry = ingested(workspace, {name: content})[name]
    return report(workspace, entry)


def report(workspace: Workspace, entry: dict) -> Report:
    """What lies in the lake of one delivery."""
    found = workspace.lake.folder.glob(f"*/*/{entry['delivery_id']}.parquet")
    rows = {path.parent.name: parquet.read_table(path).to_pylist() for path in found}
    held = rows.pop("records", [])
    return Report(entry, rows, held)


def reasons(found: Report) -> dict[int, str]:
    """Reasons by record number."""
    return {row["record_no"]: row["reasons"] for row in found.held}


def stored_texts(path: Path) -> set[str]:
    """Every text a Parquet file holds, also those of a dictionary that no row refers to."""
    schema = parquet.read_schema(path)
    names = [field.name for field in schema if str(field.type) == "string"]
    table = parquet.read_table(path, columns=names, read_dictionary=names)
    return {
        text
        for name in names
        for chunk in table[name].chunks
        for text in chunk.dictionary.to_pylist()
    }


def profile(name: str):
    """A shipped layout by its name."""
    return next(one for one in load_profiles() if one.name == name)


def delivery(path: Path, file_name: str, layout, delivery_id: str = "a" * 64) -> Delivery:
    """A delivery of a file that lies anywhere."""
    return Delivery(delivery_id, path, file_name, layout)


def original(workspace: Workspace, entry: dict) -> bytes:
    """The archived file."""
    return archived(workspace, entry["delivery_id"]).read_bytes()
