"""What became of the lessons: absence that lasts, comes in spells and has a heavy right tail.

Lessons missed without valid reason by a pupil in a month are Poisson with mean
``base * exp(truancy + ar) * season * gamma``: a persistent and an AR(1) part on the log scale
and a gamma part of mean one. Support thins them: each such lesson is attended after all with
probability ``1 - effect``, so that their mean is exactly ``effect`` times what it would have
been and a city without effect is the same city but for that.
"""

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from pipelines.simulation.parameters import Flags, Floats, Ints
from pipelines.simulation.pupils import GRADES, Pupils, Roster
from pipelines.simulation.timetable import Timetable, lessons_of_month

UNAUTHORISED_LESSONS = 1.35
"""Lessons a month missed without valid reason by the middle pupil."""
AUTHORISED_LESSONS = 3.6
LATE_LESSONS = 0.5
OTHER_LESSONS = 0.25
PERSISTENCE = 0.65
SPELL_SPREAD = 0.75
GAMMA_SHAPE = 3.0
ILLNESS_SHAPE = 0.7
MONTH_FACTORS = dict(
    zip(
        ("08", "09", "10", "11", "12", "01", "02", "03", "04", "05", "06"),
        (0.3, 0.9, 1.0, 1.0, 0.8, 0.9, 0.9, 1.0, 0.9, 1.1, 0.4),
        strict=True,
    )
)
GRADE_FACTORS = (0.85, 1.0, 1.15)
UNREPORTED_LESSONS = 0.02
UNREPORTED_MONTHS = 0.006
LATENESS = (5, 10, 15, 20)

STATUSES = ("R", "G", "O", "S", "A", "")
"""Lesson statuses in the order they are dealt: not reported, authorised, unauthorised, late,
other activity, present."""
MINUTES = (
    "scheduled_minutes",
    "reported_minutes",
    "authorised_absence_minutes",
    "unauthorised_absence_minutes",
    "late_minutes",
    "other_activity_minutes",
)
SCHEDULED, REPORTED, AUTHORISED, UNAUTHORISED, LATE, OTHER = range(len(MINUTES))


@dataclass(frozen=True, slots=True)
class LessonBlock:
    """Lessons of one grade at one school in one month.

    Attributes:
        grade: Grade level.
        pupil: Index of each pupil, shape [pupils].
        status: Index in :data:`STATUSES`, shape [pupils, lessons].
        away: Time away [minutes], shape [pupils, lessons].
    """

    grade: int
    pupil: Ints
    status: npt.NDArray[np.uint8]
    away: npt.NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Register:
    """A month of the whole city, one element per pupil and school, in order of school.

    Attributes:
        listed: Who was taught where, and in which month.
        minutes: Minutes, shape [rows, :data:`MINUTES`].
        lessons: The lessons by school, where they were kept one by one.
    """

    listed: Roster
    minutes: Ints
    lessons: dict[int, tuple[LessonBlock, ...]]


def next_spells(before: Floats, rng: np.random.Generator) -> Floats:
    """One month on: the transitory part of everybody's absence [log scale]."""
    step = math.sqrt(1 - PERSISTENCE**2)
    spells: Floats = PERSISTENCE * before + step * rng.normal(0, SPELL_SPREAD, len(before))
    return spells


def lesson_counts(
    pupils: Pupils, listed: Roster, spell: Floats, rng: np.random.Generator
) -> tuple[Ints, Ints]:
    """Draw lessons wanted per status, and which of them support could undo.

    Returns:
        Lessons by status but ``present``, shape [rows, 5], not yet held within the month; and
        a flag per row: a month for which no register was filled in.
    """
    who, rows = listed.pupil, len(listed.pupil)
    factor = MONTH_FACTORS[listed.period[5:]]
    truancy = pupils.truancy[who] + spell[who]
    by_grade = np.array(GRADE_FACTORS)[listed.grade - GRADES[0]]
    burst = rng.gamma(GAMMA_SHAPE, 1 / GAMMA_SHAPE, rows)
    ill = rng.gamma(ILLNESS_SHAPE, 1 / ILLNESS_SHAPE, rows)
    means = np.stack(
        [
            np.full(rows, 0.0),
            AUTHORISED_LESSONS * factor * np.exp(pupils.illness[who]) * ill,
            UNAUTHORISED_LESSONS * factor * by_grade * np.exp(truancy) * burst,
            LATE_LESSONS * factor * np.exp(0.5 * truancy) * burst,
            np.full(rows, OTHER_LESSONS * factor),
        ],
        axis=1,
    )
    is_blank = (rng.random(rows) < UNREPORTED_MONTHS).astype(np.int64)
    return rng.poisson(np.minimum(means, 1000.0)), is_blank


def with_support(counts: Ints, treated: Flags, effect: float, rng: np.random.Generator) -> Ints:
    """Undo each lesson missed or late of a treated pupil with probability ``1 - effect``."""
    thinned = counts.copy()
    kept = rng.binomial(counts[:, 2:4], effect)
    thinned[:, 2:4] = np.where(treated[:, None], kept, counts[:, 2:4])
    return thinned


def held_within(counts: Ints, lessons: Ints, is_blank: Ints, rng: np.random.Generator) -> Ints:
    """Deal lessons to statuses in order until the month's lessons are used up."""
    dealt = counts.copy()
    missing = rng.binomial(lessons, UNREPORTED_LESSONS)
    dealt[:, 0] = np.where(is_blank == 1, lessons, missing)
    used = np.minimum(np.cumsum(dealt, axis=1), lessons[:, None])
    return np.diff(used, axis=1, prepend=0)


def lesson_totals(timetable: Timetable, listed: Roster) -> tuple[Ints, Ints]:
    """Lessons of each row's month [count] and their length [minutes]."""
    schools = timetable.minutes.shape[0]
    totals = np.zeros((schools, len(GRADES), 2), dtype=np.int64)
    for school in range(schools):
        for grade in GRADES:
            held = lessons_of_month(timetable, school, grade, listed.period).minutes
            totals[school, grade - GRADES[0]] = len(held), held.sum()
    by_row = totals[listed.school, listed.grade - GRADES[0]]
    return by_row[:, 0], by_row[:, 1]


def minutes_of_counts(
    dealt: Ints, lessons: Ints, scheduled: Ints, rng: np.random.Generator
) -> Ints:
    """Minutes of a month whose lessons are not kept one by one, shape [rows, MINUTES].

    Each lesson is 40, 60 or 80 minutes with the mean length of the pupil's month.
    """
    share = np.clip((scheduled / lessons - 40) / 40, 0, 1)[:, None]
    spent = 40 * dealt + 20 * rng.binomial(2 * dealt, np.broadcast_to(share, dealt.shape))
    spent[:, 3] = 5 * (dealt[:, 3] + rng.binomial(3 * dealt[:, 3], 0.33))
    spent[:, 0] = np.where(dealt[:, 0] == lessons, scheduled, spent[:, 0])
    used = np.minimum(np.cumsum(spent, axis=1), scheduled[:, None])
    unreported, authorised, unauthorised, late, other = np.diff(used, axis=1, prepend=0).T
    return np.stack(
        [scheduled, scheduled - unreported, authorised, unauthorised + late, late, other], axis=1
    )


def deal_lessons(
    timetable: Timetable, listed: Roster, dealt: Ints, rng: np.random.Generator
) -> dict[int, tuple[LessonBlock, ...]]:
    """Choose at random which lessons of the month each pupil's counts fall on."""
    key = listed.school * len(GRADES) + listed.grade - GRADES[0]
    edges = np.flatnonzero(np.diff(key, prepend=-1))
    blocks: dict[int, tuple[LessonBlock, ...]] = {}
    for first, end in zip(edges, [*edges[1:], len(key)], strict=True):
        school, grade = int(listed.school[first]), int(listed.grade[first])
        held = lessons_of_month(timetable, school, grade, listed.period).minutes
        status = _scattered(dealt[first:end], len(held), rng)
        away = _time_away(status, held, rng)
        block = LessonBlock(grade, listed.pupil[first:end], status, away)
        blocks[school] = (*blocks.get(school, ()), block)
    return blocks


def minutes_of_lessons(
    timetable: Timetable, listed: Roster, blocks: dict[int, tuple[LessonBlock, ...]]
) -> Ints:
    """Minutes of a month summed from its lessons, shape [rows, MINUTES], in order of roster."""
    parts = []
    for school, of_school in blocks.items():
        for block in of_school:
            held = lessons_of_month(timetable, school, block.grade, listed.period).minutes
            parts.append(_sums(block, held))
    return np.concatenate(parts)


def _sums(block: LessonBlock, held: Ints) -> Ints:
    unreported = (block.status == STATUSES.index("R")) @ held
    away = {
        mark: ((block.status == STATUSES.index(mark)) * block.away).sum(axis=1, dtype=np.int64)
        for mark in "GOSA"
    }
    scheduled = np.full(len(block.pupil), held.sum())
    reported = scheduled - unreported
    columns = [scheduled, reported, away["G"], away["O"] + away["S"], away["S"], away["A"]]
    return np.stack(columns, axis=1)


def _scattered(dealt: Ints, lessons: int, rng: np.random.Generator) -> npt.NDArray[np.uint8]:
    place = np.argsort(rng.random((len(dealt), lessons), dtype=np.float32), axis=1)
    in_order = np.arange(lessons) >= np.cumsum(dealt, axis=1)[:, :, None]
    status = np.empty((len(dealt), lessons), dtype=np.uint8)
    np.put_along_axis(status, place, in_order.sum(axis=1, dtype=np.uint8), axis=1)
    return status


def _time_away(
    status: npt.NDArray[np.uint8], held: Ints, rng: np.random.Generator
) -> npt.NDArray[np.uint8]:
    is_whole = (status >= STATUSES.index("G")) & (status <= STATUSES.index("A"))
    away = (is_whole * held).astype(np.uint8)
    is_late = status == STATUSES.index("S")
    away[is_late] = rng.choice(LATENESS, size=int(is_late.sum()))
    return away
