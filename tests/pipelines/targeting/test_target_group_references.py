"""Every table of the target group against a slow one, on histories full of odd cases."""

from functools import cache
from random import Random

import ibis
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.attention.listing import attention_list
from pipelines.attention.standing import standing_at
from pipelines.documentation.examples import drawn
from pipelines.engine import engine
from pipelines.judging import broken_rules
from pipelines.lake import empty
from pipelines.populations.target_group import expected
from pipelines.target_group import target_group
from pipelines.targeting.months import pupils_of_months
from pipelines.targeting.pupils import pupils_of_terms
from pipelines.targeting.selection import KINDS, likeness, matrix, selection
from pipelines.targeting.sensitivity import sensitivity
from pipelines.targeting.terms import sizes
from schemas.target_group import (
    Selection,
    SelectionCriteria,
    SelectionLikeness,
    SelectionMatrix,
    TargetGroupEstimates,
    TargetGroupMonths,
    TargetGroupPupils,
    TargetGroupSensitivity,
    TargetGroupTerms,
)
from tests.reference import target_group as slow
from tests.reference.histories import TERMS, invented

KNOWN = ("enrolments", "grades", "attendance")
PEOPLE = 450


def housed(history, random):
    """Histories in which registers name districts, or none, and some terms have no attendance."""
    for row in history.rows["enrolments"]:
        row["residence_district_id"] = random.choice(("farsta", "skarpnack", None))
    silent = {row["student_id"] for row in history.rows["enrolments"] if random.random() < 0.03}
    rows = history.rows["attendance"]
    history.rows["attendance"] = [
        row for row in rows if row["student_id"] not in silent or row["month"] > "2012-07"
    ]
    return history


HISTORY = housed(invented(Random(11), PEOPLE), Random(12))  # noqa: S311  seeds, not secrets


@pytest.fixture(scope="module")
def tables():
    """The histories as tables of the engine."""
    return {
        name: engine().create_table(f"targeting_{name}", rows, temp=True, overwrite=True)
        for name, rows in HISTORY.tables().items()
    }


@pytest.fixture(scope="module")
def known(tables):
    """What the group is judged by."""
    return {name: tables[name] for name in KNOWN}


@pytest.fixture(scope="module")
def frozen(known):
    """The groups of every term."""
    return pupils_of_terms(**known).cache()


@cache
def slow_pupils():
    return slow.pupils(*(HISTORY.rows[name] for name in KNOWN))


@cache
def slow_months():
    return slow.months(*(HISTORY.rows[name] for name in KNOWN))


def by_key(rows, *keys):
    listed = rows.to_pyarrow().to_pylist()
    found = {tuple(row[key] for key in keys): row for row in listed}
    assert len(found) == len(listed)
    return found


def assert_same(found, wanted):
    assert found.keys() == wanted.keys()
    for key, facts in wanted.items():
        share = facts["absence_share"]
        told = {**facts, "absence_share": share and pytest.approx(float(share), abs=1e-12)}
        assert {name: found[key][name] for name in facts} == told


def test_the_frozen_group_agrees_with_the_slow_one(frozen):
    assert broken_rules(frozen, TargetGroupPupils) == []
    wanted = slow_pupils()
    assert {facts["missing"] for facts in wanted.values()} >= {
        None, "not_yet_valid", "no_term_before", "no_grades", "two_scales", "swedish_twice",
        "block_grade", "no_attendance", "no_register",
    }  # fmt: skip
    assert_same(by_key(frozen, "student_id", "school_id", "term"), wanted)


def test_the_frozen_group_is_that_of_the_indicator(frozen, known):
    members = by_key(target_group(**known), "student_id", "school_id", "term")
    rows = by_key(frozen, "student_id", "school_id", "term")
    assert len(members) > 30
    assert {key for key, row in rows.items() if row["is_in_group"]} == members.keys()
    reasons = by_key(expected(**known), "student_id", "school_id", "period")
    assert {key: row["missing"] for key, row in rows.items()} == {
        key: row["missing"] for key, row in reasons.items()
    }


def test_every_month_agrees_with_the_slow_one(known):
    rows = pupils_of_months(**known, terms=TERMS).cache()
    assert broken_rules(rows, TargetGroupMonths) == []
    wanted = slow_months()
    assert len(wanted) > 3000
    assert sum(bool(facts["is_in_group"]) for facts in wanted.values()) > 100
    assert_same(by_key(rows, "student_id", "school_id", "month"), wanted)


def test_the_months_of_one_term_are_as_among_those_of_all(known):
    rows = pupils_of_months(**known, terms=["2012HT"])
    wanted = {key: row for key, row in slow_months().items() if slow.term_of(key[2]) == "2012HT"}
    assert_same(by_key(rows, "student_id", "school_id", "month"), wanted)


def test_a_month_of_which_nothing_is_known_has_the_group_frozen_for_its_term(frozen, known):
    mine = known["attendance"].filter(lambda t: t.month <= "2012-07")
    unknown = known["attendance"].filter(lambda t: t.month == "2012-09")
    none = ibis.literal(0).cast("int64")
    blank = unknown.mutate(reported_minutes=none, scheduled_minutes=none)
    rows = pupils_of_months(
        known["enrolments"], known["grades"], mine.union(blank), terms=["2012HT"]
    )
    now = by_key(rows, "student_id", "school_id", "term")
    then = by_key(frozen.filter(lambda t: t.term == "2012HT"), "student_id", "school_id", "term")
    both = now.keys() & then.keys()
    assert sum(bool(then[key]["is_in_group"]) for key in both) > 3
    names = ("low_attainment", "not_eligible", "high_absence", "is_in_group")
    assert all(now[key][name] == then[key][name] for key in both for name in names)


def test_the_attention_list_has_the_same_pupils_meeting_all_three(tables, known):
    month = "2013-03"
    listed = attention_list(
        **known, participation=tables["participation"], stands_at=standing_at(month, ["2013VT"])
    )
    met = listed.filter(lambda t: t.conditions == 3)
    until = {**known, "attendance": known["attendance"].filter(lambda t: t.month <= month)}
    rows = pupils_of_months(**until, terms=["2013VT"])
    group = rows.filter(lambda t: t.month == month, lambda t: t.is_in_group)
    keys = by_key(group, "student_id", "school_id", "term").keys()
    assert len(keys) > 3
    assert keys == by_key(met, "student_id", "school_id", "term").keys()


def test_sizes_are_the_pupils_of_each_unit(frozen):
    rows = sizes(frozen, empty(TargetGroupEstimates))
    assert broken_rules(rows, TargetGroupTerms) == []
    found = by_key(rows, "term", "level", "unit_id")
    wanted = slow.units(slow_pupils())
    assert found.keys() == wanted.keys()
    for key, people in wanted.items():
        facts = people.values()
        judged = sum(one["missing"] is None for one in facts)
        counts = (len(people), judged, sum(bool(one["is_in_group"]) for one in facts))
        assert (found[key]["pupils"], found[key]["judged"], found[key]["in_group"]) == counts


def test_sizes_under_every_pair_of_limits_agree_with_the_slow_ones(frozen):
    rows = sensitivity(frozen)
    assert broken_rules(rows, TargetGroupSensitivity) == []
    keys = ("term", "level", "unit_id", "failed_limit", "absence_limit")
    counts = ("judged", "in_group", "entering", "leaving")
    found = {key: tuple(row[n] for n in counts) for key, row in by_key(rows, *keys).items()}
    assert found == slow.sensitivity(slow_pupils())


def test_selection_agrees_with_the_slow_one(tables, frozen):
    rows = selection(
        frozen, tables["participation"], tables["project_schools"], empty(SelectionCriteria)
    ).cache()
    assert broken_rules(rows, Selection) == []
    wanted = slow.selection(slow_pupils(), HISTORY.rows)
    found = by_key(rows, "school_id", "term")
    assert found.keys() == wanted.keys()
    for key, (kinds, *rest) in wanted.items():
        told = {kind: found[key][f"taken_in_{kind}"] for kind in KINDS}
        assert {kind: count for kind, count in told.items() if count} == kinds
        assert [found[key][n] for n in ("in_group", "in_group_without", "is_covered")] == rest
    assert {kind for kinds, *_ in wanted.values() for kind in kinds} == {*KINDS}


def test_what_is_written_to_the_lake_keeps_its_contract(tables, known, frozen, lake):
    support = (tables["participation"], tables["project_schools"])
    stated = drawn(
        SelectionCriteria,
        "school_id | term | criterion\n10000001 | 2012HT | absence\n10000002 | 2012HT | absence",
    )
    made = {
        TargetGroupPupils: frozen,
        TargetGroupMonths: pupils_of_months(**known, terms=["2012HT"]),
        TargetGroupTerms: sizes(frozen, empty(TargetGroupEstimates)),
        TargetGroupSensitivity: sensitivity(frozen),
        Selection: selection(frozen, *support, stated),
        SelectionMatrix: matrix(stated),
        SelectionLikeness: likeness(stated),
    }
    for contract, rows in made.items():
        lake.write_partitions(contract.table(), rows, rows.term, ["2012HT"])
        read = lake.read(contract.table(), contract, partitions=["2012HT"])
        assert read.count().to_pyarrow().as_py() > 0
        assert (contract.table(), broken_rules(read, contract)) == (contract.table(), [])


@settings(deadline=None, max_examples=3)
@given(st.data())
def test_a_pupil_does_not_depend_on_others_nor_on_the_order_of_rows(data):
    students = sorted({row["student_id"] for row in HISTORY.rows["enrolments"]})
    alone = data.draw(st.lists(st.sampled_from(students), min_size=1, max_size=5, unique=True))
    random = data.draw(st.randoms(use_true_random=False))
    some = HISTORY.of(alone)
    registers = {(row["school_id"], row["term"]) for row in HISTORY.rows["enrolments"]}
    for school, term in sorted(registers):
        some.add("enrolments", student_id="f" * 32, school_id=school, term=term, grade_level=5,
                 start_date=slow.limits(term)[0], newly_arrived="no")  # fmt: skip
    rows = some.tables()
    shuffled = {
        name: ibis.memtable(rows[name].take(random.sample(range(len(rows[name])), len(rows[name]))))
        for name in KNOWN
    }
    found = by_key(pupils_of_terms(**shuffled), "student_id", "school_id", "term")
    assert_same(found, {key: row for key, row in slow_pupils().items() if key[0] in alone})


def test_lower_limits_never_shrink_a_group(frozen):
    rows = sensitivity(frozen)
    found = by_key(rows, "term", "level", "unit_id", "failed_limit", "absence_limit")
    for (term, level, unit, failed, absence), row in found.items():
        for other in found.values():
            is_same = (other["term"], other["level"], other["unit_id"]) == (term, level, unit)
            is_lower = other["failed_limit"] <= failed and other["absence_limit"] <= absence
            if is_same and is_lower:
                assert other["in_group"] >= row["in_group"]
        assert row["in_group"] <= row["judged"]
