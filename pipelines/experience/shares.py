"""Shares of people or answers, with Wilson limits, as columns of a small table."""

import numpy as np
import pandas as pd

from pipelines.comparisons.proportions import wilson_interval


def with_wilson(rows: pd.DataFrame, count: str, of: str) -> pd.DataFrame:
    """The rows with ``share``, ``lower`` and ``upper``; empty where there is nobody to be a part.

    Args:
        rows: Counts.
        count: Column of those counted.
        of: Column of all.
    """
    numerator = rows[count].to_numpy(float, na_value=np.nan)
    denominator = rows[of].to_numpy(float, na_value=np.nan)
    limits = np.full((3, len(rows)), np.nan)
    known = (denominator > 0) & ~np.isnan(numerator)
    found = wilson_interval(numerator[known], denominator[known])
    limits[:, known] = found.value, found.lower, found.upper
    return rows.assign(share=limits[0], lower=limits[1], upper=limits[2])
