"""Cumulative incidence of unplanned dropout (oplanerat avhopp), other ends competing."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from scipy.stats import norm
from statsmodels.duration.survfunc import CumIncidenceRight

from schemas.participation import FEWEST_EVENTS, FEWEST_STARTERS, INCIDENCE_DAYS

CENSORED, UNPLANNED, OTHER = 0, 1, 2
CAUSES = {"unplanned": UNPLANNED, "open": CENSORED, "vanished": CENSORED}
"""What ends the waiting for a dropout. A planned end, a neutral one and one of unknown reason all
make a dropout impossible; of who is still there, or vanished, no more is known."""


class Incidence(NamedTuple):
    """A cumulative incidence.

    Attributes:
        share: The estimate, 0 to 1.
        lower: Lower 95 % limit; NaN without a dropout, or once nobody is left to follow.
        upper: Upper 95 % limit; the same.
    """

    share: float
    lower: float
    upper: float


def cumulative_incidence(
    days: npt.NDArray[np.int64], cause: npt.NDArray[np.int64], *, by: int = INCIDENCE_DAYS
) -> Incidence:
    """Share who have dropped out unplanned ``by`` so many days, as Aalen and Johansen estimate it.

    Not one less the survival of Kaplan and Meier, which would take those who ended as planned for
    people who might still drop out. The limits are of log(-log), so they stay within 0 and 1.

    Args:
        days: From the first day to the last one known, both counted [days], shape (n,); n > 0.
        cause: :data:`CENSORED`, :data:`UNPLANNED` or :data:`OTHER`, shape (n,).
        by: Until when, that day included [days].

    Source:
        Aalen and Johansen (1978), Scand. J. Statist. 5:141-150; variance of Dinse and Larson
        (1986), Biometrika 73:379-386; both as in statsmodels.
    """
    if not ((cause == UNPLANNED) & (days <= by)).any():
        return Incidence(0.0, np.nan, np.nan)
    with np.errstate(divide="ignore", invalid="ignore"):  # its variance when nobody is left
        found = CumIncidenceRight(days, cause)
    latest = np.flatnonzero(found.times <= by)[-1]
    share, error = (each[UNPLANNED - 1][latest] for each in (found.cinc, found.cinc_se))
    return Incidence(float(share), *_limits(float(share), float(error)))


def _limits(share: float, error: float) -> tuple[float, float]:
    if share >= 1:
        return np.nan, np.nan
    power = np.exp(norm.ppf(0.975) * error / (share * -np.log(share)))
    return float(share**power), float(share ** (1 / power))


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
