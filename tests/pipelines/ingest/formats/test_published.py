"""Published tables made here: titles, groups, prose below, signs, and what is refused."""

import csv
import io
import json

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.ingest.formats.published import CONTAINER, plain_number
from pipelines.ingest.records import UnreadableError
from tests.pipelines.ingest.deliveries import one, profile, reasons

WHOLE = (
    "Grundskola - Betyg årskurs 6, andel som fått godkänt betyg (A-E), samtliga elever 2031 Kommun"
)
BY_SEX = "Grundskola - Betyg årskurs 6, andel som fått godkänt betyg (A-E), per kön 2031 Kommun"
AREA = ("Kommun", "Kommun-kod", "Län", "Läns-kod", "Typ av huvudman")
NAMES = tuple(profile("skolverket_grade6").columns[5:])
PROSE = "\nRapportbeskrivning och definitioner etc.\nEn rad; med semikolon;\n"


def text_of(rows, *, groups=(), prose=PROSE):
    """A report as Skolverket writes its CSV."""
    lines = ["Statistik från Skolverket", "", "Titel", "Valt läsår: 2030/31", ""]
    if groups:
        lines.append(";".join(["", "", "", "", "", *groups, ""]))
    lines.append(";".join([*AREA, *NAMES * (2 if groups else 1), ""]))
    lines += [";".join([*row, ""]) for row in rows]
    return ("\ufeff" + "\n".join(lines) + "\n" + prose).encode()


def book_of(rows, tmp_path, *, groups=False, sheet="Statistik"):
    """The same report as a workbook: numbers as numbers, groups merged, no prose."""
    book = openpyxl.Workbook()
    book.active.title = sheet
    for line in ([None], [None], ["Titel"], ["Valt läsår: 2030/31"], [None], [None]):
        book.active.append(line)
    if groups:
        book.active.append([None] * 5 + ["Flickor"] + [None] * 4 + ["Pojkar"])
        book.active.merge_cells("F7:J7")
    book.active.append([*AREA, *NAMES, *(f"{name} " for name in NAMES if groups)])
    for row in rows:
        book.active.append([*row[:5], *(as_cell(text) for text in row[5:])])
    path = tmp_path / "made.xlsx"
    book.save(path)
    book.close()
    return path.read_bytes()


def as_cell(text):
    """A number of the publisher's CSV as its workbook holds it."""
    plain = text.replace(" ", "").replace(",", ".")
    return float(plain) if plain.replace(".", "").isdigit() and text != "." else text


ROW = ("Ale", "1440", "Västra Götalands län", "14", "Samtliga")
CELLS = ("3 827", "17,1", "82,0", "..", ".")


def values(found):
    """Measure to number and state."""
    return {row["measure"]: (row["value"], row["state"]) for row in found.accepted["benchmarks"]}


EXPECTED = {
    "pupils": (3827.0, "reported"),
    "mean_grades_per_pupil": (17.1, "reported"),
    "passed_all_percent": (82.0, "reported"),
    "failed_one_percent": (None, "suppressed"),
    "failed_several_percent": (None, "not_applicable"),
}


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_a_report_is_the_same_table_in_either_kind_of_file(workspace, tmp_path, kind):
    rows = [(*ROW, *CELLS)]
    content = text_of(rows) if kind == "csv" else book_of(rows, tmp_path)
    found = one(workspace, f"{WHOLE}.{kind}", content)
    assert found.entry["records"] == found.entry["accepted"] == 1
    assert values(found) == EXPECTED
    assert {row["year"] for row in found.accepted["benchmarks"]} == {"2030/31"}


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_columns_that_share_a_name_are_told_apart_by_their_group(workspace, tmp_path, kind):
    rows = [(*ROW, *CELLS, "5", "16,0", "~100", "..", ".")]
    groups = ["Flickor"] * 5 + ["Pojkar"] * 5
    content = (
        text_of(rows, groups=groups) if kind == "csv" else book_of(rows, tmp_path, groups=True)
    )
    found = one(workspace, f"{BY_SEX}.{kind}", content)
    measured = values(found)
    assert measured["pupils_girls"] == (3827.0, "reported")
    assert measured["pupils_boys"] == (5.0, "reported")
    assert measured["passed_all_percent_boys"] == (None, "masked_near_100")


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ((*ROW, "3827", "17.1", "82,0", "..", "."), "value: number_format (Antal ämnesbetyg"),
        ((*ROW, "3827", "17,1", "82,0", "...", "."), "value: number_format"),
        ((*ROW, "3827", "17,1", "82,0", "x", "."), "value: not float64"),
        ((*ROW, "3827", "17,1", "82,0", "", "."), "value: "),
        ((*ROW, *CELLS[:4]), "record: 9 fields instead of 10"),
        ((*ROW, *CELLS, "1"), "record: 11 fields instead of 10"),
        ((ROW[0], "", *ROW[2:], *CELLS), "area_code: missing"),
    ],
)
def test_a_row_that_does_not_fit_is_held_back_with_its_line(workspace, row, reason):
    other = ("Åmål", "1492", *ROW[2:], *CELLS)
    found = one(workspace, f"{WHOLE}.csv", text_of([row, other]))
    assert reasons(found)[1].startswith(reason)
    assert found.held[0]["line_no"] == 7
    assert found.entry["accepted"] == 1


def without_title(content):
    return content.replace("Valt läsår: 2030/31".encode(), b"Titel")


REFUSED = {
    "empty": b"",
    "no_header": b"Statistik\n",
    "missing_column": text_of([(*ROW, *CELLS)]).replace(b"Antal elever", b"Antal"),
    "extra_column": text_of([]).replace(b"Kommun-kod;", b"Kommun-kod;Kod;"),
    "title": without_title(text_of([(*ROW, *CELLS)])),
    "encoding": text_of([(*ROW, *CELLS)]).replace(b"Ale", b"\xc5le"),
    "no_records": text_of([]),
    "quote": text_of([(*ROW, *CELLS)]).replace(b"Ale", b'"Al"e'),
    "format": b"PK\x03\x04 and no more",
}


@pytest.mark.parametrize("cause", REFUSED)
def test_a_table_that_is_not_the_layouts_is_refused(workspace, cause):
    found = one(workspace, f"{WHOLE}.csv", REFUSED[cause])
    assert found.entry["status"] == "rejected"
    assert found.entry["cause"].startswith(f"{cause}: ")


def test_a_workbook_without_the_declared_sheet_is_refused(workspace, tmp_path):
    content = book_of([(*ROW, *CELLS)], tmp_path, sheet="Blad1")
    found = one(workspace, f"{WHOLE}.xlsx", content)
    assert found.entry["cause"] == "sheet: the workbook has no sheet Statistik"


def test_a_code_of_england_is_a_state(workspace):
    layout = profile("dfe_attendance")
    columns = [name for name in layout.columns if name not in ("area_code", "area_name")]
    good = dict.fromkeys(columns, "1") | {
        "time_period": "202526", "country_code": "E92000001", "region_code": "", "old_la_code": "",
        "new_la_code": "", "country_name": "England", "region_name": "", "la_name": "",
    }  # fmt: skip
    signs = {"num_schools": "c", "enrolments": "z", "pa_perc": "x", "auth_mob_perc": "1.5e-05"}
    text = io.StringIO()
    csv.DictWriter(text, columns).writerows(
        [dict(zip(columns, columns, strict=True)), good | signs]
    )
    found = one(workspace, "EES_ytd_data.csv", text.getvalue().encode())
    measured = values(found)
    assert measured["num_schools"] == (None, "confidential")
    assert measured["enrolments"] == (None, "not_applicable")
    assert measured["pa_perc"] == (None, "not_available")
    assert measured["auth_mob_perc"] == (1.5e-05, "reported")
    assert {row["area_code"] for row in found.accepted["benchmarks"]} == {"E92000001"}


SIRIS = (
    "Skola;Skol-enhetskod;Skolkommun;Kommun-kod;Typ av huvudman;Huvudman;Huvudman orgnr;"
    "Antal elever;Andel som uppnått kunskapskraven i alla ämnen;Andel (%) behörig yrkesprog.;"
    "Genomsnittligt meritvärde ({});"
)


@pytest.mark.parametrize(("subjects", "year"), [(16, "2013-14"), (17, "2014-15")])
def test_merit_values_of_16_and_17_subjects_are_two_measures(workspace, subjects, year):
    row = "Åskolan;20110115;Stockholm;0180;Kommunal;Stockholm;212;43;97,7;~100;231,4;"
    text = "\ufeffSIRIS\n1\n2\n3\n4\n" + SIRIS.format(subjects) + f"\n{row}\n"
    found = one(workspace, f"siris_slutbetyg_{year}.csv", text.encode())
    measured = values(found)
    assert found.entry["profile"] == f"siris_grade9_{subjects}"
    assert measured[f"merit_value_{subjects}"] == (231.4, "reported")
    assert measured["eligible_vocational_percent"] == (None, "masked_near_100")
    assert {row["year"] for row in found.accepted["benchmarks"]} == {year.replace("-", "/")}


def test_koladas_answer_is_a_row_for_each_year_and_sex(workspace):
    years = [
        {"kpi": "N15436", "municipality": "0180", "period": year, "values": [
            {"gender": sex, "count": 1, "status": "", "value": value}
            for sex, value in (("T", 86.9), ("K", None), ("M", 85))
        ]}
        for year in (2017, 2018)
    ]  # fmt: skip
    answer = json.dumps({"count": 2, "values": years}).encode()
    found = one(workspace, "kolada_N15436_0180.json", answer)
    assert found.held == []
    rows = [(r["year"], r["provider_type"], r["value"], r["state"])
            for r in found.accepted["benchmarks"]]  # fmt: skip
    assert rows[:3] == [
        ("2017", "Samtliga", 86.9, "reported"),
        ("2017", "Flickor", None, "not_applicable"),
        ("2017", "Pojkar", 85.0, "reported"),
    ]
    assert len(rows) == 6
    assert {row["measure"] for row in found.accepted["benchmarks"]} == {
        "eligible_vocational_percent_municipal"
    }


def test_an_unknown_key_figure_of_kolada_is_held_back(workspace):
    year = {"kpi": "N99999", "municipality": "0180", "period": 2018, "values": [
        {"gender": "T", "count": 1, "status": "", "value": 1.5}]}  # fmt: skip
    answer = json.dumps({"count": 1, "values": [year, {**year, "values": None}]}).encode()
    found = one(workspace, "kolada_N99999_0180.json", answer)
    assert reasons(found)[1] == "measure: not one of the codes"
    assert reasons(found)[2].startswith("record: a field that is not part of this layout")


@given(st.floats(-1e15, 1e15))
@settings(max_examples=200, deadline=None)
def test_a_number_written_plainly_is_the_same_number(number):
    plain = plain_number(repr(number))
    assert float(plain) == number
    assert "e" not in plain


@pytest.mark.parametrize("text", ["", "e", "1e", "E12000001", "1e9999", "3e05x", "~100"])
def test_what_is_no_number_stays_as_it_is(text):
    assert plain_number(text) == text


def test_prose_below_a_table_is_no_record(tmp_path):
    path = tmp_path / "x.csv"
    path.write_bytes(text_of([(*ROW, *CELLS)]))
    (records,) = CONTAINER.records(path, profile("skolverket_grade6"), strictly=False)
    assert records.lines.tolist() == [7]
    assert "Valt läsår: 2030/31\n" in CONTAINER.titles(path, profile("skolverket_grade6"))


def test_a_large_text_is_no_published_table(tmp_path, monkeypatch):
    monkeypatch.setattr("pipelines.ingest.formats.published.MOST_CSV_BYTES", 100)
    path = tmp_path / "x.csv"
    path.write_bytes(text_of([(*ROW, *CELLS)]))
    with pytest.raises(UnreadableError, match="larger than any published table"):
        CONTAINER.headings(path, profile("skolverket_grade6"))
