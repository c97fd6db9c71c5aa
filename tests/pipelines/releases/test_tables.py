"""The open tables, read back by the csv module and by openpyxl."""

import csv

import numpy as np
import openpyxl
import pandas as pd
import pytest

from pipelines.releases.tables import headings, neutralised, write_csv, write_workbook
from schemas.results import PublishedResults
from tests.pipelines import invented

PASSED = invented.indicator("passed", title_sv="=Godkänt i åk 9")
INDICATORS = {"passed": PASSED}
HIDDEN_ROW = [None] * 9
SINCE_2011 = ("Utgångsläge 2011/12", "Förändring sedan 2011/12")
FIGURES = [12, 9.0, 12.0, 0.75, 0.4677, 0.9111]


def row(unit, year, state, figures, **remarks):
    since = remarks.get("since", (None, None))
    return ("passed", "school", unit, f"Skola {unit}", year, state, *figures, *since, None, None,
            remarks.get("series_break"), year == "2012/13")  # fmt: skip


@pytest.fixture
def rows():
    figures = [
        row("A", "2011/12", "shown", [*FIGURES, None, None, None]),
        row("A", "2012/13", "shown", [*FIGURES, 0.0, -0.35, 0.35], since=(0.75, 0.0)),
        row("B", "2011/12", "suppressed", HIDDEN_ROW),
        row("B", "2012/13", "shown", [*FIGURES, None, None, None]),
        row("C", "2011/12", "shown", [*FIGURES, None, None, None]),
        row("C", "2012/13", "shown", [*FIGURES, None, None, None], series_break="ny skala"),
        row("D", "2012/13", "protected", HIDDEN_ROW),
    ]
    frame = pd.DataFrame(figures, columns=PublishedResults.columns())
    return frame.astype({"students": "Int64"} | dict.fromkeys(frame.columns[7:19], np.float64))


def read_csv(path):
    with path.open(encoding="utf-8-sig", newline="") as file:
        header, *lines = csv.reader(file, delimiter=";")
    return [dict(zip(header, line, strict=True)) for line in lines]


def test_the_csv_is_what_swedish_excel_expects(rows, tmp_path):
    write_csv(tmp_path / "t.csv", rows, INDICATORS, is_simulated=False)
    assert (tmp_path / "t.csv").read_bytes().startswith(b"\xef\xbb\xbfIndikator;M\xc3\xa5tt;")
    first = read_csv(tmp_path / "t.csv")[0]
    assert first["Elever"] == "12"
    assert first["Värde"] == "0,75"
    assert first["Undre gräns"] == "0,4677"


def test_a_hidden_cell_is_two_points_and_one_that_cannot_exist_is_one(rows, tmp_path):
    write_csv(tmp_path / "t.csv", rows, INDICATORS, is_simulated=False)
    lines = read_csv(tmp_path / "t.csv")
    changes = {(line["Enhet, kod"], line["Läsår"]): line["Förändring"] for line in lines}
    assert changes["A", "2011/12"] == "."
    assert changes["A", "2012/13"] == "0"
    assert changes["B", "2012/13"] == ".."
    assert changes["C", "2012/13"] == "."
    hidden = [line for line in lines if line["Värde"] == ".."]
    assert [line["Enhet, kod"] for line in hidden] == ["B", "D"]
    for line in hidden:
        assert {line[name] for name in headings()[6:12]} == {".."}


def test_the_change_since_the_first_year_is_hidden_with_either_of_its_years(rows, tmp_path):
    write_csv(tmp_path / "t.csv", rows, INDICATORS, is_simulated=False)
    lines = read_csv(tmp_path / "t.csv")
    found = {(line["Enhet, kod"], line["Läsår"]): line for line in lines}
    told = {key: [line[name] for name in SINCE_2011] for key, line in found.items()}
    assert told["A", "2012/13"] == ["0,75", "0"]
    assert told["A", "2011/12"] == [".", "."]
    assert told["B", "2012/13"] == ["..", ".."]
    assert told["C", "2012/13"] == [".", "."]
    assert told["D", "2012/13"] == ["..", ".."]


def test_a_year_that_is_not_closed_is_marked_as_preliminary(rows, tmp_path):
    write_csv(tmp_path / "t.csv", rows, INDICATORS, is_simulated=False)
    marks = {line["Läsår"]: line["Preliminär"] for line in read_csv(tmp_path / "t.csv")}
    assert marks == {"2011/12": "", "2012/13": "ja"}


def test_open_tables_do_not_tell_why_a_cell_is_hidden(rows, tmp_path):
    write_csv(tmp_path / "t.csv", rows, INDICATORS, is_simulated=False)
    text = (tmp_path / "t.csv").read_text(encoding="utf-8-sig")
    assert "suppressed" not in text
    assert "protected" not in text


def test_simulated_rows_say_so(rows, tmp_path):
    write_csv(tmp_path / "t.csv", rows, INDICATORS, is_simulated=True)
    assert {line["Underlag"] for line in read_csv(tmp_path / "t.csv")} == {"Simulerade data"}
    write_workbook(tmp_path / "t.xlsx", rows, INDICATORS, is_simulated=True)
    sheet = openpyxl.load_workbook(tmp_path / "t.xlsx")["passed"]
    assert "simulerade data" in sheet["A1"].value


def test_the_workbook_holds_numbers_and_never_a_formula(rows, tmp_path):
    write_workbook(tmp_path / "t.xlsx", rows, INDICATORS, is_simulated=False)
    sheet = openpyxl.load_workbook(tmp_path / "t.xlsx")["passed"]
    assert [cell.value for cell in sheet[2]] == headings()
    value = sheet.cell(3, headings().index("Värde") + 1)
    assert (value.value, value.data_type) == (0.75, "n")
    title = sheet["A3"]
    assert (title.value, title.data_type, title.quotePrefix) == ("=Godkänt i åk 9", "s", True)
    assert {cell.data_type for line in sheet.iter_rows() for cell in line} <= {
        "n",
        "s",
        "inlineStr",
    }


@pytest.mark.parametrize("start", list("=+-@\t\r\uff1d\uff0b\uff0d\uff20"))
def test_text_that_starts_like_a_formula_is_disarmed(start):
    assert neutralised(f"{start}1+1") == f"'{start}1+1"


def test_other_text_is_left_alone_but_for_direction_marks():
    assert neutralised("Ängskolan \u202e1-2") == "Ängskolan 1-2"
