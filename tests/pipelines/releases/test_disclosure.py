"""Disclosure control against an attacker of its own, who knows linear programming."""

import numpy as np
import pandas as pd
import pytest
from scipy.optimize import linprog

from pipelines.releases.disclosure import FIGURES, published
from pipelines.results import CHANGES, SINCE_BASELINE, Places, conforming
from schemas.groups import StudentTerms
from schemas.places import Projects, ProjectSchools, Schools
from schemas.results import PublishedResults, Results
from schemas.support import Participation
from tests.pipelines import invented

FIRST = invented.indicator("first")
SECOND = invented.indicator("second")
HOURS = invented.indicator("hours", kind="mean")
ALL = {measured.name: measured for measured in (FIRST, SECOND, HOURS)}
KEY = ["indicator", "level", "unit_id", "school_year"]
MANY = 10**6


class City:
    """A random school system: who belongs where, and pupils enough to be worth hiding."""

    def __init__(self, rng, *, years, overlap=False):
        self.years = [f"{2000 + n}/{(n + 1) % 100:02d}" for n in range(years)]
        self.schools = [f"{n:08d}" for n in range(rng.integers(2, 11))]
        self.pilots = self.schools[: rng.integers(0, len(self.schools) + 1)]
        self.projects = [f"p{n}" for n in range(rng.integers(1, 4))] if self.pilots else []
        self.covers = {
            (project, school): int(rng.integers(0, years))
            for place, school in enumerate(self.pilots)
            for number, project in enumerate(self.projects)
            if overlap or place % len(self.projects) == number
        }
        self.size = {
            (school, year): int(rng.choice([rng.integers(1, 12), rng.integers(8, 90)]))
            for school in self.schools
            for year in self.years
        }

    def places(self):
        """The city's registers."""
        covers = [
            (project, school, f"{2000 + first}HT", None, "school")
            for (project, school), first in self.covers.items()
        ]
        names = [(s, f"Skola {s}", "d0", "2000-01-01", None) for s in self.schools]
        projects = [(p, p.upper(), "d0") for p in self.projects]
        return Places(
            invented.table(Schools, names),
            invented.table(Projects, projects),
            invented.table(ProjectSchools, covers),
            invented.table(Participation, []),
            invented.table(StudentTerms, []),
        )

    def schools_of(self, level, unit_id, year):
        """The schools a unit is the sum of in a year."""
        if level == "city":
            return self.schools
        if level == "group":
            return [s for s in self.schools if (s in self.pilots) == (unit_id == "pilot")]
        if level == "project":
            at = self.years.index(year)
            return [s for (p, s), first in self.covers.items() if p == unit_id and first <= at]
        return [unit_id]

    def units(self, year):
        """Every unit with a school in the year."""
        units = [("city", "city")] + [("school", s) for s in self.schools]
        units += [("group", g) for g in ("pilot", "comparison")] if self.pilots else []
        units += [("project", p) for p in self.projects]
        return [unit for unit in units if self.schools_of(*unit, year)]

    def results(self, measured, rng):
        """Rows of the contract; what is not attacked is filled in with the year's value."""
        rows = []
        rate = rng.choice([0.02, 0.3, 0.9, 0.97, 1.0])
        for year in self.years:
            counted = {s: self._counted(rng, measured, s, year, rate) for s in self.schools}
            for level, unit in self.units(year):
                own = self.schools_of(level, unit, year)
                pupils = sum(self.size[s, year] for s in own)
                rows.append((level, unit, year, pupils, sum(counted[s] for s in own)))
                if level == "project" and rng.random() < 0.7:
                    few = int(rng.integers(1, pupils + 1))
                    most = few if measured.kind == "share" else 10**6
                    at_least = rows[-1][4] - (pupils - few) if measured.kind == "share" else 0
                    ours = min(max(int(few * rate), at_least), rows[-1][4], most)
                    rows.append(("participants", unit, year, few, ours))
        frame = pd.DataFrame(
            rows, columns=["level", "unit_id", "school_year", "students", "numerator"]
        )
        frame["numerator"] = frame.numerator.astype(float)
        frame["denominator"] = frame.students.astype(float)
        frame["value"] = frame.numerator / frame.denominator
        same = dict.fromkeys(["lower", "upper", "baseline", *CHANGES, *SINCE_BASELINE], frame.value)
        full = frame.assign(
            indicator=measured.name,
            unit_name=frame.unit_id,
            series_break=None,
            is_preliminary=False,
            **same,
        )
        return full[Results.columns()]

    def _counted(self, rng, measured, school, year, rate):
        pupils = self.size[school, year]
        return int(rng.binomial(pupils, rate) if measured.kind == "share" else rng.poisson(pupils))


class Attacker:
    """Solves for the schools, given all that is printed about one indicator and year.

    Unknowns: pupils and numerator of each school, and of each project's participants. Known of
    them all: at least one pupil, and in a share no more counted than there are pupils.
    """

    def __init__(self, city, shown, elsewhere, year, *, is_share):
        participants = [("participants", p) for p in city.projects]
        self.unknown = [("school", s) for s in city.schools] + participants
        self.size = len(self.unknown)
        self.equal, self.known, self.below, self.bound = [], [], [], []
        for (level, unit), (pupils, counted) in shown.items():
            weights = self._weights(city, level, unit, year)
            self._know(weights, pupils, counted)
        for (level, unit), pupils in elsewhere.items():
            self._know(self._weights(city, level, unit, year), pupils, None)
        for number in range(self.size):
            if is_share:
                row = np.zeros(2 * self.size)
                row[[number, self.size + number]] = -1, 1
                self.below.append(row)
                self.bound.append(0)

    def _weights(self, city, level, unit, year):
        if level == "participants":
            return np.array([float(cell == (level, unit)) for cell in self.unknown])
        own = set(city.schools_of(level, unit, year))
        return np.array([float(kind == "school" and s in own) for kind, s in self.unknown])

    def _know(self, weights, pupils, counted):
        nothing = np.zeros(self.size)
        self.equal.append(np.concatenate([weights, nothing]))
        self.known.append(pupils)
        if counted is not None:
            self.equal.append(np.concatenate([nothing, weights]))
            self.known.append(counted)

    def in_doubt(self, cells):
        """Whether each of some (city, level, unit, year, what) can be more than one number."""
        weights = np.array([self._place(*cell) for cell in cells])
        rng = np.random.default_rng(0)
        doubt = np.zeros(len(cells), dtype=bool)
        for _ in range(3):
            mixed = rng.uniform(1, 2, len(cells)) * rng.choice([-1, 1], len(cells))
            ends = [weights @ self._extreme(sign * mixed @ weights) for sign in (1, -1)]
            doubt |= np.abs(ends[0] - ends[1]) > 1e-6
        for place in np.flatnonzero(~doubt):
            ends = [weights[place] @ self._extreme(sign * weights[place]) for sign in (1, -1)]
            doubt[place] = abs(ends[0] - ends[1]) > 1e-6
        return doubt

    def _place(self, city, level, unit, year, what):
        weights, nothing = self._weights(city, level, unit, year), np.zeros(self.size)
        return np.concatenate([weights, nothing] if what == "pupils" else [nothing, weights])

    def _extreme(self, objective):
        bounds = [(1, MANY)] * self.size + [(0, MANY)] * self.size
        found = linprog(
            objective,
            A_ub=self.below or None, b_ub=self.bound or None,
            A_eq=self.equal or None, b_eq=self.known or None, bounds=bounds,
        )  # fmt: skip
        assert found.status == 0, found.message
        return found.x


def found_out(city, results, hidden):
    """Primary cells whose pupils or numerator are pinned to one value; and how many there are.

    ``hidden``: keys of the cells not printed. Pupils printed for another share are known too,
    where the two are about the same pupils.
    """
    pinned, primary = [], 0
    for (name, year), rows in results.groupby(["indicator", "school_year"]):
        truth = {(r.level, r.unit_id): (r.students, r.numerator) for r in rows.itertuples()}
        shown = {c: v for c, v in truth.items() if (name, *c, year) not in hidden}
        others = results[(results.school_year == year) & (results.indicator != name)]
        elsewhere = {
            (r.level, r.unit_id): r.students
            for r in others.itertuples()
            if (r.indicator, r.level, r.unit_id, year) not in hidden and r.level != "participants"
        }
        is_share = ALL[name].kind == "share"
        secret = [c for c, v in truth.items() if is_sensitive(*v, is_share=is_share)]
        asked = [(city, *cell, year, "numerator") for cell in secret]
        asked += [(city, *cell, year, "pupils") for cell in secret if truth[cell][0] < 10]
        primary += len(secret)
        if asked:
            attacker = Attacker(city, shown, elsewhere, year, is_share=is_share)
            doubt = attacker.in_doubt(asked)
            pinned += [(name, *cell[1:]) for cell, ok in zip(asked, doubt, strict=True) if not ok]
    return pinned, primary


def is_sensitive(pupils, counted, *, is_share):
    """The primary rule, said anew."""
    if pupils < 10:
        return True
    if not is_share:
        return False
    few = min(counted, pupils - counted)
    return 0 < few < 10 or (few == 0 and pupils < 30)


def keys(rows):
    return {tuple(key) for key in rows[KEY].to_numpy().tolist()}


def drawn(seed, *, years, overlap=False):
    rng = np.random.default_rng(seed)
    city = City(rng, years=years, overlap=overlap)
    results = pd.concat(
        [city.results(measured, rng) for measured in (FIRST, SECOND, HOURS)], ignore_index=True
    )
    return city, results


@pytest.mark.parametrize("overlap", [False, True], ids=["apart", "overlapping"])
def test_no_primary_cell_can_be_worked_out(overlap):
    naive = 0
    for seed in range(8 if overlap else 55):
        city, results = drawn(seed, years=2 if overlap else 4, overlap=overlap)
        rows = published(results, city.places(), ALL)
        pinned, primary = found_out(city, results, keys(rows[rows.state != "shown"]))
        assert pinned == [], seed
        assert primary == (rows.state == "suppressed").sum()
        if seed < 5:
            naive += len(found_out(city, results, keys(rows[rows.state == "suppressed"]))[0])
    assert naive > 0


@pytest.fixture(scope="module")
def release():
    city, results = drawn(1, years=4)
    return results, published(results, city.places(), ALL)


def test_a_hidden_row_holds_no_figure_and_a_shown_one_all_of_them(release):
    results, rows = release
    hidden = rows[rows.state != "shown"]
    assert len(hidden) > 10
    assert hidden[[*FIGURES, *CHANGES]].isna().all(axis=None)
    shown = rows[rows.state == "shown"]
    assert shown[FIGURES].notna().all(axis=None)
    assert (shown.numerator == results.numerator[shown.index]).all()
    assert shown.students.min() >= 10


def test_published_results_keep_their_contract(release):
    table = conforming(release[1], PublishedResults)
    assert PublishedResults.validate(table).count().execute() == len(release[0])


def test_a_change_is_hidden_with_the_year_before(release):
    states = {tuple(row[:4]): row[4] for row in release[1][[*KEY, "state"]].to_numpy().tolist()}
    checked = 0
    for row in release[1][release[1].state == "shown"].itertuples():
        first = int(row.school_year[:4])
        before = (row.indicator, row.level, row.unit_id, f"{first - 1}/{first % 100:02d}")
        was_hidden = states.get(before, "shown") != "shown"
        assert np.isnan(row.change) == was_hidden
        checked += was_hidden
    assert checked


def small_city(sizes, *, projects, participants=None):
    """One year of a mean per pupil: every school a pilot, school n in the project given."""
    names = [f"{n:08d}" for n in range(len(sizes))]
    places = Places(
        invented.table(Schools, [(s, s, "d0", "2000-01-01", None) for s in names]),
        invented.table(Projects, [(p, p, "d0") for p in sorted(set(projects))]),
        invented.table(
            ProjectSchools,
            [(p, s, "2000HT", None, "school") for p, s in zip(projects, names, strict=True)],
        ),
        invented.table(Participation, []),
        invented.table(StudentTerms, []),
    )
    pupils = {("school", s): size for s, size in zip(names, sizes, strict=True)}
    for project, size in zip(projects, sizes, strict=True):
        pupils["project", project] = pupils.get(("project", project), 0) + size
    pupils |= {("group", "pilot"): sum(sizes), ("city", "city"): sum(sizes)}
    pupils |= {("participants", p): size for p, size in (participants or {}).items()}
    rows = [
        ("hours", level, unit, unit, "2000/01", n, 3.0 * n, float(n), 3.0, 2.0, 4.0)
        for (level, unit), n in pupils.items()
    ]
    frame = pd.DataFrame(rows, columns=Results.columns()[:11])
    unknown = dict.fromkeys([*CHANGES, "baseline", *SINCE_BASELINE], np.nan)
    return frame.assign(**unknown, series_break=None, is_preliminary=False), places


def states_of(results, places):
    rows = published(results, places, ALL)
    return {(r.level, r.unit_id): r.state for r in rows.itertuples()}


def test_a_lone_small_school_takes_the_smallest_of_its_project_with_it():
    states = states_of(*small_city([6, 80, 40, 90], projects=["p0", "p0", "p0", "p1"]))
    assert states["school", "00000000"] == "suppressed"
    assert states["school", "00000002"] == "protected"
    others = [s for (level, unit), s in states.items() if unit not in ("00000000", "00000002")]
    assert set(others) == {"shown"}


def test_a_project_of_one_small_school_is_hidden_and_so_is_another_part_of_the_whole():
    states = states_of(*small_city([6, 80, 40], projects=["p0", "p1", "p1"]))
    assert states["project", "p0"] == "suppressed"
    assert states["school", "00000002"] == "protected"
    assert states["project", "p1"] == "protected"
    assert states["city", "city"] == "shown"


def test_participants_are_hidden_where_few_others_are_left():
    results, places = small_city([60, 80], projects=["p0", "p1"], participants={"p0": 55, "p1": 40})
    states = states_of(results, places)
    assert states["participants", "p0"] == "protected"
    assert states["participants", "p1"] == "shown"
    assert states["project", "p0"] == "shown"


def test_nothing_is_hidden_where_everything_is_large():
    results, places = small_city([60, 80], projects=["p0", "p1"], participants={"p0": 30})
    assert set(states_of(results, places).values()) == {"shown"}


def test_a_city_of_one_small_school_is_hidden_whole():
    states = states_of(*small_city([7], projects=["p0"]))
    assert set(states.values()) == {"suppressed"}


def test_a_threshold_below_five_is_refused():
    results, places = small_city([60], projects=["p0"])
    with pytest.raises(ValueError, match="never below 5"):
        published(results, places, ALL, threshold=4)


def with_groups(results, **sizes):
    """The city's groups of a kind added to a small city, three of a mean for each pupil."""
    rows = [
        ("hours", level, unit, unit, "2000/01", n, 3.0 * n, float(n), 3.0, 2.0, 4.0)
        for level, units in sizes.items()
        for unit, n in units.items()
    ]
    added = pd.DataFrame(rows, columns=Results.columns()[:11])
    both = pd.concat([results, added], ignore_index=True)
    return both.assign(series_break=None, is_preliminary=False)


def test_a_small_group_of_the_city_takes_another_group_with_it():
    results, places = small_city([60, 80], projects=["p0", "p1"])
    groups = {"yes": 6, "no": 104, "unknown": 30}
    states = states_of(with_groups(results, newly_arrived=groups), places)
    assert states["newly_arrived", "yes"] == "suppressed"
    assert states["newly_arrived", "unknown"] == "protected"
    assert states["newly_arrived", "no"] == "shown"
    assert states["city", "city"] == "shown"


def test_of_two_groups_both_are_hidden_where_one_is_small():
    results, places = small_city([60, 80], projects=["p0", "p1"])
    states = states_of(with_groups(results, sex={"female": 133, "male": 7}), places)
    assert {states["sex", "female"], states["sex", "male"]} == {"protected", "suppressed"}


def test_large_groups_hide_nothing_even_if_pupils_at_two_schools_are_in_them_once():
    results, places = small_city([60, 80], projects=["p0", "p1"])
    groups = {"7": 40, "8": 45, "9": 50}
    states = states_of(with_groups(results, grade_level=groups), places)
    assert set(states.values()) == {"shown"}


def test_a_change_since_a_hidden_baseline_is_hidden_with_it():
    results, places = small_city([60, 80], projects=["p0", "p1"])
    earlier = results.assign(school_year="2011/12", students=5, numerator=15.0, denominator=5.0)
    later = results.assign(
        school_year="2014/15", baseline=3.0, since_baseline=0.0, since_baseline_lower=-1.0,
        since_baseline_upper=1.0,
    )  # fmt: skip
    rows = published(pd.concat([earlier, later], ignore_index=True), places, ALL)
    kept = rows[rows.school_year == "2014/15"]
    assert set(kept.state) == {"shown"}
    assert kept[["baseline", *SINCE_BASELINE]].isna().all(axis=None)
