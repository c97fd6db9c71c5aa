"""Response rates counted by hand, and who did not answer."""

import datetime as dt

import pytest
from statsmodels.stats.proportion import proportion_confint

from pipelines.experience.answers import answers
from pipelines.experience.rates import non_response, response_rates
from schemas.attendance import Attendance
from schemas.groups import StudentTerms
from schemas.support import Participation
from schemas.surveys import NonResponse, ResponseRates
from tests.pipelines import invented
from tests.pipelines.experience.invented_answers import (
    INSTRUMENTS,
    OTHER,
    SCHOOL,
    TERM,
    given,
    kept,
    responses,
    sheet,
)  # fmt: skip


def rates(*rows):
    made = response_rates(answers(responses(*rows), INSTRUMENTS))
    return {row["project_id"]: row for row in kept(made, ResponseRates)}


def test_those_asked_are_all_with_a_row_and_those_who_answered_have_one_that_counts():
    found = rates(
        sheet(1, 3, 3, 3, 3),
        sheet(2, None, None),
        sheet(3, 9, None),
        sheet(4, None, 9, 2),
        sheet(5, 4, project="p2"),
        sheet(6, 4, project=None),
    )
    counts = {k: (r["asked"], r["answered"], r["unusable"]) for k, r in found.items()}
    assert counts == {"p1": (4, 2, 1), "p2": (1, 1, 0), "all": (6, 4, 1)}
    lower, upper = proportion_confint(4, 6, method="wilson")
    assert (found["all"]["lower"], found["all"]["upper"]) == pytest.approx((lower, upper))
    assert [found[k]["describes_respondents_only"] for k in ("p1", "p2", "all")] == [1, 0, 0]


def test_exactly_sixty_percent_speaks_for_all():
    people = [sheet(n, 3 if n <= 3 else None) for n in range(1, 6)]
    assert rates(*people)["all"]["describes_respondents_only"] is False


def test_a_pupil_asked_at_two_schools_is_asked_once():
    found = rates(given(1, "q1", None), given(1, "q1", 4, school=OTHER))
    assert (found["all"]["asked"], found["all"]["answered"]) == (1, 1)


def month(student, name, away, *, reported=1000):
    return (invented.pupil(student), SCHOOL, name, 1000, reported, 0, away, 0, 0, "month")


def attendance(*rows):
    return invented.table(Attendance, list(rows))


def registered(*rows):
    full = [
        (invented.pupil(n), school, TERM, "8A", grade, sex, "no", None)
        for n, school, grade, sex in rows
    ]
    return invented.table(StudentTerms, full)


def supported(*rows):
    full = [
        (invented.pupil(n), project, SCHOOL, term, dt.date.fromisoformat(start), None,
         end and dt.date.fromisoformat(end), reason)
        for n, project, term, start, end, reason in rows
    ]  # fmt: skip
    return invented.table(Participation, full)


def groups(rows, *, months=(), pupils=(), support=()):
    known = {
        "student_terms": registered(*pupils),
        "attendance": attendance(*months),
        "participation": supported(*support),
    }
    made = non_response(answers(responses(*rows), INSTRUMENTS), known)
    return {
        (row["grouping"], row["group"]): (row["asked"], row["answered"])
        for row in kept(made, NonResponse)
        if row["project_id"] == "all"
    }


def test_those_who_did_not_answer_are_told_by_grade_and_sex():
    found = groups(
        [sheet(1, 3), sheet(2, None), sheet(3, None)],
        pupils=[(1, SCHOOL, 8, "female"), (2, SCHOOL, 7, "male"), (2, OTHER, 8, "male")],
    )
    assert found["grade_level", "8"] == (2, 1)
    assert found["grade_level", "unknown"] == (1, 0)
    assert (found["sex", "female"], found["sex", "male"]) == ((1, 1), (1, 0))


def test_absence_is_that_of_the_term_before_on_the_limits_of_the_rules():
    away = {1: 0, 2: 50, 3: 51, 4: 150, 5: 151, 6: 300, 7: 301, 8: 1000}
    months = [
        *(month(n, "2015-10", minutes) for n, minutes in away.items()),
        *(month(n, "2015-11", 1000, reported=0) for n in away),
        *(month(n, "2016-02", 1000) for n in away),
        month(9, "2015-10", 999),
    ]
    found = groups([sheet(n, 3) for n in away], months=months)
    bands = {key[1]: asked for key, (asked, _) in found.items() if key[0] == "absence_before"}
    assert bands == {"up_to_5": 2, "above_5": 2, "above_15": 2, "above_30": 2}


def test_without_a_register_the_absence_before_is_unknown():
    assert groups([sheet(1, 3)])["absence_before", "unknown"] == (1, 1)


def test_support_is_where_it_stood_on_the_last_day_of_the_term():
    rows = [
        (2, "p1", "2016HT", "2016-09-01", None, None),
        (3, "p1", TERM, "2016-02-01", None, None),
        (4, "p1", TERM, "2016-02-01", "2016-08-01", "completed"),
        (5, "p1", TERM, "2016-02-01", "2016-07-31", "completed"),
        (6, "p1", TERM, "2016-02-01", "2016-03-01", "did_not_attend"),
        (7, "p1", TERM, "2016-02-01", "2016-03-01", "moved"),
        (8, "p1", TERM, "2016-02-01", "2016-03-01", "unknown"),
        (9, "p1", TERM, "2016-02-01", "2016-03-01", "completed"),
        (9, "p2", TERM, "2016-04-01", None, None),
        (10, "p1", TERM, "2016-02-01", None, None),
        (10, "p1", "2016HT", "2016-02-01", "2016-06-01", "did_not_attend"),
    ]
    found = groups([sheet(n, None if n > 5 else 3) for n in range(1, 11)], support=rows)
    assert {key[1]: counts for key, counts in found.items() if key[0] == "support"} == {
        "none": (2, 2), "ongoing": (3, 2), "planned": (1, 1), "neutral": (1, 0),
        "unplanned": (2, 0), "unknown": (1, 0),
    }  # fmt: skip


def test_every_grouping_has_everybody():
    people = [sheet(n, n % 5 + 1) for n in range(1, 8)]
    found = groups(people, pupils=[(n, SCHOOL, 7 + n % 3, "male") for n in range(1, 5)])
    for grouping in ("grade_level", "sex", "absence_before", "support"):
        assert sum(asked for key, (asked, _) in found.items() if key[0] == grouping) == 7


def test_nobody_asked_is_no_row():
    assert rates() == {}
    assert groups([]) == {}
