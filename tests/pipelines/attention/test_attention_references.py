"""The attention list and its hit rates against slow ones, on histories full of odd cases."""

from functools import cache
from random import Random

import ibis
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.attention.hit_rates import hit_rates
from pipelines.attention.listing import attention_list
from pipelines.attention.standing import standing_at
from pipelines.engine import engine
from pipelines.judging import broken_rules
from pipelines.target_group import target_group
from schemas.attention import AttentionList, HitRates
from tests.reference import attention as slow
from tests.reference.histories import invented


def with_good_and_bad_months(history, random):
    """Histories in which absence comes and goes, so that signs are there without conditions."""
    for row in history.rows["attendance"]:
        if random.random() < 0.5:
            away = random.choice((0, 10, 15, 20, 25, 30)) * row["reported_minutes"] // 100
            row |= {"authorised_absence_minutes": 0, "unauthorised_absence_minutes": away}
    return history


SEED = 1948
HISTORY = with_good_and_bad_months(invented(Random(SEED), 900), Random(SEED))  # noqa: S311
TABLES = ("enrolments", "grades", "attendance", "participation")
END, MIDDLE, START = "2014-07", "2013-03", "2012-07"


def memtables(history):
    rows = history.tables()
    return {name: ibis.memtable(rows[name]) for name in TABLES}


@pytest.fixture(scope="module")
def tables():
    """The histories as tables of the engine."""
    rows = HISTORY.tables()
    return {
        name: engine().create_table(f"attention_{name}", rows[name], temp=True, overwrite=True)
        for name in TABLES
    }


def fast(tables, until, terms=None):
    rows = attention_list(**tables, stands_at=standing_at(until, terms)).to_pyarrow().to_pylist()
    found = {(row.pop("student_id"), row.pop("school_id"), row.pop("term")): row for row in rows}
    assert len(found) == len(rows)
    return found


@cache
def expected(until):
    return slow.attention_list(HISTORY.rows, until)


def assert_same(found, wanted):
    assert found.keys() == wanted.keys()
    for key, facts in wanted.items():
        told = {name: found[key][name] for name in facts}
        assert told == {
            name: pytest.approx(float(value), abs=1e-12) if name.endswith(("share", "coverage"))
            and value is not None else value
            for name, value in facts.items()
        }  # fmt: skip


@pytest.mark.parametrize("until", [END, MIDDLE, START])
def test_the_list_agrees_with_the_slow_reference_as_known_after_a_month(tables, until):
    wanted = expected(until)
    assert {facts["rung"] for facts in wanted.values()} >= {"all_three", "one_short", "sign_only"}
    assert_same(fast(tables, until), wanted)


def test_the_hit_rates_agree_with_the_slow_reference(tables):
    rows = hit_rates(tables["enrolments"], tables["grades"], tables["attendance"])
    assert broken_rules(rows, HitRates) == []
    found = {
        (row["term"], row["grade_level"], row["rung"]): (
            row["pupils"], row["unknown"], row["not_eligible"],
        )
        for row in rows.to_pyarrow().to_pylist()
    }  # fmt: skip
    assert found == slow.hit_rates(HISTORY.rows)
    assert sum(unknown for _, unknown, _ in found.values()) > 0


def test_the_list_keeps_its_contract(tables):
    rows = attention_list(**tables, stands_at=standing_at(END))
    assert broken_rules(rows, AttentionList) == []


def test_one_term_is_as_in_the_list_of_all(tables):
    term = "2012HT"
    some = {key: facts for key, facts in expected(MIDDLE).items() if key[2] == term}
    assert some
    assert_same(fast(tables, MIDDLE, [term]), some)


def test_the_order_of_rows_does_not_matter():
    random = Random(7)  # noqa: S311  a seed, not a secret
    rows = HISTORY.tables()
    shuffled = {
        name: ibis.memtable(rows[name].take(random.sample(range(len(rows[name])), len(rows[name]))))
        for name in TABLES
    }
    assert_same(fast(shuffled, END), expected(END))


@settings(deadline=None, max_examples=3)
@given(st.data())
def test_the_row_of_a_pupil_does_not_depend_on_the_others(data):
    students = sorted({row["student_id"] for row in HISTORY.rows["enrolments"]})
    alone = data.draw(st.lists(st.sampled_from(students), min_size=1, max_size=5, unique=True))
    registers = {(row["school_id"], row["term"]) for row in HISTORY.rows["enrolments"]}
    some = HISTORY.of(alone)
    for school, term in sorted(registers):
        some.add("enrolments", student_id="f" * 32, school_id=school, term=term, grade_level=5,
                 start_date=slow.limits(term)[0], newly_arrived="no")  # fmt: skip
    wanted = {key: facts for key, facts in expected(END).items() if key[0] in alone}
    assert_same(fast(memtables(some), END), wanted)


def test_nothing_reported_of_a_term_makes_the_list_its_target_group(tables):
    term, until = "2013HT", "2013-07"
    known = {
        "enrolments": tables["enrolments"],
        "grades": tables["grades"],
        "attendance": tables["attendance"].filter(lambda t: t.month <= until),
    }
    group = target_group(**known).filter(lambda t: t.term == term).to_pyarrow().to_pylist()
    keys = {(row["student_id"], row["school_id"], row["term"]) for row in group}
    found = fast({**tables, **known}, until, [term])
    marked = {key for key, row in found.items() if row["in_target_group"]}
    assert marked == keys & found.keys()
    assert {key for key, row in found.items() if row["conditions"] == 3} >= marked
    assert len(marked) > 5


def test_everybody_in_the_target_group_who_is_still_there_is_on_the_list(tables):
    wanted = expected(END)
    group = target_group(tables["enrolments"], tables["grades"], tables["attendance"])
    there = slow.everybody(HISTORY.rows, lambda term: slow.stands(term, END)).keys()
    keys = {(r["student_id"], r["school_id"], r["term"]) for r in group.to_pyarrow().to_pylist()}
    assert keys & there == {key for key, row in wanted.items() if row["in_target_group"]}
