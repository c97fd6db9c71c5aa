"""Bands of absence, by hand: below, on and above each limit."""

import pytest

from pipelines.indicators.registry import load_indicators
from schemas.attendance import Attendance
from schemas.pupils import Enrolments
from schemas.rules import TOTAL_ABSENCE_LIMITS, UNAUTHORISED_ABSENCE_LIMITS

INDICATORS = load_indicators()
LIMITS = {
    **{f"total_absence_above_{limit}": limit for limit in (5, 15, 30, 50)},
    **{f"unauthorised_absence_above_{limit}": limit for limit in (5, 15)},
}


@pytest.fixture
def judge(drawn, found):
    """The answer about a pupil with a number of minutes away in each month, of 10000 each."""

    def answer(name, *minutes, authorised=0, term="2016VT"):
        first = 8 if term.endswith("HT") else 1
        lines = [
            f"p1 | A | {term[:4]}-{first + n:02d} | 10000 | 10000 | {authorised} | {away}"
            for n, away in enumerate(minutes)
        ]
        header = (
            "student_id | school_id | month | scheduled_minutes | reported_minutes"
            " | authorised_absence_minutes | unauthorised_absence_minutes"
        )
        attendance = drawn(Attendance, "\n".join([header, *lines]))
        enrolments = drawn(Enrolments, "student_id")
        rows = INDICATORS[name].values(attendance=attendance, enrolments=enrolments)
        [row] = found(rows)
        assert row[:3] == ("p1", "A", term)
        return row[3:]

    return answer


@pytest.mark.parametrize(("name", "limit"), LIMITS.items())
def test_exactly_on_a_limit_belongs_to_the_band_below(judge, name, limit):
    assert judge(name, 100 * limit - 1) == (0, 1, None)
    assert judge(name, 100 * limit) == (0, 1, None)
    assert judge(name, 100 * limit + 1) == (1, 1, None)
    assert judge(name, 100 * limit - 1, 100 * limit + 1) == (0, 1, None)
    assert judge(name, 100 * limit - 1, 100 * limit + 2) == (1, 1, None)


def test_authorised_absence_counts_in_the_total_alone(judge):
    assert judge("total_absence_above_5", 1, authorised=500) == (1, 1, None)
    assert judge("unauthorised_absence_above_5", 1, authorised=500) == (0, 1, None)


def test_the_limits_apply_from_the_autumn_of_2011(judge):
    assert judge("total_absence_above_5", 9000, term="2011VT") == (None, None, "not_yet_valid")
    assert judge("total_absence_above_5", 9000, term="2011HT") == (1, 1, None)


def test_a_month_not_reported_is_in_neither_sum(drawn, found):
    attendance = drawn(
        Attendance,
        """
        student_id | school_id | month   | scheduled_minutes | reported_minutes | authorised_absence_minutes | unauthorised_absence_minutes
        p1         | A         | 2016-02 | 6000              | 6000             | 301                        | 0
        p1         | A         | 2016-03 | 6000              | 0                | 0                          | 0
        p2         | A         | 2016-03 | 6000              | 0                | 0                          | 0
        """,  # noqa: E501  a drawn table
    )
    rows = INDICATORS["total_absence_above_5"].values(
        attendance=attendance, enrolments=drawn(Enrolments, "student_id")
    )
    assert found(rows) == [
        ("p1", "A", "2016VT", 1.0, 1.0, None),
        ("p2", "A", "2016VT", None, None, "no_register"),
    ]


def test_there_is_one_for_every_limit_and_all_stay_in_the_warehouse():
    named = {
        **{f"total_absence_above_{n}": rule for n, rule in TOTAL_ABSENCE_LIMITS.items()},
        **{f"unauthorised_absence_above_{n}": r for n, r in UNAUTHORISED_ABSENCE_LIMITS.items()},
    }
    assert set(named) == set(LIMITS)
    for name, rule in named.items():
        assert [version.value for version in rule] == [LIMITS[name]]
        assert INDICATORS[name].rules == (rule,)
        assert not INDICATORS[name].is_published
