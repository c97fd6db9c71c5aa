"""Whether an ambition was reached: three states, for a figure may be too uncertain to tell."""

import math
from typing import Literal

State = Literal["reached", "not_reached", "cannot_be_determined"]


def target_state(
    target: float,
    lower: float,
    upper: float,
    *,
    higher_is: str = "better",
) -> State:
    """Reached, not reached, or neither can be said, by the confidence limits of the outcome.

    Where more is better an ambition is reached if the lower limit is at least the target, and
    not reached if the upper limit is below it; where less is better the other way round. A
    count of a register has no sampling error: both its limits are the count.

    Args:
        target: What was promised.
        lower: Lower limit of the outcome; not a number where there is none.
        upper: Upper limit.
        higher_is: ``better`` or ``worse``.

    Source:
        Rule of the follow-up, docs/ambition.md.
    """
    if any(math.isnan(one) for one in (target, lower, upper)):
        return "cannot_be_determined"
    if higher_is == "worse":
        target, lower, upper = -target, -upper, -lower
    if lower >= target:
        return "reached"
    return "not_reached" if upper < target else "cannot_be_determined"
