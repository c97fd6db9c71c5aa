"""The target group, by hand. Its members are judged by the term before."""

import pytest

from pipelines.indicators.registry import load_indicators
from schemas.attendance import Attendance
from schemas.grades import Grades
from schemas.pupils import Enrolments

INDICATOR = load_indicators()["target_group"]
MINUTES = (
    "student_id | school_id | month | scheduled_minutes | reported_minutes"
    " | authorised_absence_minutes | unauthorised_absence_minutes"
)
ENROLLED = "p1 | A | 2016VT | 8 | 2015-08-17 |"
ABSENT = "p1 | A | 2015-10 | 1000 | 1000 | 100 | 50"


@pytest.fixture
def tables(drawn, report):
    """The tables of a pupil of the register, by default p1 in the term 2016VT."""

    def build(*, enrolled=(ENROLLED,), marks="MA F, EN A", attended=(ABSENT,), term="2015HT"):
        header = "student_id | school_id | term | grade_level | start_date | end_date"
        return {
            "enrolments": drawn(Enrolments, "\n".join([header, *enrolled])),
            "grades": report(marks, contract=Grades, term=term, is_final="no"),
            "attendance": drawn(Attendance, "\n".join([MINUTES, *attended])),
        }

    return build


@pytest.fixture
def members(tables, found):
    """Whether each pupil is a member."""

    def values(**changes):
        rows = INDICATOR.compute(**tables(**changes))
        return [(*row[:3], bool(row[3])) for row in found(rows) if row[4] == 1]

    return values


@pytest.fixture
def lacking(tables, found):
    """Why each pupil without a value has none."""

    def reasons(**changes):
        rows = found(INDICATOR.values(**tables(**changes)))
        return [(*row[:3], row[5]) for row in rows if row[3] is None]

    return reasons


def test_low_attainment_and_high_absence_the_term_before_make_a_member(members):
    assert members() == [("p1", "A", "2016VT", True)]


@pytest.mark.parametrize(
    ("authorised", "unauthorised", "is_member"),
    [(100, 50, True), (0, 150, True), (150, 0, True), (100, 49, False), (149, 0, False)],
)
def test_the_limit_of_absence_is_reached_at_exactly_15_percent(
    members, authorised, unauthorised, is_member
):
    attended = [f"p1 | A | 2015-10 | 1000 | 1000 | {authorised} | {unauthorised}"]
    assert members(attended=attended) == [("p1", "A", "2016VT", is_member)]


@pytest.mark.parametrize(
    ("attended", "is_member"),
    [
        ([ABSENT, "p1 | A | 2015-11 | 9000 | 0 | 0 | 0"], True),
        ([ABSENT, "p1 | A | 2015-11 | 9000 | 1 | 0 | 0"], False),
        ([ABSENT, "p1 | B | 2015-11 | 9000 | 9000 | 0 | 0"], False),
        (["p1 | B | 2015-12 | 1000 | 1000 | 0 | 150"], True),
        (["p1 | A | 2015-10 | 1000 | 1000 | 0 | 0", "p1 | A | 2016-01 | 99 | 99 | 0 | 99"], False),
        (["p1 | A | 2015-10 | 1000 | 1000 | 0 | 0", "p1 | A | 2015-07 | 99 | 99 | 0 | 99"], False),
    ],
    ids=[
        "a register not filled in is left out",
        "one filled in a little is not",
        "all schools together",
        "another school alone",
        "the term itself",
        "the term before last",
    ],
)
def test_absence_is_of_the_term_before_over_all_schools(members, attended, is_member):
    assert members(attended=attended) == [("p1", "A", "2016VT", is_member)]


@pytest.mark.parametrize(
    ("marks", "is_member"),
    [
        ("MA -, EN A", True),
        ("MA adapted, EN A", False),
        ("SV E, EN E, MA E, BL E, SL E, MU E, IDH E, HKK E, TK F", False),
        ("SV E, EN E, MA E, BL E, SL E, MU E, IDH E, HKK F, TK F", True),
    ],
    ids=[
        "a streck is a failed subject",
        "not eligible, but nothing failed",
        "failed, but eligible",
        "failed and one subject short of eligible",
    ],
)
def test_low_attainment_is_a_failed_subject_and_not_eligible(members, marks, is_member):
    assert members(marks=marks) == [("p1", "A", "2016VT", is_member)]


@pytest.mark.parametrize(
    ("enrolled", "expected"),
    [
        (["p1 | A | 2016VT | 8 | 2016-02-01 |"], ["A"]),
        (["p1 | A | 2016VT | 8 | 2016-02-02 |"], []),
        (["p1 | A | 2016VT | 8 | 2015-08-17 | 2016-02-01"], ["A"]),
        (["p1 | A | 2016VT | 8 | 2015-08-17 | 2016-01-31"], []),
        (["p1 | A | 2016VT | 6 | 2015-08-17 |"], []),
        ([ENROLLED, "p1 | A | 2016VT | 8 | 2015-09-01 |"], ["A"]),
        ([ENROLLED, "p1 | B | 2016VT | 8 | 2016-01-15 |"], ["A", "B"]),
    ],
)
def test_pupils_are_counted_where_they_are_enrolled_on_1_february(members, enrolled, expected):
    assert members(enrolled=enrolled) == [("p1", school, "2016VT", True) for school in expected]


def test_the_autumn_term_is_counted_on_1_september_by_the_spring_before(members):
    found = members(
        enrolled=["p1 | A | 2015HT | 9 | 2015-09-01 |", "p2 | A | 2015HT | 9 | 2015-09-02 |"],
        attended=["p1 | A | 2015-05 | 1000 | 1000 | 0 | 150"],
        term="2015VT",
    )
    assert found == [("p1", "A", "2015HT", True)]


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"marks": "MA adapted"}, "nothing_counted"),
        ({"marks": "SV E, SVA E"}, "swedish_twice"),
        ({"marks": "MA F, NO F"}, "block_grade"),
        ({"term": "2015VT"}, "no_grades"),
        ({"term": "2016VT"}, "no_grades"),
        ({"attended": ["p1 | A | 2016-01 | 1000 | 1000 | 0 | 900"]}, "no_attendance"),
        ({"attended": ["p1 | A | 2015-10 | 0 | 0 | 0 | 0"]}, "no_scheduled_time"),
        ({"attended": ["p1 | A | 2015-10 | 1000 | 0 | 0 | 0"]}, "no_register"),
        ({"term": "2015VT", "attended": []}, "no_term_before"),
    ],
)
def test_who_cannot_be_judged_has_no_value_and_a_reason(members, lacking, changes, reason):
    assert members(**changes) == []
    assert lacking(**changes) == [("p1", "A", "2016VT", reason)]


def test_who_can_be_judged_is_told_nothing_missing(lacking):
    assert lacking() == []


def test_before_the_first_limit_there_is_nothing_to_be_a_member_of(lacking):
    changes = {
        "enrolled": ["p1 | A | 2011VT | 8 | 2010-08-17 |"],
        "attended": ["p1 | A | 2010-10 | 1000 | 1000 | 0 | 150"],
        "term": "2010HT",
    }
    assert lacking(**changes) == [("p1", "A", "2011VT", "not_yet_valid")]
