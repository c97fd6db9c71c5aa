"""The same people twice: exact tests of paired scores and paired shares, and effect sizes."""

from dataclasses import dataclass

import numpy as np
from scipy.special import gammaln, ndtri
from scipy.stats import rankdata, wilcoxon
from statsmodels.stats.contingency_tables import mcnemar

from pipelines.comparisons.intervals import CONFIDENCE, FloatArray, upper_tail

MOST_EXACT = 200
"""Pairs up to which the distribution of the signed ranks is enumerated [count]."""


@dataclass(frozen=True, slots=True)
class Shift:
    """How much paired values changed.

    Attributes:
        value: Hodges-Lehmann estimate: the median of the means of two differences.
        lower: Lower limit.
        upper: Upper limit.
        p_value: Two-sided, of the signed rank test that there is no change.
    """

    value: float
    lower: float
    upper: float
    p_value: float


def signed_rank_shift(differences: FloatArray, *, confidence: float = CONFIDENCE) -> Shift:
    """Wilcoxon's signed rank test with the shift that belongs to it.

    The test leaves differences of zero out and gives equal ones their mean rank; its
    distribution is exact given those ranks, for up to :data:`MOST_EXACT` pairs, and normal
    beyond. The limits are ordered means of two differences, with places by the distribution
    without ties: with ties they cover at least as much.

    Args:
        differences: Last minus first, shape (n,); n > 0.
        confidence: Two-sided coverage, in (0, 1).

    Raises:
        ValueError: If there is no pair, or ``confidence`` is not in (0, 1).

    Source:
        Hollander, Wolfe and Chicken (2014), Nonparametric Statistical Methods, sections 3.1-3.3;
        Conover (1973), JASA 68:985-988, on ties.
    """
    if differences.size == 0:
        raise ValueError("no pair")
    walsh, weights = _walsh(differences)
    places = np.cumsum(weights)
    count = int(places[-1])
    cut = _limit_place(differences.size, upper_tail(confidence))
    middle = [_at(walsh, places, place) for place in ((count + 1) // 2, count // 2 + 1)]
    return Shift(
        value=float(np.mean(middle)),
        lower=_at(walsh, places, cut),
        upper=_at(walsh, places, count + 1 - cut),
        p_value=_signed_rank_p(differences[differences != 0]),
    )


def standardised_change(first: FloatArray, last: FloatArray) -> float:
    """Mean change over the mean of both standard deviations, corrected for small samples.

    Not a number if neither varies or there is a single pair.

    Source:
        Lakens (2013), Frontiers in Psychology 4:863 (d_av); Hedges (1981), Journal of
        Educational Statistics 6:107-128.
    """
    if first.size <= 1:
        return float("nan")
    spread = (first.std(ddof=1) + last.std(ddof=1)) / 2
    if spread == 0:
        return float("nan")
    return float(np.mean(last - first) / spread * hedges_correction(first.size - 1))


def hedges_correction(degrees: int) -> float:
    """What a standardised difference is multiplied by, for it is too large in small samples.

    Source:
        Hedges (1981), Journal of Educational Statistics 6:107-128, the exact form. Of one
        degree of freedom it is 0.
    """
    if degrees <= 1:
        return 0.0
    log = gammaln(degrees / 2) - gammaln((degrees - 1) / 2) - np.log(degrees / 2) / 2
    return float(np.exp(log))


def mcnemar_exact(up: int, down: int) -> float:
    """Two-sided exact p that as many change one way as the other.

    Args:
        up: Pairs that changed to yes [count].
        down: Pairs that changed to no [count].

    Source:
        McNemar (1947), Psychometrika 12:153-157; the binomial form.
    """
    return float(mcnemar([[0, up], [down, 0]], exact=True).pvalue)


def _walsh(differences: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Means of every two differences and of each with itself, sorted, and how often each occurs.

    Of the distinct ones only, so that many pairs on a short scale take no room.
    """
    distinct, counts = np.unique(differences, return_counts=True)
    row, column = np.triu_indices(distinct.size)
    both = np.where(
        row == column, counts[row] * (counts[row] + 1) / 2, counts[row] * counts[column]
    )
    means = (distinct[row] + distinct[column]) / 2
    order = np.argsort(means, kind="stable")
    return means[order], both[order]


def _at(walsh: FloatArray, places: FloatArray, place: int) -> float:
    return float(walsh[np.searchsorted(places, place)])


def _limit_place(pairs: int, quantile: float) -> int:
    """Place of the lower limit among the ordered means; the first where none is so sure."""
    if pairs <= MOST_EXACT:
        reached = np.cumsum(_distribution(2 * np.arange(1, pairs + 1)))[::2]
        return max(int(np.searchsorted(reached, 1 - quantile)), 1)
    mean, spread = _moments(pairs)
    return max(int(np.floor(mean - ndtri(quantile) * spread)), 1)


def _moments(pairs: int) -> tuple[float, float]:
    mean = pairs * (pairs + 1) / 4
    return mean, float(np.sqrt(mean * (2 * pairs + 1) / 6))


def _signed_rank_p(differences: FloatArray) -> float:
    if differences.size == 0:
        return 1.0
    if differences.size > MOST_EXACT:
        return float(wilcoxon(differences, method="approx").pvalue)
    doubled = np.rint(2 * rankdata(np.abs(differences))).astype(int)
    positive = int(doubled[differences > 0].sum())
    chances = _distribution(doubled)
    fewer = chances[: min(positive, int(doubled.sum()) - positive) + 1].sum()
    return float(min(1.0, 2 * fewer))


def _distribution(doubled_ranks: "np.ndarray[tuple[int], np.dtype[np.int_]]") -> FloatArray:
    """Chance of each sum of doubled ranks if each counts or not with equal chance."""
    chances = np.zeros(int(doubled_ranks.sum()) + 1)
    chances[0] = 1.0
    for rank in doubled_ranks:
        shifted = np.zeros_like(chances)
        shifted[rank:] = chances[: chances.size - rank]
        chances = (chances + shifted) / 2
    return chances
