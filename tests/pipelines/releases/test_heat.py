"""The heat map of deliveries: every expected one in its place, in words, signs and patterns."""

import csv
import re
from dataclasses import replace
from pathlib import Path

import openpyxl
import pandas as pd
import pytest

from pipelines.releases.heat import (
    SIGNS,
    heat_years,
    legend,
    owed,
    write_freshness_csv,
    write_freshness_workbook,
)
from pipelines.releases.report import render_report
from pipelines.releases.sections import Quality
from schemas.freshness import EXPECTED_KINDS, FRESHNESS_STATES
from tests.pipelines.releases.test_report import contents  # noqa: F401 - a fixture

STATES = [state.code for state in FRESHNESS_STATES]
CSS = Path("pipelines/releases/templates/report.css")
TRICK = "=HYPERLINK('x')"


@pytest.fixture(scope="module")
def rows():
    """Three schools, two school years; each state at least once, one school without grades."""
    months = ["2011-08", "2011-09", "2012-06", "2012-08"]
    listed = [
        ("attendance", school, month, STATES[(number + place) % len(STATES)])
        for number, school in enumerate(("1", "2", "3"))
        for place, month in enumerate(months)
    ]
    listed += [("final_grades", "1", "2012VT", "missing"), ("enrolments", "2", "2011HT", "held")]
    listed += [("grades", "3", "2011HT", "rejected")]
    frame = pd.DataFrame(listed, columns=["kind", "school_id", "period", "state"])
    names = {"1": "Örskolan", "2": "Askolan", "3": TRICK}
    return frame.assign(
        school_name=frame.school_id.map(names),
        due_on="2012-07-05",
        is_preliminary="no",
        received_on=None,
        delivery_id="a" * 64,
    )


def test_every_state_has_a_sign_of_its_own_and_a_look_of_its_own(repository):
    style = (repository / CSS).read_text(encoding="utf-8")
    assert sorted(SIGNS) == sorted(STATES)
    assert len(set(SIGNS.values())) == len(STATES)
    looks = [re.search(rf"\.{state} {{ background: ([^}}]+)}}", style).group(1) for state in STATES]
    assert len(set(looks)) == len(STATES)


def test_each_expected_delivery_stands_in_its_place_once(rows):
    years = heat_years(rows, "sv")
    assert [year.school_year for year in years] == ["2012/13", "2011/12"]
    first = years[1]
    periods = [period for group in first.groups for _, period in group.columns]
    kinds = [kind.kind for kind, group in zip(EXPECTED_KINDS, first.groups, strict=True)
             for _ in group.columns]  # fmt: skip
    shown = {
        (kind, name, period, square.state)
        for name, squares in first.rows
        for kind, period, square in zip(kinds, periods, squares, strict=True)
        if square.state
    }
    expected = rows[rows.period != "2012-08"]
    assert shown == set(
        expected[["kind", "school_name", "period", "state"]].itertuples(index=False, name=None)
    )


def test_a_map_says_how_many_are_outstanding_and_names_them(rows):
    outstanding = rows.state.isin(["missing", "rejected", "held"]).sum()
    assert sum(year.outstanding for year in heat_years(rows, "en")) == outstanding
    assert len(owed(rows, "en")) == outstanding
    assert ("Örskolan", "Slutbetyg", "2012VT", "2012-07-05", "saknas") in owed(rows, "sv")


@pytest.mark.parametrize(("language", "words"), [("sv", "saknas"), ("en", "missing")])
def test_the_page_has_a_word_beside_every_sign(rows, contents, language, words):  # noqa: F811
    quality = Quality(contents.quality.deliveries, contents.quality.coverage, rows)
    page = render_report(replace(contents, quality=quality), language)
    cells = re.findall(r'<td class="(\w+)"><b aria-hidden="true">(.)</b><i>([^<]+)</i></td>', page)
    assert len(cells) == len(rows)
    by_state = {square.state: (square.sign, square.text) for square in legend(language)}
    assert {(state, (sign, text)) for state, sign, text in cells} <= set(by_state.items())
    assert words in {text for _, _, text in cells}


def test_a_page_without_any_expected_delivery_says_so(contents):  # noqa: F811
    page = render_report(contents, "sv")
    assert "Ingen leverans är väntad ännu." in page
    assert 'class="heat"' not in page


def test_the_files_hold_every_row_in_swedish_and_run_no_formula(rows, tmp_path):
    write_freshness_csv(tmp_path / "f.csv", rows, is_simulated=True)
    write_freshness_workbook(tmp_path / "f.xlsx", rows, is_simulated=True)
    with (tmp_path / "f.csv").open(encoding="utf-8-sig", newline="") as file:
        lines = list(csv.reader(file, delimiter=";"))
    sheet = list(openpyxl.load_workbook(tmp_path / "f.xlsx").active.values)
    assert len(lines) == len(rows) + 1
    assert len(sheet) == len(rows) + 2
    assert {line[-1] for line in lines[1:]} == {"Simulerade data"}
    assert {line[5] for line in lines[1:]} == {state.sv for state in FRESHNESS_STATES}
    assert not [text for line in lines for text in line if text.startswith("=")]
    assert not [text for row in sheet for text in row if str(text).startswith("=")]


def test_no_number_of_pupils_is_in_the_files(rows, tmp_path):
    write_freshness_csv(tmp_path / "f.csv", rows, is_simulated=False)
    heading = (tmp_path / "f.csv").read_text(encoding="utf-8-sig").splitlines()[0]
    assert heading == "Slag;Skolenhetskod;Skola;Period;Senast;Läge;Preliminär;Mottagen"
