"""Marks of the invented pupils: one latent level per subject, cut by the scale of the day."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from pipelines.simulation.parameters import Flags, Floats, Ints
from pipelines.simulation.pupils import GRADES, UNKNOWN, Pupils, Roster
from schemas.calendar import school_year_of_term
from schemas.grading import ADAPTED, STREAK, scale_in_use

SUBJECTS = (
    "BL", "EN", "HKK", "IDH", "MA", "MU", "BI", "FY", "KE", "GE", "HI", "RE", "SH", "SL", "SV",
    "TK", "M2", "ML",
)  # fmt: skip
"""Columns of marks; SV holds the mark in SV or SVA, M2 and ML that in the pupil's language."""
EASE = (
    0.20, 0.25, 0.20, 0.05, -0.08, 0.20, -0.08, -0.14, -0.15, -0.02, 0.0, 0.0, 0.0, 0.20, 0.15,
    0.02, 0.40, 0.85,
)  # fmt: skip
"""How much higher marks lie in a subject than in the middle one [standard deviations]."""
ABILITY_WEIGHT, SUBJECT_SPREAD, TERM_SPREAD = 0.85, 0.5, 0.18
ABSENCE_WEIGHT, USUAL_ABSENCE = 2.2, 0.09
NEW_PENALTY, NEW_RECOVERY = 2.5, 0.35
STREAK_FROM, STREAK_WITHIN = 0.45, 0.4
ADAPTED_SUBJECTS = ("BL", "MU", "SL", "TK", "RE", "FY")
FEWEST_ADAPTED = 2
FIRST_GRADED_OLD_SCALE, LAST_GRADE = 8, GRADES[-1]

CUTS = {"A-F": (-1.76, -0.78, -0.15, 0.52, 1.14), "G-MVG": (-1.72, -0.25, 0.76)}
"""Where the latent level passes from one mark to the next."""
MARKS = {
    "A-F": ("F", "E", "D", "C", "B", "A", STREAK, ADAPTED),
    "G-MVG": ("IG", "G", "VG", "MVG", "MVG", "MVG", STREAK, ADAPTED),
}
"""Marks by code; codes 6 and 7 mean the same in both scales."""
STREAK_CODE, ADAPTED_CODE, NO_MARK = 6, 7, -1


@dataclass(frozen=True, slots=True)
class TermMarks:
    """Marks set at the end of a term, one row per pupil, in order of school and grade.

    Attributes:
        term: Which term.
        scale: Which scale, a key of :data:`MARKS`.
        pupil: Index of the pupil.
        school: Index of the school that set them.
        grade: Grade level.
        codes: Index in the scale's :data:`MARKS`, -1 for no mark; shape [rows, SUBJECTS].
    """

    term: str
    scale: str
    pupil: Ints
    school: Ints
    grade: Ints
    codes: npt.NDArray[np.int8]

    @property
    def is_final(self) -> Flags:
        """Whether a row holds final grades (slutbetyg)."""
        final: Flags = (self.grade == LAST_GRADE) & self.term.endswith("VT")
        return final


@dataclass(frozen=True, slots=True)
class Standing:
    """What the marks of a term rest on.

    Attributes:
        levels: From :func:`subject_levels`, shape [pupils, SUBJECTS].
        absence: All absence of the term over scheduled time, shape [pupils].
    """

    levels: Floats
    absence: Floats


def subject_levels(pupils: Pupils, rng: np.random.Generator) -> Floats:
    """Lasting level of every pupil in every subject, shape [pupils, SUBJECTS]."""
    own = rng.normal(0, SUBJECT_SPREAD, (len(pupils.leaves), len(SUBJECTS)))
    levels: Floats = ABILITY_WEIGHT * pupils.ability[:, None] + np.array(EASE) + own
    return levels


def set_marks(
    pupils: Pupils, listed: Roster, term: str, standing: Standing, rng: np.random.Generator
) -> TermMarks:
    """Mark everybody on the roster of the last school day of a term.

    Before A-F only grades 8 and 9 are marked, and a pupil from abroad gets no marks below
    grade 9 in the first year.
    """
    scale, autumn = scale_of(term), int(school_year_of_term(term)[:4])
    is_first_year = pupils.arrived[listed.pupil] == autumn
    is_marked = (listed.grade == LAST_GRADE) | ~is_first_year
    if scale != "A-F":
        is_marked &= listed.grade >= FIRST_GRADED_OLD_SCALE
    rows = np.flatnonzero(is_marked)
    pupil = listed.pupil[rows]
    latent = _latent(pupils, pupil, autumn, standing, rng)
    codes = np.searchsorted(np.array(CUTS[scale]), latent).astype(np.int8)
    _take_away(codes, pupils, pupil, standing.absence[pupil], rng)
    return TermMarks(term, scale, pupil, listed.school[rows], listed.grade[rows], codes)


def _latent(
    pupils: Pupils, pupil: Ints, autumn: int, standing: Standing, rng: np.random.Generator
) -> Floats:
    years_here = autumn - pupils.arrived[pupil]
    penalty = np.maximum(NEW_PENALTY - NEW_RECOVERY * years_here, 0)
    penalty[pupils.arrived[pupil] == UNKNOWN] = 0
    level = -penalty - ABSENCE_WEIGHT * (standing.absence[pupil] - USUAL_ABSENCE)
    noise = rng.normal(0, TERM_SPREAD, (len(pupil), len(SUBJECTS)))
    latent: Floats = standing.levels[pupil] + level[:, None] + noise
    return latent


def _take_away(
    codes: npt.NDArray[np.int8],
    pupils: Pupils,
    pupil: Ints,
    absence: Floats,
    rng: np.random.Generator,
) -> None:
    likely = np.clip((absence - STREAK_FROM) / STREAK_WITHIN, 0, 0.95)
    codes[rng.random(codes.shape) < likely[:, None]] = STREAK_CODE
    for subject, spoken in (("M2", pupils.language), ("ML", pupils.mother_tongue)):
        codes[spoken[pupil] == UNKNOWN, SUBJECTS.index(subject)] = NO_MARK
    adapted = np.flatnonzero(pupils.is_adapted[pupil])
    dropped = [SUBJECTS.index(subject) for subject in ADAPTED_SUBJECTS]
    for place in range(FEWEST_ADAPTED):
        codes[adapted, np.array(dropped)[(pupil[adapted] + 2 * place) % len(dropped)]] = (
            ADAPTED_CODE
        )


def scale_of(term: str) -> str:
    """The grade scale in use in a term."""
    return scale_in_use(term).scale_id
