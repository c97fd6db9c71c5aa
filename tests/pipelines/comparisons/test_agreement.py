"""Kappa against published values and against the formula."""

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from pipelines.comparisons.agreement import kappa_interval


def test_kappa_and_its_limits_are_those_printed_in_the_documentation_of_statpsych():
    # ci.kappa(.05, 31, 12, 4, 58) prints 0.6756757, 0.07344761, 0.5317210, 0.8196303
    found = kappa_interval(np.array([[[31.0, 12], [4, 58]]]))
    assert found.value[0] == pytest.approx(0.6756757, abs=5e-8)
    assert found.lower[0] == pytest.approx(0.5317210, abs=5e-8)
    assert found.upper[0] == pytest.approx(0.8196303, abs=5e-8)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.integers(0, 30), min_size=4, max_size=4).filter(sum))
@example(cells=[0, 0, 1, 0])
def test_kappa_is_agreement_beyond_chance(cells):
    table = np.array(cells, float).reshape(2, 2)
    n = table.sum()
    chance = (table.sum(axis=0) * table.sum(axis=1)).sum() / n**2
    found = kappa_interval(table[np.newaxis])
    if chance == 1:
        assert np.isnan(found.value[0])
    else:
        expected = (np.trace(table) / n - chance) / (1 - chance)
        assert found.value[0] == pytest.approx(expected)
        assert -1 <= found.lower[0] <= found.value[0] + 1e-12
        assert found.value[0] - 1e-12 <= found.upper[0] <= 1


def test_much_agreement_on_a_rare_theme_is_a_low_kappa():
    found = kappa_interval(np.array([[[0.0, 2], [2, 96]], [[48, 2], [2, 48]]]))
    assert found.value[0] < 0
    assert found.value[1] > 0.9


def test_of_no_table_there_is_no_kappa():
    assert kappa_interval(np.zeros((0, 2, 2))).value.shape == (0,)
