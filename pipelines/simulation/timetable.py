"""Timetables of the invented schools: five or six lessons a day of 40, 60 or 80 minutes."""

from dataclasses import dataclass

import numpy as np

from pipelines.simulation.days import school_days_of_month
from pipelines.simulation.parameters import Days, Ints
from pipelines.simulation.pupils import GRADES

WEEKDAYS = 5
MOST_LESSONS_A_DAY = 6
LENGTHS = (40, 60, 80)
LENGTH_SHARES = (0.45, 0.4, 0.15)
SIX_LESSON_DAYS = 0.5
FIRST_BELL = 8 * 60 + 20
BREAK, LUNCH, LUNCH_AFTER = 10, 45, 3
WEEK = (
    *("SV",) * 4, *("MA",) * 4, *("EN",) * 3, *("IDH",) * 2, *("M2",) * 3, *("SL",) * 2,
    "BI", "FY", "KE", "GE", "HI", "RE", "SH", "TK", "BL", "MU", "HKK", "SV",
)  # fmt: skip
"""Subjects of a week; SV stands for SV or SVA, M2 for English where no language is read."""


@dataclass(frozen=True, slots=True)
class Timetable:
    """Lessons of a week, by school, grade (7 first), weekday (Monday first) and place in the day.

    Attributes:
        minutes: Length [minutes]; 0 where a day has no such lesson.
        starts: Start [minutes after midnight].
        subject: Index in :data:`WEEK`.
    """

    minutes: Ints
    starts: Ints
    subject: Ints


@dataclass(frozen=True, slots=True)
class MonthOfLessons:
    """The lessons of a grade at a school in one month, in order of time, one element each."""

    day: Days
    starts: Ints
    minutes: Ints
    subject: Ints


def make_timetable(schools: int, rng: np.random.Generator) -> Timetable:
    """Draw a week for every school and grade, the same in all years."""
    shape = (schools, len(GRADES), WEEKDAYS, MOST_LESSONS_A_DAY)
    minutes = rng.choice(LENGTHS, size=shape, p=LENGTH_SHARES)
    minutes[..., -1] *= rng.random(shape[:-1]) < SIX_LESSON_DAYS
    pauses = np.full(MOST_LESSONS_A_DAY, BREAK)
    pauses[LUNCH_AFTER - 1] = LUNCH
    ends = np.cumsum(minutes + pauses, axis=-1)
    week = np.tile(np.arange(WEEKDAYS * MOST_LESSONS_A_DAY) % len(WEEK), (*shape[:2], 1))
    subject = rng.permuted(week, axis=-1).reshape(shape)
    return Timetable(minutes, FIRST_BELL + ends - minutes - pauses, subject)


def lessons_of_month(timetable: Timetable, school: int, grade: int, month: str) -> MonthOfLessons:
    """Lay the week of a grade at a school over the school days of a month."""
    days = school_days_of_month(month)
    weekday = (days.astype(np.int64) + 3) % 7
    minutes = timetable.minutes[school, grade - GRADES[0], weekday]
    held = minutes > 0
    return MonthOfLessons(
        day=np.broadcast_to(days[:, None], held.shape)[held],
        starts=timetable.starts[school, grade - GRADES[0], weekday][held],
        minutes=minutes[held],
        subject=timetable.subject[school, grade - GRADES[0], weekday][held],
    )
