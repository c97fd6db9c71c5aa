"""Unauthorised absence, by hand."""

import pytest

from pipelines.indicators.registry import load_indicators
from schemas.attendance import Attendance

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


def test_hours_are_minutes_over_60_per_school_and_month(attendance, found):
    assert found(HOURS.compute(attendance=attendance)) == [
        ("p1", "A", "2016-03", 1.5, 1.0),
        ("p1", "A", "2016-04", 1.0, 1.0),
        ("p1", "B", "2016-03", 0.5, 1.0),
        ("p2", "A", "2016-03", 0.0, 1.0),
    ]


def test_the_rate_is_out_of_scheduled_time(attendance, found):
    assert found(RATE.compute(attendance=attendance)) == [
        ("p1", "A", "2016-03", 90.0, 6000.0),
        ("p1", "A", "2016-04", 60.0, 6000.0),
        ("p1", "B", "2016-03", 30.0, 600.0),
        ("p2", "A", "2016-03", 0.0, 6000.0),
    ]
    assert RATE.per == 100


@pytest.mark.parametrize("indicator", [HOURS, RATE], ids=lambda indicator: indicator.name)
def test_july_and_a_register_not_filled_in_are_unknown_and_not_zero(attendance, found, indicator):
    months = {(student, month) for student, _, month, *_ in found(indicator.compute(attendance))}
    assert ("p2", "2016-04") not in months
    assert ("p2", "2016-07") not in months
