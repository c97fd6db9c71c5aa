"""What schools select on, by hand, in spring 2016."""

import pytest

from pipelines.targeting.selection import KINDS, likeness, matrix, selection
from schemas.codes import values
from schemas.places import ProjectSchools
from schemas.support import Participation
from schemas.target_group import (
    SELECTION_CRITERIA,
    SelectionCriteria,
    TargetGroupPupils,
)

HEADER = (
    "student_id | school_id | term | grade_level | failed_subjects | low_attainment"
    " | not_eligible | absence_share | high_absence | is_in_group | missing"
)
PUPILS = (
    "p1 | A | 2016VT | 8 | 2 | true | true | 0.2 | true | true |",
    "p2 | A | 2016VT | 8 | 2 | true | true | 0.1 | false | false |",
    "p3 | A | 2016VT | 8 | 2 | true | false | 0.2 | true | false |",
    "p4 | A | 2016VT | 8 | 2 | true | false | 0.1 | false | false |",
    "p5 | A | 2016VT | 8 |  |  |  | 0.2 | true |  | no_grades",
    "p7 | A | 2016VT | 8 | 2 | true | true | 0.2 | true | true |",
)
SUPPORT = "student_id | project_id | school_id | term | start_date | end_date | end_reason"
STARTED = tuple(f"p{number} | north | A | 2016VT | 2016-02-0{number} | |" for number in range(1, 7))
CRITERIA = "school_id | term | criterion"
STATED = (
    "A | 2016VT | social_worry", "A | 2016VT | absence", "B | 2016VT | absence",
    "B | 2016VT | motivation", "C | 2016VT | absence", "C | 2015HT | other",
)  # fmt: skip


@pytest.fixture
def stated(drawn):
    """What three schools say."""
    return drawn(SelectionCriteria, "\n".join([CRITERIA, *STATED]))


@pytest.fixture
def selected(drawn, told):
    """Rows of a selection by school."""

    def rows(*support, criteria=(), pupils=PUPILS):
        found = selection(
            drawn(TargetGroupPupils, "\n".join([HEADER, *pupils])),
            drawn(Participation, "\n".join([SUPPORT, *support])),
            drawn(ProjectSchools, "project_id | school_id | first_term\nnorth | A | 2014HT"),
            drawn(SelectionCriteria, "\n".join([CRITERIA, *criteria])),
        )
        return {row["school_id"]: row for row in told(found, "school_id")}

    return rows


def kinds(row):
    return [row[f"taken_in_{kind}"] for kind in KINDS]


def test_those_taken_in_are_of_one_kind_each(selected):
    row = selected(*STARTED)["A"]
    assert (row["taken_in"], kinds(row)) == (6, [1, 1, 1, 1, 1, 1])
    assert (row["in_group"], row["in_group_without"], row["is_covered"]) == (2, 1, True)


def test_support_that_began_before_is_support_but_not_taken_in(selected):
    row = selected(
        "p7 | north | A | 2015HT | 2015-10-01 | |",
        "p7 | north | A | 2016VT | 2015-10-01 | 2016-01-01 | completed",
    )["A"]
    assert (row["taken_in"], row["in_group_without"]) == (0, 1)


def test_a_pupil_who_began_twice_is_taken_in_once(selected):
    row = selected("p1 | north | A | 2016VT | 2016-01-11 | 2016-02-11 | moved",
                   "p1 | south | A | 2016VT | 2016-03-11 | |")["A"]  # fmt: skip
    assert (row["taken_in"], row["taken_in_group"]) == (1, 1)


def test_a_pupil_counts_at_the_school_of_the_start_by_the_group_of_any_school(selected):
    found = selected("p1 | north | B | 2016VT | 2016-02-01 | |")
    assert (found["B"]["taken_in_group"], found["B"]["is_covered"]) == (1, False)
    assert (found["A"]["taken_in"], found["A"]["in_group_without"]) == (0, 1)


def test_what_a_school_says_stands_beside_in_the_order_of_the_list(selected):
    found = selected(criteria=STATED)
    assert found["A"]["criteria"] == "absence social_worry"
    assert (found["B"]["criteria"], found["B"]["taken_in"]) == ("absence motivation", 0)
    assert selected()["A"]["criteria"] is None


def test_the_matrix_has_every_criterion_of_every_school_that_answered(stated, told):
    table = matrix(stated)
    rows = {(row["school_id"], row["term"], row["criterion"]): row for row in told(table, "term")}
    assert len(rows) == 4 * len(values(SELECTION_CRITERIA))
    said = {" | ".join(key) for key, row in rows.items() if row["is_stated"]}
    assert said == {*STATED}
    worry = {school: rows[school, "2016VT", "social_worry"] for school in "ABC"}
    assert [(row["schools"], row["schools_alike"]) for row in worry.values()] == [
        (3, 1), (3, 2), (3, 2),
    ]  # fmt: skip


def test_schools_are_alike_by_what_they_share_of_what_either_says(stated, told):
    table = likeness(stated)
    rows = told(table, "school_id", "other_school_id")
    assert [(*list(row.values())[1:5], row["likeness"]) for row in rows] == [
        ("A", "B", 1, 3, 1 / 3), ("A", "C", 1, 2, 1 / 2), ("B", "C", 1, 2, 1 / 2),
    ]  # fmt: skip
