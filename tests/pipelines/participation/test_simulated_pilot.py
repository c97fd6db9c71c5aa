"""The pilot of a simulated city, five years long, equals what was planted in it."""

import numpy as np
import pytest
from pandas.testing import assert_frame_equal

from pipelines.participation.completion import completion
from pipelines.participation.flow import flow
from pipelines.participation.months import pupil_months
from pipelines.participation.project_terms import project_schools_at, terms_of
from pipelines.participation.reach import reach, target_groups
from pipelines.participation.spells import spells
from pipelines.simulation.places import RESIDENCE_DISTRICT, project_id
from pipelines.simulation.truth import project_ends, project_reach
from schemas.contract import load_contracts
from tests.pipelines.participation.city import pilot
from tests.pipelines.participation.conftest import as_spells

RESIDENT = project_id(RESIDENCE_DISTRICT)


@pytest.fixture(scope="module")
def city():
    return pilot()


@pytest.fixture(scope="module")
def lived(city):
    return as_spells(
        spells(
            city.participation, city.enrolments, city.members, city.projects, city.support_contacts
        )
    )


@pytest.fixture(scope="module")
def groups(city):
    return as_spells(
        target_groups(city.project_schools, city.projects, city.members, city.enrolments)
    )


def terms(city):
    return terms_of(city.enrolments, city.participation)


def kept(made, name):
    """The rows of a table that keeps its contract."""
    rows = as_spells(made)
    load_contracts()[f"pilot.{name}"].validate(rows)
    return rows.execute()


def require_equal(found, planted, keys):
    frames = [one.sort_values(keys, ignore_index=True).set_index(keys) for one in (found, planted)]
    assert len(planted) > 0
    assert_frame_equal(*(one.astype("float64") for one in frames), check_index_type=False)


def test_every_participation_is_a_spell_and_nothing_is_odd_about_it(city, lived):
    found = kept(lived, "spells")
    assert len(found) == len(city.history.supported.pupil)
    assert set(found.enrolment) == {"at_school"}
    assert not found.is_overlapping.any()
    assert found.is_known_project.all()
    assert "vanished" not in set(found.outcome)
    assert found[["over_summer", "into_next_grade", "into_upper_secondary"]].any().all()


def test_support_that_runs_on_into_upper_secondary_school_is_the_planted(city, lived):
    given, pupils = city.history.supported, city.world.spells
    final = pupils.last_day[np.searchsorted(pupils.pupil, given.pupil, side="right") - 1]
    summer = final.astype("datetime64[Y]").astype("datetime64[M]") + 7
    is_june = final.astype("datetime64[M]").astype(int) % 12 == 5
    last_known = np.datetime64(f"{city.world.parameters.terms[-1][:4]}-07-31")
    planted = is_june & (np.minimum(given.end, last_known) >= summer.astype("datetime64[D]"))
    assert lived.into_upper_secondary.sum().to_pyarrow().as_py() == planted.sum() > 0


def reached_by(city, lived, groups):
    told = {name: city.tables[name] for name in ("support_contacts", "unnamed_reach")}
    return reach(lived, groups, city.project_schools, terms(city), **told)


def test_reach_by_either_target_group_is_the_planted_one(city, lived, groups):
    made = reached_by(city, lived, groups)
    found = kept(made, "reach")
    found = found[found.unit == "project"].rename(
        columns={"unit_id": "project_id", "target_group": "target"}
    )
    planted = project_reach(city.world, city.history)
    assert (planted.groupby("basis").reached.sum() > 20).all()
    keys = ["project_id", "term", "basis"]
    require_equal(found[planted.columns], planted, keys)
    own = found[found.is_own_basis].groupby(["project_id", "term"]).basis.first()
    assert own[RESIDENT, "2015HT"] == "school"
    assert own[RESIDENT, "2016VT"] == "residence"


def test_ends_and_incidence_are_the_planted_ones(city, lived):
    found = kept(completion(lived), "completion")
    kinds = ["planned", "neutral", "unplanned", "unknown"]
    found = found.rename(columns={f"ended_{kind}": kind for kind in kinds})
    planted = project_ends(city.world, city.history)
    keys = ["unit_id", "school_year"]
    require_equal(found[[*keys, "started", *kinds]], planted.drop(columns="incidence"), keys)
    given = found[found.incidence.notna()]
    assert len(given) >= 3
    both = given.merge(planted, on=keys)
    assert both.incidence_x.tolist() == pytest.approx(both.incidence_y.tolist(), abs=1e-12)


def test_a_pupil_counts_once_a_month_in_the_city_and_in_the_project_that_has_it(city, lived):
    found = kept(pupil_months(lived), "pupil_months")
    given = city.history.supported
    last_known = np.datetime64(f"{city.world.parameters.terms[-1][:4]}-07-31")
    planted = set()
    for pupil, first, last in zip(
        given.pupil, given.start, np.minimum(given.end, last_known), strict=True
    ):
        months = np.arange(first.astype("datetime64[M]"), last.astype("datetime64[M]") + 1)
        planted |= {(f"{pupil:032x}", str(month)) for month in months}
    assert set(zip(found.student_id, found.month, strict=True)) == planted


def test_the_flow_ends_where_reach_and_its_outcomes_say(city, lived, groups):
    found = kept(flow(lived, groups, city.project_schools, terms(city)), "flow")
    wide = found.pivot_table(index=["unit_id", "term"], columns="step", values="pupils")
    outcomes = ["open", "vanished", "planned", "neutral", "unplanned", "unknown"]
    assert (wide[outcomes].sum(axis=1) == wide.supported).all()
    made = reached_by(city, lived, groups)
    own = made.filter(made.is_own_basis, made.unit == "project").execute()
    own = own.set_index(["unit_id", "term"])
    assert (wide.loc[own.index].target_group == own.target_group).all()
    assert (wide.loc[own.index].supported == own.reached).all()


def test_the_number_of_schools_of_a_project_for_residents_is_known_afterwards(city, lived):
    found = kept(
        project_schools_at(
            city.project_schools, city.schools, lived, city.enrolments, city.participation
        ),
        "project_schools_at",
    ).set_index(["unit_id", "term", "definition"])
    assert found.schools[RESIDENT, "2015HT", "own"] == found.schools[RESIDENT, "2015HT", "listed"]
    assert found.schools[RESIDENT, "2016VT", "own"] == found.schools[RESIDENT, "2016VT", "attended"]
    assert found.schools[RESIDENT, "2016VT", "attended"] > 1
    assert found.schools["city", "2015HT", "listed"] == city.world.places.is_pilot.sum()
