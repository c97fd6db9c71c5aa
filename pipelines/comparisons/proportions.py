"""Shares of pupils (andelar), each counted or not, and the difference of two."""

import numpy as np
from scipy.special import ndtri

from pipelines.comparisons.intervals import CONFIDENCE, FloatArray, Interval, upper_tail


def wilson_interval(
    numerator: FloatArray, denominator: FloatArray, *, confidence: float = CONFIDENCE
) -> Interval:
    """Wilson score interval of ``numerator / denominator``, element by element.

    Chosen over the normal interval because it stays inside [0, 1] and holds its coverage for
    the small and the near-perfect school.

    Args:
        numerator: Pupils counted [count], shape (n,); 0 <= numerator <= denominator.
        denominator: Pupils [count], shape (n,); all > 0.
        confidence: Two-sided coverage, in (0, 1).

    Raises:
        ValueError: If a denominator is not positive, a numerator lies outside its denominator,
            or ``confidence`` is not in (0, 1).

    Source:
        Wilson (1927), JASA 22:209-212; Newcombe (1998), Statistics in Medicine 17:857-872,
        method 3.
    """
    if np.any(denominator <= 0):
        raise ValueError("every denominator must be positive")
    if np.any((numerator < 0) | (numerator > denominator)):
        raise ValueError("every numerator must be between 0 and its denominator")
    z = ndtri(upper_tail(confidence))
    share = numerator / denominator
    shrink = 1 + z**2 / denominator
    centre = (share + z**2 / (2 * denominator)) / shrink
    half = z / shrink * np.sqrt(share * (1 - share) / denominator + z**2 / (4 * denominator**2))
    lower = np.where(numerator == 0, 0.0, centre - half)
    upper = np.where(numerator == denominator, 1.0, centre + half)
    return Interval(share, lower, upper)


def newcombe_difference(later: Interval, earlier: Interval) -> Interval:
    """Hybrid score interval of ``later - earlier``, two independent shares.

    Args:
        later: Wilson intervals of the shares to subtract from, shape (n,).
        earlier: Wilson intervals, of the same coverage, of the shares to subtract.

    Source:
        Newcombe (1998), Statistics in Medicine 17:873-890, method 10.
    """
    difference = later.value - earlier.value
    below = np.hypot(later.value - later.lower, earlier.upper - earlier.value)
    above = np.hypot(later.upper - later.value, earlier.value - earlier.lower)
    return Interval(difference, difference - below, difference + above)
