"""Ratios against the t interval of scipy, Welch's of scipy, and a bootstrap."""

import numpy as np
import pytest
from scipy import stats

from pipelines.comparisons.ratios import Moments, ratio_difference, ratio_interval


def moments(y, x):
    sums = (len(y), y.sum(), x.sum(), (y * y).sum(), (x * y).sum(), (x * x).sum())
    return Moments(*(np.array([float(number)]) for number in sums))


def absence(rng, pupils):
    scheduled = rng.integers(2000, 9000, pupils).astype(float)
    return scheduled * rng.beta(0.5, 8, pupils), scheduled


def test_a_mean_per_pupil_gets_the_t_interval_of_scipy():
    y = np.random.default_rng(1).gamma(2, 3, 25)
    ours = ratio_interval(moments(y, np.ones(25)))
    theirs = stats.ttest_1samp(y, 0).confidence_interval(0.95)
    assert (ours.lower[0], ours.upper[0]) == pytest.approx((theirs.low, theirs.high))


def test_a_change_of_means_gets_the_interval_of_welch():
    rng = np.random.default_rng(2)
    later, earlier = rng.gamma(2, 3, 25), rng.gamma(2, 5, 40)
    ours = ratio_difference(moments(later, np.ones(25)), moments(earlier, np.ones(40)))
    theirs = stats.ttest_ind(later, earlier, equal_var=False).confidence_interval(0.95)
    assert (ours.lower[0], ours.upper[0]) == pytest.approx((theirs.low, theirs.high))


def test_a_ratio_has_the_spread_of_its_bootstrap():
    rng = np.random.default_rng(3)
    y, x = absence(rng, 400)
    ours = ratio_interval(moments(y, x))
    drawn = rng.integers(0, 400, (4000, 400))
    low, high = np.quantile(y[drawn].sum(axis=1) / x[drawn].sum(axis=1), [0.025, 0.975])
    assert ours.upper[0] - ours.lower[0] == pytest.approx(high - low, rel=0.06)
    assert ours.value[0] == pytest.approx(y.sum() / x.sum())


def test_the_limits_hold_the_truth_about_as_often_as_they_say():
    rng = np.random.default_rng(4)
    truth = 0.5 / 8.5
    held = 0
    for _ in range(600):
        interval = ratio_interval(moments(*absence(rng, 150)))
        held += interval.lower[0] <= truth <= interval.upper[0]
    assert held / 600 == pytest.approx(0.95, abs=0.04)


def test_one_pupil_gives_no_limits():
    interval = ratio_interval(moments(np.array([3.0]), np.array([4.0])))
    assert interval.value[0] == 0.75
    assert np.isnan(interval.lower[0])
    assert np.isnan(interval.upper[0])


def test_pupils_who_are_all_alike_leave_no_doubt():
    alike = moments(np.full(7, 0.1), np.ones(7))
    interval = ratio_interval(alike)
    assert (interval.lower[0], interval.upper[0]) == pytest.approx((0.1, 0.1))
    change = ratio_difference(alike, alike)
    assert (change.lower[0], change.value[0], change.upper[0]) == pytest.approx((0, 0, 0))


def test_a_unit_without_any_denominator_is_refused():
    with pytest.raises(ValueError, match="must be positive"):
        ratio_interval(moments(np.zeros(3), np.zeros(3)))
