"""A data folder with the registers of two schools and a project, all invented."""

import datetime as dt
import io

import openpyxl
import pytest

from pipelines.schools.places import Places
from pipelines.workspace import Workspace
from tests.pipelines.ingest.deliveries import csv_text, ingested, number

SCHOOL, OTHER = "12345678", "87654321"
PROJECT = "alnas-projekt"
MONTH, TERM = "2016-03", "2016VT"
SIGNED = dt.date(2016, 2, 1)

REGISTERS = {
    "stadsdelar.csv": (("Stadsdel, kod", "Stadsdel"), [("alnas", "Alnäs")]),
    "skolor.csv": (
        ("Skolenhetskod", "Skola", "Stadsdel, kod", "Gäller från", "Gäller till"),
        [
            (SCHOOL, "Björkskolan", "alnas", "2000-01-01", ""),
            (OTHER, "Alskolan", "alnas", "2000-01-01", ""),
            ("11112222", "Nedlagda skolan", "alnas", "2000-01-01", "2012-06-30"),
        ],
    ),
    "projekt.csv": (("Projekt, kod", "Projekt", "Stadsdel, kod"), [(PROJECT, "Alnäs", "alnas")]),
    "projektskolor.csv": (
        ("Projekt, kod", "Skolenhetskod", "Första termin", "Sista termin", "Grund"),
        [(PROJECT, SCHOOL, "2013HT", "", "skola")],
    ),
}
REGISTER_HEADINGS = (
    "Personnummer", "Skolenhetskod", "Termin", "Årskurs", "Klass", "Från", "Till",
    "Boende stadsdel, kod", "Nyanländ",
)  # fmt: skip
PARTICIPATION_HEADINGS = (
    "Personnummer", "Projekt, kod", "Skolenhetskod", "Termin", "Från", "Planerat slut", "Till",
    "Avslutsorsak",
)  # fmt: skip


@pytest.fixture
def workspace(tmp_path):
    """A data folder that knows the schools."""
    made = Workspace(tmp_path / "data")
    made.make()
    files = {name: csv_text(*table).encode() for name, table in REGISTERS.items()}
    ingested(made, files)
    return made


@pytest.fixture
def places():
    """What those registers say, without reading them."""
    return Places(
        schools={
            SCHOOL: {"school_name": "Björkskolan", "valid_from": "2000-01-01", "valid_to": None},
            OTHER: {"school_name": "Alskolan", "valid_from": "2000-01-01", "valid_to": None},
        },
        projects={PROJECT: "Alnäs"},
        districts={"alnas": "Alnäs"},
        covered=[
            {
                "project_id": PROJECT,
                "school_id": SCHOOL,
                "first_term": "2013HT",
                "last_term": None,
            }
        ],
    )


def pupil(n, **changes):
    """A pupil in the register of the spring term."""
    values = [number(n), SCHOOL, TERM, "8", "8A", "2015-08-17", "", "alnas", "nej"]
    row = dict(zip(REGISTER_HEADINGS, values, strict=True))
    return list((row | changes).values())


def register(rows):
    """The school's register as a file."""
    return {f"elever_{SCHOOL}_{TERM}.csv": csv_text(REGISTER_HEADINGS, rows).encode()}


def participant(n, **changes):
    """A pupil in the project's register of the spring term."""
    values = [number(n), PROJECT, SCHOOL, TERM, "2016-01-18", "2016-06-10", "", ""]
    row = dict(zip(PARTICIPATION_HEADINGS, values, strict=True))
    return list((row | changes).values())


def participation(rows, term=TERM):
    """The project's register as a file."""
    name = f"deltagande_{PROJECT}_{term}.csv"
    return {name: csv_text(PARTICIPATION_HEADINGS, rows).encode()}


def opened(content):
    """A workbook from its bytes."""
    return openpyxl.load_workbook(io.BytesIO(content))


def rows_of(sheet):
    """The values of a sheet under its header, without empty rows."""
    rows = [list(row) for row in sheet.iter_rows(min_row=2, values_only=True)]
    return [row for row in rows if any(value is not None for value in row)]
