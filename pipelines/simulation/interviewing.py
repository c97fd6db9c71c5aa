"""Interviews about the invented projects, coded by one person and every fourth part by two."""

from itertools import product

import numpy as np
import pandas as pd

from pipelines.simulation.places import project_id
from pipelines.simulation.world import World
from schemas.codebooks import load_themes
from schemas.codes import values
from schemas.interviews import INTERVIEW_ROUNDS, InterviewSegments

INFORMANTS = ("counsellor", "teacher", "social_worker", "project_lead")
AT_A_SCHOOL = ("counsellor", "teacher")
PARTS = 4
CODED_BY_TWO = 1
"""The part of each interview that the second coder reads as well."""
MENTIONED = (0.02, 0.3)
"""Share of the parts that a theme is in, drawn for each project and theme."""
DISAGREE = 0.08
RELEASED = 0.5
CODERS = ("kodare-1", "kodare-2")
SAID = "Påhittat citat"


def interviews(world: World) -> pd.DataFrame:
    """What the coders found: rows of ``core.interview_segments``."""
    frames = [_of_project(world, project) for project in world.places.projects]
    columns = InterviewSegments.delivered_columns()
    return pd.concat(frames)[columns] if frames else pd.DataFrame(columns=columns)


def planted_interviews(told: pd.DataFrame) -> pd.DataFrame:
    """How many informants speak of each theme of a project in each round."""
    keys = ["project_id", "theme", "interview_round"]
    said = told[told.is_present == "yes"].drop_duplicates([*keys, "informant"])
    rounds = {f"said_{name}": said.interview_round == name for name in values(INTERVIEW_ROUNDS)}
    return said.assign(**rounds).groupby(keys[:2])[list(rounds)].sum().reset_index()


def _of_project(world: World, project: int) -> pd.DataFrame:
    rng = world.parameters.stream("interviews", project_id(project))
    schools = np.flatnonzero(world.places.is_pilot & (world.places.district == project))
    school = world.places.codes[schools[0]]
    themes = list(load_themes())
    common = dict(zip(themes, rng.uniform(*MENTIONED, len(themes)), strict=True))
    parts = product(values(INTERVIEW_ROUNDS), INFORMANTS, range(1, PARTS + 1), themes)
    rows = pd.DataFrame(parts, columns=["interview_round", "informant_role", "segment_no", "theme"])
    rows["is_there"] = rng.random(len(rows)) < rows.theme.map(common)
    twice = rows[rows.segment_no == CODED_BY_TWO]
    differs = rng.random(len(twice)) < DISAGREE
    second = twice.assign(coder=CODERS[1], is_there=twice.is_there ^ differs)
    both = pd.concat([rows.assign(coder=CODERS[0]), second], ignore_index=True)
    is_quoted = both.is_there & (both.coder == CODERS[0])
    may = pd.Series(np.where(rng.random(len(both)) < RELEASED, "yes", "no"), dtype=object)
    return both.assign(
        project_id=project_id(project),
        school_id=both.informant_role.isin(AT_A_SCHOOL).map({True: school, False: None}),
        informant=both.informant_role.str.replace("_", "-"),
        is_present=both.is_there.map({True: "yes", False: "no"}),
        quotation=is_quoted.map({True: SAID, False: None}),
        may_be_quoted=may.where(is_quoted, None),
    )
