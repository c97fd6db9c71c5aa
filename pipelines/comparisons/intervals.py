"""The record every comparison returns: values with their two-sided confidence limits."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]

CONFIDENCE = 0.95


@dataclass(frozen=True, slots=True)
class Interval:
    """Values with their limits, in the unit of the value; all of shape (n,).

    Attributes:
        value: The values.
        lower: Lower limits; NaN where too few pupils give none.
        upper: Upper limits; NaN where too few pupils give none.
    """

    value: FloatArray
    lower: FloatArray
    upper: FloatArray


def upper_tail(confidence: float) -> float:
    """The probability below the upper limit of a two-sided interval.

    Raises:
        ValueError: If ``confidence`` is not in (0, 1).
    """
    if not 0 < confidence < 1:
        raise ValueError(f"confidence must be in (0, 1), got {confidence}")
    return 0.5 + confidence / 2
