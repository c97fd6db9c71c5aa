"""Repeated and long absence, by hand: below and on the limit."""

import pytest

from pipelines.indicators.registry import load_indicators
from schemas.attendance import AbsencePatterns, Attendance
from schemas.pupils import Enrolments

REPEATED = load_indicators()["repeated_absence"]
LONG = load_indicators()["long_absence"]


@pytest.fixture
def repeated(drawn, found):
    """The answer about a pupil with minutes away, of 6000 each, by month."""

    def answer(**away):
        header = (
            "student_id | school_id | month | scheduled_minutes | reported_minutes"
            " | unauthorised_absence_minutes"
        )
        lines = [
            f"p1 | A | {month[1:5]}-{month[5:]} | 6000 | {0 if minutes is None else 6000} | {minutes or 0}"  # noqa: E501
            for month, minutes in away.items()
        ]
        attendance = drawn(Attendance, "\n".join([header, *lines]))
        enrolments = drawn(Enrolments, "student_id")
        rows = found(REPEATED.values(attendance=attendance, enrolments=enrolments))
        return {row[2]: row[5] or row[3] for row in rows}

    return answer


def test_exactly_five_percent_of_two_months_together_is_repeated(repeated):
    assert repeated(m201603=480, m201604=120) == {"2016VT": 1}
    assert repeated(m201603=480, m201604=119) == {"2016VT": 0}


def test_any_two_months_in_a_row_will_do(repeated):
    assert repeated(m201602=0, m201603=0, m201604=300, m201605=300) == {"2016VT": 1}
    assert repeated(m201602=599, m201603=0, m201604=599) == {"2016VT": 0}


def test_the_months_must_follow_each_other_and_be_known(repeated):
    assert repeated(m201602=6000) == {"2016VT": "too_few_months"}
    assert repeated(m201602=6000, m201604=6000) == {"2016VT": "too_few_months"}
    assert repeated(m201602=6000, m201603=None) == {"2016VT": "too_few_months"}
    assert repeated(m201603=None) == {"2016VT": "no_register"}


def test_december_and_january_are_no_pair(repeated):
    expected = {"2015HT": "too_few_months", "2016VT": "too_few_months"}
    assert repeated(m201512=6000, m201601=6000) == expected


def test_the_limit_applies_from_the_autumn_of_2011(repeated):
    assert repeated(m201104=6000, m201105=6000) == {"2011VT": "not_yet_valid"}
    assert repeated(m201108=6000, m201109=6000) == {"2011HT": 1}


@pytest.mark.parametrize(("days", "expected"), [(19, 0), (20, 1), (21, 1)])
def test_twenty_school_days_in_a_row_are_long(drawn, found, days, expected):
    patterns = drawn(
        AbsencePatterns,
        f"""
        student_id | school_id | month   | school_days | longest_run | leading_run | trailing_run
        p1         | A         | 2016-02 | 15          | 10          | 0           | 10
        p1         | A         | 2016-03 | 20          | {days - 10} | {days - 10} | 0
        """,
    )
    rows = LONG.compute(absence_patterns=patterns, enrolments=drawn(Enrolments, "student_id"))
    assert found(rows) == [("p1", "A", "2016VT", expected, 1)]


def test_of_a_school_that_reports_sums_nothing_is_known(drawn, found):
    attendance = drawn(
        Attendance,
        """
        student_id | school_id | month   | scheduled_minutes | reported_minutes
        p1         | A         | 2016-03 | 6000              | 6000
        """,
    )
    tables = {
        "attendance": attendance,
        "absence_patterns": drawn(AbsencePatterns, "student_id"),
        "enrolments": drawn(Enrolments, "student_id"),
    }
    assert found(LONG.values(**tables)) == [("p1", "A", "2016VT", None, None, "no_lessons")]


def test_both_stay_in_the_warehouse():
    assert not REPEATED.is_published
    assert not LONG.is_published
