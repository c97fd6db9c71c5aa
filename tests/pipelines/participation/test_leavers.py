"""Who leaves, compared with who stays."""

import ibis
import pytest

from pipelines.participation.flow import flow
from pipelines.participation.leavers import leavers
from schemas.contract import load_contracts
from tests.pipelines.participation.conftest import as_spells, members, table

SUPPORT = (
    "p1 | north | A | 2016VT | 2016-02-10 | 2016-03-10 | ended_by_family",
    "p2 | north | A | 2016VT | 2016-02-10 | 2016-03-10 | completed",
    "p3 | south | A | 2016VT | 2016-02-10 | |",
    "p4 | south | A | 2016VT | 2016-02-10 | 2016-03-10 | unknown",
    "p4 | south | A | 2016VT | 2016-05-10 | 2016-06-10 | did_not_attend",
    "p5 | south | A | 2015HT | 2015-10-10 | |",
)


@pytest.fixture
def groups(lived):
    """Started, unplanned, others and unclear by unit, dimension and group."""

    def rows(enrolled=(), minutes=()):
        attendance = table(
            "core.attendance",
            "student_id | school_id | month | scheduled_minutes | reported_minutes "
            "| authorised_absence_minutes | unauthorised_absence_minutes",
            *minutes,
        )
        register = table(
            "core.enrolments", "student_id | school_id | term | grade_level | start_date | sex",
            *enrolled,
        )  # fmt: skip
        made = leavers(as_spells(lived(*SUPPORT)), register, attendance)
        load_contracts()["pilot.leavers"].validate(made)
        names = ("started", "unplanned", "others", "unclear")
        return {
            (row["unit_id"], row["dimension"], row["group_id"]): tuple(row[n] for n in names)
            for row in made.to_pyarrow().to_pylist()
        }

    return rows


def test_each_group_tells_who_started_left_stayed_and_is_unclear(groups):
    found = groups(
        enrolled=[
            "p1 | A | 2016VT | 8 | 2015-08-17 | female",
            "p2 | A | 2016VT | 9 | 2015-08-17 | male",
            "p3 | A | 2016VT | 9 | 2015-08-17 | male",
            "p5 | A | 2016VT | 9 | 2015-08-17 | male",
        ]
    )
    assert found["city", "sex", "female"] == (1, 1, 0, 0)
    assert found["city", "sex", "male"] == (2, 0, 2, 0)
    assert found["city", "sex", "unknown"] == (3, 1, 0, 2)
    assert found["north", "grade_level", "8"] == (1, 1, 0, 0)
    assert found["south", "grade_level", "9"] == (1, 0, 1, 0)


def test_absence_is_of_the_term_before_over_all_schools_and_months_with_a_register(groups):
    found = groups(
        minutes=[
            "p1 | A | 2015-09 | 1000 | 1000 | 100 | 50",
            "p1 | B | 2015-10 | 1000 | 0 | 0 | 0",
            "p2 | A | 2015-09 | 1000 | 1000 | 100 | 50",
            "p2 | B | 2015-11 | 1000 | 900 | 100 | 51",
            "p3 | A | 2015-12 | 1000 | 1000 | 0 | 50",
            "p4 | A | 2016-02 | 1000 | 1000 | 0 | 900",
        ]
    )
    bands = {key[2]: n for key, n in found.items() if key[:2] == ("city", "prior_absence")}
    assert bands == {
        "above_5": (1, 1, 0, 0), "above_15": (1, 0, 1, 0), "up_to_5": (1, 0, 1, 0),
        "unknown": (3, 1, 0, 2),
    }  # fmt: skip


def test_the_flow_leads_from_the_target_group_to_the_last_outcome_of_each_pupil(lived):
    group = members(*(f"p{n} | A | 2016VT" for n in (1, 2, 3, 4, 6)))
    own = group.mutate(
        project_id=(group.student_id < "p3").ifelse("north", "south"),
        basis=ibis.literal("school"),
    )
    covered = table(
        "core.project_schools", "project_id | school_id | first_term | basis",
        "north | A | 2014HT | school", "south | A | 2014HT | school",
    )  # fmt: skip
    terms = members("x | X | 2016VT").select("term")
    made = flow(as_spells(lived(*SUPPORT)), own, covered, terms)
    found = {}
    for row in as_spells(made).to_pyarrow().to_pylist():
        found[row["unit_id"], row["step"]] = (row["pupils"], row["share"])
    assert found["north", "target_group"] == (2, 1.0)
    assert found["north", "supported"] == (2, 1.0)
    assert (found["north", "unplanned"], found["north", "planned"]) == ((1, 0.5), (1, 0.5))
    assert found["south", "supported"] == (2, pytest.approx(2 / 3))
    assert found["south", "unplanned"] == (1, pytest.approx(1 / 3))
    assert found["south", "unknown"] == (0, 0.0)
    assert found["city", "open"] == (1, 0.2)
