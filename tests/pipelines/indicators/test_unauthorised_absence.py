"""Unauthorised absence, by hand."""

import pytest

from pipelines.indicators.registry import load_indicators
from schemas.attendance import Attendance
from schemas.pupils import Enrolments

HOURS = load_indicators()["unauthorised_absence_hours"]
RATE = load_indicators()["unauthorised_absence_rate"]


@pytest.fixture
def attendance(drawn):
    return drawn(
        Attendance,
        """
        student_id | school_id | month   | scheduled_minutes | reported_minutes | unauthorised_absence_minutes
        p1         | A         | 2016-03 | 6000              | 6000             | 90
        p1         | B         | 2016-03 | 600               | 600              | 30
        p1         | A         | 2016-04 | 6000              | 3000             | 60
        p2         | A         | 2016-03 | 6000              | 6000             | 0
        p2         | A         | 2016-04 | 6000              | 0                | 0
        p2         | A         | 2016-07 | 0                 | 0                | 0
        """,  # noqa: E501  a drawn table
    )


@pytest.fixture
def enrolments(drawn):
    """School A sent a register of the spring, school B sent none."""
    return drawn(
        Enrolments,
        """
        student_id | school_id | term   | start_date | end_date
        p1         | A         | 2016VT | 2014-08-18 |
        p2         | A         | 2016VT | 2014-08-18 |
        """,
    )


def test_hours_are_minutes_over_60_per_school_and_month(attendance, enrolments, found):
    assert found(HOURS.compute(attendance=attendance, enrolments=enrolments)) == [
        ("p1", "A", "2016-03", 1.5, 1.0),
        ("p1", "A", "2016-04", 1.0, 1.0),
        ("p1", "B", "2016-03", 0.5, 1.0),
        ("p2", "A", "2016-03", 0.0, 1.0),
    ]


def test_the_rate_is_out_of_scheduled_time(attendance, enrolments, found):
    assert found(RATE.compute(attendance=attendance, enrolments=enrolments)) == [
        ("p1", "A", "2016-03", 90.0, 6000.0),
        ("p1", "A", "2016-04", 60.0, 6000.0),
        ("p1", "B", "2016-03", 30.0, 600.0),
        ("p2", "A", "2016-03", 0.0, 6000.0),
    ]
    assert RATE.per == 100


@pytest.mark.parametrize("indicator", [HOURS, RATE], ids=lambda indicator: indicator.name)
def test_july_and_a_register_not_filled_in_are_unknown_and_not_zero(
    attendance, enrolments, found, indicator
):
    rows = found(indicator.values(attendance=attendance, enrolments=enrolments))
    reasons = {(row[0], row[2]): row[3:] for row in rows if row[0] == "p2"}
    assert reasons["p2", "2016-04"] == (None, None, "no_register")
    assert reasons["p2", "2016-07"] == (None, None, "no_scheduled_time")
    assert reasons["p2", "2016-05"] == (None, None, "no_attendance")


@pytest.mark.parametrize("indicator", [HOURS, RATE], ids=lambda indicator: indicator.name)
def test_a_pupil_the_register_lacks_does_not_count_where_there_is_a_register(
    attendance, drawn, found, indicator
):
    enrolments = drawn(
        Enrolments,
        """
        student_id | school_id | term   | start_date | end_date
        p1         | A         | 2016VT | 2014-08-18 | 2016-03-01
        """,
    )
    known = found(indicator.compute(attendance=attendance, enrolments=enrolments))
    assert [row[:3] for row in known] == [("p1", "A", "2016-03"), ("p1", "B", "2016-03")]
    rows = found(indicator.values(attendance=attendance, enrolments=enrolments))
    unknown = {row[:3]: row[5] for row in rows if row[5]}
    assert unknown["p1", "A", "2016-04"] == "no_enrolment"
    assert unknown["p2", "A", "2016-03"] == "no_enrolment"
