"""Scores of respondents: reversed questions turned, prorated over those answered."""

from collections.abc import Mapping

import ibis
from ibis import _

from pipelines.experience.answers import small_table
from schemas.instruments import WHOLE_PERCENT, Instrument
from schemas.surveys import Scores

RESPONDENT = ["instrument", "term", "project_id", "student_id"]

_SUBSCALES = {
    "instrument": "string",
    "subscale": "string",
    "items": "int64",
    "fewest_percent": "int64",
    "is_sum": "boolean",
    "is_rounded": "boolean",
}
_TOTALS = {"instrument": "string", "subscale": "string", "total": "string", "parts": "int64"}


def scores(answers: ibis.Table, instruments: Mapping[str, Instrument]) -> ibis.Table:
    """The score of each respondent on each subscale and total, or why there is none.

    Args:
        answers: :class:`schemas.surveys.SurveyAnswers`; those of unknown instruments and
            questions enter no score.
        instruments: Those declared, by name.

    Returns:
        Rows of :class:`schemas.surveys.Scores`.
    """
    subscales = small_table(_subscale_rows(instruments), _SUBSCALES)
    people = answers.select(RESPONDENT).distinct()
    asked = people.join(subscales, "instrument")
    sums = answers.group_by(*RESPONDENT, "subscale").agg(
        answered=_.turned.count(), total=_.turned.sum()
    )
    joined = asked.left_join(sums, [*RESPONDENT, "subscale"])
    of_subscales = joined.mutate(answered=_.answered.fill_null(0)).mutate(score=_score())
    kept = of_subscales.select(*RESPONDENT, "subscale", "items", "answered", "score")
    both = kept.union(_totals(kept, instruments))
    gap = ibis.cases((both.score.isnull(), "too_few_answers"))
    return both.mutate(missing=gap).select(Scores.columns())


def _score() -> ibis.Deferred:
    """Mean of the answers that count, or that times the questions; empty if too few count."""
    factor = _.is_sum.ifelse(_["items"], 1).cast("float64")
    plain = _.total.cast("float64") * factor / _.answered.cast("float64")
    is_enough = _.answered * WHOLE_PERCENT >= _.fewest_percent * _["items"]
    return ibis.cases(
        (is_enough, _.is_rounded.ifelse((plain + 0.5).floor().cast("float64"), plain))
    )


def _totals(scored: ibis.Table, instruments: Mapping[str, Instrument]) -> ibis.Table:
    """Sums of subscales; empty where one of them is."""
    rows = (
        (name, subscale, total, len(parts))
        for name, one in instruments.items()
        for total, parts in one.totals.items()
        for subscale in parts
    )
    parts = scored.join(small_table(rows, _TOTALS), ["instrument", "subscale"])
    sums = parts.group_by(*RESPONDENT, "total", "parts").agg(
        items=_["items"].sum(),
        answered=_.answered.sum(),
        known=_.score.count(),
        score=_.score.sum(),
    )
    return sums.select(
        *RESPONDENT,
        subscale=sums.total,
        items=_["items"],
        answered=_.answered,
        score=ibis.cases((sums.known == sums.parts, sums.score)),
    )


def _subscale_rows(instruments: Mapping[str, Instrument]) -> list[tuple[object, ...]]:
    return [
        (
            name,
            subscale,
            len(one.items_of(subscale)),
            one.fewest_percent,
            one.statistic == "sum",
            one.is_rounded,
        )
        for name, one in instruments.items()
        for subscale in one.subscales
    ]
