"""Core tables: what is in force, from files to rows."""

import datetime as dt

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.core import (
    core_contracts,
    core_table,
    delivered_rows,
    final_first,
    partition_of,
    students,
    sum_of_days,
    sum_of_lessons,
)
from pipelines.ingest.inbox import ingest, ready_files
from pipelines.judging import broken_rules
from pipelines.workspace import Workspace
from schemas.attendance import Attendance, Days, Lessons
from schemas.contract import Delivered
from schemas.deliveries import Deliveries
from schemas.grades import Grades
from schemas.places import Districts
from schemas.pupils import Enrolments, Students
from tests.pipelines import invented
from tests.pipelines.ingest.deliveries import (
    SCHOOL,
    attendance,
    day_row,
    days,
    drop,
    lesson_row,
    lessons,
    month_row,
)

OTHER = "87654321"
SUMS = ("scheduled_minutes", "reported_minutes", "authorised_absence_minutes",
        "unauthorised_absence_minutes", "late_minutes", "other_activity_minutes")  # fmt: skip


@pytest.fixture
def workspace(tmp_path):
    made = Workspace(tmp_path / "data")
    made.make()
    return made


def deliver(workspace, name, content):
    drop(workspace, name, content)
    ingest(workspace, ready_files(workspace.inbox))


def months(school, month, *minutes):
    rows = [
        month_row(
            n, **{"Skolenhetskod": school, "Månad": month, "Giltig frånvaro, minuter": str(m)}
        )
        for n, m in enumerate(minutes)
    ]
    return f"narvaro_{school}_{month}.csv", attendance(rows)


def authorised(workspace, *periods):
    rows = core_table(workspace, Attendance, list(periods) or None).execute()
    return sorted(rows.authorised_absence_minutes)


def test_the_core_is_what_files_are_delivered_to():
    contracts = core_contracts()
    assert {"core.attendance", "core.grades", "core.benchmarks"} <= set(contracts)
    assert "core.students" not in contracts
    assert all(issubclass(contract, Delivered) for contract in contracts.values())


@pytest.mark.parametrize("name", core_contracts())
def test_before_anything_is_delivered_every_core_table_is_empty(workspace, name):
    contract = core_contracts()[name]
    table = core_table(workspace, contract)
    assert table.count().to_pyarrow().as_py() == 0
    assert broken_rules(table, contract) == []


def test_the_latest_version_wins(workspace):
    name, first = months(SCHOOL, "2016-03", 10, 20)
    deliver(workspace, name, first)
    assert authorised(workspace) == [10, 20]
    deliver(workspace, name.replace(".csv", "_v2.csv"), months(SCHOOL, "2016-03", 30)[1])
    assert authorised(workspace) == [30]
    deliver(workspace, name, months(SCHOOL, "2016-03", 40)[1])
    assert authorised(workspace) == [30]


def test_a_period_is_read_alone(workspace):
    for month, minutes in (("2016-03", 1), ("2016-04", 2)):
        deliver(workspace, *months(SCHOOL, month, minutes))
        deliver(workspace, *months(OTHER, month, minutes + 10))
    assert authorised(workspace) == [1, 2, 11, 12]
    assert authorised(workspace, "2016-04") == [2, 12]
    assert authorised(workspace, "2016-05") == []


def test_lessons_take_the_place_of_the_month_of_their_school_and_month(workspace):
    for month in ("2016-03", "2016-04"):
        for school in (SCHOOL, OTHER):
            deliver(workspace, *months(school, month, 100, 200))
    rows = [
        lesson_row(0, franvaro_min="60", franvarotyp="G"),
        lesson_row(0, start="09:30", franvaro_min="15", franvarotyp="S"),
    ]
    deliver(workspace, f"lektioner_{SCHOOL}_2016-03.csv", lessons(rows))
    table = core_table(workspace, Attendance)
    assert broken_rules(table, Attendance) == []
    frame = table.execute()
    replaced = frame[(frame.school_id == SCHOOL) & (frame.month == "2016-03")]
    assert replaced.origin.to_list() == ["lesson"]
    assert replaced[list(SUMS)].iloc[0].to_list() == [120, 120, 60, 15, 15, 0]
    assert replaced.record_no.isna().all()
    others = frame.drop(replaced.index)
    assert (len(others), set(others.origin)) == (6, {"month"})
    assert authorised(workspace, "2016-04") == [100, 100, 200, 200]


def test_lessons_alone_make_a_month(workspace):
    deliver(workspace, f"lektioner_{SCHOOL}_2016-03.csv", lessons([lesson_row(0)]))
    assert core_table(workspace, Attendance, ["2016-03"]).execute().origin.to_list() == ["lesson"]
    assert len(delivered_rows(workspace, Attendance, ["2016-03"]).execute()) == 0


def test_lessons_win_over_days_and_days_over_the_month(workspace):
    for month in ("2016-03", "2016-04"):
        for school in (SCHOOL, OTHER):
            deliver(workspace, *months(school, month, 100))
    for school in (SCHOOL, OTHER):
        rows = [
            day_row(0, skolenhetskod=school, franvaro_min="300", franvarotyp="G"),
            day_row(0, skolenhetskod=school, datum="2016-03-08", franvarotyp="R"),
        ]
        deliver(workspace, f"dagar_{school}_2016-03.csv", days(rows))
    lesson = lesson_row(0, franvaro_min="60", franvarotyp="G")
    deliver(workspace, f"lektioner_{SCHOOL}_2016-03.csv", lessons([lesson]))
    table = core_table(workspace, Attendance)
    assert broken_rules(table, Attendance) == []
    frame = table.execute().set_index(["school_id", "month"]).sort_index()
    assert frame.origin.to_dict() == {
        (SCHOOL, "2016-03"): "lesson",
        (SCHOOL, "2016-04"): "month",
        (OTHER, "2016-03"): "day",
        (OTHER, "2016-04"): "month",
    }
    assert frame.loc[(OTHER, "2016-03"), list(SUMS)].to_list() == [720, 360, 300, 0, 0, 0]
    assert authorised(workspace, "2016-03") == [60, 300]


def test_a_correction_of_the_days_is_a_correction_of_the_month(workspace):
    deliver(workspace, *months(SCHOOL, "2016-03", 100))
    name = f"dagar_{SCHOOL}_2016-03.csv"
    deliver(workspace, name, days([day_row(0, franvaro_min="5", franvarotyp="G")]))
    assert authorised(workspace) == [5]
    corrected = days([day_row(0, franvaro_min="7", franvarotyp="G")])
    deliver(workspace, name.replace(".csv", "_v2.csv"), corrected)
    assert authorised(workspace) == [7]


LESSONS = st.lists(
    st.tuples(
        st.integers(0, 2),
        st.sampled_from([SCHOOL, OTHER]),
        st.dates(dt.date(2016, 3, 28), dt.date(2016, 4, 3)),
        st.integers(1, 600),
        st.sampled_from(
            ["present", "authorised", "unauthorised", "late", "other_activity", "unreported"]
        ),
        st.floats(0, 1),
    ),
    min_size=1,
    max_size=12,
)


@settings(max_examples=5, deadline=None)
@given(LESSONS)
def test_a_month_is_the_sum_of_its_lessons(drawn):
    rows = [
        (invented.pupil(pupil), school, date, f"08:{place:02d}", "MA", minutes, status,
         int(share * minutes))
        for place, (pupil, school, date, minutes, status, share) in enumerate(drawn)
    ]  # fmt: skip
    expected: dict[tuple[str, str, str], list[int]] = {}
    for pupil, school, date, _, _, minutes, status, away in rows:
        sums = expected.setdefault((pupil, school, f"{date:%Y-%m}"), [0] * 6)
        sums[0] += minutes
        sums[1] += minutes if status != "unreported" else 0
        sums[2] += away if status == "authorised" else 0
        sums[3] += away if status in ("unauthorised", "late") else 0
        sums[4] += away if status == "late" else 0
        sums[5] += away if status == "other_activity" else 0
    found = sum_of_lessons(invented.table(Lessons, rows))
    assert broken_rules(found, Attendance) in ([], ["absence_within_reported"])
    keys = ["student_id", "school_id", "month"]
    frame = found.execute().set_index(keys)[list(SUMS)]
    assert {key: row.to_list() for key, row in frame.iterrows()} == expected


@settings(max_examples=5, deadline=None)
@given(LESSONS)
def test_a_month_of_days_is_that_of_days_of_one_lesson(drawn):
    """Lessons are tested against sums of our own; a day is a lesson that lasts all day."""
    once = {(pupil, school, date): rest for pupil, school, date, *rest in drawn}
    cases = [
        (invented.pupil(pupil), school, date, minutes, status, int(share * minutes))
        for (pupil, school, date), (minutes, status, share) in once.items()
    ]
    as_lessons = [
        (pupil, school, date, "08:00", "MA", minutes, status, away)
        for pupil, school, date, minutes, status, away in cases
    ]
    found = sum_of_days(invented.table(Days, cases)).execute()
    expected = sum_of_lessons(invented.table(Lessons, as_lessons)).execute()
    assert set(found.origin) == {"day"}
    keys = ["student_id", "school_id", "month"]
    pd.testing.assert_frame_equal(
        found.drop(columns="origin").sort_values(keys, ignore_index=True),
        expected.drop(columns="origin").sort_values(keys, ignore_index=True),
    )


def grade(n, mark, is_final, school=SCHOOL):
    return (invented.pupil(n), school, "2016VT", "MA", "A-F", mark, is_final)


def test_a_final_grade_beats_the_term_grade_beside_it():
    rows = [grade(1, "F", "no"), grade(1, "E", "yes"), grade(2, "C", "no"),
            grade(3, "A", "unknown"), grade(3, "B", "no"), grade(1, "D", "no", OTHER)]  # fmt: skip
    found = final_first(invented.table(Grades, rows))
    assert broken_rules(found, Grades) == []
    frame = found.execute()
    marks = dict(zip(zip(frame.student_id, frame.school_id, strict=True), frame.mark, strict=True))
    assert marks == {
        (invented.pupil(1), SCHOOL): "E",
        (invented.pupil(2), SCHOOL): "C",
        (invented.pupil(3), SCHOOL): "A",
        (invented.pupil(1), OTHER): "D",
    }


def test_final_and_term_grades_come_from_files_of_their_own(workspace):
    headings = list(Grades.template_columns())
    pupil = month_row(0)[0]
    row = [pupil, SCHOOL, "2016VT", "MA", "A-F", "F", "nej"]
    text = "\n".join(";".join(line) for line in (headings, row)) + "\n"
    deliver(workspace, f"betyg_{SCHOOL}_2016VT.csv", text.encode())
    marks = ["3"] * 25
    for place in (*range(5, 11), 20, 21, 22, 24):
        marks[place] = "2"
    marks[4] = "E"
    line = ["S", "20160610", "1", pupil, SCHOOL, "9A", "A", "B", *marks]
    deliver(workspace, f"slutbetyg_{SCHOOL}_2016VT.csv", ";".join(line).encode())
    found = core_table(workspace, Grades, ["2016VT"]).execute()
    assert len(found) == 15
    found = found[found.subject_code == "MA"]
    assert found[["mark", "is_final"]].to_numpy().tolist() == [["E", "yes"]]


def enrolment(n, term, birth_year=2001, sex="female"):
    start = dt.date(int(term[:4]), 1, 1)
    return (invented.pupil(n), SCHOOL, term, 8, None, start, None, None, "no", birth_year, sex)


def test_a_pupil_is_known_from_the_first_register_to_the_last():
    rows = [enrolment(1, "2016HT"), enrolment(1, "2016VT"), enrolment(1, "2015HT"),
            enrolment(2, "2016VT", None, None)]  # fmt: skip
    found = students(invented.table(Enrolments, rows))
    assert broken_rules(found, Students) == []
    frame = found.execute().sort_values("student_id")
    assert frame.first_term.to_list() == ["2015HT", "2016VT"]
    assert frame.last_term.to_list() == ["2016HT", "2016VT"]
    assert frame.birth_year.iloc[0] == 2001
    assert pd.isna(frame.birth_year.iloc[1])


def test_a_row_lies_in_the_period_of_its_column_or_of_its_date():
    day = dt.date(2016, 3, 31)
    row = (invented.pupil(1), SCHOOL, day, "08:00", "MA", 60, "present", 0)
    by_date = partition_of(invented.table(Lessons, [row]), Lessons)
    assert by_date.to_pyarrow().to_pylist() == ["2016-03"]
    by_column = partition_of(invented.table(Enrolments, [enrolment(1, "2016VT")]), Enrolments)
    assert by_column.to_pyarrow().to_pylist() == ["2016VT"]
    for contract in (Districts, Deliveries):
        with pytest.raises(ValueError, match=f"{contract.table()} lies in one file"):
            partition_of(invented.table(Districts, []), contract)
