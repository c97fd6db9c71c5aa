"""Vklass reports as the system exports them, with invented pupils."""

import io

import openpyxl
import xlwt

from tests.pipelines.ingest.deliveries import MONTH, SCHOOL, number

PUPILS_NAME = f"vklass_{SCHOOL}_{MONTH}"
SCHOOLS_NAME = f"vklass_skola_{SCHOOL}_{MONTH}"
HEADINGS = (
    "Namn", "Personnr", "Undv. tid", "Lekt.", "N min", "GF min", "F min", "N %", "GF %", "F %",
)  # fmt: skip
SCHOOL_HEADINGS = (
    "Skola", "Undv. tid", "Lekt.", "Ej reg tid", "GF %", "F %", "N h", "GF h", "F h",
)  # fmt: skip
TITLES = ([], ["", "Närvaro, elever"], ["", "Hemlig Skola"], ["", "Utskriven 2016-04-04"])
OF_PERIOD = (*TITLES[:3], ["", "Period: 2016-03-01 - 2016-03-31"])
SUM = ["", "Totalt", "", "5 400", 60, "5 175", 189, 36, "95,8 %", "3,5 %", "0,7 %"]


def pupil(n, **changes):
    """A pupil's line: 5 400 minutes, of which 189 valid and 36 invalid absence."""
    values = (f"Hemlig {n}", number(n), "5\u00a0400", 60, 5175, 189, 36, "95,8 %", "3,5 %", "0,7 %")
    return ["", *(dict(zip(HEADINGS, values, strict=True)) | changes).values()]


def class_block(name, *lines):
    """A class: its heading, the header again, its pupils and their sum."""
    return [["", f"Klass: {name}"], ["", *HEADINGS], *lines, SUM, []]


def report(*blocks, titles=TITLES):
    """The rows of a report of pupils."""
    return [*titles, *(row for block in blocks for row in block), ["", "Sida 1 av 1"]]


def school_report(*lines, titles=TITLES):
    """The rows of a report of schools."""
    return [*titles, list(SCHOOL_HEADINGS), *lines]


def legacy(rows, *, change=None):
    """Rows as an ``.xls`` file; ``change`` may add to the workbook."""
    book = xlwt.Workbook()
    sheet = book.add_sheet("Rapport")
    for at, row in enumerate(rows):
        for place, value in enumerate(row):
            if value != "":
                sheet.write(at, place, value)
    if change is not None:
        change(book)
    content = io.BytesIO()
    book.save(content)
    return content.getvalue()


def modern(rows, *, change=None):
    """Rows as an ``.xlsx`` file."""
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append([None if value == "" else value for value in row])
    if change is not None:
        change(book)
    content = io.BytesIO()
    book.save(content)
    book.close()
    return content.getvalue()
