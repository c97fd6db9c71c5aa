"""What happens in the city looks like a city: shares, tails, persistence, and the effect."""

import numpy as np
import pytest

from pipelines.simulation.absence import UNAUTHORISED, with_support
from pipelines.simulation.history import History, live_through
from pipelines.simulation.marks import SUBJECTS
from pipelines.simulation.parameters import Parameters
from pipelines.simulation.support import counted, eligible, passed, under_support
from pipelines.simulation.truth import merit_values
from pipelines.simulation.world import World, build_world
from schemas.grading import PROGRAMMES

MEDIUM = {"schools": 20, "pupils_per_grade": 60, "lesson_years": 0}
SCHOOL_MONTHS = 11


def lived(**choices) -> tuple[World, History]:
    world = build_world(Parameters(**MEDIUM | choices))
    return world, live_through(world, lambda *_: None)


@pytest.fixture(scope="module")
def medium() -> tuple[World, History]:
    return lived()


def unauthorised(world: World, history: History, months: slice) -> np.ndarray:
    """Minutes by pupil and month."""
    minutes = np.zeros((len(world.pupils.leaves), len(history.registers[months])))
    for place, register in enumerate(history.registers[months]):
        np.add.at(minutes[:, place], register.listed.pupil, register.minutes[:, UNAUTHORISED])
    return minutes


def test_final_grades_lie_near_the_published_figures_of_stockholm(medium):
    """Stockholm: 88 % eligible and merit 223.7 in 2011; 86.9 % and 79.2 % of all subjects in 2018.

    Tolerances: five percentage points or ten merit points, for about 1 200 leavers a year.
    """
    _, history = medium
    final = [(marks, marks.is_final) for marks in history.marks if marks.is_final.any()]
    share = [eligible(marks, PROGRAMMES[0])[rows].mean() for marks, rows in final]
    all_passed = [(passed(m) | ~counted(m))[rows].all(axis=1).mean() for m, rows in final]
    merits = [[v[rows].mean() for v in merit_values(marks)[:2]] for marks, rows in final]
    assert np.abs(np.array(share) - 0.88).max() < 0.05
    assert np.abs(np.array(all_passed) - 0.785).max() < 0.05
    assert abs(np.mean(merits, axis=0)[0] - 220) < 10
    assert abs(np.mean(merits, axis=0)[1] - 235) < 10


def test_a_few_pupils_hold_much_of_the_unauthorised_absence(medium):
    minutes = unauthorised(*medium, slice(SCHOOL_MONTHS)).sum(axis=1)
    listed = np.unique(medium[1].registers[0].listed.pupil)
    ordered = np.sort(minutes[listed])
    assert ordered[-len(ordered) // 20 :].sum() > 0.30 * ordered.sum()


def test_absence_lasts_from_month_to_month(medium):
    minutes = unauthorised(*medium, slice(2, 4))
    listed = np.intersect1d(*(r.listed.pupil for r in medium[1].registers[2:4]))
    assert np.corrcoef(minutes[listed].T)[0, 1] > 0.4


def test_registers_keep_the_rules_of_the_contract(medium):
    for register in medium[1].registers:
        scheduled, reported, authorised, unauthorised_, late, other = register.minutes.T
        assert (register.minutes >= 0).all()
        assert (scheduled > 0).all()
        assert (reported <= scheduled).all()
        assert (authorised + unauthorised_ + other <= reported).all()
        assert (late <= unauthorised_).all()
    blank = [(r.minutes[:, 1] == 0).mean() for r in medium[1].registers]
    assert 0.001 < np.mean(blank) < 0.02


def test_pupils_with_much_absence_have_lower_grades(medium):
    world, history = medium
    marks = history.marks[2]
    share = passed(marks)[:, : SUBJECTS.index("M2")].mean(axis=1)
    truancy = world.pupils.truancy[marks.pupil]
    often, seldom = (share[truancy > 1], share[truancy < -1])
    assert often.mean() < seldom.mean() - 0.05


def test_some_pupils_take_part_every_year_of_the_pilot_and_none_before(medium):
    supported = medium[1].supported
    assert supported.start.min() > np.datetime64("2013-09-01")
    for year in (2013, 2014, 2015, 2016):
        first, last = np.datetime64(f"{year}-08-01"), np.datetime64(f"{year + 1}-07-31")
        assert len(supported.touching(first, last)) > 20
    order = np.lexsort((supported.start, supported.pupil))
    same = np.diff(supported.pupil[order]) == 0
    assert (supported.start[order][1:][same] > supported.end[order][:-1][same]).all()
    assert (supported.end >= supported.start).all()


def test_support_undoes_lessons_missed_at_the_planted_rate():
    counts = np.full((4000, 5), 10)
    treated = np.arange(4000) < 2000
    after = with_support(counts, treated, 0.75, np.random.default_rng(3))
    assert (after[~treated] == 10).all()
    assert (after[:, [0, 1, 4]] == 10).all()
    assert abs(after[treated, 2].mean() - 7.5) < 0.1


def test_an_effect_lowers_the_absence_of_participants_and_no_effect_does_not():
    """Both cities are the same until the first support has begun."""
    autumn_2013 = slice(2 * SCHOOL_MONTHS + 2, 2 * SCHOOL_MONTHS + 5)
    totals = []
    for effect in (1.0, 0.75):
        world, history = lived(effect=effect, years=3, schools=40)
        supported, sums = history.supported, 0
        for register in history.registers[autumn_2013]:
            listed = register.listed
            treated = under_support(supported, listed.period, len(world.pupils.leaves))
            sums += register.minutes[treated[listed.pupil], UNAUTHORISED].sum()
        totals.append(
            (sums, np.sort(supported.pupil[supported.start < np.datetime64("2014-01-01")]))
        )
    (without, same), (with_effect, pupils) = totals
    assert np.array_equal(same, pupils)
    assert abs(with_effect / without - 0.75) < 0.08
