"""Paired tests against published values, scipy, and every change of signs one by one."""

import json
from itertools import product

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import PermutationMethod, binomtest, rankdata, wilcoxon

from pipelines.comparisons.paired import (
    MOST_EXACT,
    hedges_correction,
    mcnemar_exact,
    signed_rank_shift,
    standardised_change,
)

DEPRESSION = "stat-targets/o13_exact_small_n_depression.csv"


def target(shared, name):
    spec = json.loads((shared / "stat-targets" / f"{name}.json").read_text("utf-8"))
    return {one["name"]: one for one in spec["expected"]}


def p_by_enumeration(differences):
    """Two-sided p of the signed rank sum over every choice of signs."""
    kept = np.array([d for d in differences if d != 0], float)
    ranks = rankdata(np.abs(kept))
    seen = ranks[kept > 0].sum()
    sums = np.array([np.dot(ranks, signs) for signs in product((0, 1), repeat=len(kept))])
    tail = min(np.mean(sums <= seen + 1e-9), np.mean(sums >= seen - 1e-9))
    return min(1.0, 2 * tail)


@pytest.mark.shared_data
def test_the_published_signed_rank_test_is_reproduced(shared):
    data = pd.read_csv(shared / DEPRESSION)
    found = signed_rank_shift((data["second"] - data["first"]).to_numpy())
    one_sided = target(shared, "o13_exact_small_n")["one-sided p"]
    assert found.p_value / 2 == pytest.approx(one_sided["expected"], abs=one_sided["abs_tol"])
    # Hollander, Wolfe and Chicken, examples 3.3 and 3.4: estimate -.46, limits -.786 and -.010.
    assert (found.value, found.lower, found.upper) == pytest.approx((-0.46, -0.786, -0.010))


@pytest.mark.shared_data
def test_hedges_correction_takes_published_differences_to_published_g(shared):
    rows = pd.read_csv(shared / "stat-targets/o19_hedges_g_summary.csv")
    expected = target(shared, "o19_hedges_g")
    for row in rows[rows.study <= 2].itertuples():
        degrees = row.n1i + row.n2i - 2
        pooled = ((row.n1i - 1) * row.sd1i**2 + (row.n2i - 1) * row.sd2i**2) / degrees
        g = (row.m1i - row.m2i) / np.sqrt(pooled) * hedges_correction(degrees)
        published = expected[f"study {row.study} g"]
        assert g == pytest.approx(published["expected"], abs=published["abs_tol"])


@settings(max_examples=40, deadline=None)
@given(st.lists(st.integers(-3, 3), min_size=1, max_size=10))
def test_the_test_is_that_of_every_change_of_signs_also_with_ties_and_zeros(differences):
    found = signed_rank_shift(np.array(differences, float))
    assert found.p_value == pytest.approx(p_by_enumeration(differences))
    means = [(a + b) / 2 for i, a in enumerate(differences) for b in differences[i:]]
    assert found.value == pytest.approx(np.median(means))
    assert found.lower <= found.value <= found.upper
    assert {found.lower, found.upper} <= set(means)


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 10**6))
def test_the_test_is_scipys(seed):
    random = np.random.default_rng(seed)
    plain = random.normal(size=20)
    assert signed_rank_shift(plain).p_value == pytest.approx(wilcoxon(plain).pvalue)
    tied = np.array([1.0, 1, 2, -1, 2, 3, 1, -2])
    every = wilcoxon(tied, method=PermutationMethod(n_resamples=np.inf)).pvalue
    assert signed_rank_shift(tied).p_value == pytest.approx(every)


def test_many_pairs_are_approximated_without_much_room():
    random = np.random.default_rng(1)
    many = random.integers(-3, 6, 40_000) / 7
    found = signed_rank_shift(many)
    assert found.lower <= found.value <= found.upper
    assert found.p_value < 1e-9
    few = many[:MOST_EXACT]
    near = signed_rank_shift(np.append(few, 1e-9)), signed_rank_shift(few)
    assert near[0].value == pytest.approx(near[1].value, abs=0.1)
    assert near[0].p_value == pytest.approx(near[1].p_value, rel=0.5)


def test_no_change_at_all_is_certainly_no_change():
    found = signed_rank_shift(np.zeros(6))
    assert (found.value, found.lower, found.upper, found.p_value) == (0, 0, 0, 1)


def test_no_pair_is_refused():
    with pytest.raises(ValueError, match="no pair"):
        signed_rank_shift(np.array([]))


def test_a_standardised_change_is_the_mean_over_the_mean_spread():
    first, last = np.array([1.0, 2, 3]), np.array([2.0, 4, 6])
    # mean change 2, standard deviations 1 and 2, and J(2) = 1 / sqrt(pi)
    assert standardised_change(first, last) == pytest.approx(2 / 1.5 / np.sqrt(np.pi))
    assert np.isnan(standardised_change(np.ones(3), np.ones(3)))
    assert np.isnan(standardised_change(np.ones(1), np.ones(1)))
    assert hedges_correction(1) == 0


@pytest.mark.parametrize(("up", "down"), [(9, 1), (3, 3), (0, 0), (6, 0)])
def test_mcnemar_is_the_binomial_test_of_those_who_changed(up, down):
    expected = binomtest(up, up + down).pvalue if up + down else 1.0
    assert mcnemar_exact(up, down) == pytest.approx(expected)
