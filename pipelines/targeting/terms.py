"""Size of the target group of each term, with interval, beside what the school itself thinks."""

import ibis
import numpy as np
import pandas as pd
from ibis import _

from pipelines.comparisons.proportions import wilson_interval
from pipelines.results import conforming
from pipelines.targeting.criteria import NO_ABSENCE, NO_TERM
from pipelines.targeting.units import UNIT, by_unit
from schemas.target_group import TargetGroupTerms

ESTIMATED = ("low", "mid", "high")
LIMITS = ["share", "lower", "upper"]


def sizes(pupils: ibis.Table, estimates: ibis.Table) -> ibis.Table:
    """The target group of schools, districts of residence and the city.

    An estimate of a school and term without pupils has no row here; the judgement
    ``impossible_estimates`` names it.

    Args:
        pupils: :class:`schemas.target_group.TargetGroupPupils`.
        estimates: :class:`schemas.target_group.TargetGroupEstimates`.

    Returns:
        Rows of :class:`schemas.target_group.TargetGroupTerms`.
    """
    counts = _counted(by_unit(pupils))
    told = estimates.select(
        "term",
        level=ibis.literal("school"),
        unit_id=_.school_id,
        **{f"estimate_{name}": estimates[name] for name in ESTIMATED},
    )
    rows = counts.left_join(told, UNIT).drop(*(f"{name}_right" for name in UNIT))
    compared = rows.mutate(
        difference=rows.estimate_mid - rows.in_group, estimate=_state(rows)
    ).execute()
    return conforming(_with_interval(compared), TargetGroupTerms)


def _counted(pupils: ibis.Table) -> ibis.Table:
    is_known = pupils.is_judged
    has_no_term, has_no_absence = pupils.missing.isin(NO_TERM), pupils.missing.isin(NO_ABSENCE)
    counts = {
        "judged": is_known,
        "in_group": pupils.is_in_group,
        "unknown": ~is_known,
        "unknown_marks": ~is_known & ~has_no_term & ~has_no_absence,
        "unknown_absence": has_no_absence,
        "unknown_both": has_no_term,
    }
    sums = {name: _.count(where=each) for name, each in counts.items()}
    return pupils.group_by(UNIT).agg(pupils=_.count(), **sums)


def _state(rows: ibis.Table) -> ibis.ir.StringValue:
    """How an estimate stands to the size, a code of ``ESTIMATE_STATES``."""
    return ibis.cases(
        (rows.estimate_high > rows.pupils, "impossible"),
        (rows.estimate_low > rows.in_group, "too_high"),
        (rows.estimate_high < rows.in_group, "too_low"),
        (rows.estimate_high >= rows.in_group, "holds"),
        else_="none",
    )


def _with_interval(counts: pd.DataFrame) -> pd.DataFrame:
    """Shares of those judged with Wilson limits; none where nobody could be."""
    shares = np.full((len(counts), len(LIMITS)), np.nan)
    told = (counts.judged > 0).to_numpy()
    if told.any():
        some = counts[told]
        found = wilson_interval(some.in_group.to_numpy(float), some.judged.to_numpy(float))
        shares[told] = np.column_stack([found.value, found.lower, found.upper])
    return counts.assign(**dict(zip(LIMITS, shares.T, strict=True)))
