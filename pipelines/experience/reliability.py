"""Reliability of each subscale, from respondents who answered all of it."""

from collections.abc import Mapping

import ibis
import numpy as np
import pandas as pd
from ibis import _

from pipelines.comparisons.reliability import ScaleMoments, cronbach_alpha, mean_correlation
from pipelines.experience.answers import small_table
from pipelines.results import conforming
from schemas.instruments import Instrument
from schemas.surveys import FEWEST_FOR_ALPHA, Reliability

SCALE = ["instrument", "term", "subscale"]
_SUBSCALES = {"instrument": "string", "subscale": "string", "items": "int64"}


def reliability(answers: ibis.Table, instruments: Mapping[str, Instrument]) -> ibis.Table:
    """Cronbach's alpha of each subscale and term, or why it is not given.

    Args:
        answers: :class:`schemas.surveys.SurveyAnswers`.
        instruments: Those declared, by name.

    Returns:
        Rows of :class:`schemas.surveys.Reliability`.
    """
    sizes = small_table(
        ((n, s, len(one.items_of(s))) for n, one in instruments.items() for s in one.subscales),
        _SUBSCALES,
    )
    known = answers.drop_null("turned").join(sizes, ["instrument", "subscale"])
    people = known.group_by(*SCALE, "items", "student_id").agg(
        answered=_.count(), total=_.turned.sum().cast("float64")
    )
    complete = people.filter(_.answered == _["items"])
    counts = people.group_by(*SCALE, "items").agg(
        respondents=(_.answered == _["items"]).sum(),
        incomplete=(_.answered < _["items"]).sum(),
        total_variance=_.total.var(where=_.answered == _["items"]),
    )
    rows = counts.left_join(_item_moments(known, complete), SCALE).order_by(SCALE).execute()
    return conforming(_judged(rows), Reliability)


def _item_moments(known: ibis.Table, complete: ibis.Table) -> ibis.Table:
    """Sum of the questions' variances, and the variance of their standardised sum."""
    listwise = known.semi_join(complete, [*SCALE, "student_id"])
    value = listwise.turned.cast("float64")
    item = ibis.window(group_by=[*SCALE, "item_code"])
    spread = value.std(how="sample").over(item)
    standardised = (value - value.mean().over(item)) / spread.nullif(0)
    moments = listwise.mutate(standardised=standardised, spread=spread)
    items = moments.group_by(*SCALE, "item_code").agg(spread=_.spread.max())
    variances = items.group_by(SCALE).agg(
        item_variance=(_.spread * _.spread).sum(), varying=(_.spread > 0).sum()
    )
    sums = moments.group_by(*SCALE, "student_id").agg(total=_.standardised.sum())
    spreads = sums.group_by(SCALE).agg(sum_variance=_.total.var())
    return variances.join(spreads, SCALE)


def _judged(rows: pd.DataFrame) -> pd.DataFrame:
    gaps = [
        (rows["items"] < 2, "single_item"),  # noqa: PLR2004 - alpha needs two
        (rows.respondents < FEWEST_FOR_ALPHA, "too_few_respondents"),
        (~(rows.total_variance > 0), "no_variation"),
    ]
    missing = np.select([is_gap for is_gap, _code in gaps], [code for _gap, code in gaps], "")
    full = rows.assign(missing=pd.Series(missing, rows.index, dtype=object).replace("", None))
    full[["alpha", "lower", "upper", "inter_item_r"]] = np.nan
    given = full.missing.isna()
    items = full.loc[given, "items"].to_numpy(float)
    found = cronbach_alpha(
        ScaleMoments(
            full.loc[given, "respondents"].to_numpy(float),
            items,
            full.loc[given, "item_variance"].to_numpy(float),
            full.loc[given, "total_variance"].to_numpy(float),
        )
    )
    full.loc[given, "alpha"] = found.value
    full.loc[given, "lower"] = found.lower
    full.loc[given, "upper"] = found.upper
    correlation = mean_correlation(items, full.loc[given, "sum_variance"].to_numpy(float))
    varies = (full.varying == full["items"])[given]
    full.loc[given, "inter_item_r"] = np.where(varies, correlation, np.nan)
    return full
