"""The pool of 2014 to the krona, and what must hold of every division."""

from fractions import Fraction
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.money.allocation import (
    AllocationError,
    Application,
    Terms,
    allocate,
    explained,
    left_over,
    whole_kronor,
)

POOL = 10_000_000
DECIDED = {
    "farsta": (3, 1_134_896, 1_134_896),
    "skarpnack": (2, 1_134_896, 1_134_896),
    "rinkeby-kista": (4, 3_200_000, 2_952_604),
    "skarholmen": (2, 1_200_000, 1_200_000),
    "enskede-arsta-vantor": (1, 1_083_656, 738_151),
    "spanga-tensta": (1, 900_000, 738_151),
    "alvsjo": (1, 650_000, 625_000),
    "hasselby-vallingby": (2, 2_880_000, 1_476_302),
}
OF_2014 = [Application(name, schools, sek) for name, (schools, sek, _) in DECIDED.items()]
TERMS_2014 = Terms(POOL, Fraction(POOL, 16), frozenset({"alvsjo"}))

applications = st.lists(
    st.builds(
        Application,
        district_id=st.sampled_from([f"d{n}" for n in range(12)]),
        schools=st.integers(1, 9),
        applied_sek=st.integers(0, 5_000_000),
    ),
    max_size=10,
    unique_by=lambda one: one.district_id,
)
terms = st.builds(
    Terms,
    pool_sek=st.integers(0, 20_000_000),
    cap_per_school_sek=st.fractions(0, 1_000_000, max_denominator=16),
    excluded=st.frozensets(st.sampled_from([f"d{n}" for n in range(12)]), max_size=4),
)


def proposed(asked, decision):
    return {one.application.district_id: one.proposed_sek for one in allocate(asked, decision)}


def test_the_pool_of_2014_is_divided_as_the_board_decided():
    assert proposed(OF_2014, TERMS_2014) == {name: sek for name, (_, _, sek) in DECIDED.items()}
    assert sum(proposed(OF_2014, TERMS_2014).values()) == POOL


def test_what_was_left_in_2014_was_905208_kronor():
    first = sum(one.first_step_sek for one in allocate(OF_2014, TERMS_2014))
    assert POOL - first == 905_208


def test_without_an_exclusion_the_small_one_gets_its_25000_and_the_others_less():
    everybody = Terms(POOL, Fraction(POOL, 16))
    found = proposed(OF_2014, everybody)
    assert found["alvsjo"] == 650_000
    assert sum(found.values()) == POOL
    assert found["rinkeby-kista"] == 2_500_000 + (905_208 - 25_000) * 4 // 8


def test_what_one_does_not_need_goes_to_the_others():
    asked = [Application("a", 1, 110), Application("b", 1, 500), Application("c", 2, 900)]
    assert proposed(asked, Terms(1000, Fraction(100))) == {"a": 110, "b": 297, "c": 593}


def test_a_pool_that_does_not_reach_for_the_caps_lowers_them_for_all_alike():
    asked = [Application("a", 1, 50), Application("b", 1, 400), Application("c", 2, 900)]
    assert proposed(asked, Terms(500, Fraction(300))) == {"a": 50, "b": 150, "c": 300}


@settings(max_examples=300, deadline=None)
@given(applications, terms)
def test_nobody_gets_more_than_it_asked_for_and_all_no_more_than_the_pool(asked, decision):
    found = allocate(asked, decision)
    assert all(0 <= one.proposed_sek <= one.application.applied_sek for one in found)
    assert sum(one.proposed_sek for one in found) <= decision.pool_sek


@settings(max_examples=200, deadline=None)
@given(applications, terms)
def test_an_excluded_district_gets_no_more_than_its_cap(asked, decision):
    for one in allocate(asked, decision):
        if one.application.district_id in decision.excluded:
            cap = decision.cap_per_school_sek * one.application.schools
            assert one.proposed_sek <= cap.__ceil__()


@settings(max_examples=200, deadline=None)
@given(applications, terms)
def test_money_is_left_only_if_nobody_entitled_wants_it(asked, decision):
    found = allocate(asked, decision)
    left = left_over(found, decision)
    assert left >= 0
    if left > len(asked):
        for one in found:
            is_excluded = one.application.district_id in decision.excluded
            most = one.cap_sek if is_excluded else Fraction(one.application.applied_sek)
            assert one.proposed_sek >= min(most, one.application.applied_sek).__floor__()


@settings(max_examples=200, deadline=None)
@given(applications, terms, st.integers(0, 10**6))
def test_the_order_of_the_applications_does_not_matter(asked, decision, seed):
    shuffled = list(asked)
    Random(seed).shuffle(shuffled)  # noqa: S311  a seed, not a secret
    assert proposed(shuffled, decision) == proposed(asked, decision)


@settings(max_examples=200, deadline=None)
@given(applications, terms)
def test_the_steps_add_up_to_the_krona(asked, decision):
    for one in allocate(asked, decision):
        assert one.first_step_sek + one.rest_sek + one.rounding_sek == one.proposed_sek
        assert abs(one.rounding_sek) < 1


@given(st.dictionaries(st.text(max_size=3), st.fractions(0, 1000, max_denominator=50), max_size=8))
def test_rounding_keeps_the_sum(amounts):
    whole = whole_kronor(amounts)
    assert sum(whole.values()) == sum(amounts.values(), Fraction(0)).__floor__()
    assert all(abs(whole[name] - amount) < 1 for name, amount in amounts.items())


def test_the_krona_left_by_rounding_goes_to_the_largest_fraction_and_then_by_key():
    thirds = dict.fromkeys("cab", Fraction(10, 3))
    assert whole_kronor(thirds) == {"a": 4, "b": 3, "c": 3}


@pytest.mark.parametrize(
    ("asked", "decision", "says"),
    [
        ([Application("a", 1, 1), Application("a", 2, 2)], Terms(1, Fraction(1)), "more than one"),
        ([Application("a", 0, 1)], Terms(1, Fraction(1)), "at least one school"),
        ([Application("a", 1, -1)], Terms(1, Fraction(1)), "less than 0"),
        ([], Terms(-1, Fraction(1)), "pool"),
    ],
)
def test_what_cannot_be_divided_is_refused_with_the_reason(asked, decision, says):
    with pytest.raises(AllocationError, match=says):
        allocate(asked, decision)


def test_each_step_is_told_in_words():
    told = {
        one.application.district_id: " ".join(explained(one))
        for one in allocate(OF_2014, TERMS_2014)
    }
    assert "Får hela det sökta beloppet" in told["farsta"]
    assert "undantas" in told["alvsjo"]
    assert "452\xa0604\xa0kr av återstoden" in told["rinkeby-kista"]
    assert told["rinkeby-kista"].endswith("Föreslaget belopp: 2\xa0952\xa0604\xa0kr.")
    assert "1 skola" in told["spanga-tensta"]


def test_a_fraction_of_a_krona_is_told_and_rounded():
    asked = [Application(name, 1, 100) for name in "abc"]
    told = [" ".join(explained(one)) for one in allocate(asked, Terms(100, Fraction(40)))]
    assert all("33,33" in text and "Avrundat" in text for text in told)
