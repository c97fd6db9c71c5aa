"""SCB's grade files, held against the record description of each year."""

import datetime as dt
import re

import openpyxl
import pytest

from pipelines.ingest.blocks import Block, Judges, Span, judge_block
from pipelines.ingest.records import Found, in_blocks
from pipelines.ingest.vault import Vault
from tests.pipelines.ingest.deliveries import SCHOOL, delivery, number, one, profile, reasons

SPECIFICATIONS = {
    "scb_grade9": ("slutbetyg", ("_betyg_ak9_2025", "_betyg_ak9_2026")),
    "scb_grade6": ("terminsbetyg6", ("-betyg_ak6_2025", "_betyg_ak6_2026")),
}
FILLED = {"PersonNr": number(0), "Skolenhetskod": SCHOOL, "Datum": "2026-06-10", "Klass": "6A"}
TRIED = [*"ABCDEF9312456780YZ", "-", "a", ""]


def described(shared, name):
    """The columns of a record description, and the codes each may hold (none for free text)."""
    path = shared / f"specs/scb/datafilsbeskrivning{name}.xlsx"
    found = {}
    with path.open("rb") as file:
        book = openpyxl.load_workbook(file, read_only=True)
        for heading, content, _, length, *_ in book.active.iter_rows(min_row=8, values_only=True):
            if heading and isinstance(length, int):
                found[re.sub("[()]", "", heading)] = codes = set()
            if not heading and content and (code := re.match(r"\s*(\w) *=", content)):
                codes.add(code[1])
        book.close()
    return found


def good_line(layout):
    """A pupil with an E in every subject, and languages by their letters."""
    is_language = re.compile(".* språk|Modm_anm").fullmatch
    marks = {name: "FRA" if is_language(name) else "E" for name in layout.columns[8:]}
    return {**dict.fromkeys(layout.columns[:8], ""), **FILLED, **marks}


def accepted_codes(layout, tmp_path, column):
    """Which of the codes tried are accepted in a column."""
    rows = [Found(1, good_line(layout) | {column: code}) for code in TRIED]
    (records,) = in_blocks(rows, layout)
    name = f"{SPECIFICATIONS[layout.name][0]}_{SCHOOL}_2026VT.csv"
    span = Span(delivery(tmp_path / name, name, layout), 0, len(records), 1)
    judges = Judges.of(Vault(tmp_path / "vault"), today=dt.date(2026, 6, 20))
    judged = judge_block(Block(records, (span,)), judges)
    return {code for code, clean in zip(TRIED, judged.clean, strict=True) if clean}


@pytest.mark.shared_data
@pytest.mark.filterwarnings("ignore:Print area")  # of the publisher's workbooks
@pytest.mark.parametrize(
    ("name", "specification"),
    [(name, one) for name, (_, years) in SPECIFICATIONS.items() for one in years],
)
def test_a_layout_has_the_columns_and_codes_of_each_years_description(
    shared, tmp_path, name, specification
):
    layout = profile(name)
    columns = described(shared, specification)
    assert list(layout.columns) == list(columns)
    for column, codes in columns.items():
        if codes and column != "Klass":
            assert accepted_codes(layout, tmp_path, column) == codes, column


def test_what_is_not_taught_or_not_graded_is_no_row(workspace):
    layout = profile("scb_grade6")
    line = good_line(layout) | {"Bl": "Z", "Bi": "2", "No": "D", "Modmalbe": "Y", "Ma": "9"}
    content = ";".join(line.values()).encode("cp1252")
    found = one(workspace, f"terminsbetyg6_{SCHOOL}_2026VT.csv", content)
    marks = {row["subject_code"]: row["mark"] for row in found.accepted["grades"]}
    assert not {"BL", "BI", "MLFRA"} & set(marks)
    assert (marks["NO"], marks["MA"], marks["M2FRA"]) == ("D", "-", "E")
    assert {row["is_final"] for row in found.accepted["grades"]} == {"no"}


def test_no_grade_in_a_mandatory_subject_is_held_back(workspace):
    layout = profile("scb_grade9")
    lines = [good_line(layout), good_line(layout) | {"PersonNr": number(1), "Ma": "2"}]
    content = "\n".join(";".join(line.values()) for line in lines).encode("cp1252")
    found = one(workspace, f"slutbetyg_{SCHOOL}_2026VT.csv", content)
    assert len(found.accepted["grades"]) == 22
    assert reasons(found) == {2: "mark: not one of the codes (Ma)"}
