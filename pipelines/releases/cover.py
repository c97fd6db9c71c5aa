"""Complementary suppression: the further cells to hide so that a hidden one stays in doubt."""

from collections.abc import Iterator

import numpy as np

from pipelines.comparisons.intervals import FloatArray
from pipelines.releases.attack import Mask, System, implied, limits


def covered(system: System, hidden: Mask, need: FloatArray) -> Mask:
    """``hidden`` and what else must be, until every cell is as uncertain as it needs to be.

    Each round hides one cell: among the sums that give the clearest cell away, the smallest part
    that is still shown and not zero, and where no part is left, the whole.

    Args:
        system: Cells and sums.
        hidden: Cells hidden to begin with, shape (c,).
        need: Width of the interval a reader must be left with, shape (q, c); 0 for no demand.
    """
    hidden = hidden.copy()
    while not hidden.all():
        lower, upper = limits(system, hidden)
        lack = need - (upper - lower)
        if not (lack > 0).any():
            break
        quantity, cell = np.unravel_index(np.argmax(lack), lack.shape)
        width = _implied_width(system, lower, upper)[quantity]
        tight = (system.sums != 0) & (width < need[quantity, cell])
        hidden[_next(system, hidden, tight, (int(quantity), int(cell)))] = True
    return hidden


def _implied_width(system: System, lower: FloatArray, upper: FloatArray) -> FloatArray:
    """Width that each sum alone leaves each of its cells, shape (q, s, c)."""
    low, high = implied(system, lower, upper)
    return np.asarray(high - low)


def _next(system: System, hidden: Mask, tight: Mask, weak: tuple[int, int]) -> int:
    """The cell to hide next, for the cell ``weak`` = (quantity, cell)."""
    quantity, cell = weak
    amounts = system.amounts[quantity]
    for sums in _outwards(tight, hidden, cell):
        choice = _smallest(system, ~hidden & (amounts > 0), sums)
        if choice is not None:
            return choice
    related = [int(s) for s in np.flatnonzero(system.sums[:, cell])]
    choice = _smallest(system, ~hidden, related)
    return int(np.flatnonzero(~hidden)[-1]) if choice is None else choice


def _outwards(tight: Mask, hidden: Mask, cell: int) -> Iterator[list[int]]:
    """The sums that give ``cell`` away, then those that give its companions there away, ..."""
    seen: set[int] = set()
    sums = np.flatnonzero(tight[:, cell]).tolist()
    while sums:
        yield sums
        seen.update(sums)
        companions = tight[sums].any(axis=0) & hidden
        reached = np.flatnonzero(tight[:, companions].any(axis=1)).tolist()
        sums = [s for s in reached if s not in seen]


def _smallest(system: System, candidates: Mask, sums: list[int]) -> int | None:
    """The candidate of fewest pupils among the parts of some sums, else among their wholes."""
    for is_member in (system.sums[sums] > 0, system.sums[sums] < 0):
        cells = np.flatnonzero(is_member.any(axis=0) & candidates)
        if len(cells):
            return int(cells[np.argmin(system.amounts[0, cells])])
    return None
