"""The target group month by month, by hand: p1 of grade 8 at school A, spring 2016."""

import pytest

from pipelines.targeting.months import pupils_of_months
from schemas.attendance import Attendance
from schemas.grades import Grades
from schemas.pupils import Enrolments

REGISTER = "student_id | school_id | term | grade_level | start_date | end_date"
MARKS = "student_id | school_id | term | subject_code | scale_id | mark"
MINUTES = (
    "student_id | school_id | month | scheduled_minutes | reported_minutes"
    " | authorised_absence_minutes | unauthorised_absence_minutes"
)
ENROLLED = "p1 | A | 2016VT | 8 | 2015-08-17 |"
FAILING = "p1 | A | 2015HT | MA | A-F | F"
AWAY = "p1 | A | 2015-10 | 1000 | 1000 | 100 | 50"


@pytest.fixture
def months(drawn, told):
    """Rows of p1's months of a term, by month."""

    def rows(attended, *, enrolled=(ENROLLED,), marks=(FAILING,), term="2016VT"):
        found = pupils_of_months(
            drawn(Enrolments, "\n".join([REGISTER, *enrolled])),
            drawn(Grades, "\n".join([MARKS, *marks])),
            drawn(Attendance, "\n".join([MINUTES, *attended])),
            terms=[term],
        )
        return {row["month"]: row for row in told(found, "month", "school_id")}

    return rows


def month(name, away, *, scheduled=1000, reported=1000):
    return f"p1 | A | {name} | {scheduled} | {reported} | 0 | {away}"


def test_a_month_without_a_register_is_judged_by_the_term_before(months):
    row = months([AWAY, month("2016-01", 0, reported=0)])["2016-01"]
    assert (row["absence_term"], row["absence_share"], row["absence_months"]) == ("2015HT", 0.15, 1)
    assert (row["marks_term"], row["failed_subjects"], row["not_eligible"]) == ("2015HT", 1, True)
    assert row["is_in_group"]


def test_absence_of_the_term_so_far_replaces_that_of_the_term_before(months):
    found = months([AWAY, month("2016-01", 100), month("2016-02", 200), month("2016-03", 0)])
    shares = {name: (row["absence_share"], row["is_in_group"]) for name, row in found.items()}
    assert shares == {"2016-01": (0.1, False), "2016-02": (0.15, True), "2016-03": (0.1, False)}
    assert [row["absence_months"] for row in found.values()] == [1, 2, 3]
    assert {row["absence_term"] for row in found.values()} == {"2016VT"}


def test_what_comes_later_than_a_month_counts_for_nothing_in_it(months):
    before = months([AWAY, month("2016-01", 100)])["2016-01"]
    assert months([AWAY, month("2016-01", 100), month("2016-02", 900)])["2016-01"] == before


def test_marks_of_the_term_count_from_its_last_month(months):
    later = [f"p1 | A | 2016VT | {subject} | A-F | E" for subject in ("SV", "EN", "MA")]
    found = months([AWAY, month("2016-05", 200), month("2016-06", 200)], marks=[FAILING, *later])
    told = {name: (row["marks_term"], row["failed_subjects"]) for name, row in found.items()}
    assert told == {"2016-05": ("2015HT", 1), "2016-06": ("2016VT", 0)}
    assert [row["is_in_group"] for row in found.values()] == [True, False]


def test_marks_that_cannot_be_judged_leave_those_of_the_term_before(months):
    both = [f"p1 | A | 2016VT | {subject} | A-F | E" for subject in ("SV", "SVA")]
    row = months([AWAY, month("2016-06", 200)], marks=[FAILING, *both])["2016-06"]
    assert (row["marks_term"], row["is_in_group"]) == ("2015HT", True)
    alone = months([AWAY, month("2016-06", 200)], marks=both)["2016-06"]
    assert (alone["missing"], alone["is_in_group"]) == ("swedish_twice", None)


@pytest.mark.parametrize(
    ("attended", "marks", "reason"),
    [
        (["p2 | A | 2016-02 | 9 | 9 | 0 | 0"], (), "no_term_before"),
        ([month("2016-02", 900)], (), "no_grades"),
        (["p2 | A | 2016-02 | 9 | 9 | 0 | 0"], (FAILING,), "no_attendance"),
        ([month("2016-02", 0, scheduled=0, reported=0)], (FAILING,), "no_scheduled_time"),
        ([month("2016-02", 0, reported=0)], (FAILING,), "no_register"),
        ([month("2016-02", 0)], ("p1 | A | 2015HT | MA | A-F | adapted",), "nothing_counted"),
    ],
)
def test_who_cannot_be_judged_has_a_reason(months, attended, marks, reason):
    row = months(attended, marks=marks)["2016-02"]
    assert (row["is_in_group"], row["missing"]) == (None, reason)


def test_before_the_first_rule_nobody_can_be_judged(months):
    row = months(
        ["p1 | A | 2011-02 | 1000 | 1000 | 0 | 900"],
        enrolled=["p1 | A | 2011VT | 8 | 2010-08-17 |"],
        marks=["p1 | A | 2010HT | MA | G-MVG | IG"],
        term="2011VT",
    )["2011-02"]
    assert (row["is_in_group"], row["missing"]) == (None, "not_yet_valid")
    assert row["low_attainment"] is row["high_absence"] is None


@pytest.mark.parametrize(
    ("enrolled", "known"),
    [
        ("p1 | A | 2016VT | 8 | 2016-02-29 |", ["2016-02", "2016-03"]),
        ("p1 | A | 2016VT | 8 | 2016-03-01 |", ["2016-03"]),
        ("p1 | A | 2016VT | 8 | 2015-08-17 | 2016-03-01", ["2016-01", "2016-02", "2016-03"]),
        ("p1 | A | 2016VT | 8 | 2015-08-17 | 2016-02-29", ["2016-01", "2016-02"]),
        ("p1 | A | 2016VT | 6 | 2015-08-17 |", []),
    ],
)
def test_a_day_of_enrolment_in_the_month_is_enough(months, enrolled, known):
    attended = [AWAY, *(month(f"2016-0{number}", 0) for number in (1, 2, 3))]
    assert list(months(attended, enrolled=[enrolled])) == known


def test_months_that_no_school_told_of_are_not_there(months):
    assert list(months([AWAY, month("2016-02", 0)])) == ["2016-02"]
