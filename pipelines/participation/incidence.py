"""Cumulative incidence of unplanned dropout (oplanerat avhopp), other ends competing."""

import numpy as np
import numpy.typing as npt
from statsmodels.duration.survfunc import CumIncidenceRight

from schemas.participation import FEWEST_EVENTS, FEWEST_STARTERS, INCIDENCE_DAYS

CENSORED, UNPLANNED, OTHER = 0, 1, 2
CAUSES = {"unplanned": UNPLANNED, "open": CENSORED, "vanished": CENSORED}
"""What ends the waiting for a dropout. A planned end, a neutral one and one of unknown reason all
make a dropout impossible; of who is still there, or vanished, no more is known."""


def cumulative_incidence(
    days: npt.NDArray[np.int64], cause: npt.NDArray[np.int64], *, by: int = INCIDENCE_DAYS
) -> float:
    """Share who have dropped out unplanned ``by`` so many days, as Aalen and Johansen estimate it.

    Not one less the survival of Kaplan and Meier, which would take those who ended as planned for
    people who might still drop out.

    Args:
        days: From the first day to the last one known, both counted [days], shape (n,); n > 0.
        cause: :data:`CENSORED`, :data:`UNPLANNED` or :data:`OTHER`, shape (n,).
        by: Until when, that day included [days].

    Source:
        Aalen and Johansen (1978), Scand. J. Statist. 5:141-150; as in statsmodels, where a
        weight of one each leaves out the standard error, not defined once nobody is at risk.
    """
    if not (cause == UNPLANNED).any():
        return 0.0
    found = CumIncidenceRight(days, cause, freq_weights=np.ones(len(days)))
    within = found.cinc[UNPLANNED - 1][found.times <= by]
    return float(within[-1]) if len(within) else 0.0


def incidence_gap(
    days: npt.NDArray[np.int64], cause: npt.NDArray[np.int64], *, by: int = INCIDENCE_DAYS
) -> str | None:
    """Why no incidence may be given, of :data:`schemas.participation.INCIDENCE_GAPS`; else None.

    Args:
        days: As for :func:`cumulative_incidence`.
        cause: The same.
        by: Until when [days].
    """
    if len(days) < FEWEST_STARTERS:
        return "too_few_starters"
    if ((cause == UNPLANNED) & (days <= by)).sum() < FEWEST_EVENTS:
        return "too_few_events"
    is_followed = (days >= by).any() or (cause[days == days.max()] != CENSORED).all()
    return None if is_followed else "not_followed"
