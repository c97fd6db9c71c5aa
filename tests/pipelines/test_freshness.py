"""Freshness: every state of a delivery, from files that came in time, late, wrong or never."""

import datetime as dt

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.closing import closes_on
from pipelines.freshness import Accounts, due_on, freshness, judged_on, periods_of_kind
from schemas.calendar import months_between
from schemas.freshness import EXPECTED_KINDS, Freshness
from tests.pipelines.crosschecks.town import as_table

SCHOOL, OTHER = "99000101", "99000201"
ONCE = dt.date(2016, 12, 1)


def enrolments(*rows):
    """School, term and optionally first day, last day and grade level."""
    left_out = (dt.date(2015, 8, 20), None, 8)
    frame = pd.DataFrame(
        [(*row, *left_out[len(row) - 2 :]) for row in rows],
        columns=["school_id", "term", "start_date", "end_date", "grade_level"],
    )
    return frame.assign(student_id="a" * 32, newly_arrived="no", delivery_id="register")


def attendance(*rows):
    """School, month and delivery."""
    frame = pd.DataFrame(rows, columns=["school_id", "month", "delivery_id"])
    return frame.assign(student_id="a" * 32, origin="month")


def file(delivery_id, name, *, on, status="active", version=1):
    return {"delivery_id": delivery_id, "file_name": name, "received_at": f"{on}T06:00:00+00:00",
            "status": status, "version": version}  # fmt: skip


BOTH_TERMS = ((SCHOOL, "2015HT"), (SCHOOL, "2016VT"))


OPEN_AND_CLOSED = {SCHOOL: None, OTHER: "2016-03-31"}


def states(  # noqa: PLR0913 - one for each thing that decides
    *,
    months=(),
    files=(),
    registers=BOTH_TERMS,
    as_of=ONCE,
    began="2015-09-01",
    listed=OPEN_AND_CLOSED,
):
    """State of the attendance by school and month."""
    schools = pd.DataFrame(
        {"school_id": list(listed), "school_name": "A", "valid_from": "2000-01-01",
         "valid_to": list(listed.values())}
    )  # fmt: skip
    accounts = Accounts(
        as_table("core.enrolments", enrolments(*registers)),
        as_table("core.attendance", attendance(*months)),
        as_table("core.grades", pd.DataFrame(columns=["is_final"])),
        as_table("core.schools", schools),
        as_table("raw.deliveries", pd.DataFrame([file("register", "x", on=began), *files])),
    )
    made = freshness(accounts, as_of=as_of)
    Freshness.validate(made)
    rows = made.execute()
    of = rows[rows.kind == "attendance"]
    return dict(zip(zip(of.school_id, of.period, strict=True), of.state, strict=True))


def test_a_file_on_its_day_is_in_time_and_one_the_day_after_is_late():
    found = states(
        months=[(SCHOOL, "2015-10", "a"), (SCHOOL, "2015-11", "b")],
        files=[file("a", "a.csv", on="2015-11-05"), file("b", "b.csv", on="2015-12-06")],
    )
    assert found[SCHOOL, "2015-10"] == "in_time"
    assert found[SCHOOL, "2015-11"] == "late"


def test_a_month_without_a_file_is_missing_from_the_day_after_it_was_due():
    came = {"months": [(SCHOOL, "2015-10", "a")], "files": [file("a", "a.csv", on="2015-11-01")]}
    assert (SCHOOL, "2015-11") not in states(**came, as_of=dt.date(2015, 12, 5))
    assert states(**came, as_of=dt.date(2015, 12, 6))[SCHOOL, "2015-11"] == "missing"


def test_july_is_never_expected():
    found = states(months=[(SCHOOL, "2015-09", "a")], files=[file("a", "a.csv", on="2015-10-01")])
    assert (SCHOOL, "2016-06") in found
    assert (SCHOOL, "2016-07") not in found


@pytest.mark.parametrize("status", ["rejected", "held"])
def test_a_file_that_gave_no_rows_is_known_by_its_name(status):
    found = states(
        months=[(SCHOOL, "2015-10", "a")],
        files=[
            file("a", "a.csv", on="2015-11-01"),
            file("b", f"narvaro_{SCHOOL}_2015-11.csv", on="2015-12-01", status=status),
        ],
    )
    assert found[SCHOOL, "2015-11"] == status


def test_a_correction_in_force_is_corrected_however_late_it_came():
    found = states(
        months=[(SCHOOL, "2015-10", "b")],
        files=[
            file("a", f"narvaro_{SCHOOL}_2015-10.csv", on="2015-11-01", status="superseded"),
            file("b", f"narvaro_{SCHOOL}_2015-10_v2.csv", on="2016-02-01", version=2),
        ],
    )
    assert found[SCHOOL, "2015-10"] == "corrected"


def test_an_open_month_is_preliminary_until_six_weeks_after_its_end():
    came = {"months": [(SCHOOL, "2015-10", "a")], "files": [file("a", "a.csv", on="2015-11-05")]}
    assert closes_on("2015-10") == dt.date(2015, 12, 16)
    day_before, day = dt.date(2015, 12, 15), dt.date(2015, 12, 16)
    assert states(**came, as_of=day_before)[SCHOOL, "2015-10"] == "preliminary"
    assert states(**came, as_of=day)[SCHOOL, "2015-10"] == "in_time"


def test_nobody_can_tell_if_a_month_before_the_first_file_ever_was_late():
    found = states(
        months=[(SCHOOL, "2015-08", "a")],
        files=[file("a", "a.csv", on="2015-09-30")],
    )
    assert found[SCHOOL, "2015-08"] == "late"
    came = [file("a", "a.csv", on="2015-09-30")]
    assert states(months=[(SCHOOL, "2015-08", "a")], files=came, began="2015-09-30") == {
        **found, (SCHOOL, "2015-08"): "loaded"
    }  # fmt: skip


def test_a_school_that_closed_or_has_no_pupils_left_owes_nothing_more():
    found = states(
        months=[(OTHER, "2015-10", "a")],
        files=[file("a", "a.csv", on="2015-11-05")],
        registers=[
            (OTHER, "2015HT"),
            (OTHER, "2016VT", dt.date(2016, 1, 1), dt.date(2016, 3, 15)),
        ],
    )
    assert max(month for school, month in found if school == OTHER) == "2016-03"


def test_a_term_without_its_register_is_expected_by_the_register_before():
    found = states(
        months=[(SCHOOL, "2015-10", "a")],
        files=[file("a", "a.csv", on="2015-11-05")],
        registers=[(SCHOOL, "2015HT")],
    )
    assert found[SCHOOL, "2016-02"] == "missing"


SILENT = {
    "months": [(SCHOOL, "2015-10", "a"), (OTHER, "2015-10", "a")],
    "files": [file("a", "a.csv", on="2015-11-05")],
    "registers": [(SCHOOL, "2015HT"), (OTHER, "2015HT")],
}


def test_a_school_silent_for_several_terms_stays_expected_until_its_closing_is_declared():
    found = states(**SILENT, as_of=dt.date(2018, 2, 6))
    owed = {month for school, month in found if school == SCHOOL}
    expected = [m for m in months_between("2015-10", "2018-01") if m[5:] != "07"]
    assert sorted(owed) == expected
    assert {found[SCHOOL, month] for month in expected[1:]} == {"missing"}
    assert max(month for school, month in found if school == OTHER) == "2016-03"


def test_a_school_that_delivers_again_owes_what_lies_between():
    came = {**SILENT, "registers": [*SILENT["registers"], (SCHOOL, "2017VT")]}
    found = states(**came, as_of=dt.date(2017, 4, 6))
    assert sorted(month for school, month in found if school == SCHOOL) == [
        m for m in months_between("2015-10", "2017-03") if m[5:] != "07"
    ]


def test_a_school_taken_off_the_list_of_schools_owes_nothing_after_its_last_register():
    listed = {SCHOOL: None}
    found = states(**SILENT, as_of=dt.date(2017, 2, 6), listed=listed)
    assert max(month for school, month in found if school == OTHER) == "2015-12"
    assert max(month for school, month in found if school == SCHOOL) == "2017-01"
    assert states(**SILENT, as_of=dt.date(2017, 2, 6), listed={})[OTHER, "2017-01"] == "missing"


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(months_between("2011-08", "2030-12")))
def test_a_month_is_due_in_the_month_after(month):
    due = dt.date.fromisoformat(due_on(month))
    assert dt.date.fromisoformat(f"{month}-28") < due
    assert (due.replace(day=1) - dt.timedelta(days=1)).isoformat()[:7] == month


def test_a_term_is_due_when_it_has_ended():
    assert due_on("2015HT") == "2016-01-05"
    assert due_on("2016VT") == "2016-08-05"


def test_a_school_year_expects_eleven_months_two_registers_and_final_grades_in_spring():
    expected = {kind.kind: periods_of_kind(kind, "2015/16") for kind in EXPECTED_KINDS}
    assert len(expected["attendance"]) == 11
    assert expected["enrolments"] == expected["grades"] == ["2015HT", "2016VT"]
    assert expected["final_grades"] == ["2016VT"]


def test_an_invented_city_is_judged_the_day_after_its_last_month_was_due():
    rows = as_table("core.attendance", attendance((SCHOOL, "2016-06", "a")))
    today = dt.date(2026, 1, 1)
    assert judged_on(today, rows, is_simulated=True) == dt.date(2016, 7, 6)
    assert judged_on(today, rows, is_simulated=False) == today
