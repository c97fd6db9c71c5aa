"""The invented city: eight districts, their schools, and which schools are in the pilot."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import cycle, islice

import numpy as np
import numpy.typing as npt

from pipelines.simulation.parameters import Flags, Ints
from schemas.calendar import term_order

DISTRICTS = (
    ("norrvik", "Norrvik (simulerad)"),
    ("kvarnasen", "Kvarnåsen (simulerad)"),
    ("lindhaga", "Lindhaga (simulerad)"),
    ("strandmyra", "Strandmyra (simulerad)"),
    ("ekvallen", "Ekvallen (simulerad)"),
    ("bjorkhed", "Björkhed (simulerad)"),
    ("tallasen", "Tallåsen (simulerad)"),
    ("hamnvreten", "Hamnvreten (simulerad)"),
)
PILOT_SCHOOLS_BY_DISTRICT = (3, 2, 4, 2, 1, 1, 1, 2)
RESIDENCE_DISTRICT = 4
"""The one-school district whose project serves residents from 2016VT on."""
RESIDENCE_FROM = "2016VT"
PILOT_FROM = "2013HT"
PILOT_SHARE = 0.4
NAME_STARTS = (
    "Kornvippe", "Lärkfalks", "Alsippe", "Gråsugge", "Tranbärs", "Hasselmus", "Rimfrost",
    "Strandvide", "Sländvinge", "Myrull", "Havtorns", "Snöbärs", "Kråkris", "Ljungpipar",
    "Nattskärre", "Odonmos", "Vattenspindel", "Törnrosgall", "Ängssmyg", "Blåklocks",
)  # fmt: skip
NAME_ENDS = ("skolan", "vallens skola", "åsens skola")


@dataclass(frozen=True, slots=True)
class Places:
    """Schools of the city, one element each, in order of code.

    Attributes:
        codes: School unit codes of eight digits; none is in use.
        names: Invented names.
        district: Index in :data:`DISTRICTS` of the district a school lies in.
        is_pilot: Whether the school is in the pilot from 2013HT.
    """

    codes: tuple[str, ...]
    names: tuple[str, ...]
    district: Ints
    is_pilot: Flags

    @property
    def projects(self) -> list[int]:
        """Districts that run a project, by index: one project each."""
        return sorted({int(index) for index in self.district[self.is_pilot]})

    @property
    def pilot_schools(self) -> Ints:
        """Schools in the pilot of each district, by index up to the last that has one [count]."""
        return np.bincount(self.district[self.is_pilot])

    def project_by_school(self, term: str) -> Ints:
        """The project that serves each whole school in ``term``; -1 for none."""
        served = self.is_pilot.copy()
        if serves_residents(term):
            served &= self.district != RESIDENCE_DISTRICT
        return np.where(served, self.district, -1)


def serves_residents(term: str) -> bool:
    """Whether one project serves by residence in ``term``."""
    return term_order(term) >= term_order(RESIDENCE_FROM)


def project_id(district: int) -> str:
    """Key of the project a district runs."""
    return f"{DISTRICTS[district][0]}-projekt"


def project_ids(districts: Ints) -> npt.NDArray[np.object_]:
    """Keys of the projects that districts run, shape as given."""
    return np.array([project_id(index) for index in range(len(DISTRICTS))], dtype=object)[districts]


def project_name(district: int) -> str:
    """Printed name of the project a district runs."""
    return f"Samverkan i {DISTRICTS[district][1]}"


def found(schools: int) -> Places:
    """Lay out a city of so many schools, four in ten of them in the pilot."""
    pilots = max(2, round(schools * PILOT_SHARE))
    district = [*islice(_pilot_districts(), pilots), *islice(cycle(range(8)), schools - pilots)]
    names = [f"{start}{end}" for end in NAME_ENDS for start in NAME_STARTS]
    names += [f"{names[index % len(names)]} {index}" for index in range(len(names), schools)]
    return Places(
        codes=tuple(f"99{index:04d}01" for index in range(1, schools + 1)),
        names=tuple(names[:schools]),
        district=np.array(district, dtype=np.int64),
        is_pilot=np.arange(schools) < pilots,
    )


def _pilot_districts() -> Iterator[int]:
    order = sorted(range(len(DISTRICTS)), key=lambda index: index != RESIDENCE_DISTRICT)
    rounds = range(max(PILOT_SCHOOLS_BY_DISTRICT))
    return cycle(d for turn in rounds for d in order if PILOT_SCHOOLS_BY_DISTRICT[d] > turn)
