"""Shares against the published tables of Newcombe and against statsmodels."""

import json
import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from statsmodels.stats.proportion import confint_proportions_2indep, proportion_confint

from pipelines.comparisons.proportions import newcombe_difference, wilson_interval


def published(shared, name):
    """Rows of a target file: the numbers in its name, the limit's name, the limit, tolerance."""
    target = json.loads((shared / "stat-targets" / name).read_text(encoding="utf-8"))
    for row in target["expected"]:
        counts = [float(number) for number in re.findall(r"\d+", row["name"])]
        yield counts, row["name"].split()[-1], row["expected"], row["abs_tol"]


def shares(numerator, denominator):
    return wilson_interval(np.atleast_1d(float(numerator)), np.atleast_1d(float(denominator)))


@pytest.mark.shared_data
def test_wilson_limits_are_the_published_ones(shared):
    rows = list(published(shared, "o01_wilson.json"))
    assert len(rows) == 4
    for counts, limit, expected, tolerance in rows:
        assert getattr(shares(*counts), limit)[0] == pytest.approx(expected, abs=tolerance)


@pytest.mark.shared_data
def test_newcombe_limits_are_the_published_ones(shared):
    rows = list(published(shared, "o02_newcombe.json"))
    assert len(rows) == 6
    for (k1, n1, k2, n2), limit, expected, tolerance in rows:
        difference = newcombe_difference(shares(k1, n1), shares(k2, n2))
        assert getattr(difference, limit)[0] == pytest.approx(expected, abs=tolerance)


counts = st.integers(1, 5000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))


@settings(max_examples=200, deadline=None)
@given(counts)
def test_wilson_agrees_with_statsmodels(count):
    ours = shares(*count)
    theirs = proportion_confint(*count, method="wilson")
    assert (ours.lower[0], ours.upper[0]) == pytest.approx(theirs, abs=1e-9)
    assert 0 <= ours.lower[0] <= ours.value[0] <= ours.upper[0] <= 1


@settings(max_examples=200, deadline=None)
@given(counts, counts)
def test_newcombe_agrees_with_statsmodels(later, earlier):
    ours = newcombe_difference(shares(*later), shares(*earlier))
    theirs = confint_proportions_2indep(*later, *earlier, method="newcomb", compare="diff")
    assert (ours.lower[0], ours.upper[0]) == pytest.approx(theirs, abs=1e-9)


@pytest.mark.parametrize(
    ("numerator", "denominator", "confidence"),
    [(1, 0, 0.95), (-1, 5, 0.95), (6, 5, 0.95), (1, 5, 1.0), (1, 5, 0.0)],
)
def test_counts_that_are_no_share_are_refused(numerator, denominator, confidence):
    with pytest.raises(ValueError, match="must be"):
        wilson_interval(
            np.array([float(numerator)]), np.array([float(denominator)]), confidence=confidence
        )
