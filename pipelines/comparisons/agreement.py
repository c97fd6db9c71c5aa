"""How far two coders agree beyond chance: Cohen's kappa with its limits."""

import numpy as np
from scipy.special import ndtri
from statsmodels.stats.inter_rater import cohens_kappa

from pipelines.comparisons.intervals import CONFIDENCE, FloatArray, Interval, upper_tail


def kappa_interval(tables: FloatArray, *, confidence: float = CONFIDENCE) -> Interval:
    """Cohen's kappa, table by table; not a number where both coders always use one category.

    Args:
        tables: Units by what each coder says, shape (n, k, k): rows the first, columns the
            second.
        confidence: Two-sided coverage, in (0, 1).

    Raises:
        ValueError: If ``confidence`` is not in (0, 1).

    Source:
        Cohen (1960), Educational and Psychological Measurement 20:37-46; Fleiss, Cohen and
        Everitt (1969), Psychological Bulletin 72:323-327, for the standard error away from 0.
    """
    z = ndtri(upper_tail(confidence))
    found = np.array([_kappa(table) for table in tables]).reshape(-1, 2)
    kappa, error = found.T
    return Interval(kappa, np.maximum(kappa - z * error, -1), np.minimum(kappa + z * error, 1))


def _kappa(table: FloatArray) -> tuple[float, float]:
    is_constant = (table.sum(axis=0) > 0).sum() == 1 and (table.sum(axis=1) > 0).sum() == 1
    if is_constant and np.trace(table) == table.sum():
        return float("nan"), float("nan")
    with np.errstate(divide="ignore", invalid="ignore"):  # in its test of no agreement, not ours
        found = cohens_kappa(table)
    return float(found.kappa), float(np.sqrt(max(found.var_kappa, 0)))
