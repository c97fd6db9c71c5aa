"""Occasions, days, late arrivals and streaks, by hand."""

import pytest

from pipelines.indicators.registry import load_indicators
from schemas.attendance import AbsencePatterns, Attendance
from schemas.pupils import Enrolments

INDICATORS = load_indicators()
MONTHLY = ("unauthorised_absence_occasions", "unauthorised_absence_days", "late_arrivals")


@pytest.fixture
def tables(drawn):
    patterns = drawn(
        AbsencePatterns,
        """
        student_id | school_id | month   | school_days | unauthorised_days | unauthorised_occasions | late_arrivals | longest_run | leading_run | trailing_run | origin
        p1         | A         | 2016-02 | 15          | 3                 | 7                      | 2             | 2           | 0           | 2            | lesson
        p1         | A         | 2016-03 | 20          | 1                 | 1                      | 0             | 1           | 1           | 0            | lesson
        p1         | A         | 2016-04 | 0           | 0                 | 0                      | 0             | 0           | 0           | 0            | lesson
        p2         | B         | 2016-03 | 20          | 4                 |                        |               | 4           | 0           | 0            | day
        p9         | A         | 2016-03 | 20          | 9                 | 9                      | 9             | 9           | 9           | 0            | lesson
        """,  # noqa: E501  a drawn table
    )
    attendance = drawn(
        Attendance,
        """
        student_id | school_id | month   | scheduled_minutes | reported_minutes
        p1         | A         | 2016-02 | 6000              | 6000
        p1         | A         | 2016-03 | 6000              | 6000
        p1         | A         | 2016-04 | 6000              | 0
        p2         | B         | 2016-03 | 6000              | 6000
        p9         | A         | 2016-03 | 6000              | 6000
        p3         | C         | 2016-02 | 6000              | 0
        p3         | C         | 2016-03 | 6000              | 6000
        """,
    )
    enrolments = drawn(
        Enrolments,
        """
        student_id | school_id | term   | start_date | end_date
        p1         | A         | 2016VT | 2014-08-18 |
        p4         | A         | 2016VT | 2014-08-18 | 2016-02-10
        """,
    )
    return {"absence_patterns": patterns, "attendance": attendance, "enrolments": enrolments}


def known(name, tables, found):
    rows = found(INDICATORS[name].values(**tables))
    return [(row[0], row[2], row[3]) for row in rows if row[5] is None]


def reasons(name, tables, found):
    return {(row[0], row[2]): row[5] for row in found(INDICATORS[name].values(**tables)) if row[5]}


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("unauthorised_absence_occasions", [("p1", "2016-02", 7), ("p1", "2016-03", 1)]),
        ("late_arrivals", [("p1", "2016-02", 2), ("p1", "2016-03", 0)]),
        (
            "unauthorised_absence_days",
            [("p1", "2016-02", 3), ("p1", "2016-03", 1), ("p2", "2016-03", 4)],
        ),
        ("longest_unauthorised_streak", [("p1", "2016VT", 3), ("p2", "2016VT", 4)]),
    ],
)
def test_counts_of_pupils_in_the_register(tables, found, name, expected):
    assert known(name, tables, found) == expected


@pytest.mark.parametrize("name", MONTHLY)
def test_what_was_not_reported_lesson_by_lesson_is_unknown_and_not_zero(tables, found, name):
    missing = reasons(name, tables, found)
    assert missing["p3", "2016-03"] == "no_lessons"
    assert missing["p1", "2016-04"] == missing["p3", "2016-02"] == "no_register"
    assert missing["p1", "2016-05"] == "no_attendance"
    assert missing["p9", "2016-03"] == "no_enrolment"
    is_of_days = name == "unauthorised_absence_days"
    assert missing.get(("p2", "2016-03")) == (None if is_of_days else "no_lessons")


def test_a_term_has_the_reason_of_the_month_that_came_nearest(tables, found):
    missing = reasons("longest_unauthorised_streak", tables, found)
    assert missing == {
        ("p3", "2016VT"): "no_lessons",
        ("p4", "2016VT"): "no_attendance",
        ("p9", "2016VT"): "no_enrolment",
    }


@pytest.mark.parametrize("name", [*MONTHLY, "longest_unauthorised_streak"])
def test_stays_in_the_warehouse(name):
    assert not INDICATORS[name].is_published
