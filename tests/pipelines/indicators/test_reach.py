"""Reach, by hand. p1, p2 and p3 are the target group of school A in 2016VT, p4 of school B."""

import pytest

from pipelines.indicators.registry import load_indicators
from schemas.attendance import Attendance
from schemas.grades import Grades
from schemas.places import ProjectSchools
from schemas.pupils import Enrolments
from schemas.support import Participation

INDICATOR = load_indicators()["reach"]
COVERED = "north | A | 2014HT |"


@pytest.fixture
def reached(drawn, found):
    """Pupil and whether reached, for some rows of participation and of schools covered."""

    def values(*support, covered=(COVERED,)):
        tables = {
            "participation": drawn(
                Participation,
                "\n".join(["student_id | project_id | term | start_date | end_date", *support]),
            ),
            "project_schools": drawn(
                ProjectSchools,
                "\n".join(["project_id | school_id | first_term | last_term", *covered]),
            ),
        }
        rows = found(INDICATOR.compute(**tables, **_target_group(drawn)))
        assert all((row[2], row[4]) == ("2016VT", 1) for row in rows)
        return {row[0]: bool(row[3]) for row in rows}

    return values


def _target_group(drawn):
    return {
        "enrolments": drawn(
            Enrolments,
            """
            student_id | school_id | term   | grade_level | start_date
            p1         | A         | 2016VT | 8           | 2015-08-17
            p2         | A         | 2016VT | 8           | 2015-08-17
            p3         | A         | 2016VT | 8           | 2015-08-17
            p4         | B         | 2016VT | 8           | 2015-08-17
            p5         | A         | 2016VT | 8           | 2015-08-17
            """,
        ),
        "grades": drawn(
            Grades,
            """
            student_id | school_id | term   | subject_code | scale_id | mark
            p1         | A         | 2015HT | MA           | A-F      | F
            p2         | A         | 2015HT | MA           | A-F      | F
            p3         | A         | 2015HT | MA           | A-F      | F
            p4         | B         | 2015HT | MA           | A-F      | F
            """,
        ),
        "attendance": drawn(
            Attendance,
            """
            student_id | month   | scheduled_minutes | reported_minutes | authorised_absence_minutes | unauthorised_absence_minutes
            p1         | 2015-10 | 1000              | 1000             | 0                          | 500
            p2         | 2015-10 | 1000              | 1000             | 0                          | 500
            p3         | 2015-10 | 1000              | 1000             | 0                          | 500
            p4         | 2015-10 | 1000              | 1000             | 0                          | 500
            p5         | 2015-10 | 1000              | 1000             | 0                          | 500
            """,  # noqa: E501  a drawn table
        ),
    }


def test_reach_is_the_supported_part_of_the_target_group_at_schools_covered(reached):
    found = reached(
        "p1 | north | 2016VT | 2016-03-01 |",
        "p4 | north | 2016VT | 2016-03-01 |",
        "p5 | north | 2016VT | 2016-03-01 |",
    )
    assert found == {"p1": True, "p2": False, "p3": False}


@pytest.mark.parametrize(
    ("support", "is_reached"),
    [
        ("p1 | north | 2016VT | 2016-07-31 | 2016-09-01", True),
        ("p1 | north | 2016HT | 2016-08-01 |", False),
        ("p1 | north | 2016VT | 2015-10-01 | 2016-01-01", True),
        ("p1 | north | 2015HT | 2015-10-01 | 2015-12-31", False),
        ("p1 | north | 2016VT | 2016-05-02 | 2016-05-02", True),
        ("p1 | south | 2016VT | 2016-05-02 | 2016-05-02", True),
        ("p1 | north | 2016VT | 2015-10-01 |", True),
        ("p1 | north | 2015HT | 2015-10-01 |", False),
    ],
    ids=[
        "from the last day",
        "from the day after",
        "to the first day",
        "to the day before",
        "a single day",
        "any project",
        "open in the term's register",
        "open in an older register only",
    ],
)
def test_a_day_of_support_within_the_term_is_enough(reached, support, is_reached):
    assert reached(support)["p1"] is is_reached


def test_the_latest_register_tells_how_it_ended(reached):
    found = reached(
        "p1 | north | 2015VT | 2015-03-01 |",
        "p1 | north | 2015HT | 2015-03-01 | 2015-11-30",
        "p2 | north | 2015VT | 2015-03-01 | 2015-06-01",
        "p2 | north | 2015HT | 2015-03-01 | 2016-01-15",
    )
    assert found == {"p1": False, "p2": True, "p3": False}


@pytest.mark.parametrize(
    ("covered", "is_covered"),
    [
        ("north | A | 2016VT | 2016VT", True),
        ("north | A | 2015HT | 2016HT", True),
        ("north | A | 2016HT |", False),
        ("north | A | 2014HT | 2015HT", False),
        ("north | B | 2014HT |", False),
    ],
    ids=["this term only", "across", "from the term after", "to the term before", "elsewhere"],
)
def test_terms_are_compared_by_time_and_not_by_letters(reached, covered, is_covered):
    assert ("p1" in reached(covered=[covered])) is is_covered


def test_a_school_of_two_projects_counts_its_pupils_once(reached):
    found = reached(covered=[COVERED, "south | A | 2014HT |"])
    assert found == {"p1": False, "p2": False, "p3": False}


def test_two_participations_reach_a_pupil_once(reached):
    rows = ["p1 | north | 2016VT | 2016-03-01 |", "p1 | south | 2016VT | 2016-03-01 |"]
    assert reached(*rows) == {"p1": True, "p2": False, "p3": False}
