"""Support in the invented city: who is in the target group, who is taken in, how it ends, cost.

The target group (målgrupp) here is planted truth: it is worked out from the simulated pupils
with NumPy alone, so that the figures the project computes can be held against it.
"""

from dataclasses import dataclass
from typing import Self

import numpy as np
import pyarrow as pa

from pipelines.simulation.absence import AUTHORISED, REPORTED, SCHEDULED, UNAUTHORISED, Register
from pipelines.simulation.days import reference_day
from pipelines.simulation.marks import MARKS, SUBJECTS, TermMarks
from pipelines.simulation.parameters import Days, Flags, Floats, Ints
from pipelines.simulation.places import (
    PILOT_FROM,
    RESIDENCE_DISTRICT,
    Places,
    project_id,
    serves_residents,
)
from pipelines.simulation.pupils import Roster
from pipelines.simulation.world import World
from schemas.calendar import months_of_term, school_year_of_term
from schemas.codes import COST_CATEGORIES, END_REASONS, of_group, values
from schemas.grading import CORE_SUBJECTS, GRADE_SCALES, PROGRAMMES, Programme
from schemas.rules import TARGET_ABSENCE_SHARE, TARGET_FAILED_SUBJECTS, in_force

REASONS = values(END_REASONS)
UNPLANNED = of_group(END_REASONS, "unplanned")
INTAKE = (0.60, 0.52, 0.56, 0.45, 0.55, 0.62, 0.50, 0.54)
"""Probability that a pupil of the target group is taken in during a term, by project."""
OUTSIDE_SHARE = 0.08
"""Pupils taken in from outside the target group over those from it."""
OUTSIDE_TRUANCY = 0.8
FIRST_START, START_WINDOW = 5, 80
"""Days after the reference day on which support starts at the earliest; days it is spread over."""
PLANNED_MONTHS = (4, 6, 8, 10, 12)
DAYS_A_MONTH = 30
OUTCOMES = ("completed", "transferred", "unknown", *UNPLANNED)
OUTCOME_SHARES = (0.66, 0.05, 0.05, 0.11, 0.08, 0.05)
OVERRUNS = (0, 0, 0, -7, 14, 45)
SHORTEST = 21
JUNE = 5
"""Months after January; nobody but school leavers leaves in June."""
RUNS_ON, LONGEST_RUN_ON = 0.3, 120
"""Share of school leavers whose support goes on into upper secondary school, and how long."""
COST_PER_SCHOOL = 625_000
COST_SHARES = (0.78, 0.04, 0.05, 0.04, 0.05, 0.04)


@dataclass(frozen=True, slots=True)
class Participations:
    """Support given, one element per pupil and time; every one has an end.

    Attributes:
        pupil: Index of the pupil.
        project: Index of the district that runs the project.
        school: Index of the school at the start.
        start: First day.
        planned_end: Last day as planned at the start.
        end: Last day; may lie after the last simulated year.
        reason: Index in :data:`REASONS`.
    """

    pupil: Ints
    project: Ints
    school: Ints
    start: Days
    planned_end: Days
    end: Days
    reason: Ints

    def touching(self, first: np.datetime64, last: np.datetime64) -> Ints:
        """Those with at least one day from ``first`` to ``last``."""
        return np.flatnonzero((self.start <= last) & (self.end >= first))

    def pupils_between(self, first: np.datetime64, last: np.datetime64) -> Ints:
        """Of each pupil with at least one day from ``first`` to ``last``, the first such time."""
        rows = self.touching(first, last)
        return rows[np.unique(self.pupil[rows], return_index=True)[1]]

    def together_with(self, more: Self) -> "Participations":
        """Both, these first."""
        return Participations(
            *(np.concatenate([getattr(self, n), getattr(more, n)]) for n in self.__slots__)
        )


@dataclass(frozen=True, slots=True)
class TargetGroup:
    """The target group of a term, one element per pupil, in order of school.

    Attributes:
        term: Which term.
        pupil: Index of the pupil.
        school: Index of the school the pupil is enrolled at on the reference day.
    """

    term: str
    pupil: Ints
    school: Ints


def no_participations() -> Participations:
    """Nobody yet."""
    number, day = np.empty(0, dtype=np.int64), np.empty(0, dtype="datetime64[D]")
    return Participations(number, number, number, day, day, day, number)


def term_absence(registers: list[Register], pupils: int) -> Floats:
    """All absence of each pupil over scheduled time; NaN where no time was reported.

    Months of a pupil for which nothing was reported are left out of both sums.
    """
    away, scheduled = np.zeros(pupils, dtype=np.int64), np.zeros(pupils, dtype=np.int64)
    for register in registers:
        known = register.minutes[:, REPORTED] > 0
        minutes, who = register.minutes[known], register.listed.pupil[known]
        np.add.at(away, who, minutes[:, AUTHORISED] + minutes[:, UNAUTHORISED])
        np.add.at(scheduled, who, minutes[:, SCHEDULED])
    share: Floats = np.divide(away, scheduled, out=np.full(pupils, np.nan), where=scheduled > 0)
    return share


def passed(marks: TermMarks) -> Flags:
    """Whether each mark is a pass, shape [rows, SUBJECTS]."""
    return _holds(marks, "is_passing")


def counted(marks: TermMarks) -> Flags:
    """Whether each mark counts in goal attainment, shape [rows, SUBJECTS]."""
    return _holds(marks, "is_counted")


def eligible(marks: TermMarks, programme: Programme) -> Flags:
    """Whether each row has the passes a group of programmes asks for (SkolL 16:30-31)."""
    ok = passed(marks)
    core = [SUBJECTS.index(subject) for subject in ("SV", *CORE_SUBJECTS)]
    required = [SUBJECTS.index(subject) for subject in programme.required]
    others = ok.sum(axis=1) - ok[:, core].sum(axis=1)
    enough = ok[:, core].all(axis=1) & (others >= programme.other_subjects)
    able: Flags = enough & ok[:, required].all(axis=1)
    return able


def target_group(listed: Roster, marks: TermMarks, absence: Floats) -> TargetGroup:
    """Who of the roster of a term's reference day is in the target group.

    Args:
        listed: Everybody enrolled on the reference day of the term.
        marks: Marks of the term before.
        absence: From :func:`term_absence`, of the term before.
    """
    month = months_of_term(listed.period)[0]
    failed = (counted(marks) & ~passed(marks)).sum(axis=1)
    is_low = failed >= in_force(TARGET_FAILED_SUBJECTS, month).value
    is_low &= ~eligible(marks, PROGRAMMES[0]) & counted(marks).any(axis=1)
    in_need = np.zeros(len(absence), dtype=np.bool_)
    in_need[marks.pupil[is_low]] = True
    in_need &= absence >= in_force(TARGET_ABSENCE_SHARE, month).value
    rows = in_need[listed.pupil]
    return TargetGroup(listed.period, listed.pupil[rows], listed.school[rows])


def take_in(
    world: World, group: TargetGroup, so_far: Participations, rng: np.random.Generator
) -> Participations:
    """Start support in a term: part of the target group, and a few from outside it.

    Nobody has two times at once, nor two that end in the same school year: who has had
    support in the school year is not taken in again before the next.
    """
    pupils, spells, term = world.pupils, world.spells, group.term
    rows = spells.covering(reference_day(term))
    project = _serving_project(world, rows, term)
    rows, project = rows[project >= 0], project[project >= 0]
    pupil = spells.pupil[rows]
    can = ~np.isin(pupil, so_far.pupil[so_far.end >= _first_day_of_school_year(term)])
    in_group = np.isin(pupil, group.pupil)
    chosen = can & in_group & (rng.random(len(rows)) < np.array(INTAKE)[project])
    others = np.flatnonzero(can & ~in_group & (pupils.truancy[pupil] > OUTSIDE_TRUANCY))
    few = min(len(others), round(OUTSIDE_SHARE * int(chosen.sum())))
    chosen[rng.choice(others, size=few, replace=False)] = True
    start = _starts(term, len(rows), rng)
    chosen &= spells.last_day[rows] >= start + SHORTEST
    return _with_ends(world, rows[chosen], project[chosen], start[chosen], rng)


def under_support(supported: Participations, month: str, pupils: int) -> Flags:
    """Whom support affects in a month: from the month after the start to that of the end."""
    now = np.datetime64(month)
    started = supported.start.astype("datetime64[M]") < now
    ended = supported.end.astype("datetime64[M]") < now
    treated = np.zeros(pupils, dtype=np.bool_)
    treated[supported.pupil[started & ~ended]] = True
    return treated


def draw_costs(places: Places, school_years: list[str], rng: np.random.Generator) -> pa.Table:
    """What each project spends in each school year of the pilot, whole kronor."""
    first = school_year_of_term(PILOT_FROM)
    keys = [
        (project, year) for project in places.projects for year in school_years if year >= first
    ]
    size = np.array([places.pilot_schools[p] for p, _ in keys], dtype=np.float64).reshape(-1, 1)
    noise = rng.lognormal(0, 0.12, (len(keys), len(COST_SHARES)))
    amounts = np.rint(COST_PER_SCHOOL * size * np.array(COST_SHARES) * noise).astype(np.int64)
    categories = len(COST_CATEGORIES)
    return pa.table(
        {
            "project_id": [project_id(project) for project, _ in keys for _ in range(categories)],
            "school_year": [year for _, year in keys for _ in range(categories)],
            "category": values(COST_CATEGORIES) * len(keys),
            "amount_sek": amounts.ravel(),
        }
    )


def _holds(marks: TermMarks, property_name: str) -> Flags:
    known = {mark.mark: mark for mark in GRADE_SCALES if mark.scale_id == marks.scale}
    by_code = [getattr(known[mark], property_name) for mark in MARKS[marks.scale]]
    return np.array([*by_code, False])[marks.codes]


def _serving_project(world: World, rows: Ints, term: str) -> Ints:
    project = world.places.project_by_school(term)[world.spells.school[rows]]
    if serves_residents(term) and RESIDENCE_DISTRICT in world.places.projects:
        is_resident = world.spells.residence[rows] == RESIDENCE_DISTRICT
        project = np.where((project < 0) & is_resident, RESIDENCE_DISTRICT, project)
    return project


def _first_day_of_school_year(term: str) -> np.datetime64:
    return np.datetime64(f"{school_year_of_term(term)[:4]}-08-01")


def _starts(term: str, count: int, rng: np.random.Generator) -> Days:
    earliest = reference_day(term) + FIRST_START
    drawn = earliest + rng.integers(0, START_WINDOW, count)
    return np.busday_offset(drawn, 0, roll="forward")


def _with_ends(
    world: World, rows: Ints, project: Ints, start: Days, rng: np.random.Generator
) -> Participations:
    count, pupil = len(rows), world.spells.pupil[rows]
    planned = start + DAYS_A_MONTH * rng.choice(PLANNED_MONTHS, size=count)
    reason = rng.choice([REASONS.index(o) for o in OUTCOMES], size=count, p=OUTCOME_SHARES)
    length = (planned - start).astype(np.int64)
    early = start + rng.integers(SHORTEST, length)
    is_completed = reason == REASONS.index("completed")
    end = np.where(is_completed, planned + rng.choice(OVERRUNS, size=count), early)
    final = world.spells.last_day[np.searchsorted(world.spells.pupil, pupil, side="right") - 1]
    graduates = final.astype("datetime64[M]").astype(np.int64) % 12 == JUNE
    runs_on = graduates & (rng.random(count) < RUNS_ON)
    end = np.where(runs_on, np.minimum(end, final + LONGEST_RUN_ON), end)
    is_cut = (end > final) & ~runs_on
    gone = np.where(graduates, REASONS.index("graduated"), REASONS.index("moved"))
    return Participations(
        pupil=pupil,
        project=project,
        school=world.spells.school[rows],
        start=start,
        planned_end=planned,
        end=np.where(is_cut, final, end),
        reason=np.where(is_cut, gone, reason),
    )
