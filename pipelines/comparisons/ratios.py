"""Ratios of sums (kvoter) where a pupil's amounts belong together, and the difference of two.

A mean per pupil is the ratio whose denominators are all one, and gets the usual t interval.
"""

from dataclasses import dataclass

import numpy as np
from scipy.special import stdtrit

from pipelines.comparisons.intervals import CONFIDENCE, FloatArray, Interval, upper_tail


@dataclass(frozen=True, slots=True)
class Moments:
    """Sums over the pupils of each unit, y the numerator and x the denominator; shape (n,).

    Attributes:
        n: Pupils [count].
        y: Sum of y.
        x: Sum of x; all > 0.
        yy: Sum of y squared.
        xy: Sum of x times y.
        xx: Sum of x squared.
    """

    n: FloatArray
    y: FloatArray
    x: FloatArray
    yy: FloatArray
    xy: FloatArray
    xx: FloatArray


def ratio_interval(moments: Moments, *, confidence: float = CONFIDENCE) -> Interval:
    """``y / x`` with linearised limits, the pupil as the unit; none for a single pupil.

    Raises:
        ValueError: If a sum of denominators is not positive, or ``confidence`` is not in (0, 1).

    Source:
        Cochran (1977), Sampling Techniques, 3rd ed., section 6.4; t quantile, n - 1 degrees.
    """
    ratio = _ratio(moments)
    quantile = stdtrit(np.maximum(moments.n - 1, 1), upper_tail(confidence))
    half = quantile * np.sqrt(_variance(moments))
    return Interval(ratio, ratio - half, ratio + half)


def ratio_difference(
    later: Moments, earlier: Moments, *, confidence: float = CONFIDENCE
) -> Interval:
    """``later - earlier`` of two independent ratios, with Welch's degrees of freedom.

    Raises:
        ValueError: As :func:`ratio_interval`.

    Source:
        Welch (1947), Biometrika 34:28-35; Satterthwaite (1946), Biometrics 2:110-114.
    """
    difference = _ratio(later) - _ratio(earlier)
    variances = _variance(later), _variance(earlier)
    total = variances[0] + variances[1]
    quantile = stdtrit(_welch_degrees(later, earlier, total), upper_tail(confidence))
    half = np.where(total == 0, 0.0, quantile * np.sqrt(total))
    return Interval(difference, difference - half, difference + half)


def _ratio(moments: Moments) -> FloatArray:
    if np.any(moments.x <= 0):
        raise ValueError("every sum of denominators must be positive")
    return moments.y / moments.x


def _variance(moments: Moments) -> FloatArray:
    """Of the ratio: the pupils' residuals y - Rx over the sum of x; NaN for a single pupil."""
    ratio = moments.y / moments.x
    residual = moments.yy - 2 * ratio * moments.xy + ratio**2 * moments.xx
    rounding = 1e-12 * moments.yy
    residual = np.where(residual > rounding, residual, 0.0)
    correction = moments.n / np.where(moments.n > 1, moments.n - 1, np.nan)
    return np.asarray(correction * residual / moments.x**2)


def _welch_degrees(later: Moments, earlier: Moments, total: FloatArray) -> FloatArray:
    parts = [_variance(m) ** 2 / np.maximum(m.n - 1, 1) for m in (later, earlier)]
    spread = parts[0] + parts[1]
    return np.asarray(total**2 / np.where(spread > 0, spread, 1.0))
