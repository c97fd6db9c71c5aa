"""Cumulative incidence of dropout, worked by hand and against a slow reference."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.participation.incidence import cumulative_incidence, incidence_gap
from tests.reference.participation import incidence


def estimated(pairs, **more):
    days, cause = (np.array(column, dtype=np.int64) for column in zip(*pairs, strict=True))
    return cumulative_incidence(days, cause, **more).share


def limits(pairs):
    days, cause = (np.array(column, dtype=np.int64) for column in zip(*pairs, strict=True))
    return cumulative_incidence(days, cause)[1:]


def gap(pairs):
    days, cause = (np.array(column, dtype=np.int64) for column in zip(*pairs, strict=True))
    return incidence_gap(days, cause)


def test_the_estimate_is_the_one_worked_by_hand():
    """Of 5 one drops out, of 4 one ends as planned, one is lost, of 2 one drops out.

    So 1/5 + (4/5)(3/4)(1/2) = 0.5.
    """
    pairs = [(10, 1), (20, 2), (30, 0), (40, 1), (200, 2)]
    assert estimated(pairs) == pytest.approx(0.5)
    assert estimated(pairs, by=39) == pytest.approx(0.2)
    assert estimated(pairs, by=9) == 0.0


def test_planned_ends_compete_so_it_is_not_one_less_the_survival():
    """Two of four end as planned first; Kaplan-Meier of the rest would say that half drop out."""
    pairs = [(10, 2), (20, 2), (30, 1), (200, 0)]
    assert estimated(pairs) == pytest.approx(0.25)


def test_a_dropout_on_day_183_counts_and_one_the_day_after_does_not():
    assert estimated([(183, 1), (184, 1), (300, 0)]) == pytest.approx(1 / 3)


def test_without_a_dropout_it_is_nought():
    assert estimated([(10, 2), (30, 0)]) == 0.0


@pytest.mark.parametrize(("dropouts", "others", "still"), [(5, 15, 30), (12, 3, 5), (1, 0, 19)])
def test_with_everybody_followed_the_limits_are_those_of_a_binomial_share(dropouts, others, still):
    """Then the variance is p(1-p)/n; by hand the limits of log(-log p), not those of p."""
    pairs = [(7 * n + 1, 1) for n in range(dropouts)] + [(5 * n + 3, 2) for n in range(others)]
    pairs += [(200, 0)] * still
    n, p = len(pairs), dropouts / len(pairs)
    error = math.sqrt(p * (1 - p) / n) / (p * abs(math.log(p)))
    expected = [math.exp(-math.exp(math.log(-math.log(p)) + z * error)) for z in (1.96, -1.96)]
    assert limits(pairs) == pytest.approx(expected, abs=1e-5)


def test_who_is_lost_widens_the_limits():
    followed = [(30, 1)] * 6 + [(60, 2)] * 6 + [(200, 0)] * 18
    lost = [(30, 1)] * 6 + [(20, 0)] * 6 + [(200, 0)] * 18
    width = [upper - lower for lower, upper in map(limits, (followed, lost))]
    assert width[0] < width[1]


@pytest.mark.parametrize("pairs", [[(10, 2), (30, 0)], [(10, 1), (20, 1)], [(9, 2), (12, 1)]])
def test_without_a_dropout_or_anybody_left_there_are_no_limits(pairs):
    assert np.isnan(limits(pairs)).all()


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.integers(1, 220), st.integers(0, 2)), min_size=1, max_size=30))
def test_it_agrees_with_the_slow_reference(pairs):
    days, causes = zip(*pairs, strict=True)
    assert estimated(pairs) == pytest.approx(incidence(days, causes))


@pytest.mark.parametrize(
    ("pairs", "reason"),
    [
        ([(100, 1)] * 5 + [(190, 0)] * 14, "too_few_starters"),
        ([(100, 1)] * 4 + [(184, 1)] + [(190, 0)] * 15, "too_few_events"),
        ([(100, 1)] * 5 + [(182, 0)] * 15, "not_followed"),
        ([(100, 1)] * 5 + [(183, 0)] + [(20, 0)] * 14, None),
        ([(100, 1)] * 5 + [(182, 2)] * 15, None),
    ],
)
def test_it_is_given_of_twenty_starters_and_five_dropouts_followed_for_six_months(pairs, reason):
    assert gap(pairs) == reason
