"""The pilot of a simulated city as core tables, straight from its history: no file is read."""

from dataclasses import dataclass
from functools import cache

import ibis
import numpy as np
import pandas as pd

from pipelines.results import conforming
from pipelines.simulation.days import term_bounds
from pipelines.simulation.history import History, live_through
from pipelines.simulation.parameters import Parameters
from pipelines.simulation.places import (
    DISTRICTS,
    PILOT_FROM,
    RESIDENCE_DISTRICT,
    RESIDENCE_FROM,
    project_id,
)
from pipelines.simulation.support import REASONS
from pipelines.simulation.world import World, build_world
from schemas.calendar import school_year_of_term, term_before
from schemas.contract import load_contracts

CITY = Parameters(seed=5, schools=8, years=5, pupils_per_grade=120, lesson_years=0)
"""Long enough for a project that serves residents, which begins in 2016VT."""


@dataclass(frozen=True)
class Pilot:
    """A simulated city and what its registers say, by table name without the layer."""

    world: World
    history: History
    tables: dict[str, ibis.Table]

    def __getattr__(self, name):
        """A table by its name."""
        return self.tables[name]


@cache
def pilot(parameters: Parameters = CITY) -> Pilot:
    """The city of some choices; made once."""
    world = build_world(parameters)
    history = live_through(world, lambda *_: None)
    terms = parameters.terms
    frames = {
        "enrolments": pd.concat([_register(world, term) for term in terms]),
        "participation": pd.concat([_supported(world, history, term) for term in terms]),
        "projects": _projects(world),
        "project_schools": pd.DataFrame(_covers(world)),
        "schools": pd.DataFrame({"school_id": world.places.codes, "valid_from": "2008-07-01"}),
        "support_contacts": pd.DataFrame(),
        "unnamed_reach": pd.DataFrame(),
    }
    tables = {name: as_table(f"core.{name}", frame) for name, frame in frames.items()}
    members = pd.concat([_members(world, group) for group in history.groups])
    return Pilot(world, history, {**tables, "members": ibis.memtable(members)})


def as_table(name, frame):
    """A frame as a table of its contract; what it lacks is empty."""
    contract = load_contracts()[name]
    full = frame.reindex(columns=contract.columns()).astype(object)
    return conforming(full.where(full.notna(), None), contract)


def _key(pupils):
    return [f"{pupil:032x}" for pupil in pupils]


def _codes(world, schools):
    return np.array(world.places.codes)[schools]


def _days(days):
    return pd.Series(days.astype("datetime64[s]")).dt.date


def _register(world, term):
    first, last = term_bounds(term)
    spells, rows = world.spells, world.spells.touching(first, last)
    ends = spells.last_day[rows]
    names = np.array([key for key, _ in DISTRICTS] + [None], dtype=object)
    return pd.DataFrame(
        {
            "student_id": _key(spells.pupil[rows]),
            "school_id": _codes(world, spells.school[rows]),
            "term": term,
            "grade_level": world.pupils.grade(
                spells.pupil[rows], int(school_year_of_term(term)[:4])
            ),
            "start_date": _days(spells.first_day[rows]),
            "end_date": _days(ends).where(ends < last, None),
            "residence_district_id": names[spells.residence[rows]],
        }
    )


def _supported(world, history, term):
    first, last = term_bounds(term)
    given = history.supported
    rows = given.touching(first, last)
    is_known = given.end[rows] <= last
    return pd.DataFrame(
        {
            "student_id": _key(given.pupil[rows]),
            "project_id": [project_id(one) for one in given.project[rows]],
            "school_id": _codes(world, given.school[rows]),
            "term": term,
            "start_date": _days(given.start[rows]),
            "planned_end_date": _days(given.planned_end[rows]),
            "end_date": _days(given.end[rows]).where(is_known, None),
            "end_reason": pd.Series(np.array(REASONS)[given.reason[rows]]).where(is_known, None),
        }
    )


def _projects(world):
    keys = [(project_id(one), DISTRICTS[one][0]) for one in world.places.projects]
    return pd.DataFrame(keys, columns=["project_id", "district_id"])


def _covers(world):
    """One row for each school of the pilot, two where the project came to serve residents."""
    places = world.places
    for index in np.flatnonzero(places.is_pilot):
        district = int(places.district[index])
        one = {"project_id": project_id(district), "school_id": places.codes[index]}
        ends = district == RESIDENCE_DISTRICT
        last = term_before(RESIDENCE_FROM) if ends else None
        yield {**one, "first_term": PILOT_FROM, "last_term": last, "basis": "school"}
        if ends:
            yield {**one, "first_term": RESIDENCE_FROM, "basis": "residence"}


def _members(world, group):
    return pd.DataFrame(
        {
            "student_id": _key(group.pupil),
            "school_id": _codes(world, group.school),
            "term": group.term,
        }
    )
