"""Values without a number: counted like a slow reader would, told so that no small one shows."""

import itertools
from dataclasses import replace

import openpyxl
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.lake import Lake
from pipelines.releases.missing import COLUMNS, count_missing, missing_tables, rounded
from pipelines.releases.report import render_report, texts
from pipelines.releases.sections import Quality, missing_sections
from pipelines.releases.tables import MISSING_SHEET, write_workbook
from schemas.indicators import IndicatorValues
from schemas.results import PublishedResults
from tests.pipelines import invented
from tests.pipelines.releases.test_report import contents  # noqa: F401  a fixture

HOURS = invented.indicator("hours", title_sv="=Timmar", period="month")
SHARE = invented.indicator("share_of_hours", title_sv="Andel timmar", period="month")
LATER = invented.indicator("later", title_sv="Senare")
INSIDE = invented.indicator("inside", is_published=False)
REGISTRY = {one.name: one for one in (HOURS, SHARE, LATER, INSIDE)}
REASONS = ("no_attendance", "no_register")


@pytest.fixture(scope="module")
def lake(tmp_path_factory):
    """Months of two school years, some without a value; a year where all have one."""
    lake = Lake(tmp_path_factory.mktemp("missing") / "lake")
    months = ("2015-08", "2015-12", "2016-07", "2016-08")
    for indicator in (HOURS, SHARE, INSIDE):
        for month in months:
            lake.write(indicator.table, invented.table(IndicatorValues, _rows(month)), month)
    whole = [(invented.pupil(n), "A", "2015/16", 1.0, 1.0, None) for n in range(250)]
    lake.write(LATER.table, invented.table(IndicatorValues, whole), "2015/16")
    return lake


def _rows(month):
    """Pupils of a month: 120 with a value, 27 without a register, 4 without a report."""
    reasons = [*itertools.repeat(None, 120), *["no_register"] * 27, *["no_attendance"] * 4]
    return [
        (invented.pupil(number), "A", month, *((None, None) if why else (1.0, 1.0)), why)
        for number, why in enumerate(reasons)
    ]


@pytest.fixture(scope="module")
def counted(lake):
    return count_missing(lake, REGISTRY)


def test_pupils_and_periods_are_counted_by_school_year_and_reason(counted):
    hours = counted[counted.indicator == "hours"]
    found = {(year, why): n for _, year, why, n in hours.itertuples(index=False)}
    assert found == {
        ("2015/16", ""): 360, ("2015/16", "no_register"): 81, ("2015/16", "no_attendance"): 12,
        ("2016/17", ""): 120, ("2016/17", "no_register"): 27, ("2016/17", "no_attendance"): 4,
    }  # fmt: skip


def test_what_is_not_published_is_not_counted(counted):
    assert set(counted.indicator) == {"hours", "share_of_hours", "later"}


def test_without_a_table_nothing_is_counted(tmp_path):
    nothing = count_missing(Lake(tmp_path), REGISTRY)
    assert list(nothing.columns) == COLUMNS
    assert missing_tables(nothing, REGISTRY, "sv") == []


def test_a_year_is_told_in_rounded_numbers_of_its_language(counted):
    quality = Quality(pd.DataFrame(), pd.DataFrame(), missing=counted)
    hours, _, later = missing_sections(quality, REGISTRY, "sv")
    assert hours["reasons"] == ["ingen närvarorapport", "frånvaron är inte registrerad"]
    told = {row.heading: [cell.text for cell in row.cells] for row in hours["rows"]}
    assert told == {"2015/16": ["500", "400", "10", "80"], "2016/17": ["100", "100", "<10", "30"]}
    assert later["reasons"] == []
    english = missing_sections(quality, REGISTRY, "en")[0]["reasons"]
    assert english == ["no attendance report", "register not filled in"]


def test_indicators_of_a_family_that_lack_the_same_stand_together(counted, monkeypatch):
    name = "pipelines.releases.missing.titles_of"
    monkeypatch.setattr(name, lambda _: ("Frånvaro", "Absence"))
    titles = [table.title for table in missing_tables(counted, REGISTRY, "sv")]
    assert titles == ["=Timmar, Andel timmar", "Senare"]
    same = counted[counted.indicator != "later"]
    assert [table.title for table in missing_tables(same, REGISTRY, "en")] == ["Absence"]


@pytest.mark.parametrize("language", ["sv", "en"])
def test_the_page_tells_what_is_missing_and_where_nothing_is(counted, contents, language):  # noqa: F811
    quality = replace(contents.quality, missing=counted)
    page = render_report(replace(contents, quality=quality, indicators=REGISTRY), language)
    section = page[page.index('<h3 id="missing">') :].split("</section>")[0]
    assert section.count("<details") == 2
    assert "&lt;10" in section
    words = texts()[language]
    assert words["expected_values"] in section
    assert words["whole"].split("{")[0] in section
    assert 'id="missing"' not in render_report(replace(contents, indicators={}), language)


@settings(deadline=None, max_examples=200)
@given(
    known=st.integers(0, 2000),
    other=st.integers(0, 300),
    small=st.integers(1, 9),
    instead=st.integers(1, 9),
)
def test_a_small_number_changes_nothing_that_is_printed(known, other, small, instead):
    numbers = {"": known, "no_register": other, "no_attendance": small}
    assert rounded(numbers, REASONS) == rounded({**numbers, "no_attendance": instead}, REASONS)


@pytest.mark.parametrize(
    ("numbers", "printed"),
    [
        ({}, [0, 0, 0, 0]),
        ({"": 99}, ["<100", "<100", 0, 0]),
        ({"": 149}, [100, 100, 0, 0]),
        ({"": 150}, [200, 200, 0, 0]),
        ({"no_register": 9}, ["<100", 0, 0, "<10"]),
        ({"no_register": 10}, ["<100", 0, 0, 10]),
        ({"": 1000, "no_attendance": 74, "no_register": 75}, [1200, 1000, 70, 80]),
    ],
)
def test_totals_are_hundreds_and_reasons_tens(numbers, printed):
    assert rounded(numbers, REASONS) == printed


def test_the_workbook_has_them_on_its_last_sheet(counted, tmp_path):
    rows = pd.DataFrame(columns=PublishedResults.columns())
    write_workbook(tmp_path / "t.xlsx", rows, REGISTRY, missing=counted, is_simulated=True)
    sheet = openpyxl.load_workbook(tmp_path / "t.xlsx")[MISSING_SHEET]
    title, headings, *lines = [[cell.value for cell in line] for line in sheet.iter_rows()]
    assert title[0].endswith("(simulerade data)")
    assert headings == ["Indikatorer", "Läsår", "Värden", "Antal"]
    assert ["=Timmar", "2016/17", "ingen närvarorapport", "<10"] in lines
    assert ["=Timmar", "2015/16", "väntade", 500] in lines
    assert {cell.data_type for line in sheet.iter_rows() for cell in line} <= {"n", "s"}
