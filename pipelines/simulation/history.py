"""What happens in the invented city, term by term: registers, marks and support."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from pipelines.simulation.absence import (
    SPELL_SPREAD,
    Register,
    deal_lessons,
    held_within,
    lesson_counts,
    lesson_totals,
    minutes_of_counts,
    minutes_of_lessons,
    next_spells,
    with_support,
)
from pipelines.simulation.days import grading_day, reference_day, teaching_months
from pipelines.simulation.marks import USUAL_ABSENCE, Standing, TermMarks, set_marks
from pipelines.simulation.parameters import Floats
from pipelines.simulation.places import PILOT_FROM
from pipelines.simulation.pupils import roster_of_day, roster_of_month
from pipelines.simulation.support import (
    Participations,
    TargetGroup,
    no_participations,
    take_in,
    target_group,
    term_absence,
    under_support,
)
from pipelines.simulation.world import World
from schemas.calendar import term_order

Progress = Callable[[str, int, int], None]
"""Called with a stage, how many of its steps are done, and how many there are."""


@dataclass(frozen=True, slots=True)
class History:
    """Everything that happened, in order of time.

    Attributes:
        registers: One per month with teaching.
        marks: One per term.
        groups: Target group of every term but the first.
        supported: All support given.
    """

    registers: list[Register]
    marks: list[TermMarks]
    groups: list[TargetGroup]
    supported: Participations


@dataclass(slots=True)
class _Year:
    """The state that one term hands to the next."""

    spell: Floats
    supported: Participations
    absence: Floats | None = None


def live_through(world: World, progress: Progress) -> History:
    """Simulate every term from first to last."""
    state = _begin(world)
    history = History([], [], [], no_participations())
    terms = world.parameters.terms
    for done, term in enumerate(terms, start=1):
        if state.absence is not None:
            history.groups.append(_group(world, term, history.marks[-1], state.absence))
        if term_order(term) >= term_order(PILOT_FROM) and history.groups:
            rng = world.parameters.stream("intake", term)
            taken_in = take_in(world, history.groups[-1], state.supported, rng)
            state.supported = state.supported.together_with(taken_in)
        registers = [_live_a_month(world, month, state) for month in teaching_months(term)]
        history.registers.extend(registers)
        state.absence = term_absence(registers, len(world.pupils.leaves))
        history.marks.append(_marks(world, term, state.absence))
        progress("terms", done, len(terms))
    return History(history.registers, history.marks, history.groups, state.supported)


def _begin(world: World) -> _Year:
    rng = world.parameters.stream("spells")
    spell = rng.normal(0, SPELL_SPREAD, len(world.pupils.leaves))
    return _Year(spell, no_participations())


def _group(world: World, term: str, marks: TermMarks, absence: Floats) -> TargetGroup:
    listed = roster_of_day(world.pupils, world.spells, term, reference_day(term))
    return target_group(listed, marks, absence)


def _marks(world: World, term: str, absence: Floats) -> TermMarks:
    listed = roster_of_day(world.pupils, world.spells, term, grading_day(term))
    standing = Standing(world.levels, np.nan_to_num(absence, nan=USUAL_ABSENCE))
    return set_marks(world.pupils, listed, term, standing, world.parameters.stream("marks", term))


def _live_a_month(world: World, month: str, state: _Year) -> Register:
    stream = world.parameters.stream
    listed = roster_of_month(world.pupils, world.spells, month)
    counts, is_blank = lesson_counts(world.pupils, listed, state.spell, stream("absence", month))
    state.spell = next_spells(state.spell, stream("spells", month))
    treated = under_support(state.supported, month, len(world.pupils.leaves))[listed.pupil]
    effect = world.parameters.effect
    counts = with_support(counts, treated, effect, stream("support", month))
    lessons, scheduled = lesson_totals(world.timetable, listed)
    dealt = held_within(counts, lessons, is_blank, stream("registers", month))
    if month not in world.parameters.lesson_months:
        minutes = minutes_of_counts(dealt, lessons, scheduled, stream("minutes", month))
        return Register(listed, minutes, {})
    blocks = deal_lessons(world.timetable, listed, dealt, stream("lessons", month))
    return Register(listed, minutes_of_lessons(world.timetable, listed, blocks), blocks)
