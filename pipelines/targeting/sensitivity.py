"""How much the size of the target group hangs on its limits: a grid of others, in one pass.

Whether the marks open a vocational programme is law and not varied.
"""

from collections.abc import Iterator
from itertools import product

import ibis
import pandas as pd
from ibis import _

from pipelines.calendar import first_month_of_term, in_force
from pipelines.results import conforming
from pipelines.targeting.units import UNIT, by_unit
from schemas.rules import TARGET_ABSENCE_SHARE, TARGET_FAILED_SUBJECTS
from schemas.target_group import TargetGroupSensitivity

FAILED = (1, 2, 3, 4)
ABSENCE = (0.10, 0.15, 0.20, 0.25)
RULE = ("rule_failed", "rule_absence")


def sensitivity(pupils: ibis.Table) -> ibis.Table:
    """Sizes under other limits, for schools and the city; the rule's own are always among them.

    Args:
        pupils: :class:`schemas.target_group.TargetGroupPupils`.

    Returns:
        Rows of :class:`schemas.target_group.TargetGroupSensitivity`.
    """
    month = first_month_of_term(pupils.term)
    limits = (in_force(rule, month) for rule in (TARGET_FAILED_SUBJECTS, TARGET_ABSENCE_SHARE))
    ruled = pupils.mutate(**dict(zip(RULE, limits, strict=True)))
    known = by_unit(ruled, districts=False).filter(_.is_judged)
    counts = {
        f"{what}_{number}": _.count(where=each)
        for number, limits_here in enumerate(_grid())
        for what, each in _sides(*limits_here).items()
    }
    wide = known.group_by(*UNIT, *RULE).agg(judged=_.count(), **counts)
    return conforming(_long(wide.execute()), TargetGroupSensitivity)


def _grid() -> Iterator[tuple[int | str, float | str]]:
    """Every pair of limits; a name stands for the column that has the rule's own."""
    yield from product((*FAILED, RULE[0]), (*ABSENCE, RULE[1]))


def _sides(failed: int | str, absence: float | str) -> dict[str, ibis.Deferred]:
    """Who is in the group with some limits, and who is on another side than by the rule."""
    least = [_[one] if isinstance(one, str) else one for one in (failed, absence)]
    is_in = _.not_eligible & (_.failed_subjects >= least[0]) & (_.absence_share >= least[1])
    return {
        "in_group": is_in,
        "entering": is_in & ~_.is_in_group,
        "leaving": ~is_in & _.is_in_group,
    }


def _long(wide: pd.DataFrame) -> pd.DataFrame:
    """A row for each pair of limits; where the rule's are in the grid, once."""
    frames = [_of_pair(wide, number, *limits) for number, limits in enumerate(_grid())]
    rows = pd.concat(frames, ignore_index=True)
    return rows.drop_duplicates([*UNIT, "failed_limit", "absence_limit"])


def _of_pair(
    wide: pd.DataFrame, number: int, failed: int | str, absence: float | str
) -> pd.DataFrame:
    failed_limit = wide[failed] if isinstance(failed, str) else pd.Series(failed, wide.index)
    absence_limit = wide[absence] if isinstance(absence, str) else pd.Series(absence, wide.index)
    counts = {what: wide[f"{what}_{number}"] for what in ("in_group", "entering", "leaving")}
    other = 2 * (failed_limit != wide[RULE[0]]) + (absence_limit != wide[RULE[1]])
    return wide[[*UNIT, "judged"]].assign(
        failed_limit=failed_limit.astype("int64"),
        absence_limit=absence_limit.astype("float64"),
        varied=other.map({0: "rule", 1: "absence", 2: "failed_subjects", 3: "both"}),
        **counts,
    )
