"""Summaries against a slow sum in plain Python, and as a view of a real DuckDB file."""

from collections import defaultdict
from itertools import product

import duckdb
import numpy as np
import pandas as pd
import pytest

from pipelines.results import results_of
from pipelines.summaries import CELL, COLUMNS, KINDS, summary, summary_statements
from schemas.calendar import school_year_of_term, term_of_month, term_order
from schemas.groups import SUMMARY_LEVELS
from tests.pipelines import invented

HOURS = invented.indicator("hours", kind="mean", period="month")
RATE = invented.indicator("rate", kind="ratio", period="month", per=100.0)
SPRING = invented.indicator("passed", period="term", yearly="spring")
EVER = invented.indicator("reached", period="term", yearly="any")
YEARLY = invented.indicator("eligible")
EVERY = (HOURS, RATE, SPRING, EVER, YEARLY)
GROUPINGS = ("all", "sex", "grade_level", "newly_arrived")


@pytest.fixture(scope="module")
def city():
    return invented.places(4, 2, students=60)


@pytest.fixture(scope="module")
def values():
    rng = np.random.default_rng(3)
    made = {one.table: invented.values(one, rng, schools=4, students=60, years=2) for one in EVERY}
    return {name: _with_gaps(table.execute(), rng) for name, table in made.items()}


@pytest.fixture(scope="module")
def tables(city, values):
    places = {
        "core.student_terms": city.student_terms,
        "core.schools": city.schools,
        "core.project_schools": city.project_schools,
    }
    return places | {name: invented.ibis.memtable(frame) for name, frame in values.items()}


@pytest.fixture(scope="module")
def found(tables):
    return summary(EVERY, tables).execute()


def _with_gaps(frame, rng):
    """A tenth of the values unknown."""
    frame = frame.copy()
    frame["missing"] = None
    gaps = rng.random(len(frame)) < 0.1
    frame.loc[gaps, ["numerator", "denominator"]] = np.nan
    frame.loc[gaps, "missing"] = "no_register"
    return frame


def longer(indicator, period, kind):
    """The period of another kind that a period lies in; None where it does not count there."""
    if kind == indicator.period:
        return period
    term = term_of_month(period) if indicator.period == "month" else period
    if kind == "term":
        return term
    is_left_out = indicator.yearly == "spring" and term.endswith("HT")
    return None if is_left_out else school_year_of_term(term)


def registers(city):
    """Class and groups by pupil, school and term or school year, the last term of a year."""
    rows = city.student_terms.execute().sort_values("term", key=lambda c: c.map(term_order))
    known = {}
    for row in rows.itertuples():
        of = (row.class_name, row.sex, str(row.grade_level), row.newly_arrived)
        known[row.student_id, row.school_id, row.term] = of
        known[row.student_id, row.school_id, school_year_of_term(row.term)] = of
    return known


def projects_of(school, kind, period):
    """The invented city: schools 0 and 1 are in a project of their own from 2012/13 on."""
    year = period if kind == "school_year" else None
    term = term_of_month(period) if kind == "month" else period
    is_covered = (year or school_year_of_term(term)) >= "2012/13"
    return [f"p{int(school) % 2}"] if int(school) < 2 and is_covered else []


def by_pupil(indicator, frame, kind):
    """The amounts of each pupil, school and period of a kind: none where all are unknown."""
    found = defaultdict(list)
    for row in frame.itertuples():
        period = longer(indicator, row.period, kind)
        if period is not None:
            amounts = found[row.student_id, row.school_id, period]
            if not np.isnan(row.denominator):
                amounts.append((row.numerator, row.denominator))
    within = max if indicator.yearly == "any" and kind != indicator.period else sum
    return {key: joined(amounts, within) for key, amounts in found.items()}


def joined(amounts, how):
    return tuple(how(part) for part in zip(*amounts, strict=True)) if amounts else None


def cells_of(student, school, period, *, kind, known):
    """Every cell a pupil is in."""
    key = term_of_month(period) if kind == "month" else period
    class_name, *groups = known.get((student, school, key), ("unknown",) * 4)
    units = [
        ("class", f"{school} {class_name}"),
        ("grade", f"{school} {groups[1]}"),
        ("school", school),
        ("district", f"d{int(school) % 8}"),
        ("city", "city"),
        *(("project", project) for project in projects_of(school, kind, period)),
    ]
    named = list(zip(GROUPINGS, ("all", *groups), strict=True))
    return [(period, *unit, *group) for unit, group in product(units, named)]


def slow(indicator, frame, kind, city):
    """Each cell's pupils, pupils without a value, numerator and denominator."""
    known = registers(city)
    pupils = defaultdict(lambda: defaultdict(list))
    for (student, school, period), amounts in by_pupil(indicator, frame, kind).items():
        for cell in cells_of(student, school, period, kind=kind, known=known):
            pupils[cell][student] += [amounts] if amounts else []
    over_schools = max if indicator.kind == "share" else sum
    cells = {
        cell: [joined(amounts, over_schools) for amounts in of_cell.values()]
        for cell, of_cell in pupils.items()
    }
    return {cell: counted(amounts) for cell, amounts in cells.items()}


def counted(amounts):
    there = [one for one in amounts if one]
    return len(there), amounts.count(None), sum(n for n, _ in there), sum(d for _, d in there)


@pytest.mark.parametrize("indicator", EVERY, ids=lambda one: one.name)
def test_every_cell_is_the_slow_sum_of_its_pupils(indicator, found, values, city):
    of_indicator = found[found.indicator == indicator.name]
    kinds = KINDS[KINDS.index(indicator.period) :]
    assert set(of_indicator.kind) == set(kinds)
    for kind in kinds:
        expected = slow(indicator, values[indicator.table], kind, city)
        rows = of_indicator[of_indicator.kind == kind]
        got = {tuple(r[2:7]): tuple(r[7:11]) for r in rows.itertuples(index=False)}
        assert got.keys() == expected.keys()
        for cell, amounts in expected.items():
            assert got[cell][:2] == amounts[:2]
            if amounts[0]:
                assert got[cell][2:] == pytest.approx(amounts[2:])


def test_every_column_is_explained(found):
    assert list(found.columns) == list(COLUMNS)


def test_a_warehouse_without_pupils_has_no_summary():
    assert summary_statements(EVERY, [one.table for one in EVERY]) == ()


def test_a_cell_is_named_once(found):
    assert not found.duplicated(CELL).any()


def test_every_level_and_grouping_is_there(found):
    assert set(found.level) == {code.code for code in SUMMARY_LEVELS}
    assert set(found.grouping) == set(GROUPINGS)


def test_schools_and_city_are_those_of_the_results(found, tables, city):
    results = results_of(RATE, tables[RATE.table], city)
    mine = found[(found.indicator == "rate") & (found.kind == "school_year")]
    mine = mine[(mine.grouping == "all") & mine.level.isin(["school", "city", "project"])]
    both = mine.merge(
        results,
        left_on=["level", "unit_id", "period"],
        right_on=["level", "unit_id", "school_year"],
        suffixes=("", "_result"),
    )
    assert len(both) == len(mine)
    pd.testing.assert_series_equal(both.value, both.value_result, check_names=False)
    assert (both.students == both.students_result).all()


def test_the_rate_of_a_city_is_not_the_mean_of_its_schools_rates(found):
    rows = found[(found.indicator == "rate") & (found.grouping == "all")]
    rows = rows[(rows.kind == "school_year") & (rows.period == "2012/13")]
    city = rows[rows.level == "city"].value.item()
    schools = rows[rows.level == "school"]
    weighted = (schools.numerator.sum() / schools.denominator.sum()) * 100
    assert city == pytest.approx(weighted)
    assert city != pytest.approx(schools.value.mean(), rel=1e-6)


def test_a_view_of_it_in_a_warehouse_says_the_same(found, tables, tmp_path):
    with duckdb.connect(tmp_path / "w.duckdb") as warehouse:
        for name, table in tables.items():
            layer, _, short = name.partition(".")
            frame = table.to_pyarrow()
            warehouse.execute(f"CREATE SCHEMA IF NOT EXISTS {layer}")
            warehouse.register("rows", frame)
            warehouse.execute(f"CREATE TABLE {layer}.{short} AS FROM rows")
        for statement in summary_statements(EVERY, tables):
            warehouse.execute(statement)
        rows = warehouse.sql(
            "FROM summary WHERE indicator = 'hours' AND level = 'class' AND grouping = 'sex'"
        ).df()
    same = found[
        (found.indicator == "hours") & (found.level == "class") & (found.grouping == "sex")
    ]
    pd.testing.assert_frame_equal(
        rows.sort_values(CELL, ignore_index=True),
        same.sort_values(CELL, ignore_index=True),
        check_dtype=False,
    )
