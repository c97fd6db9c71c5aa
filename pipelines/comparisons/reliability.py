"""How well the questions of a scale belong together: Cronbach's alpha and its limits."""

from dataclasses import dataclass

import numpy as np
from scipy.stats import f as f_distribution

from pipelines.comparisons.intervals import CONFIDENCE, FloatArray, Interval, upper_tail


@dataclass(frozen=True, slots=True)
class ScaleMoments:
    """What alpha needs of each scale, over respondents who answered all of it; shape (n,).

    Attributes:
        respondents: Respondents [count]; all > 1.
        items: Questions [count]; all > 1.
        item_variance: Sum of the questions' variances, n - 1 in the denominator.
        total_variance: Variance of the sum of the questions; all > 0.
    """

    respondents: FloatArray
    items: FloatArray
    item_variance: FloatArray
    total_variance: FloatArray


def cronbach_alpha(scales: ScaleMoments, *, confidence: float = CONFIDENCE) -> Interval:
    """Cronbach's alpha with Feldt's limits, scale by scale.

    Raises:
        ValueError: If a scale has a single question or respondent, or a sum that never varies,
            or ``confidence`` is not in (0, 1).

    Source:
        Cronbach (1951), Psychometrika 16:297-334; Feldt (1965), Psychometrika 30:357-370.
    """
    if np.any(scales.items <= 1) or np.any(scales.respondents <= 1):
        raise ValueError("alpha needs two questions and two respondents")
    if np.any(scales.total_variance <= 0):
        raise ValueError("alpha needs sums that vary")
    share = scales.item_variance / scales.total_variance
    alpha = scales.items / (scales.items - 1) * (1 - share)
    between = scales.respondents - 1
    within = between * (scales.items - 1)
    quantile = upper_tail(confidence)
    lower = 1 - (1 - alpha) * f_distribution.ppf(quantile, between, within)
    upper = 1 - (1 - alpha) * f_distribution.ppf(1 - quantile, between, within)
    return Interval(alpha, lower, upper)


def mean_correlation(items: FloatArray, sum_variance: FloatArray) -> FloatArray:
    """Mean correlation between two questions of a scale.

    Args:
        items: Questions [count], shape (n,); all > 1.
        sum_variance: Variance of the sum of the standardised questions, shape (n,); it is the
            sum of all their correlations, the ones on the diagonal included.
    """
    return (sum_variance - items) / (items * (items - 1))
