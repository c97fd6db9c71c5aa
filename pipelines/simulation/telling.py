"""What schools and projects tell of the invented pilot themselves: contacts, estimates, designs."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from pipelines.simulation.days import term_bounds
from pipelines.simulation.funds import fund_years
from pipelines.simulation.history import History
from pipelines.simulation.identities import TEMPORARY_SIGN
from pipelines.simulation.parameters import Ints
from pipelines.simulation.places import (
    PILOT_FROM,
    RESIDENCE_DISTRICT,
    project_id,
    project_ids,
    serves_residents,
)
from pipelines.simulation.world import World
from schemas.calendar import months_of_term, term_order, terms_of_school_year
from schemas.codes import values
from schemas.designs import ALL_FACETS, Facet
from schemas.instruments import load_instruments
from schemas.participation import SUPPORT_KINDS
from schemas.target_group import SELECTION_CRITERIA

INDIRECT_KINDS = ("class", "staff")
INDIRECT_SHARE = 0.2
"""Share of the pupils under support who are reached indirectly as well."""
USUAL_CONTACTS, MINUTES_A_CONTACT = 5, 45
UNNAMED = (5, 60)
MISJUDGED = (-4, 5)
"""Pupils that a school's estimate of its target group is off by, lowest and highest."""
MOST_CRITERIA = 4
FACT_KNOWN, FACT_CHANGED = 0.85, 0.15
TARGETS = {"pupils": (0.8, 1.3), "schools": (1.0, 1.0), "eligible_share": (50, 80)}
"""What an application promises: drawn for each school, or in per cent."""
PUPILS_A_SCHOOL = 25
MOST_OF_A_FACT = 12
SURVEY = "elevupplevelse-1"
RESPONSE_SHARE, LEFT_OUT = 0.75, 0.03
"""Share of those asked who answer, and share of the questions that they leave out."""


def told_tables(world: World, history: History) -> dict[str, pd.DataFrame]:
    """What they tell, by core table; of the last school year where it is much."""
    return {
        "core.support_contacts": contacts(world, history),
        "core.unnamed_reach": unnamed(world),
        "core.target_group_estimates": _estimates(world, history),
        "core.selection_criteria": _criteria(world),
        "core.design_cards": _cards(world),
        "core.targets": _targets(world),
        "core.survey_responses": _answers(world, history),
    }


def planted_contacts(told: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """What the tables of participation must say of each project's contacts, and its own account."""
    notes, unnamed = told["core.support_contacts"], told["core.unnamed_reach"]
    sums = notes.groupby("project_id")[["contacts", "minutes"]].sum().astype("int64")
    counts = unnamed.groupby("project_id").pupils.sum().rename("reached_unnamed")
    return sums.join(counts, how="outer").fillna(0).astype("int64").reset_index()


def contacts(world: World, history: History) -> pd.DataFrame:
    """Contacts with each pupil under support, month by month of the last school year.

    Of pupils with a number of their school's alone there are none: a project does not name it.
    """
    columns = ["student_id", "project_id", "month", "kind", "way", "contacts", "minutes"]
    months = [_contacts_of(world, history, month) for month in _last_months(world)]
    rows = pd.concat([pd.DataFrame(columns=columns), *months])[columns]
    return rows[~rows.student_id.str.contains(TEMPORARY_SIGN)]


def unnamed(world: World) -> pd.DataFrame:
    """Pupils that projects say they reached without a name, by term of the pilot."""
    rng = world.parameters.stream("unnamed")
    rows = [
        (project_id(project), term, int(rng.integers(*UNNAMED)))
        for term in _pilot_terms(world)
        for project in world.places.projects
    ]
    return pd.DataFrame(rows, columns=["project_id", "term", "pupils"])


def _pilot_terms(world: World) -> list[str]:
    first = term_order(PILOT_FROM)
    return [term for term in world.parameters.terms if term_order(term) >= first]


def _last_terms(world: World) -> list[str]:
    pilot = _pilot_terms(world)
    return [
        term for term in terms_of_school_year(world.parameters.school_years[-1]) if term in pilot
    ]


def _last_months(world: World) -> list[str]:
    return [month for term in _last_terms(world) for month in months_of_term(term)]


def _contacts_of(world: World, history: History, month: str) -> pd.DataFrame:
    rng = world.parameters.stream("contacts", month)
    first = np.datetime64(month).astype("datetime64[D]")
    last = (np.datetime64(month) + 1).astype("datetime64[D]") - 1
    rows = history.supported.pupils_between(first, last)
    is_indirect = rng.random(len(rows)) < INDIRECT_SHARE
    direct = _notes(world, history, rows, "direct", rng)
    return pd.concat([direct, _notes(world, history, rows[is_indirect], "indirect", rng)]).assign(
        month=month
    )


def _notes(
    world: World, history: History, rows: Ints, way: str, rng: np.random.Generator
) -> pd.DataFrame:
    given, count = history.supported, 1 + rng.poisson(USUAL_CONTACTS, len(rows))
    others = [kind for kind in values(SUPPORT_KINDS) if kind not in INDIRECT_KINDS]
    kinds = np.array(others if way == "direct" else INDIRECT_KINDS, dtype=object)
    return pd.DataFrame(
        {
            "student_id": world.pupils.identity.take(given.pupil[rows]).to_pylist(),
            "project_id": project_ids(given.project[rows]),
            "kind": rng.choice(kinds, len(rows)),
            "way": way,
            "contacts": count,
            "minutes": MINUTES_A_CONTACT * count,
        }
    )


def _estimates(world: World, history: History) -> pd.DataFrame:
    """Of every pilot school, at the start of the last school year's terms."""
    rng = world.parameters.stream("estimates")
    size = {
        group.term: np.bincount(group.school, minlength=len(world.places.codes))
        for group in history.groups
    }
    rows = []
    for term in _last_terms(world):
        for school in np.flatnonzero(world.places.is_pilot):
            mid = max(0, int(size[term][school] + rng.integers(*MISJUDGED)))
            rows.append((world.places.codes[school], term, max(0, mid - 3), mid, mid + 4))
    return pd.DataFrame(rows, columns=["school_id", "term", "low", "mid", "high"])


def _criteria(world: World) -> pd.DataFrame:
    rng = world.parameters.stream("criteria")
    known = np.array(values(SELECTION_CRITERIA), dtype=object)
    rows = [
        (world.places.codes[school], term, criterion)
        for school in np.flatnonzero(world.places.is_pilot)
        for chosen in [rng.choice(known, rng.integers(1, MOST_CRITERIA + 1), replace=False)]
        for term in _last_terms(world)
        for criterion in chosen
    ]
    return pd.DataFrame(rows, columns=["school_id", "term", "criterion"])


def _cards(world: World) -> pd.DataFrame:
    """A card of each project and year: most facts known, a few changed from the year before."""
    rows = []
    for project in world.places.projects:
        rng = world.parameters.stream("cards", project_id(project))
        facts = {facet.facet: _fact(facet, rng) for facet in ALL_FACETS}
        known = [facet for facet in ALL_FACETS if rng.random() < FACT_KNOWN]
        for year in fund_years(world):
            changed = [one for one in known if rng.random() < FACT_CHANGED]
            facts |= {facet.facet: _fact(facet, rng) for facet in changed}
            facts["basis"] = _basis(project, year), None
            rows += [(project_id(project), year, one.facet, *facts[one.facet]) for one in known]
    return pd.DataFrame(rows, columns=["project_id", "year", "facet", "code", "value"])


def _basis(project: int, year: int) -> str:
    by_home = project == RESIDENCE_DISTRICT and serves_residents(f"{year}VT")
    return "residence" if by_home else "school"


def _fact(facet: Facet, rng: np.random.Generator) -> tuple[str | None, float | None]:
    if facet.codes:
        return str(rng.choice(values(facet.codes))), None
    return None, float(rng.integers(0, min(int(facet.highest), MOST_OF_A_FACT) + 1))


def _targets(world: World) -> pd.DataFrame:
    schools, rng = world.places.pilot_schools, world.parameters.stream("targets")
    rows = [
        (project_id(project), year, measure, _promised(measure, int(schools[project]), rng))
        for year in fund_years(world)
        for project in world.places.projects
        for measure in TARGETS
    ]
    frame = pd.DataFrame(rows, columns=["project_id", "year", "measure", "target"])
    return frame.assign(previous_value=frame.groupby(["project_id", "measure"]).target.shift())


def _promised(measure: str, schools: int, rng: np.random.Generator) -> float:
    drawn = rng.uniform(*TARGETS[measure])
    if measure == "pupils":
        return float(round(PUPILS_A_SCHOOL * schools * drawn))
    return float(schools) if measure == "schools" else float(round(drawn))


def _answers(world: World, history: History) -> pd.DataFrame:
    """What pupils under support say of it, in the terms of the last school year.

    A question nobody answered is a row without an answer: who was asked is known.
    """
    names = ("instrument", "term", "school_id", "project_id", "student_id", "item_code", "answer")
    frames = [_answers_of(world, history, term) for term in _last_terms(world)]
    return pd.concat(frames)[list(names)] if frames else pd.DataFrame(columns=names)


def _answers_of(world: World, history: History, term: str) -> pd.DataFrame:
    given, rng = history.supported, world.parameters.stream("answers", term)
    rows = given.pupils_between(*term_bounds(term))
    instrument = load_instruments()[SURVEY]
    items = [item.code for item in instrument.items]
    mood = world.parameters.stream("mood").normal(0, 1, len(world.pupils.leaves))[given.pupil[rows]]
    drawn = 4 + 0.7 * mood[:, None] + rng.normal(0, 0.8, (len(rows), len(items)))
    answer = np.clip(np.rint(drawn), instrument.lowest, instrument.highest)
    answer[rng.random(answer.shape) < LEFT_OUT] = np.nan
    answer[rng.random(len(rows)) >= RESPONSE_SHARE] = np.nan
    each = len(items)
    return pd.DataFrame(
        {
            "instrument": SURVEY,
            "term": term,
            "school_id": np.repeat(np.array(world.places.codes)[given.school[rows]], each),
            "project_id": np.repeat(project_ids(given.project[rows]), each),
            "student_id": np.repeat(world.pupils.identity.take(given.pupil[rows]), each),
            "item_code": np.tile(items, len(rows)),
            "answer": answer.ravel(),
        }
    )
