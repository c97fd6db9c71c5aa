"""How far two coders agree, theme by theme."""

import ibis
import numpy as np
import pandas as pd
from ibis import _

from pipelines.comparisons.agreement import kappa_interval
from pipelines.results import conforming
from schemas.interviews import CODED_TWICE, FEWEST_UNITS, Agreement

UNIT = ["theme", "project_id", "interview_round", "informant_no", "segment_no"]
PAIR = ["theme", "kind", "coder_a", "coder_b"]


def agreement(codings: ibis.Table) -> ibis.Table:
    """Per cent agreement, kappa and prevalence of every theme and two coders with a common part.

    Args:
        codings: :class:`schemas.interviews.Codings`; unknown themes are left out.

    Returns:
        Rows of :class:`schemas.interviews.Agreement`.
    """
    known = codings.drop_null("kind").mutate(is_there=_.is_present == "yes")
    one = known.select(*UNIT, "kind", coder_a=_.coder, a=_.is_there)
    other = known.select(*UNIT, coder_b=_.coder, b=_.is_there)
    both = one.join(other, UNIT).filter(_.coder_a < _.coder_b)
    counts = both.group_by(PAIR).agg(
        yes_yes=(_.a & _.b).sum(),
        yes_no=(_.a & ~_.b).sum(),
        no_yes=(~_.a & _.b).sum(),
        no_no=(~_.a & ~_.b).sum(),
    )
    parts = known.select(UNIT).distinct().group_by("theme").agg(segments=_.count())
    rows = counts.join(parts, "theme").order_by(PAIR).execute()
    return conforming(_judged(rows), Agreement)


def _judged(rows: pd.DataFrame) -> pd.DataFrame:
    cells = rows[["yes_yes", "yes_no", "no_yes", "no_no"]].to_numpy(float)
    units = cells.sum(axis=1)
    agreed = cells[:, 0] + cells[:, 3]
    found = kappa_interval(cells.reshape(-1, 2, 2))
    is_few, is_constant = units < FEWEST_UNITS, np.isnan(found.value)
    missing = np.select([is_few, is_constant], ["too_few_units", "no_variation"], "")
    is_given = missing == ""
    return rows.assign(
        units=units.astype(int),
        agreed=agreed.astype(int),
        agreement=agreed / units,
        prevalence=(2 * cells[:, 0] + cells[:, 1] + cells[:, 2]) / (2 * units),
        is_enough_coded_twice=units >= CODED_TWICE * rows.segments,
        kappa=np.where(is_given, found.value, np.nan),
        lower=np.where(is_given, found.lower, np.nan),
        upper=np.where(is_given, found.upper, np.nan),
        missing=pd.Series(missing, rows.index, dtype=object).replace("", None),
    )
