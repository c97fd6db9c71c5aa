"""The planted truth: every figure the simulated city is known to have, in plain NumPy.

Nothing here is shared with the code that computes the same figures from deliveries; the two
have only the contracts' marks, programmes and dated rules in common.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pandas as pd

from pipelines.simulation.absence import AUTHORISED, REPORTED, SCHEDULED, UNAUTHORISED, Register
from pipelines.simulation.days import reference_day, term_bounds
from pipelines.simulation.history import History
from pipelines.simulation.marks import MARKS, SUBJECTS, TermMarks
from pipelines.simulation.parameters import CITY, Days, Flags, Floats, Ints
from pipelines.simulation.places import (
    PILOT_FROM,
    RESIDENCE_DISTRICT,
    project_id,
    serves_residents,
)
from pipelines.simulation.sending import Sent
from pipelines.simulation.support import (
    REASONS,
    UNPLANNED,
    Participations,
    counted,
    eligible,
    passed,
)
from pipelines.simulation.world import World
from schemas.calendar import school_year_of_month, school_year_of_term, term_order
from schemas.codes import END_REASONS
from schemas.grading import GRADE_SCALES, LANGUAGE_CHOICE, PROGRAMMES

MOST_SUBJECTS = 16
INCIDENCE_WITHIN = 183
KINDS_OF_END = ("planned", "neutral", "unplanned", "unknown")
MONTH_TOTALS = (
    ("scheduled", SCHEDULED),
    ("reported", REPORTED),
    ("authorised", AUTHORISED),
    ("unauthorised", UNAUTHORISED),
)


def write_truth(
    folder: Path,
    world: World,
    history: History,
    *,
    sent: Sequence[Sent],
    planted: Mapping[str, pd.DataFrame],
) -> None:
    """Write one CSV per planted figure, and the parameters.

    Args:
        folder: Where they go.
        world: The city.
        history: What happened in it.
        sent: Every file sent.
        planted: Figures that were drawn and not worked out from what happened, by name.
    """
    tables = {
        "deliveries": pd.DataFrame(sent).drop(columns="delivered_on"),
        "timetable": _timetable(sent),
        "attendance": _attendance(world, history.registers),
        "absence_hours": _absence_hours(world, history.registers),
        "goal_attainment": _goal_attainment(world, history.marks),
        "merit": _merit(world, history.marks),
        "eligibility": _eligibility(world, history.marks),
        "target_group": _target_groups(world, history),
        "reach": _reach(world, history),
        "participants": _participants(world, history),
        "dropouts": _dropouts(world, history),
        "project_reach": project_reach(world, history),
        "project_ends": project_ends(world, history),
        "support_use": support_use(world, history),
        **planted,
    }
    for name, table in tables.items():
        table.to_csv(folder / f"{name}.csv", index=False, lineterminator="\n")
    chosen = {"city": CITY, **asdict(world.parameters)}
    folder.joinpath("parameters.json").write_text(
        json.dumps(chosen, ensure_ascii=False, indent=2) + "\n", encoding="utf-8"
    )


def merit_values(marks: TermMarks) -> tuple[Floats, Floats, Flags]:
    """Merit value (meritvärde) of each row of marks, and whether it has a real mark.

    Returns:
        The best 16 subjects, the language choice among them; the best 16 without it and the
        language choice on top; a flag for rows with at least one real mark.
    """
    known = {mark.mark: mark.points for mark in GRADE_SCALES if mark.scale_id == marks.scale}
    by_code = np.array([known[mark] for mark in MARKS[marks.scale]] + [None], dtype=np.float64)
    points = by_code[marks.codes]
    is_real: Flags = np.logical_not(np.isnan(points).all(axis=1))
    points = np.nan_to_num(points)
    language = SUBJECTS.index(LANGUAGE_CHOICE)
    others = np.delete(points, language, axis=1)
    return _best(points), _best(others) + points[:, language], is_real


def _best(points: Floats) -> Floats:
    best: Floats = np.sort(points, axis=1)[:, -MOST_SUBJECTS:].sum(axis=1)
    return best


def _timetable(sent: Sequence[Sent]) -> pd.DataFrame:
    rows = sorted((str(file.delivered_on), file.file_name) for file in sent)
    table = pd.DataFrame(rows, columns=["delivered_on", "file_name"])
    return table[["file_name", "delivered_on"]]


def _by_school(world: World, school: Ints, **columns: Ints | Floats) -> pd.DataFrame:
    """Sums of each column by school, for schools with at least one row, and the rows."""
    schools = len(world.places.codes)
    rows = np.bincount(school, minlength=schools)
    sums: dict[str, Ints | Floats] = {"pupils": rows}
    for name, values in columns.items():
        total = pd.Series(values).groupby(school).sum()
        sums[name] = total.reindex(range(schools), fill_value=0).to_numpy()
    table = pd.DataFrame({"school_id": world.places.codes, **sums})
    return table[rows > 0]


def _stacked(parts: Iterable[tuple[str, str, pd.DataFrame]]) -> pd.DataFrame:
    """Tables below each other, each with its period as the second column."""
    frames = []
    for column, period, table in parts:
        table.insert(1, column, period)
        frames.append(table)
    return pd.concat(frames, ignore_index=True)


def _attendance(world: World, registers: Sequence[Register]) -> pd.DataFrame:
    return _stacked(
        (
            "month",
            register.listed.period,
            _by_school(
                world,
                register.listed.school,
                **{name: register.minutes[:, place] for name, place in MONTH_TOTALS},
            ),
        )
        for register in registers
    )


def _absence_hours(world: World, registers: Sequence[Register]) -> pd.DataFrame:
    return _stacked(
        ("school_year", year, _absence_of_year(world, of_year))
        for year in world.parameters.school_years
        if (of_year := [r for r in registers if school_year_of_month(r.listed.period) == year])
    )


def _absence_of_year(world: World, registers: Sequence[Register]) -> pd.DataFrame:
    known = [(r.minutes[:, SCHEDULED] > 0) & (r.minutes[:, REPORTED] > 0) for r in registers]
    pairs = list(zip(registers, known, strict=True))
    school = np.concatenate([r.listed.school[rows] for r, rows in pairs])
    pupil = np.concatenate([r.listed.pupil[rows] for r, rows in pairs])
    minutes = np.concatenate([r.minutes[rows] for r, rows in pairs])
    table = _by_school(
        world,
        school,
        unauthorised_minutes=minutes[:, UNAUTHORISED],
        scheduled_minutes=minutes[:, SCHEDULED],
    ).rename(columns={"pupils": "pupil_months"})
    distinct = np.unique(school * len(world.pupils.leaves) + pupil) // len(world.pupils.leaves)
    students = np.bincount(distinct, minlength=len(world.places.codes))
    table.insert(1, "students", students[table.index])
    return table


def _goal_attainment(world: World, marks: Sequence[TermMarks]) -> pd.DataFrame:
    return _stacked(("term", of_term.term, _goals(world, of_term)) for of_term in marks)


def _goals(world: World, marks: TermMarks) -> pd.DataFrame:
    subjects = counted(marks).sum(axis=1)
    graded = subjects > 0
    goals = passed(marks).sum(axis=1)[graded]
    return _by_school(world, marks.school[graded], passed=goals, counted=subjects[graded])


def _merit(world: World, marks: Sequence[TermMarks]) -> pd.DataFrame:
    return _stacked(
        ("school_year", school_year_of_term(of_term.term), _merit_of_term(world, of_term))
        for of_term in marks
        if of_term.is_final.any()
    )


def _merit_of_term(world: World, marks: TermMarks) -> pd.DataFrame:
    merit_16, merit_17, is_real = merit_values(marks)
    rows = marks.is_final & is_real
    return _by_school(
        world, marks.school[rows], merit_16_sum=merit_16[rows], merit_17_sum=merit_17[rows]
    )


def _eligibility(world: World, marks: Sequence[TermMarks]) -> pd.DataFrame:
    frames = []
    for of_term in marks:
        rows = of_term.is_final & counted(of_term).any(axis=1)
        for programme in PROGRAMMES:
            can = eligible(of_term, programme)[rows].astype(np.int64)
            table = _by_school(world, of_term.school[rows], eligible=can)
            table.insert(1, "school_year", school_year_of_term(of_term.term))
            table.insert(2, "programme", programme.name)
            frames.append(table)
    return pd.concat(frames, ignore_index=True)


def _target_groups(world: World, history: History) -> pd.DataFrame:
    schools = len(world.places.codes)
    return _all_schools(
        world,
        [
            (group.term, {"pupils": np.bincount(group.school, minlength=schools)})
            for group in history.groups
        ],
        ["pupils"],
    )


def _reach(world: World, history: History) -> pd.DataFrame:
    """Every school in every term of the pilot; ``is_covered`` tells whether a project covers it.

    A pupil of the target group is reached by any project and counts at the school of the
    reference day; who is served outside it counts at the school of the participation.
    """
    supported, schools = history.supported, len(world.places.codes)
    terms = []
    for group in history.groups:
        if term_order(group.term) < term_order(PILOT_FROM):
            continue
        rows = supported.touching(*term_bounds(group.term))
        is_reached = np.isin(group.pupil, supported.pupil[rows])
        outside = rows[~np.isin(supported.pupil[rows], group.pupil)]
        counts = {
            "is_covered": world.places.is_pilot.astype(np.int64),
            "target": np.bincount(group.school, minlength=schools),
            "reached": np.bincount(group.school[is_reached], minlength=schools),
            "served_outside": np.bincount(supported.school[outside], minlength=schools),
        }
        terms.append((group.term, counts))
    return _all_schools(world, terms, ["is_covered", "target", "reached", "served_outside"])


def _all_schools(
    world: World, terms: Sequence[tuple[str, dict[str, Ints]]], names: Sequence[str]
) -> pd.DataFrame:
    columns = ["school_id", "term", *names]
    tables = [
        pd.DataFrame({"school_id": world.places.codes, "term": term, **counts})
        for term, counts in terms
    ]
    return pd.concat([pd.DataFrame(columns=columns), *tables]) if tables else _nothing(columns)


def _nothing(columns: Sequence[str]) -> pd.DataFrame:
    return pd.DataFrame(columns=list(columns))


def _participants(world: World, history: History) -> pd.DataFrame:
    supported = history.supported
    rows = []
    for project, year, first, last in _project_years(world):
        here = supported.project == project
        active = here & (supported.start <= last) & (supported.end >= first)
        started = here & _within(supported.start, first, last)
        counts = [len(np.unique(supported.pupil[chosen])) for chosen in (active, started)]
        rows.append((project_id(project), year, *counts))
    return pd.DataFrame(rows, columns=["project_id", "school_year", "active", "started"])


def support_use(world: World, history: History) -> pd.DataFrame:
    """What each project's costs of a school year were spent on: pupils and pupil-months.

    The last row of a year, ``city``, counts each pupil once, whatever the project.
    """
    columns = ["started", "supported", "completed", "pupil_month", "target_group"]
    rows = []
    years = dict.fromkeys(key[1:] for key in _project_years(world))
    for year, first, last in years:
        targets = _target_of_projects(world, history, year)
        for project in (*world.places.projects, None):
            name = "city" if project is None else project_id(project)
            used = _used(history.supported, project, first, last)
            mine = targets if project is None else targets[targets[:, 0] == project]
            rows.append((name, year, *used, len(np.unique(mine[:, 1]))))
    return pd.DataFrame(rows, columns=["unit_id", "school_year", *columns])


def _used(
    supported: Participations, project: int | None, first: np.datetime64, last: np.datetime64
) -> list[int]:
    """Pupils who started, had support and completed from one day to another; their months."""
    here = np.full(len(supported.pupil), project is None) | (supported.project == project)
    planned = here & (supported.reason == REASONS.index("completed"))
    chosen = (
        here & _within(supported.start, first, last),
        here & (supported.start <= last) & (supported.end >= first),
        planned & _within(supported.end, first, last),
    )
    months = {
        (pupil, month)
        for row in np.flatnonzero(chosen[1])
        for pupil in [int(supported.pupil[row])]
        for month in np.arange(
            max(supported.start[row], first).astype("datetime64[M]"),
            min(supported.end[row], last).astype("datetime64[M]") + 1,
        ).tolist()
    }
    return [*(len(np.unique(supported.pupil[rows])) for rows in chosen), len(months)]


def _target_of_projects(world: World, history: History, year: str) -> Ints:
    """Project and pupil, shape [n, 2], of the target group of either term of a school year."""
    spells, found = world.spells, [np.empty((0, 2), dtype=np.int64)]
    for group in history.groups:
        if school_year_of_term(group.term) != year:
            continue
        served = world.places.project_by_school(group.term)[group.school]
        pairs = [np.stack([served, group.pupil], axis=1)[served >= 0]]
        if serves_residents(group.term) and RESIDENCE_DISTRICT in world.places.projects:
            present = spells.covering(reference_day(group.term))
            at_home = spells.pupil[present[spells.residence[present] == RESIDENCE_DISTRICT]]
            residents = group.pupil[np.isin(group.pupil, at_home)]
            pairs.append(np.stack([np.full_like(residents, RESIDENCE_DISTRICT), residents], axis=1))
        found += pairs
    return np.concatenate(found)


def _dropouts(world: World, history: History) -> pd.DataFrame:
    supported = history.supported
    unplanned = np.isin(supported.reason, [REASONS.index(reason) for reason in UNPLANNED])
    rows = []
    for project, year, first, last in _project_years(world):
        ended = (supported.project == project) & _within(supported.end, first, last)
        counts = [len(np.unique(supported.pupil[c])) for c in (ended, ended & unplanned)]
        rows.append((project_id(project), year, *counts))
    return pd.DataFrame(rows, columns=["project_id", "school_year", "ended", "unplanned"])


def project_reach(world: World, history: History) -> pd.DataFrame:
    """Each project in every term of the pilot, against the target group by school and residence.

    A pupil of the target group counts who had a day of this project's support in the term.
    """
    supported, spells = history.supported, world.spells
    rows = []
    for group in history.groups:
        if term_order(group.term) < term_order(PILOT_FROM):
            continue
        touching = supported.touching(*term_bounds(group.term))
        here = spells.covering(reference_day(group.term))
        lives_in = np.full(len(world.pupils.leaves), -1)
        lives_in[spells.pupil[here]] = spells.residence[here]
        covered = np.where(world.places.is_pilot, world.places.district, -1)
        for project in world.places.projects:
            served = np.unique(supported.pupil[touching[supported.project[touching] == project]])
            by_basis = {
                "school": covered[group.school] == project,
                "residence": lives_in[group.pupil] == project,
            }
            for basis, inside in by_basis.items():
                target = np.unique(group.pupil[inside])
                reached = np.isin(target, served).sum()
                key = (project_id(project), group.term, basis)
                rows.append((*key, len(target), reached, len(served), len(served) - reached))
    names = ["project_id", "term", "basis", "target", "reached", "served", "served_outside"]
    return pd.DataFrame(rows, columns=names)


def project_ends(world: World, history: History) -> pd.DataFrame:
    """Starts and ends by kind of each project, the city and year; incidence of who started.

    ``incidence`` is that of an unplanned end within 183 days of the start, whatever other end
    came first; support that goes on after the last simulated day is known until then.
    """
    supported = history.supported
    last_known = term_bounds(world.parameters.terms[-1])[1]
    kind = np.array([reason.group for reason in END_REASONS])[supported.reason]
    is_over = supported.end <= last_known
    known = np.where(is_over, kind, "open")
    days = (np.minimum(supported.end, last_known) - supported.start).astype(np.int64) + 1
    rows = []
    for project, year, first, last in _project_years(world):
        of_project = supported.project == project
        everybody = np.ones_like(of_project)
        for name, here in ((project_id(project), of_project), ("city", everybody)):
            started = here & _within(supported.start, first, last)
            ended = here & is_over & _within(supported.end, first, last)
            counts = [int((ended & (kind == one)).sum()) for one in KINDS_OF_END]
            incidence = _incidence(days[started], known[started])
            rows.append((name, year, int(started.sum()), *counts, incidence))
    names = ["unit_id", "school_year", "started", *KINDS_OF_END, "incidence"]
    return pd.DataFrame(rows, columns=names).drop_duplicates(ignore_index=True)


def _incidence(days: Ints, kind: np.ndarray) -> float:
    """Aalen and Johansen, one day with ends after another."""
    left, out = 1.0, 0.0
    for day in range(1, INCIDENCE_WITHIN + 1):
        at_risk, ends = (days >= day).sum(), (days == day) & (kind != "open")
        if ends.any():
            out += left * (ends & (kind == "unplanned")).sum() / at_risk
            left *= 1 - ends.sum() / at_risk
    return out


def _project_years(world: World) -> list[tuple[int, str, np.datetime64, np.datetime64]]:
    first_year = school_year_of_term(PILOT_FROM)
    return [
        (
            project,
            year,
            np.datetime64(f"{year[:4]}-08-01"),
            np.datetime64(f"{int(year[:4]) + 1}-07-31"),
        )
        for project in world.places.projects
        for year in world.parameters.school_years
        if year >= first_year
    ]


def _within(days: Days, first: np.datetime64, last: np.datetime64) -> Flags:
    return (days >= first) & (days <= last)
