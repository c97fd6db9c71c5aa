"""Results against a slow sum in plain Python, and what must hold of every unit."""

from collections import defaultdict

import ibis
import numpy as np
import pandas as pd
import pytest
from statsmodels.stats.proportion import proportion_confint

from pipelines.engine import engine
from pipelines.results import (
    Places,
    conforming,
    memberships,
    results_of,
    results_table,
    school_year_before,
)
from schemas.calendar import school_year_of_month, school_year_of_term
from schemas.places import Projects, ProjectSchools
from schemas.results import Results
from schemas.support import Participation
from tests.pipelines import invented

MONTHLY = invented.indicator("hours", kind="mean", period="month")
RATE = invented.indicator("rate", kind="ratio", period="month", per=100.0)
SPRING = invented.indicator(
    "passed", period="term", yearly="spring", breaks=(invented.GRADES_BROKEN,)
)
EVER = invented.indicator("reached", period="term", yearly="any")
YEARLY = invented.indicator("eligible")
EVERY_KIND = [MONTHLY, RATE, SPRING, EVER, YEARLY]


def by_name(indicators):
    return pytest.mark.parametrize("measured", indicators, ids=lambda i: i.name)


@pytest.fixture(scope="module")
def city():
    return invented.places(8, 2, students=240)


def city_values(measured, seed=5):
    rng = np.random.default_rng(seed)
    return invented.values(measured, rng, schools=8, students=240, years=4)


def year_of(measured, period):
    if measured.period == "month":
        return school_year_of_month(period)
    return school_year_of_term(period) if measured.period == "term" else period


def units_of(school, year, number):
    """Units of the invented city, said anew: schools 0-3 are pilots, from 2012/13 on."""
    yield "city", "city"
    yield "school", school
    yield "group", "pilot" if int(school) < 4 else "comparison"
    if int(school) < 4 and year >= "2012/13":
        yield "project", f"p{int(school) % 2}"
    if number % 7 == 0 and number % 8 < 4 and year in ("2012/13", "2013/14"):
        yield "participants", f"p{number % 2}"
    is_known = number < 216 and year < "2015/16"
    yield "sex", ("female", "male")[number % 2] if is_known else "unknown"
    yield "grade_level", str(7 + number % 3) if is_known else "unknown"
    yield "newly_arrived", ("yes" if number % 10 == 0 else "no") if is_known else "unknown"


def slow_sums(measured, values):
    """Numerator, denominator and pupils per unit and year, one row at a time."""
    per_school = defaultdict(lambda: ([], []))
    for row in values.execute().itertuples():
        if measured.yearly == "spring" and row.period.endswith("HT"):
            continue
        key = (row.student_id, row.school_id, year_of(measured, row.period))
        per_school[key][0].append(row.numerator)
        per_school[key][1].append(row.denominator)
    within = max if measured.yearly == "any" else sum
    per_unit = defaultdict(lambda: ([], []))
    for (student, school, year), (numerators, denominators) in per_school.items():
        for level, unit in units_of(school, year, int(student, 16)):
            per_unit[level, unit, year, student][0].append(within(numerators))
            per_unit[level, unit, year, student][1].append(within(denominators))
    across = max if measured.kind == "share" else sum
    units = defaultdict(lambda: [0.0, 0.0, 0])
    for (level, unit, year, _), (numerators, denominators) in per_unit.items():
        units[level, unit, year][0] += across(numerators)
        units[level, unit, year][1] += across(denominators)
        units[level, unit, year][2] += 1
    return units


@by_name(EVERY_KIND)
def test_every_unit_is_the_sum_of_its_pupils(measured, city):
    values = city_values(measured)
    found = results_of(measured, values, city)
    expected = slow_sums(measured, values)
    keys = zip(found.level, found.unit_id, found.school_year, strict=True)
    sums = zip(found.numerator, found.denominator, found.students, strict=True)
    found_sums = dict(zip(keys, sums, strict=True))
    assert found_sums.keys() == expected.keys()
    for key, numbers in expected.items():
        assert found_sums[key] == pytest.approx(tuple(numbers), abs=1e-5), key
    assert found.value.to_numpy() == pytest.approx(
        measured.per * found.numerator / found.denominator
    )


@by_name(EVERY_KIND)
def test_results_keep_their_contract(measured, city):
    table = conforming(results_of(measured, city_values(measured), city), Results)
    assert Results.validate(table).count().execute() > 40


def test_shares_have_the_limits_of_statsmodels(city):
    found = results_of(YEARLY, city_values(YEARLY), city)
    low, high = proportion_confint(found.numerator, found.denominator, method="wilson")
    assert found.lower.to_numpy() == pytest.approx(low.to_numpy(), abs=1e-9)
    assert found.upper.to_numpy() == pytest.approx(high.to_numpy(), abs=1e-9)


def test_a_change_is_the_value_less_the_value_of_the_year_before(city):
    found = results_of(RATE, city_values(RATE), city).set_index(["level", "unit_id", "school_year"])
    for (level, unit, year), row in found.iterrows():
        before = (level, unit, school_year_before(year))
        if before not in found.index:
            assert np.isnan(row.change)
        else:
            assert row.change == pytest.approx(row.value - found.value[before])
            assert row.change_lower < row.change < row.change_upper


def test_a_break_is_stated_and_never_crossed(city):
    found = results_of(SPRING, city_values(SPRING), city)
    broken = found[found.school_year == "2012/13"]
    assert set(broken.series_break) == {"ny betygsskala"}
    assert broken.change.isna().all()
    assert found[found.school_year > "2012/13"].change.notna().any()
    assert found[found.school_year != "2012/13"].series_break.isna().all()


def test_the_order_of_the_rows_changes_no_figure(city):
    values = city_values(MONTHLY)
    shuffled = ibis.memtable(values.execute().sample(frac=1, random_state=1))
    found = results_of(MONTHLY, values, city)
    pd.testing.assert_frame_equal(found, results_of(MONTHLY, shuffled, city), check_exact=True)


def test_a_school_covered_in_one_term_is_in_the_project_that_year(city):
    rows = [
        ("p0", "00000000", "2013VT", "2013HT", "school"),
        ("p1", "00000000", "2013VT", "2013VT", "school"),
        ("p1", "00000001", "2012HT", None, "residence"),
    ]
    covered = Places(
        city.schools,
        city.projects,
        invented.table(ProjectSchools, rows),
        city.participation,
        city.student_terms,
    )
    years = ["2011/12", "2012/13", "2013/14", "2014/15"]
    seen = pd.DataFrame(
        [(f"{n:08d}", year) for n in range(2) for year in years],
        columns=["school_id", "school_year"],
    )
    found = memberships(covered, seen).query("level == 'project'")
    assert set(zip(found.unit_id, found.school_id, found.school_year, strict=True)) == {
        ("p0", "00000000", "2012/13"),
        ("p0", "00000000", "2013/14"),
        ("p1", "00000000", "2012/13"),
        ("p1", "00000001", "2012/13"),
        ("p1", "00000001", "2013/14"),
        ("p1", "00000001", "2014/15"),
    }


def test_a_city_without_a_project_has_no_groups(city):
    bare = Places(
        city.schools,
        invented.table(Projects, []),
        invented.table(ProjectSchools, []),
        invented.table(Participation, []),
        city.student_terms,
    )
    levels = set(results_of(YEARLY, city_values(YEARLY), bare).level)
    assert levels == {"city", "school", "sex", "grade_level", "newly_arrived"}


def test_a_school_missing_from_the_register_still_counts(city):
    engine()
    values = ibis.memtable(
        {
            "student_id": [invented.pupil(1)],
            "school_id": ["99999999"],
            "period": ["2012/13"],
            "numerator": [1.0],
            "denominator": [1.0],
        }
    )
    found = results_of(YEARLY, values, city)
    named = ["Hela staden", "Pojkar", "Årskurs 8", "Inte nyanlända", "Jämförelseskolor", "99999999"]
    assert list(found.unit_name) == named
    assert list(found.students) == [1] * 6


def test_no_values_give_no_results(city):
    none = city_values(YEARLY).filter(ibis.literal(value=False))
    found = results_of(YEARLY, none, city)
    assert found.empty
    assert conforming(found, Results).count().execute() == 0


def test_each_indicator_has_its_own_table():
    assert results_table(RATE) == "result.rate"


def test_the_baseline_is_the_value_of_2011_12_in_every_year(city):
    found = results_of(MONTHLY, city_values(MONTHLY), city)
    own = found.set_index(["level", "unit_id", "school_year"])
    for (level, unit, year), row in own.iterrows():
        if (level, unit, "2011/12") not in own.index:
            assert np.isnan(row.baseline)
            continue
        first = own.loc[(level, unit, "2011/12"), "value"]
        assert row.baseline == first
        assert np.isnan(row.since_baseline) == (year == "2011/12")
        if year == "2012/13":
            assert (row.since_baseline, row.since_baseline_lower) == (row.change, row.change_lower)
        if year > "2011/12":
            assert row.since_baseline == pytest.approx(row.value - first)
            assert row.since_baseline_lower <= row.since_baseline <= row.since_baseline_upper


def test_no_change_since_the_baseline_is_computed_over_a_break_between(city):
    found = results_of(SPRING, city_values(SPRING), city)
    assert {broken.school_year for broken in SPRING.breaks} == {"2012/13"}
    assert found.since_baseline.isna().all()
    assert found[found.school_year == "2014/15"].change.notna().any()
    assert found[found.level == "city"].baseline.notna().all()


def test_the_groups_of_the_city_are_everybody_once(city):
    found = results_of(YEARLY, city_values(YEARLY), city)
    whole = found[found.level == "city"].set_index("school_year").students
    for level in ("sex", "grade_level", "newly_arrived"):
        parts = found[found.level == level].groupby("school_year").students.sum()
        assert parts.to_dict() == whole.to_dict()
