"""Cost per pupil of a simulated city of five years is what was planted in it, exactly."""

import numpy as np
import pytest

from pipelines.money.unit_costs import unit_costs
from pipelines.money.use import target_pupils
from pipelines.simulation.days import reference_day, term_bounds
from pipelines.simulation.history import live_through
from pipelines.simulation.parameters import Parameters
from pipelines.simulation.places import (
    DISTRICTS,
    PILOT_FROM,
    RESIDENCE_DISTRICT,
    RESIDENCE_FROM,
    project_id,
)
from pipelines.simulation.support import REASONS, draw_costs
from pipelines.simulation.truth import support_use
from pipelines.simulation.world import build_world
from schemas.groups import StudentTerms
from schemas.indicators import IndicatorValues
from schemas.money import JointCosts, PriceIndex
from schemas.places import Projects, ProjectSchools
from schemas.support import Costs, Participation
from tests.pipelines.invented import pupil, table

CITY = Parameters(seed=5, schools=10, years=5, pupils_per_grade=18, lesson_years=0)
PER = ["started", "supported", "completed", "pupil_month", "target_group"]


def registers(world, history):
    """What each project's register says at the end of each term: later ends are not known yet."""
    told = history.supported
    for term in world.parameters.terms:
        first, last = term_bounds(term)
        for row in told.touching(first, last):
            ends = told.end[row] <= last
            yield (
                pupil(int(told.pupil[row])), project_id(int(told.project[row])), "S1", term,
                told.start[row].item(), None, told.end[row].item() if ends else None,
                REASONS[told.reason[row]] if ends else None,
            )  # fmt: skip


def homes(world, history):
    """Where each pupil of a target group goes to school and lives on the reference day."""
    ids = [name for name, _ in DISTRICTS]
    for group in history.groups:
        rows = world.spells.covering(reference_day(group.term))
        lives = dict(zip(world.spells.pupil[rows], world.spells.residence[rows], strict=True))
        for who, school in zip(group.pupil, group.school, strict=True):
            home = ids[lives[who]] if lives[who] >= 0 else None
            code = world.places.codes[school]
            yield pupil(int(who)), code, group.term, None, 8, None, "no", home


def covered(world):
    """Which schools each project covers; one of them goes over to serving by residence."""
    for index in np.flatnonzero(world.places.is_pilot):
        district, code = int(world.places.district[index]), world.places.codes[index]
        changes = district == RESIDENCE_DISTRICT
        key = project_id(district), code
        yield (*key, PILOT_FROM, "2015HT" if changes else None, "school")
        if changes:
            yield (*key, RESIDENCE_FROM, None, "residence")


@pytest.fixture(scope="module")
def city():
    """The costs drawn, the costs per pupil found, and what was planted."""
    world = build_world(CITY)
    history = live_through(world, lambda *_: None)
    spent = draw_costs(world.places, CITY.school_years, CITY.stream("costs"))
    listed = list(homes(world, history))
    target = target_pupils(
        table(IndicatorValues, [(*one[:3], 1.0, 1.0, None) for one in listed]),
        table(StudentTerms, listed),
        table(ProjectSchools, list(covered(world))),
        table(Projects, [(project_id(d), "x", DISTRICTS[d][0]) for d in world.places.projects]),
    )
    found = unit_costs(
        table(Costs, [tuple(row.values()) for row in spent.to_pylist()]),
        table(Participation, list(registers(world, history))),
        target,
        joint_costs=table(JointCosts, []),
        price_index=table(PriceIndex, []),
    )
    return spent.to_pandas(), found.execute(), support_use(world, history)


def of_own_costs(found):
    """Rows of current prices without joint costs, by unit, school year and per."""
    rows = found[(found.scenario == "own") & (found.prices == "nominal")]
    return rows.set_index(["unit_id", "school_year", "per"]).sort_index()


def test_pupils_and_pupil_months_are_the_planted_ones(city):
    _, found, planted = city
    counts = of_own_costs(found).denominator.unstack()[PER]
    expected = planted.set_index(["unit_id", "school_year"]).sort_index()[PER]
    assert expected.loc["city"].min().min() > 0
    assert (expected.loc["city"].target_group < expected.drop("city").groupby(level=1).sum()
            .target_group).any()  # fmt: skip
    assert counts.to_dict() == expected.to_dict()


def test_costs_per_unit_are_the_planted_costs_over_the_planted_counts(city):
    spent, found, planted = city
    sums = spent.groupby(["project_id", "school_year"]).amount_sek.sum()
    value = of_own_costs(found).value
    for row in planted[planted.unit_id != "city"].itertuples():
        cost = sums[row.unit_id, row.school_year]
        for per in PER:
            count = getattr(row, per)
            told = value[row.unit_id, row.school_year, per]
            assert np.isnan(told) if count == 0 else told == cost / count
