"""Reach against both target groups, by hand and against a slow reference."""

import datetime as dt
from random import Random

import pytest

from pipelines.participation.reach import members as members_of
from pipelines.participation.reach import reach, target_groups
from pipelines.results import conforming
from schemas.participation import PilotReach, Spells
from tests.pipelines.participation.conftest import CONTACTS, REGISTER, as_spells, members, table
from tests.reference import participation as reference
from tests.reference.spells import spell_frame

COVERED = ("north | A | 2014HT | | school", "south | B | 2014HT | | residence")
HOMES = (
    "p1 | A | 2016VT | 8 | 2015-08-17 | | north",
    "p2 | A | 2016VT | 8 | 2015-08-17 | | south",
    "p3 | B | 2016VT | 8 | 2015-08-17 | | south",
    "p4 | C | 2016VT | 8 | 2015-08-17 | | south",
    "p5 | A | 2016VT | 8 | 2015-08-17 | | north",
)
GROUP = ("p1 | A | 2016VT", "p2 | A | 2016VT", "p3 | B | 2016VT", "p4 | C | 2016VT")


@pytest.fixture
def reached(lived):
    """Rows of reach in spring 2016 by unit and basis."""

    def rows(*support, group=GROUP, homes=HOMES, **told):
        made = made_of(as_spells(lived(*support)), group=group, homes=homes, **told)
        return {(row["unit_id"], row["basis"]): row for row in made}

    return rows


def made_of(spells, *, group, homes, terms=("2016VT",), **told):
    covers = "project_id | school_id | first_term | last_term | basis"
    project_schools = table("core.project_schools", covers, *COVERED)
    projects = table("core.projects", "project_id | district_id", "north | north", "south | south")
    enrolments = table("core.enrolments", f"{REGISTER} | residence_district_id", *homes)
    groups = target_groups(project_schools, projects, members(*group), enrolments)
    each = members(*(f"x | X | {term}" for term in terms)).select("term")
    unnamed = "project_id | term | pupils"
    given = {
        "support_contacts": table("core.support_contacts", CONTACTS, *told.get("contacts", ())),
        "unnamed_reach": table("core.unnamed_reach", unnamed, *told.get("unnamed", ())),
    }
    made = reach(spells, groups, project_schools, each, **given)
    PilotReach.validate(made)
    return made.to_pyarrow().to_pylist()


def test_each_project_is_measured_against_both_target_groups(reached):
    found = reached(
        "p1 | north | A | 2016VT | 2016-02-10 | |",
        "p2 | south | A | 2016VT | 2016-02-10 | |",
        "p5 | north | A | 2016VT | 2016-02-10 | |",
    )
    names = ("is_own_basis", "target_group", "reached", "served", "served_outside")
    assert {key: tuple(row[n] for n in names) for key, row in found.items()} == {
        ("north", "school"): (True, 2, 1, 2, 1),
        ("north", "residence"): (False, 1, 1, 2, 1),
        ("south", "school"): (False, 1, 0, 1, 1),
        ("south", "residence"): (True, 3, 1, 1, 0),
        ("city", "school"): (True, 3, 2, 3, 1),
        ("city", "residence"): (True, 4, 2, 3, 1),
    }


def test_more_served_than_the_target_group_has_is_flagged_and_the_share_stays_below_one(reached):
    found = reached(
        "p1 | north | A | 2016VT | 2016-02-10 | |",
        "p5 | north | A | 2016VT | 2016-02-10 | |",
    )
    row = found["north", "residence"]
    assert (row["value"], row["above_one"]) == (1.0, True)
    assert not found["north", "school"]["above_one"]


def test_without_a_target_group_there_is_a_reason_and_no_share(reached):
    row = reached("p1 | north | A | 2016VT | 2016-02-10 | |", group=())["north", "school"]
    assert (row["value"], row["lower"], row["missing"]) == (None, None, "no_target_group")
    assert (row["served"], row["served_outside"], row["above_one"]) == (1, 1, False)


def test_who_was_only_reached_indirectly_is_apart_and_so_is_who_no_register_has(reached):
    found = reached(
        "p1 | north | A | 2016VT | 2016-02-10 | |",
        contacts=[
            "p1 | north | 2016-03 | class | indirect | 3 | 0",
            "p2 | north | 2016-03 | class | indirect | 3 | 0",
            "p2 | north | 2016-04 | staff | indirect | 1 | 0",
            "p3 | north | 2016-03 | class | indirect | 3 | 0",
            "p3 | north | 2016-03 | talk | direct | 1 | 30",
            "p4 | north | 2015-12 | class | indirect | 3 | 0",
        ],
    )
    row = found["north", "school"]
    assert (row["reached_indirectly"], row["unregistered"]) == (1, 1)
    assert (row["reached"], row["target_group"]) == (1, 2)


def test_a_project_that_covers_no_school_is_there_by_its_support(reached):
    found = reached("p9 | west | A | 2016VT | 2016-02-10 | |")
    row = found["west", "school"]
    assert (row["served"], row["target_group"], row["is_own_basis"]) == (1, 0, True)


def test_a_project_known_by_its_contacts_alone_is_there_too(reached):
    found = reached(contacts=["p1 | west | 2016-03 | class | indirect | 3 | 0"])
    assert found["west", "school"]["reached_indirectly"] == 1
    assert found["city", "school"]["reached_indirectly"] == 1


def test_whom_nobody_can_name_is_counted_apart_and_in_no_share(reached):
    support = "p1 | north | A | 2016VT | 2016-02-10 | |"
    told = ("north | 2016VT | 40", "west | 2016VT | 0", "north | 2015HT | 7")
    found = reached(support, unnamed=told)
    counts = {unit: found[unit, "school"]["reached_unnamed"] for unit in ("north", "west", "city")}
    assert counts == {"north": 40, "west": 0, "city": 40}
    assert found["south", "school"]["reached_unnamed"] is None
    without = reached(support)
    assert without["city", "school"]["reached_unnamed"] is None
    assert all(found[key]["value"] == row["value"] for key, row in without.items())


def test_who_moved_away_before_the_reference_day_does_not_live_there(reached):
    homes = (
        "p1 | A | 2016VT | 8 | 2015-08-17 | 2016-01-31 | north",
        "p1 | A | 2016VT | 8 | 2016-02-01 | | south",
    )
    found = reached(group=["p1 | A | 2016VT"], homes=homes)
    assert found["north", "residence"]["target_group"] == 0
    assert found["south", "residence"]["target_group"] == 1


def test_only_a_member_counts_as_one():
    values = table(
        "core.student_terms", "student_id | school_id | term", "p1 | A | 2016VT", "p2 | A | 2016VT"
    )
    indicator = values.select(
        "student_id",
        "school_id",
        period=values.term,
        numerator=(values.student_id == "p1").cast("float64"),
    )
    assert members_of(indicator).to_pyarrow().to_pylist() == [
        {"student_id": "p1", "school_id": "A", "term": "2016VT"}
    ]


@pytest.mark.parametrize("seed", [1, 2])
def test_every_count_is_that_of_the_slow_reference(seed):
    random = Random(seed)  # noqa: S311 - no secret
    pupils, terms = [f"p{n}" for n in range(40)], ("2015HT", "2016VT")
    first = dt.date(2015, 6, 1)
    starts = {
        (random.choice(pupils), random.choice(("north", "south")), random.randrange(420))
        for _ in range(50)
    }
    rows = [
        (pupil, project, day := first + dt.timedelta(at), day + dt.timedelta(random.randrange(200)))
        for pupil, project, at in sorted(starts)
    ]
    inside = {
        (pupil, term): (random.choice("ABC"), random.choice(("north", "south")))
        for pupil in pupils
        for term in terms
        if random.random() < 0.7
    }
    made = made_of(
        conforming(spell_frame(rows), Spells),
        group=[f"{pupil} | {school} | {term}" for (pupil, term), (school, _) in inside.items()],
        homes=[
            f"{pupil} | {school} | {term} | 8 | 2014-08-17 | | {home}"
            for (pupil, term), (school, home) in inside.items()
        ],
        terms=terms,
    )
    names = ("target_group", "reached", "served")
    found = {
        (row["unit_id"], row["term"], row["basis"]): tuple(row[name] for name in names)
        for row in made
        if row["unit"] == "project"
    }
    schools = {"north": "A", "south": "B"}
    assert found == reference.reach(
        rows,
        [(pupil, school, term) for (pupil, term), (school, _) in inside.items()],
        {key: home for key, (_, home) in inside.items()},
        {(project, school, term) for project, school in schools.items() for term in terms},
        {"north": "north", "south": "south"},
    )
