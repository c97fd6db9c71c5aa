"""Pupils of the invented city: who they are, and where they are enrolled over the years."""

from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa

from pipelines.simulation.days import first_school_day, last_school_day
from pipelines.simulation.identities import CO_ORDINATION, PERSONAL, TEMPORARY, identity_numbers
from pipelines.simulation.parameters import Days, Flags, Floats, Ints, Parameters
from pipelines.simulation.places import DISTRICTS, Places
from schemas.calendar import school_year_of_month, school_year_of_term

GRADES = (7, 8, 9)
UNKNOWN = -1

MOVE_SHARE = 0.03
SUMMER_SHARE_OF_MOVES = 0.4
AUGUST_SHARE_OF_ARRIVALS = 0.4
GIRLS = 0.49
LEAVE_SHARE = 0.01
MOVE_IN_SHARE = 0.008
NEWLY_ARRIVED_SHARE = (0.010, 0.012, 0.016, 0.022, 0.036, 0.022)
"""New pupils from abroad in each school year over pupils enrolled; the peak is 2015/16."""
NEWLY_ARRIVED_AT_START = 0.03
LAST_DAYS_OF_MONTHS = ("09-30", "10-31", "11-30", "01-31", "02-28", "03-31", "04-30")
RESIDES_NEAR = 0.75
RESIDENCE_UNKNOWN = 0.01

SCHOOL_SPREAD = 0.25
PILOT_SCHOOLS_DIFFER = 0.2
"""Pilot schools: so much lower ability and more absence, because the pilot chose them."""
ABSENCE_SPREAD = 1.15
ABILITY_ON_ABSENCE = -0.45
TAKES_LANGUAGE, TAKES_SVA = 0.78, 0.12
LANGUAGES = ("FRA", "SPA", "DEU")
MOTHER_TONGUES = ("ARA", "SOM", "FIN", "SPA", "ENG", "KUR")
HAS_MOTHER_TONGUE = 0.12
ADAPTED_SHARE = 0.012
CO_ORDINATION_SHARE, TEMPORARY_SHARE = 0.15, 0.1
"""Newly arrived pupils without a personnummer of their own."""
CLASSES = "ABC"


@dataclass(frozen=True, slots=True)
class Spells:
    """Time enrolled at one school, one element each; every spell has a last day.

    Attributes:
        pupil: Index of the pupil.
        school: Index of the school.
        first_day: First day enrolled.
        last_day: Last day enrolled, which may lie after the last simulated year.
        residence: Index of the district of residence; -1 if unknown.
    """

    pupil: Ints
    school: Ints
    first_day: Days
    last_day: Days
    residence: Ints

    def touching(self, first: np.datetime64, last: np.datetime64) -> Ints:
        """Spells with at least one day from ``first`` to ``last``."""
        return np.flatnonzero((self.first_day <= last) & (self.last_day >= first))

    def covering(self, day: np.datetime64) -> Ints:
        """Spells that include ``day``; a pupil has at most one."""
        return self.touching(day, day)


@dataclass(frozen=True, slots=True)
class Pupils:
    """Everybody who is ever enrolled, one element each.

    Attributes:
        identity: Identity number, twelve characters.
        leaves: Spring in which grade 9 ends [calendar year].
        arrived: School year of arrival from abroad [calendar year of autumn]; -1 if not.
        is_female: Legal sex.
        class_letter: Index in :data:`CLASSES`.
        takes_sva: Reads Swedish as a second language instead of Swedish.
        language: Index in :data:`LANGUAGES` of the language choice (M2); -1 without.
        mother_tongue: Index in :data:`MOTHER_TONGUES`; -1 without teaching in it.
        is_adapted: Has an adapted study plan (anpassad studiegång).
        ability: Persistent school ability [standard deviations].
        truancy: Persistent unauthorised absence [log scale].
        illness: Persistent authorised absence [log scale].
    """

    identity: pa.Array
    leaves: Ints
    arrived: Ints
    is_female: Flags
    class_letter: Ints
    takes_sva: Flags
    language: Ints
    mother_tongue: Ints
    is_adapted: Flags
    ability: Floats
    truancy: Floats
    illness: Floats

    def grade(self, pupil: Ints, autumn: int) -> Ints:
        """Grade level (årskurs) in the school year that starts in ``autumn``."""
        return 10 + autumn - self.leaves[pupil]


@dataclass(frozen=True, slots=True)
class Roster:
    """Who is at which school, one element per pupil and school, by school, grade and pupil.

    Attributes:
        period: A month, or the term of which this is one day.
        pupil: Index of the pupil.
        school: Index of the school.
        grade: Grade level.
    """

    period: str
    pupil: Ints
    school: Ints
    grade: Ints


@dataclass(slots=True)
class _Roll:
    """The city's roll while the years pass: where each pupil is now, and closed spells."""

    leaves: list[Ints] = field(default_factory=list)
    arrived: list[Ints] = field(default_factory=list)
    school: Ints = field(default_factory=lambda: np.empty(0, dtype=np.int64))
    since: Days = field(default_factory=lambda: np.empty(0, dtype="datetime64[D]"))
    closed: list[tuple[Ints, Ints, Days, Days]] = field(default_factory=list)

    @property
    def everyone(self) -> Ints:
        """Graduation year of all pupils so far."""
        return np.concatenate(self.leaves)

    def join(self, leaves: Ints, school: Ints, since: Days, arrived: int = UNKNOWN) -> None:
        """Add pupils who were never on the roll."""
        self.leaves.append(leaves)
        self.arrived.append(np.full(len(leaves), arrived))
        self.school = np.concatenate([self.school, school])
        self.since = np.concatenate([self.since, since])

    def close(self, who: Ints, last_day: Days) -> None:
        """End the present spell of some pupils; until moved they are at no school."""
        self.closed.append((who, self.school[who], self.since[who], last_day))
        self.school[who] = UNKNOWN

    def move(self, who: Ints, school: Ints, last_day: Days, first_day: Days) -> None:
        """End the present spell of some pupils and start one elsewhere."""
        self.close(who, last_day)
        self.school[who] = school
        self.since[who] = first_day


def enrol(parameters: Parameters, places: Places) -> tuple[Pupils, Spells]:
    """Let pupils start, move, arrive, leave and grow older over all simulated years."""
    roll = _Roll()
    rng = parameters.stream("roll")
    schools = len(places.codes)
    for year, autumn in enumerate(parameters.autumns):
        if year == 0:
            for earlier in (2, 1):
                _start_grade_seven(roll, autumn - earlier, parameters, rng)
        else:
            _move_in_summer(roll, autumn, schools, rng)
        _start_grade_seven(roll, autumn, parameters, rng)
        _move_within_the_year(roll, autumn, schools, rng)
        _arrive(roll, autumn, schools, rng)
        _finish(roll, roll.everyone == autumn + 1)
    _finish(roll, roll.school >= 0)
    spells = _spells(roll, places, parameters.stream("residence"))
    return _pupils(roll, spells, places, parameters.stream("traits")), spells


def roster_of_month(pupils: Pupils, spells: Spells, month: str) -> Roster:
    """Everybody enrolled in the month and where; moves happen between months."""
    first = np.datetime64(month).astype("datetime64[D]")
    last = (np.datetime64(month) + 1).astype("datetime64[D]") - 1
    autumn = int(school_year_of_month(month)[:4])
    return _roster(pupils, spells, (month, autumn), spells.touching(first, last))


def roster_of_day(pupils: Pupils, spells: Spells, term: str, day: np.datetime64) -> Roster:
    """Everybody enrolled on a day of ``term``, and where."""
    autumn = int(school_year_of_term(term)[:4])
    return _roster(pupils, spells, (term, autumn), spells.covering(day))


def _roster(pupils: Pupils, spells: Spells, when: tuple[str, int], rows: Ints) -> Roster:
    period, autumn = when
    grade = pupils.grade(spells.pupil[rows], autumn)
    order = np.lexsort((spells.pupil[rows], grade, spells.school[rows]))
    rows = rows[order]
    return Roster(period, spells.pupil[rows], spells.school[rows], grade[order])


def _start_grade_seven(
    roll: _Roll, autumn: int, parameters: Parameters, rng: np.random.Generator
) -> None:
    mean = parameters.pupils_per_grade
    sizes = np.maximum(1, np.rint(rng.normal(mean, 0.08 * mean, parameters.schools))).astype(int)
    school = np.repeat(np.arange(parameters.schools), sizes)
    leaves = np.full(len(school), autumn + 3)
    roll.join(leaves, school, np.full(len(school), first_school_day(autumn)))


def _move_in_summer(roll: _Roll, autumn: int, schools: int, rng: np.random.Generator) -> None:
    present = np.flatnonzero(roll.school >= 0)
    who = _some(present, MOVE_SHARE * SUMMER_SHARE_OF_MOVES, rng)
    last = np.full(len(who), last_school_day(autumn))
    first = np.full(len(who), first_school_day(autumn))
    roll.move(who, _another(roll.school[who], schools, rng), last, first)


def _move_within_the_year(roll: _Roll, autumn: int, schools: int, rng: np.random.Generator) -> None:
    present = np.flatnonzero(roll.school >= 0)
    within = MOVE_SHARE * (1 - SUMMER_SHARE_OF_MOVES)
    both = _some(present, LEAVE_SHARE + within, rng)
    gone = rng.random(len(both)) < LEAVE_SHARE / (LEAVE_SHARE + within)
    last = _month_edges(len(both), autumn, rng)
    roll.close(both[gone], last[gone])
    movers = both[~gone]
    target = _another(roll.school[movers], schools, rng)
    roll.move(movers, target, last[~gone], last[~gone] + 1)


def _arrive(roll: _Roll, autumn: int, schools: int, rng: np.random.Generator) -> None:
    present = np.count_nonzero(roll.school >= 0)
    abroad = NEWLY_ARRIVED_SHARE[autumn - Parameters.first_autumn]
    for share, arrived in ((abroad, autumn), (MOVE_IN_SHARE, UNKNOWN)):
        count = max(1, round(present * share))
        leaves = rng.integers(autumn + 1, autumn + 4, count)
        in_august = rng.random(count) < AUGUST_SHARE_OF_ARRIVALS
        edges = _month_edges(count, autumn, rng) + 1
        since = np.where(in_august, first_school_day(autumn), edges)
        roll.join(leaves, rng.integers(0, schools, count), since, arrived)


def _finish(roll: _Roll, leaving: Flags) -> None:
    who = np.flatnonzero(leaving & (roll.school >= 0))
    springs, which = np.unique(roll.everyone[who], return_inverse=True)
    days = np.array([last_school_day(int(spring)) for spring in springs], dtype="datetime64[D]")
    roll.close(who, days[which])


def _some(who: Ints, share: float, rng: np.random.Generator) -> Ints:
    return who[rng.random(len(who)) < share]


def _another(school: Ints, schools: int, rng: np.random.Generator) -> Ints:
    return (school + rng.integers(1, schools, len(school))) % schools


def _month_edges(count: int, autumn: int, rng: np.random.Generator) -> Days:
    edges = [f"{autumn + (edge < '08')}-{edge}" for edge in LAST_DAYS_OF_MONTHS]
    months = np.array(edges, dtype="datetime64[M]")
    last = (months + 1).astype("datetime64[D]") - 1
    return last[rng.integers(0, len(edges), count)]


def _spells(roll: _Roll, places: Places, rng: np.random.Generator) -> Spells:
    pupil, school, first, last = (np.concatenate(parts) for parts in zip(*roll.closed, strict=True))
    order = np.lexsort((first, pupil))
    near = places.district[school[order]]
    residence = np.where(
        rng.random(len(order)) < RESIDES_NEAR, near, rng.integers(0, len(DISTRICTS), len(order))
    )
    residence[rng.random(len(order)) < RESIDENCE_UNKNOWN] = UNKNOWN
    return Spells(pupil[order], school[order], first[order], last[order], residence)


def _pupils(roll: _Roll, spells: Spells, places: Places, rng: np.random.Generator) -> Pupils:
    leaves, arrived = roll.everyone, np.concatenate(roll.arrived)
    count = len(leaves)
    earlier = (arrived == UNKNOWN) & (leaves <= Parameters.first_autumn + 3)
    arrived[earlier & (rng.random(count) < NEWLY_ARRIVED_AT_START)] = Parameters.first_autumn - 1
    is_new, is_female = arrived != UNKNOWN, rng.random(count) < GIRLS
    truancy = ABSENCE_SPREAD * rng.normal(size=count)
    noise = rng.normal(size=count) * np.sqrt(1 - ABILITY_ON_ABSENCE**2)
    ability = ABILITY_ON_ABSENCE / ABSENCE_SPREAD * truancy + noise + 0.25 * is_female
    at_school = rng.normal(0, SCHOOL_SPREAD, (2, len(places.codes)))
    at_school += PILOT_SCHOOLS_DIFFER * places.is_pilot * np.array([[-1], [1]])
    first_school = spells.school[np.searchsorted(spells.pupil, np.arange(count))]
    speaks = rng.random(count) < np.where(is_new, 0.5, HAS_MOTHER_TONGUE)
    studies = rng.random(count) < np.where(is_new, 0.15, TAKES_LANGUAGE)
    return Pupils(
        identity=_identities(leaves, is_new, is_female, rng),
        leaves=leaves,
        arrived=arrived,
        is_female=is_female,
        class_letter=rng.integers(0, len(CLASSES), count),
        takes_sva=is_new | (rng.random(count) < TAKES_SVA),
        language=np.where(studies, rng.integers(0, len(LANGUAGES), count), UNKNOWN),
        mother_tongue=np.where(speaks, rng.integers(0, len(MOTHER_TONGUES), count), UNKNOWN),
        is_adapted=rng.random(count) < ADAPTED_SHARE,
        ability=ability + at_school[0, first_school],
        truancy=truancy + at_school[1, first_school],
        illness=0.25 * truancy + 0.55 * rng.normal(size=count),
    )


def _identities(
    leaves: Ints, is_new: Flags, is_female: Flags, rng: np.random.Generator
) -> pa.Array:
    count = len(leaves)
    born_year = leaves - 16 - (rng.random(count) < np.where(is_new, 0.2, 0.02))
    born = (born_year - 1970).astype("datetime64[Y]").astype("datetime64[D]")
    born = born + rng.integers(0, 365, count)
    draw = rng.random(count)
    kind = np.where(is_new & (draw < CO_ORDINATION_SHARE), CO_ORDINATION, PERSONAL)
    kind[is_new & (draw > 1 - TEMPORARY_SHARE)] = TEMPORARY
    return pa.array(identity_numbers(born, is_male=~is_female, kind=kind))
