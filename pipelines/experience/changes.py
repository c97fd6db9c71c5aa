"""First against last: respondents who answered an instrument in more than one term."""

from collections.abc import Mapping

import ibis
import numpy as np
import pandas as pd
from ibis import _

from pipelines.calendar import term_order
from pipelines.comparisons.paired import (
    mcnemar_exact,
    signed_rank_shift,
    standardised_change,
)
from pipelines.experience.answers import in_units
from pipelines.experience.distributions import has_top_two, with_top_two
from pipelines.results import conforming
from schemas.instruments import Instrument
from schemas.surveys import FEWEST_PAIRS, SurveyChanges

KEY = ["instrument", "project_id", "measure", "name"]
DECIMALS = 9
"""Scores are compared to this many decimals: means of thirds are equal when they are."""


def survey_changes(
    scores: ibis.Table, answers: ibis.Table, instruments: Mapping[str, Instrument]
) -> ibis.Table:
    """The change of each score, and of the share of the two best answers to each question.

    Args:
        scores: :class:`schemas.surveys.Scores`.
        answers: :class:`schemas.surveys.SurveyAnswers`.
        instruments: Those declared, by name.

    Returns:
        Rows of :class:`schemas.surveys.SurveyChanges`; a project and subscale or question
        without a pair has a row as well.
    """
    best = {name: one.highest - 1 for name, one in instruments.items() if has_top_two(one)}
    tops = with_top_two(answers, best).drop_null("is_top")
    of_scores = _pairs(scores.mutate(name=scores.subscale, value=scores.score), "score")
    of_shares = _pairs(
        tops.mutate(name=tops.item_code, value=tops.is_top.cast("float64")), "top_two"
    )
    rows = [_changed(key, pairs) for key, pairs in _by_unit(of_scores, of_shares)]
    return conforming(pd.DataFrame(rows, columns=SurveyChanges.columns()), SurveyChanges)


def _by_unit(*tables: ibis.Table) -> list[tuple[tuple[str, ...], pd.DataFrame]]:
    frame = ibis.union(*tables).execute()
    return [(key, pairs.dropna()) for key, pairs in frame.groupby(KEY)[["first", "last"]]]


def _pairs(rows: ibis.Table, measure: str) -> ibis.Table:
    """Each respondent's first and last value; ``last`` is empty for whom there is but one."""
    known = rows.drop_null("value").mutate(order=term_order(_.term))
    people = known.group_by("instrument", "student_id", "name").agg(
        project_id=_.project_id.argmin(_.order),
        first=_.value.argmin(_.order),
        last=ibis.cases((_.order.min() < _.order.max(), _.value.argmax(_.order))),
    )
    return in_units(people.mutate(measure=ibis.literal(measure))).select(*KEY, "first", "last")


def _changed(key: tuple[str, ...], pairs: pd.DataFrame) -> dict[str, object]:
    row: dict[str, object] = dict(zip(KEY, key, strict=True)) | {"pairs": len(pairs)}
    if len(pairs) < FEWEST_PAIRS:
        return row | {"missing": "too_few_pairs"}
    first, last = pairs["first"].to_numpy(float), pairs["last"].to_numpy(float)
    difference = np.round(last - first, DECIMALS)
    up, down = int((difference > 0).sum()), int((difference < 0).sum())
    row |= {"first": first.mean(), "last": last.mean(), "up": up, "down": down}
    if row["measure"] == "top_two":
        return row | {"p_value": mcnemar_exact(up, down)}
    shift = signed_rank_shift(difference)
    return row | {
        "shift": shift.value,
        "shift_lower": shift.lower,
        "shift_upper": shift.upper,
        "effect": standardised_change(first, last),
        "p_value": shift.p_value,
    }
