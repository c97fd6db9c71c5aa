"""Lesson reports: one line per pupil and lesson, millions in a year."""

import numpy as np
import pyarrow as pa

from pipelines.simulation.absence import STATUSES, LessonBlock
from pipelines.simulation.layouts import DELIMITER, joined_lines
from pipelines.simulation.pupils import LANGUAGES
from pipelines.simulation.timetable import WEEK, MonthOfLessons, lessons_of_month
from pipelines.simulation.world import World

OUTCOME_WIDTH = 256
OUTCOME_TEXTS = pa.array(
    [f"{away}{DELIMITER}{status}\n" for status in STATUSES for away in range(OUTCOME_WIDTH)]
)
"""Minutes away and letter of every status and time away, ``status * width + minutes``."""


def lesson_records(world: World, school: int, month: str, blocks: tuple[LessonBlock, ...]) -> bytes:
    """The records of a school in a month, by grade, pupil and time."""
    parts = [_block_records(world, school, month, block) for block in blocks]
    return b"".join(parts)


def _block_records(world: World, school: int, month: str, block: LessonBlock) -> bytes:
    """Identity number, lesson and outcome of each row: three texts looked up and joined."""
    held = lessons_of_month(world.timetable, school, block.grade, month)
    pupils, lessons = block.status.shape
    swedish, language = world.pupils.takes_sva[block.pupil], world.pupils.language[block.pupil]
    variant = swedish * (len(LANGUAGES) + 1) + language + 1
    middle = pa.array(_lesson_texts(world.places.codes[school], held))
    place = (variant[:, None] * lessons + np.arange(lessons)).ravel()
    outcome = block.status.astype(np.int64) * OUTCOME_WIDTH + block.away
    identity = world.pupils.identity.take(pa.array(np.repeat(block.pupil, lessons)))
    lines = joined_lines(
        identity, middle.take(pa.array(place)), OUTCOME_TEXTS.take(pa.array(outcome.ravel()))
    )
    return lines.between(0, pupils * lessons)


def _lesson_texts(code: str, held: MonthOfLessons) -> list[str]:
    """School, day, start, subject and minutes of each lesson, for every kind of pupil."""
    days = np.datetime_as_string(held.day).tolist()
    starts = [f"{start // 60:02d}:{start % 60:02d}" for start in held.starts.tolist()]
    before = [f";{code};{day};{start};" for day, start in zip(days, starts, strict=True)]
    after = [f";{minutes};" for minutes in held.minutes.tolist()]
    subjects = [WEEK[index] for index in held.subject.tolist()]
    lessons = list(zip(before, subjects, after, strict=True))
    kinds = [
        {"SV": swedish, "M2": language}
        for swedish in ("SV", "SVA")
        for language in ("EN", *(f"M2{code}" for code in LANGUAGES))
    ]
    return [f"{b}{kind.get(subject, subject)}{a}" for kind in kinds for b, subject, a in lessons]
