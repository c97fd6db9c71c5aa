"""The number of schools of a project, by definition and date."""

import pytest

from pipelines.participation.project_terms import project_schools_at
from tests.pipelines.participation.conftest import (
    REGISTER,
    SUPPORT,
    as_spells,
    table,
)

COVERS = "project_id | school_id | first_term | last_term | basis"


@pytest.fixture
def schools(lived):
    """Rows by unit, term and definition."""

    def rows(*support, covered, known, enrolled):
        made = project_schools_at(
            table("core.project_schools", COVERS, *covered),
            table("core.schools", "school_id | valid_from | valid_to", *known),
            as_spells(lived(*support, enrolled=enrolled)),
            table("core.enrolments", REGISTER, *enrolled),
            table("core.participation", SUPPORT, *support),
        )
        found = as_spells(made).to_pyarrow().to_pylist()
        return {(row["unit_id"], row["term"], row["definition"]): row for row in found}

    return rows


def test_schools_that_join_leave_and_change_code_count_from_their_dates(schools):
    found = schools(
        covered=[
            "north | A | 2014HT | 2015HT | school",
            "north | B | 2014HT | | school",
            "north | B2 | 2014HT | | school",
            "north | C | 2016VT | | school",
            "north | X | 2016HT | | school",
        ],
        known=[
            "A | 2008-07-01 |",
            "B | 2008-07-01 | 2016-01-31",
            "B2 | 2016-02-01 |",
            "C | 2008-07-01 |",
        ],
        enrolled=["p1 | A | 2015HT | 8 | 2015-08-17 |", "p1 | A | 2016VT | 8 | 2015-08-17 |",
                  "p1 | C | 2016HT | 8 | 2016-08-17 |"],
    )  # fmt: skip
    names = ("schools", "joined", "left", "not_open")
    told = {key[1]: tuple(row[n] for n in names) for key, row in found.items()
            if key[::2] == ("north", "listed")}  # fmt: skip
    assert told == {"2015HT": (2, 2, 0, 1), "2016VT": (2, 2, 2, 1), "2016HT": (2, 0, 0, 2)}
    assert str(found["north", "2016VT", "listed"]["counted_on"]) == "2016-02-01"
    assert found["city", "2016VT", "own"]["schools"] == 2


def test_a_project_for_residents_has_the_schools_its_pupils_went_to(schools):
    found = schools(
        "p1 | south | A | 2016VT | 2016-02-15 | 2016-05-31 | completed",
        "p2 | south | A | 2016VT | 2016-02-15 | 2016-05-31 | completed",
        "p3 | south | D | 2016VT | 2016-02-15 | 2016-05-31 | completed",
        covered=["south | A | 2014HT | | residence", "north | A | 2014HT | | school"],
        known=["A | 2008-07-01 |"],
        enrolled=[
            "p1 | A | 2016VT | 8 | 2015-08-17 | 2016-03-31",
            "p1 | B | 2016VT | 8 | 2016-04-01 |",
            "p2 | A | 2016VT | 8 | 2015-08-17 |",
            "p2 | C | 2016VT | 8 | 2016-06-01 |",
        ],
    )
    counts = {key[::2]: row["schools"] for key, row in found.items()}
    assert counts == {
        ("south", "listed"): 1, ("south", "attended"): 3, ("south", "own"): 3,
        ("north", "listed"): 1, ("north", "attended"): 0, ("north", "own"): 1,
        ("city", "listed"): 1, ("city", "attended"): 3, ("city", "own"): 3,
    }  # fmt: skip
    assert str(found["south", "2016VT", "own"]["counted_on"]) == "2016-07-31"
    assert str(found["north", "2016VT", "own"]["counted_on"]) == "2016-02-01"


def test_without_any_register_there_is_no_row(schools):
    assert schools(covered=["north | A | 2014HT | | school"], known=[], enrolled=[]) == {}
