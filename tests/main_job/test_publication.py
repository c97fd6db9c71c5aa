"""What is published: the warehouse is the lake, and what is open shows no small cell."""

import csv
import re

import dagster as dg
import openpyxl
import pytest
from pyarrow import parquet

from assets.definitions import defs
from pipelines.indicators.registry import load_indicators
from pipelines.releases.contents import sources
from pipelines.releases.release import current
from pipelines.releases.tables import SIMULATED
from tests.main_job.whole_job import at_home

FIGURES = slice(6, 12)
HIDDEN = ".."
FEWEST = 10


@pytest.fixture(scope="module")
def release(job):
    """The folder of the release in force."""
    return current(job.workspace.releases)


@pytest.fixture(scope="module")
def open_table(release):
    """Heading and rows of the open CSV."""
    text = release.joinpath("results.csv").read_text(encoding="utf-8-sig")
    return list(csv.reader(text.splitlines(), delimiter=";"))


def test_every_stage_succeeded_and_ran_once(job):
    assert [run.job for run in job.runs] == ["ingest", "months", "terms", "school_years", "publish"]
    assert all(run.is_success and run.failed == () for run in job.runs)


def test_every_check_ran_and_every_blocking_check_passed(job):
    with at_home(job.workspace), dg.DagsterInstance.get() as instance:
        kind = dg.DagsterEventType.ASSET_CHECK_EVALUATION
        found = [
            record.event_log_entry.dagster_event.asset_check_evaluation_data
            for run in instance.get_run_records()
            for record in instance.get_records_for_run(run.dagster_run.run_id, of_type=kind).records
        ]
    expected = {key for checks in defs.asset_checks for key in checks.check_keys}
    assert {check.asset_check_key for check in found} == expected
    assert [check.asset_check_key for check in found if check.blocking and not check.passed] == []
    warned = {check.check_name for check in found if not check.passed}
    planted = {"every_file_could_be_read", "few_are_quarantined", "codes_held_back", "wrong_month"}
    planted |= {"paid_before_plan", "documents_agree_with_the_registers"}
    assert warned <= planted


def test_the_warehouse_holds_the_tables_of_the_lake(job):
    expected = {
        tuple(name.split(".")): sum(parquet.read_metadata(path).num_rows for path in source.paths)
        for name, source in sources(job.workspace.lake, load_indicators()).items()
    }
    tables = job.published("SELECT schema_name, table_name FROM duckdb_tables()")
    found = {
        (layer, name): job.published(f"SELECT count(*) AS n FROM {layer}.{name}").n.item()
        for layer, name in tables.itertuples(index=False)
    }
    assert found == expected


def test_every_table_and_column_of_the_warehouse_is_explained(job):
    silent = job.published("""
        SELECT table_name FROM duckdb_tables() WHERE coalesce(comment, '') = ''
        UNION ALL SELECT table_name || '.' || column_name FROM duckdb_columns()
        JOIN duckdb_tables() USING (schema_name, table_name)
        WHERE coalesce(duckdb_columns.comment, '') = ''
    """)
    listed = job.published('SELECT count(DISTINCT ("schema", "table")) AS n FROM data_dictionary')
    assert silent.empty
    tables = job.published("SELECT count(*) AS n FROM duckdb_tables()").n.item()
    views = job.published("SELECT view_name FROM duckdb_views() WHERE comment IS NOT NULL")
    assert {"lineage", "summary"} <= set(views.view_name)
    assert listed.n.item() == tables + len(views)


def test_no_open_cell_rests_on_fewer_than_ten_pupils(open_table):
    heading, *rows = open_table
    assert heading[FIGURES][0] == "Elever"
    figures = [row[FIGURES] for row in rows]
    hidden = [cells for cells in figures if cells[0] == HIDDEN]
    shown = [cells for cells in figures if cells[0] != HIDDEN]
    assert hidden
    assert shown
    assert all(set(cells) == {HIDDEN} for cells in hidden)
    assert all(int(cells[0]) >= FEWEST for cells in shown)


def test_nothing_open_shows_a_change_of_a_hidden_cell(open_table):
    _, *rows = open_table
    changes = [row[12:15] for row in rows if row[FIGURES][0] == HIDDEN]
    assert {cell for cells in changes for cell in cells} <= {HIDDEN, "."}


def test_some_hidden_cells_are_small_and_all_small_cells_are_hidden(job, open_table):
    columns = "indicator, level, unit_id, school_year"
    small = job.published(f"""
        SELECT {columns} FROM release.results AS open
        JOIN (FROM {" UNION ALL FROM ".join(f"result.{name}" for name in load_indicators())})
            AS every USING ({columns})
        WHERE every.students < {FEWEST} AND open.state = 'shown'
    """)
    _, *rows = open_table
    assert small.empty
    assert len(rows) == job.published("SELECT count(*) AS n FROM release.results").n.item()


def test_every_page_and_table_says_that_the_figures_are_simulated(release, open_table):
    heading, *rows = open_table
    assert heading[-1] == "Underlag"
    assert {row[-1] for row in rows} == {SIMULATED}
    workbook = openpyxl.load_workbook(release / "results.xlsx", read_only=True)
    titles = [sheet.cell(1, 1).value for sheet in workbook.worksheets]
    workbook.close()
    published = [one for one in load_indicators().values() if one.is_published]
    assert len(titles) == len(published) + 1  # the missing values have a sheet as well
    assert all(SIMULATED.lower() in title for title in titles)
    for page, words in (("report.html", "Simulerade data"), ("report.en.html", "Simulated")):
        text = release.joinpath(page).read_text(encoding="utf-8")
        assert re.search(rf'class="banner"[^>]*><strong>{words}', text)


def test_the_workbook_shows_the_figures_of_the_open_csv(release, open_table):
    _, *rows = open_table
    workbook = openpyxl.load_workbook(release / "results.xlsx", read_only=True)
    students = [
        str(row[6])
        for sheet in workbook.worksheets[:-1]
        for row in sheet.iter_rows(min_row=3, values_only=True)
    ]
    workbook.close()
    assert students == [row[6] for row in rows]


def test_no_open_file_names_a_pupil(job, release):
    students = set(job.published("SELECT student_id FROM core.students").student_id)
    for name in ("results.csv", "report.html", "report.en.html", "manifest.json"):
        text = release.joinpath(name).read_text(encoding="utf-8-sig")
        assert students.isdisjoint(re.findall(r"[0-9a-zA-Z_-]+", text)), name
