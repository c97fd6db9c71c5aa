"""Authorised and total absence and what nobody reported, by hand."""

import pytest

from pipelines.indicators.registry import load_indicators
from schemas.attendance import Attendance
from schemas.pupils import Enrolments

INDICATORS = load_indicators()


@pytest.fixture
def tables(drawn):
    attendance = drawn(
        Attendance,
        """
        student_id | school_id | month   | scheduled_minutes | reported_minutes | authorised_absence_minutes | unauthorised_absence_minutes | other_activity_minutes
        p1         | A         | 2016-03 | 6000              | 5400             | 480                        | 120                          | 60
        p1         | A         | 2016-04 | 6000              | 0                | 0                          | 0                            | 0
        p1         | A         | 2016-07 | 0                 | 0                | 0                          | 0                            | 0
        p2         | A         | 2016-03 | 6000              | 6000             | 6000                       | 0                            | 0
        p3         | A         | 2016-03 | 6000              | 6000             | 0                          | 600                          | 0
        """,  # noqa: E501  a drawn table
    )
    enrolments = drawn(
        Enrolments,
        """
        student_id | school_id | term   | start_date | end_date
        p1         | A         | 2016VT | 2014-08-18 |
        p2         | A         | 2016VT | 2014-08-18 | 2016-03-31
        """,
    )
    return {"attendance": attendance, "enrolments": enrolments}


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("authorised_absence_rate", [("p1", "2016-03", 480, 6000), ("p2", "2016-03", 6000, 6000)]),
        ("total_absence_rate", [("p1", "2016-03", 600, 6000), ("p2", "2016-03", 6000, 6000)]),
        (
            "register_coverage",
            [
                ("p1", "2016-03", 5400, 6000),
                ("p1", "2016-04", 0, 6000),
                ("p2", "2016-03", 6000, 6000),
            ],
        ),
    ],
)
def test_parts_of_the_scheduled_time_of_enrolled_pupils(tables, found, name, expected):
    rows = found(INDICATORS[name].compute(**tables))
    assert [(row[0], row[2], *row[3:]) for row in rows] == expected
    assert INDICATORS[name].per == 100


def test_authorised_and_unauthorised_make_the_total(tables, found):
    names = ("authorised_absence_rate", "unauthorised_absence_rate", "total_absence_rate")
    authorised, unauthorised, total = (found(INDICATORS[n].compute(**tables)) for n in names)
    sums = [a[3] + b[3] for a, b in zip(authorised, unauthorised, strict=True)]
    assert sums == [row[3] for row in total]


def test_a_month_with_nothing_reported_has_coverage_0_and_no_rate(tables, found):
    coverage = found(INDICATORS["register_coverage"].values(**tables))
    assert ("p1", "A", "2016-04", 0.0, 6000.0, None) in coverage
    rate = found(INDICATORS["total_absence_rate"].values(**tables))
    assert ("p1", "A", "2016-04", None, None, "no_register") in rate


@pytest.mark.parametrize(
    "name", ["authorised_absence_rate", "total_absence_rate", "register_coverage"]
)
def test_who_lacks_a_value_has_a_reason(tables, found, name):
    rows = {row[:3]: row[5] for row in found(INDICATORS[name].values(**tables)) if row[5]}
    assert rows["p1", "A", "2016-07"] == "no_scheduled_time"
    assert rows["p3", "A", "2016-03"] == "no_enrolment"
    assert rows["p2", "A", "2016-02"] == "no_attendance"
    assert ("p2", "A", "2016-04") not in rows
