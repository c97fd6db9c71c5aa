"""Completion by school year: nobody is lost, nobody counts as planned without a reason."""

import datetime as dt
from random import Random

import pytest

from pipelines.participation.completion import completion
from pipelines.results import conforming
from schemas.codes import values
from schemas.participation import OUTCOMES, Completion, Spells
from tests.pipelines.participation.conftest import as_spells
from tests.reference.participation import completion_of
from tests.reference.spells import spell_frame


@pytest.fixture
def years(lived):
    """Rows of completion by unit and school year."""

    def rows(*support, **more):
        made = completion(as_spells(lived(*support, **more))).to_pyarrow().to_pylist()
        return {(row["unit_id"], row["school_year"]): row for row in made}

    return rows


SUPPORT = (
    "p1 | north | A | 2015HT | 2015-09-01 | 2015-11-09 | ended_by_family",
    "p1 | north | A | 2016VT | 2016-02-01 | 2016-07-31 | completed",
    "p2 | north | A | 2016HT | 2016-06-01 | 2016-08-01 | unknown",
    "p2 | south | A | 2016VT | 2016-03-01 | 2016-04-01 | moved",
    "p3 | south | A | 2015HT | 2015-10-01 | |",
    "p4 | south | A | 2016VT | 2016-01-10 | |",
)


def test_starts_and_ends_stand_in_the_year_they_belong_to(years):
    found = years(*SUPPORT)
    names = [
        "open_before", "started", "ended_planned", "ended_neutral", "ended_unplanned",
        "ended_unknown", "vanished", "open_after",
    ]  # fmt: skip
    assert {key: [row[n] for n in names] for key, row in found.items()} == {
        ("north", "2015/16"): [0, 3, 1, 0, 1, 0, 0, 1],
        ("north", "2016/17"): [1, 0, 0, 0, 0, 1, 0, 0],
        ("south", "2015/16"): [0, 3, 0, 1, 0, 0, 1, 1],
        ("city", "2015/16"): [0, 6, 1, 1, 1, 0, 1, 2],
        ("city", "2016/17"): [1, 0, 0, 0, 0, 1, 0, 0],
    }


def test_a_pupil_of_two_projects_counts_once_in_the_city(years):
    found = years(*SUPPORT)
    names = ("pupils", "pupils_started", "pupils_ended", "dropouts")
    assert [found["city", "2015/16"][n] for n in names] == [4, 4, 2, 1]
    assert [found["north", "2015/16"][n] for n in names] == [2, 2, 1, 1]
    assert [found["south", "2015/16"][n] for n in names] == [3, 3, 1, 0]


def test_the_share_of_dropouts_is_out_of_the_pupils_with_an_end(years):
    found = years(*SUPPORT)
    city, none = found["city", "2015/16"], years(SUPPORT[4])["south", "2015/16"]
    assert (city["dropout_share"], city["share_missing"]) == (0.5, None)
    assert (none["dropout_share"], none["share_missing"]) == (None, "nobody")
    assert city["lower"] < 0.5 < city["upper"]


def test_an_unknown_reason_stays_in_the_denominator_and_out_of_the_numerator(years):
    row = years(SUPPORT[2])["north", "2016/17"]
    assert (row["pupils_ended"], row["dropouts"], row["ended_planned"]) == (1, 0, 0)


def test_medians_are_of_those_who_ended_and_of_those_who_started(years):
    found = years(*SUPPORT, group=["p1 | A | 2015HT", "p2 | A | 2016VT"])
    north = found["north", "2015/16"]
    assert north["median_duration_days"] == (70 + 182) / 2
    assert north["median_waiting_days"] == 31
    assert found["south", "2015/16"]["median_waiting_days"] == 60
    assert found["north", "2016/17"]["median_waiting_days"] is None


def test_without_any_spell_there_is_no_year(lived):
    assert completion(lived()).count().to_pyarrow().as_py() == 0


def spells_of(lengths, outcome, *, project="north", first=0):
    start = dt.date(2015, 9, 1)
    rows = [
        (f"{first + n}", project, start, start + dt.timedelta(length - 1))
        for n, length in enumerate(lengths)
    ]
    return rows, [outcome] * len(rows)


def test_the_incidence_is_that_of_those_who_started_in_the_year():
    parts = [
        spells_of(range(20, 30), "unplanned"),
        spells_of(range(100, 130), "planned", first=20),
        spells_of([250] * 10, "open", first=60),
    ]
    rows, outcomes = ([one for part in parts for one in part[at]] for at in (0, 1))
    made = completion(conforming(spell_frame(rows, outcomes), Spells)).to_pyarrow().to_pylist()
    row = next(one for one in made if one["unit_id"] == "north")
    assert (row["dropouts_in_six_months"], row["incidence_missing"]) == (10, None)
    assert row["incidence"] == pytest.approx(10 / 50)


@pytest.mark.parametrize("seed", [1, 2])
def test_every_count_is_that_of_the_slow_reference(seed):
    random = Random(seed)  # noqa: S311 - no secret
    start = dt.date(2014, 8, 1)
    firsts = {
        (str(random.randrange(90)), random.choice(("north", "south")), random.randrange(730))
        for _ in range(160)
    }
    rows = [
        (pupil, project, day := start + dt.timedelta(n), day + dt.timedelta(random.randrange(400)))
        for pupil, project, n in sorted(firsts)
    ]
    outcomes = random.choices(values(OUTCOMES), weights=(1, 1, 3, 1, 4, 1), k=len(rows))
    made = completion(conforming(spell_frame(rows, outcomes), Spells))
    Completion.validate(made)
    found = made.to_pyarrow().to_pylist()
    assert any(row["incidence"] for row in found)
    for row in found:
        mine = [p for p in zip(rows, outcomes, strict=True) if row["unit_id"] in (p[0][1], "city")]
        said = completion_of(mine, int(row["school_year"][:4]))
        assert {name: row[name] for name in said} == said
