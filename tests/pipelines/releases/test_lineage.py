"""The view ``lineage``: compared with plain loops over the tables, and quick for one pupil."""

import json

import pytest

from pipelines.releases.contents import sources
from pipelines.releases.lineage import LINEAGE, OF_FILE, OF_RECORD, OF_VALUE, lineage_statements
from pipelines.releases.warehouse import build_warehouse, extents, open_release
from schemas.calendar import school_year_of_term, term_before, term_of_month
from schemas.deliveries import Deliveries
from tests.pipelines.explained import explained_city, indicators
from tests.pipelines.schools.conftest import OTHER, SCHOOL

RATE = "unauthorised_absence_rate"


@pytest.fixture(scope="module")
def warehouse(tmp_path_factory):
    """A warehouse of the explained city, open."""
    city = explained_city(tmp_path_factory.getbasetemp() / "explained")
    tables = sources(city.lake, indicators())
    path = tmp_path_factory.mktemp("lineage") / "w.duckdb"
    build_warehouse(
        path,
        tables,
        expected=extents(tables),
        origin={"is_simulated": True},
        indicators=indicators().values(),
    )
    with open_release(path) as opened:
        yield opened


@pytest.fixture(scope="module")
def told(warehouse):
    """The whole view, as sets of records by value."""
    rows = warehouse.rows(f"FROM {LINEAGE}").to_dict("records")
    found = {}
    for row in rows:
        value = row["indicator"], row["student_id"], row["school_id"], row["period"]
        record = row["source_table"], row["delivery_id"], row["record_no"]
        assert record not in found.setdefault(value, set())
        found[value].add(record)
    return found


def rows_of(warehouse, table):
    return warehouse.rows(f"FROM {table}").to_dict("records")


def record(table, row):
    return table, row["delivery_id"], row["record_no"]


def values_of(warehouse, name):
    rows = rows_of(warehouse, f"indicator.{name}")
    return {(name, row["student_id"], row["school_id"], row["period"]) for row in rows}


def test_a_month_leads_to_the_pupils_own_months_lessons_and_register(warehouse, told):
    months = [row for row in rows_of(warehouse, "core.attendance") if row["record_no"]]
    lessons, days, registers = (
        rows_of(warehouse, f"core.{name}") for name in ("lessons", "days", "enrolments")
    )
    for value in values_of(warehouse, RATE):
        _, student, school, month = value
        expected = {
            record("core.enrolments", row)
            for row in registers
            if (row["student_id"], row["school_id"]) == (student, school)
            and row["term"] == term_of_month(month)
        }
        expected |= {
            record("core.attendance", row)
            for row in months
            if (row["student_id"], row["school_id"], row["month"]) == (student, school, month)
        }
        parts = ("core.lessons", lessons) if month == "2016-03" else ("core.days", days)
        expected |= {
            record(parts[0], row)
            for row in parts[1]
            if (row["student_id"], row["school_id"]) == (student, school)
            and f"{row.get('lesson_date', row.get('school_day')):%Y-%m}" == month
        }
        assert told.get(value, set()) == expected


def test_a_term_leads_to_the_marks_and_absence_of_the_term_before(warehouse, told):
    marks, registers, months = (
        rows_of(warehouse, f"core.{name}") for name in ("grades", "enrolments", "attendance")
    )
    seen = set()
    for value in values_of(warehouse, "target_group"):
        _, student, school, term = value
        own = [row for row in registers if row["student_id"] == student]
        earlier = [
            ("core.grades", row)
            for row in marks
            if row["student_id"] == student and row["term"] == term_before(term)
        ]
        earlier += [
            ("core.attendance", row)
            for row in months
            if row["record_no"]
            and row["student_id"] == student
            and term_of_month(row["month"]) == term_before(term)
        ]
        expected = {record(*one) for one in earlier} | {
            record("core.enrolments", row)
            for row in own
            if row["school_id"] == school and row["term"] == term
        }
        assert told.get(value, set()) == expected
        seen.add(len(expected))
    assert len(seen) > 2


def test_a_school_year_leads_to_the_marks_of_its_terms(warehouse, told):
    marks = rows_of(warehouse, "core.grades")
    seen = {0}
    for value in values_of(warehouse, "merit_value_16"):
        expected = {
            record("core.grades", row)
            for row in marks
            if row["student_id"] == value[1] and school_year_of_term(row["term"]) == value[3]
        }
        assert {one for one in told.get(value, ()) if one[0] == "core.grades"} == expected
        seen.add(len(expected))
    assert seen == {0, 4}


def test_a_record_is_told_with_its_file(warehouse):
    rows = warehouse.rows(
        f"SELECT DISTINCT file_name, received_at FROM {LINEAGE} "
        f"WHERE indicator = '{RATE}' AND school_id = '{SCHOOL}' AND period = '2016-02'"
    )
    names = {f"narvaro_{SCHOOL}_2016-02_v2.csv", f"elever_{SCHOOL}_2016VT.csv"}
    assert set(rows.file_name) == names
    assert rows.received_at.str.fullmatch(r"\d{4}-\d\d-\d\dT[\d:]{8}\+00:00").all()


def test_reach_leads_to_the_projects_register_of_schools(warehouse):
    rows = warehouse.rows(
        f"SELECT DISTINCT file_name FROM {LINEAGE} WHERE indicator = 'reach' "
        "AND source_table = 'core.project_schools'"
    )
    assert list(rows.file_name) == ["projektskolor.csv"]


def test_one_pupil_of_one_indicator_is_found_without_reading_the_others(warehouse):
    """The engine filters each table before it joins, and leaves other indicators alone."""
    student = warehouse.rows(f"SELECT any_value(student_id) s FROM indicator.{RATE}").s[0]
    question = f"FROM {LINEAGE} WHERE indicator = '{RATE}' AND student_id = '{student}'"
    plan = warehouse.rows(f"EXPLAIN (FORMAT json) {question}").explain_value[0]
    scans = [one for one in _nodes(json.loads(plan)) if "Table" in one]
    tables = {_table(scan) for scan in scans}
    least = {f"indicator.{RATE}", "raw.deliveries", "core.attendance", "core.enrolments"}
    assert least <= tables <= least | {"core.lessons", "core.days"}
    filtered = [scan for scan in scans if student in str(scan.get("Filters"))]
    unfiltered = {_table(scan) for scan in scans if scan not in filtered}
    assert unfiltered == {"raw.deliveries"}


def _table(scan):
    return scan["Table"].replace('"', "").partition(".")[2]


def _nodes(plan):
    """What every node of a plan says of itself."""
    for node in plan:
        yield node["extra_info"]
        yield from _nodes(node["children"])


def test_the_view_and_its_columns_stand_in_the_data_dictionary(warehouse):
    rows = warehouse.rows("FROM data_dictionary WHERE \"table\" = 'lineage'")
    assert list(rows.column) == [*OF_VALUE, *OF_RECORD, *OF_FILE]
    assert rows.description.str.len().min() > 10
    assert rows.table_description.str.len().min() > 50
    assert list(warehouse.rows(f"FROM {LINEAGE} LIMIT 1").columns) == list(rows.column)


def test_there_is_no_view_where_there_is_nothing_to_lead_to():
    every = indicators().values()
    assert lineage_statements(every, {Deliveries.table(), "core.grades"}) == ()
    assert lineage_statements(every, {one.table for one in every}) == ()


def test_the_other_schools_days_are_left_out_where_lessons_were_summed(warehouse):
    rows = warehouse.rows(
        f"SELECT DISTINCT source_table FROM {LINEAGE} "
        f"WHERE indicator = '{RATE}' AND school_id = '{OTHER}' AND period = '2016-03'"
    )
    assert set(rows.source_table) == {"core.lessons", "core.enrolments"}
