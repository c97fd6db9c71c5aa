"""What a reader can work out about a hidden cell from the sums that are printed.

A :class:`System` holds the cells of one indicator and school year and the sums that bind
them: the city is its groups, a project its schools. A reader knows every shown cell exactly and
of a hidden one only that it is not negative; :func:`limits` gives the interval left to guess in.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linprog

from pipelines.comparisons.intervals import FloatArray

Mask = NDArray[np.bool_]

ROUNDING = 1e-6
_UNBOUNDED = 3


@dataclass(frozen=True, slots=True)
class System:
    """Cells and the published sums between them.

    Attributes:
        sums: One row per sum, one column per cell, shape (s, c): -1 for the whole, 1 for each
            of its parts, 0 otherwise. Each row of ``sums @ amounts`` is 0.
        amounts: The true amounts, shape (q, c): pupils first, then what else is printed.
        least: What each hidden cell holds at least, as readers know, shape (q, c).
        is_tree: Whether the sums close no circle, as when no school is in two projects.
    """

    sums: FloatArray
    amounts: FloatArray
    least: FloatArray
    is_tree: bool


def limits(system: System, hidden: Mask) -> tuple[FloatArray, FloatArray]:
    """The least and the most each cell can hold, given the cells shown; shapes (q, c).

    Exact on a tree of sums. Where sums close a circle, a linear programme settles it.
    """
    return _narrowed(system, hidden) if system.is_tree else _programmed(system, hidden)


def _narrowed(system: System, hidden: Mask) -> tuple[FloatArray, FloatArray]:
    """Limits by passing them along the sums until none moves."""
    lower = np.where(hidden, system.least, system.amounts)
    upper = np.where(hidden, np.inf, system.amounts)
    has_moved = True
    while has_moved:
        low, high = implied(system, lower, upper)
        low, high = low.max(axis=1), high.min(axis=1)
        is_tighter = hidden & ((low > lower + ROUNDING) | (high < upper - ROUNDING))
        has_moved = bool(is_tighter.any())
        lower = np.where(is_tighter, np.maximum(lower, low), lower)
        upper = np.where(is_tighter, np.minimum(upper, high), upper)
    return lower, upper


def implied(system: System, lower: FloatArray, upper: FloatArray) -> tuple[FloatArray, FloatArray]:
    """What each sum alone says of each of its cells, shapes (q, s, c); infinite elsewhere."""
    signs = system.sums[None]
    least = np.where(signs > 0, lower[:, None], -upper[:, None])
    most = np.where(signs > 0, upper[:, None], -lower[:, None])
    rest_least = _without_own(np.where(signs == 0, 0.0, least), endless=-np.inf)
    rest_most = _without_own(np.where(signs == 0, 0.0, most), endless=np.inf)
    low = np.where(signs > 0, -rest_most, rest_least)
    high = np.where(signs > 0, -rest_least, rest_most)
    return np.where(signs == 0, -np.inf, low), np.where(signs == 0, np.inf, high)


def _without_own(terms: FloatArray, *, endless: float) -> FloatArray:
    """Along the last axis, the sum of all the other terms; ``endless`` if one of them is."""
    is_endless = np.isinf(terms)
    finite = np.where(is_endless, 0.0, terms)
    others = finite.sum(axis=-1, keepdims=True) - finite
    other_endless = is_endless.sum(axis=-1, keepdims=True) - is_endless
    return np.where(other_endless > 0, endless, others)


def _programmed(system: System, hidden: Mask) -> tuple[FloatArray, FloatArray]:
    lower, upper = system.amounts.copy(), system.amounts.copy()
    for quantity, amounts in enumerate(system.amounts):
        rest = -system.sums[:, ~hidden] @ amounts[~hidden]
        least = system.least[quantity, hidden]
        for place, cell in enumerate(np.flatnonzero(hidden)):
            objective = np.zeros(hidden.sum())
            objective[place] = 1
            lower[quantity, cell] = _minimum(objective, system.sums[:, hidden], rest, least)
            upper[quantity, cell] = -_minimum(-objective, system.sums[:, hidden], rest, least)
    return lower, upper


def _minimum(objective: FloatArray, sums: FloatArray, rest: FloatArray, least: FloatArray) -> float:
    """The least ``objective`` can be; infinite, so that nothing seems safe, if none is found."""
    bounds = [(low, None) for low in least]
    found = linprog(objective, A_eq=sums, b_eq=rest, bounds=bounds)
    if found.fun is not None:
        return float(found.fun)
    return -np.inf if found.status == _UNBOUNDED else np.inf
