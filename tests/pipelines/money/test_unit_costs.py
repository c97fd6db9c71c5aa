"""Cost per pupil by hand, against a slow count of every day, and with every krona in it once."""

import datetime as dt

import ibis
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.judging import broken_rules
from pipelines.money.unit_costs import unit_costs
from pipelines.money.use import target_pupils, uses
from schemas.codes import END_REASONS, values
from schemas.groups import StudentTerms
from schemas.indicators import IndicatorValues
from schemas.money import JointCosts, PriceIndex, UnitCosts
from schemas.places import Projects, ProjectSchools
from schemas.support import Costs, Participation
from tests.pipelines.invented import pupil, table
from tests.reference.money import used

YEAR = "2014/15"
BEFORE, AFTER = "2013/14", "2015/16"
COLUMNS = ("project_id", "student_id", "school_year")


def support(number, first, last=None, **named):
    """A line of a project's register, of a, autumn 2014 and completed if nothing else is named."""
    told = {"project": "a", "term": "2014HT", "reason": "completed"} | named
    ends = told["reason"] if last else None
    return (pupil(number), told["project"], "S1", told["term"], first, None, last, ends)


def members_of(rows):
    """A project's target group, as :func:`target_pupils` has it."""
    columns = list(zip(*rows, strict=True)) or [()] * len(COLUMNS)
    typed = [pa.array(column, pa.string()) for column in columns]
    return ibis.memtable(pa.table(typed, names=COLUMNS))


def costed(spent=(), register=(), *, target=(), joint=(), index=()):
    """Costs by unit, year, scenario, prices and per."""
    rows = unit_costs(
        table(Costs, spent),
        table(Participation, register),
        members_of(target),
        joint_costs=table(JointCosts, joint),
        price_index=table(PriceIndex, index),
    ).cache()
    assert broken_rules(rows, UnitCosts) == []
    key = ("unit_id", "school_year", "scenario", "prices", "per")
    return {tuple(row[name] for name in key): row for row in rows.to_pyarrow().to_pylist()}


SPENT = [("a", YEAR, "staff", 1000), ("a", YEAR, "other", 200), ("b", YEAR, "staff", 300)]
REGISTER = [
    support(1, dt.date(2014, 9, 15), dt.date(2015, 2, 10)),
    support(2, dt.date(2015, 6, 20), term="2015VT"),
    support(3, dt.date(2014, 10, 1), dt.date(2014, 10, 31), project="b", reason="moved"),
]
MEMBERS = [("a", pupil(number), YEAR) for number in (1, 2, 4)]
JOINT = [(YEAR, "training", 400)]
INDEX = [(BEFORE, 95.0), (YEAR, 100.0), (AFTER, 105.0)]


@pytest.fixture(scope="module")
def by_hand():
    return costed(SPENT, REGISTER, target=MEMBERS, joint=JOINT, index=INDEX)


@pytest.mark.parametrize(
    ("per", "count", "value"),
    [
        ("started", 2, 600),
        ("supported", 2, 600),
        ("completed", 1, 1200),
        ("pupil_month", 6 + 2, 150),
        ("target_group", 3, 400),
    ],
)
def test_a_projects_own_cost_is_divided_by_each_count(by_hand, per, count, value):
    row = by_hand["a", YEAR, "own", "nominal", per]
    assert (row["numerator"], row["denominator"], row["value"]) == (1200, count, value)
    assert (row["level"], row["price_year"], row["missing"]) == ("project", YEAR, None)


@pytest.mark.parametrize(
    ("scenario", "parts"),
    [
        ("own", {"a": 0, "b": 0, "city": 0}),
        ("by_project", {"a": 200, "b": 200, "city": 400}),
        ("by_started", {"a": 800 / 3, "b": 400 / 3, "city": 400}),
    ],
)
def test_joint_costs_are_divided_in_each_way_and_the_city_has_them_all(by_hand, scenario, parts):
    own = {"a": 1200, "b": 300, "city": 1500}
    for unit, part in parts.items():
        row = by_hand[unit, YEAR, scenario, "nominal", "started"]
        assert row["joint_cost_sek"] == pytest.approx(part)
        assert row["numerator"] == pytest.approx(own[unit] + part)


def test_fixed_prices_are_those_of_the_latest_year_with_an_index(by_hand):
    row = by_hand["a", YEAR, "by_project", "fixed", "started"]
    assert row["price_year"] == AFTER
    assert row["own_cost_sek"] == pytest.approx(1200 * 1.05)
    assert row["value"] == pytest.approx(1400 * 1.05 / 2)


def test_a_count_of_nobody_has_no_cost_per_unit_and_says_so(by_hand):
    row = by_hand["b", YEAR, "own", "nominal", "completed"]
    assert (row["numerator"], row["denominator"]) == (300, 0)
    assert (row["value"], row["missing"]) == (None, "no_pupils")


def test_pupils_without_costs_have_a_row_that_says_so_and_the_city_is_not_complete():
    found = costed(SPENT[:2], REGISTER)
    assert found["b", YEAR, "own", "nominal", "started"]["missing"] == "no_costs"
    city = found["city", YEAR, "own", "nominal", "started"]
    assert (city["own_cost_sek"], city["denominator"]) == (1200, 3)
    assert (city["value"], city["missing"]) == (None, "some_costs_missing")


def test_costs_of_a_project_nobody_knows_are_kept_and_are_in_the_city():
    found = costed([("nobody-knows", YEAR, "staff", 70), *SPENT], REGISTER)
    assert found["nobody-knows", YEAR, "own", "nominal", "started"]["own_cost_sek"] == 70
    assert found["city", YEAR, "own", "nominal", "started"]["numerator"] == 1570


def test_what_is_not_delivered_is_not_nothing():
    found = costed(SPENT, REGISTER)
    assert found["a", YEAR, "own", "nominal", "started"]["missing"] is None
    assert found["a", YEAR, "by_project", "nominal", "started"]["missing"] == "no_joint_costs"
    fixed = found["a", YEAR, "own", "fixed", "started"]
    assert (fixed["missing"], fixed["price_year"]) == ("no_price_index", None)


def test_joint_costs_of_a_year_in_which_nobody_started_cannot_be_divided_by_pupils():
    spent = [("a", AFTER, "staff", 50)]
    running_on = [support(1, dt.date(2015, 3, 1), dt.date(2015, 9, 10))]
    found = costed(spent, running_on, joint=[(AFTER, "other", 8)])
    row = found["a", AFTER, "by_started", "nominal", "supported"]
    assert (row["denominator"], row["value"], row["missing"]) == (1, None, "not_divisible")
    assert found["city", AFTER, "by_started", "nominal", "supported"]["missing"] == "not_divisible"
    assert found["a", AFTER, "by_project", "nominal", "supported"]["value"] == 58


def test_a_pupil_in_two_projects_counts_in_both_and_once_in_the_city():
    register = [
        support(1, dt.date(2014, 9, 1), dt.date(2014, 10, 15), reason="moved"),
        support(1, dt.date(2014, 10, 20), dt.date(2014, 11, 3), project="b"),
    ]
    found = costed(SPENT, register)
    counts = {
        (unit, per): found[unit, YEAR, "own", "nominal", per]["denominator"]
        for unit in ("a", "b", "city")
        for per in ("started", "supported", "pupil_month")
    }
    assert [counts[unit, "started"] for unit in ("a", "b", "city")] == [1, 1, 1]
    assert [counts[unit, "supported"] for unit in ("a", "b", "city")] == [1, 1, 1]
    assert [counts[unit, "pupil_month"] for unit in ("a", "b", "city")] == [2, 2, 3]


def test_without_any_file_there_are_no_costs_per_pupil():
    assert costed() == {}


def test_the_target_group_is_that_of_the_schools_or_of_where_pupils_live():
    pupils = [
        (1, "S1", "2014HT", 1.0, "here"),
        (2, "S9", "2014HT", 1.0, "here"),
        (3, "S1", "2014HT", 0.0, "here"),
        (1, "S1", "2016VT", 1.0, "here"),
        (4, "S9", "2016VT", 1.0, "here"),
        (5, "S1", "2016VT", 1.0, None),
    ]
    members = [(pupil(n), school, term, is_in, 1.0, None) for n, school, term, is_in, _ in pupils]
    terms = [
        (pupil(n), school, term, None, 8, None, "no", home) for n, school, term, _, home in pupils
    ]
    schools = [("a", "S1", "2013HT", "2015HT", "school"), ("a", "S1", "2016VT", None, "residence"),
               ("a", "S2", "2016VT", None, "residence")]  # fmt: skip
    found = target_pupils(
        table(IndicatorValues, members),
        table(StudentTerms, terms),
        table(ProjectSchools, schools),
        table(Projects, [("a", "A", "here")]),
    ).to_pyarrow()
    assert sorted(tuple(row.values()) for row in found.to_pylist()) == [
        ("a", pupil(1), "2014/15"),
        ("a", pupil(1), "2015/16"),
        ("a", pupil(4), "2015/16"),
    ]


starts = st.dates(dt.date(2014, 7, 1), dt.date(2016, 9, 30))
lines = st.dictionaries(
    st.tuples(st.integers(1, 4), st.sampled_from("ab"), starts,
              st.sampled_from(["2014HT", "2015VT", "2015HT", "2016VT"])),
    st.tuples(st.none() | st.integers(0, 500), st.sampled_from(values(END_REASONS))),
    max_size=9,
)  # fmt: skip


def register_of(drawn):
    """Lines of registers; an end is so many days after the start."""
    for (number, project, first, term), (length, reason) in drawn.items():
        last = None if length is None else first + dt.timedelta(days=length)
        yield support(number, first, last, project=project, term=term, reason=reason)


@settings(max_examples=12, deadline=None)
@given(lines, st.lists(st.tuples(st.sampled_from("ab"), st.integers(1, 4)), max_size=6))
def test_what_costs_are_divided_by_is_what_a_count_of_every_day_gives(drawn, target):
    register = table(Participation, list(register_of(drawn)))
    members = [(project, pupil(number), YEAR) for project, number in target]
    found = uses(register, members_of(members)).to_pyarrow().to_pylist()
    counts = {(row["unit_id"], row["school_year"], row["per"]): row["denominator"] for row in found}
    assert counts == used(register.to_pyarrow().to_pylist(), members)


years = st.sampled_from([YEAR, AFTER])
kronor = st.integers(0, 10**7)


@settings(max_examples=5, deadline=None)
@given(
    lines,
    st.dictionaries(st.tuples(st.sampled_from("abc"), years), kronor, max_size=5),
    st.dictionaries(years, kronor, max_size=2),
)
def test_the_projects_costs_add_up_to_the_citys_however_joint_costs_are_divided(
    drawn, spent, joint
):
    found = costed(
        [(*key, "staff", sek) for key, sek in spent.items()],
        list(register_of(drawn)),
        joint=[(year, "other", sek) for year, sek in joint.items()],
    )
    rows = [row for row in found.values() if (row["prices"], row["per"]) == ("nominal", "started")]
    for year, scenario in {(row["school_year"], row["scenario"]) for row in rows}:
        mine = [r for r in rows if (r["school_year"], r["scenario"]) == (year, scenario)]
        city = next(row for row in mine if row["level"] == "city")
        projects = [row for row in mine if row["level"] == "project"]
        own = sum(sek for (_, when), sek in spent.items() if when == year)
        assert sum(row["own_cost_sek"] or 0 for row in projects) == own
        assert (city["own_cost_sek"] or 0) == own
        if city["joint_cost_sek"] is not None:
            shared = joint[year] if scenario != "own" else 0
            assert city["joint_cost_sek"] == shared
            assert sum(row["joint_cost_sek"] for row in projects) == pytest.approx(shared)
