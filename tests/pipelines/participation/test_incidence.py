"""Cumulative incidence of dropout, worked by hand and against a slow reference."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.participation.incidence import cumulative_incidence, incidence_gap
from tests.reference.participation import incidence


def estimated(pairs, **more):
    days, cause = (np.array(column, dtype=np.int64) for column in zip(*pairs, strict=True))
    return cumulative_incidence(days, cause, **more)


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
