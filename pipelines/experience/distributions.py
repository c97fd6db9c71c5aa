"""How often each answer was given, and the share of the two best."""

from collections.abc import Mapping

import ibis
import numpy as np
import pandas as pd
from ibis import _

from pipelines.experience.answers import in_units
from pipelines.experience.shares import with_wilson
from pipelines.results import conforming
from schemas.instruments import Instrument
from schemas.surveys import FEWEST_STEPS, Distributions, ItemSummaries

QUESTION = ["instrument", "term", "project_id", "item_code"]


def distributions(answers: ibis.Table, instruments: Mapping[str, Instrument]) -> ibis.Table:
    """How often each answer of every question was given, the missing and invalid ones beside.

    Args:
        answers: :class:`schemas.surveys.SurveyAnswers`.
        instruments: Those declared, by name; every answer of their scale has a row.

    Returns:
        Rows of :class:`schemas.surveys.Distributions`.
    """
    given = answers.answer.cast("string").fill_null("missing")
    category = answers.fault.fill_null("").length() > 0
    units = in_units(answers.mutate(category=category.ifelse("invalid", given)))
    found = units.group_by(*QUESTION, "category").agg(count=_.count()).execute()
    full = _with_every_answer(found, instruments)
    is_answer = ~full.category.isin(["missing", "invalid"])
    answered = full["count"].where(is_answer, 0).groupby([full[key] for key in QUESTION])
    total = answered.transform("sum")
    full["kind"] = np.where(is_answer, "answer", full.category)
    full["share"] = (full["count"] / total.where(total > 0)).where(is_answer)
    return conforming(full, Distributions)


def item_summaries(answers: ibis.Table, instruments: Mapping[str, Instrument]) -> ibis.Table:
    """Each question in short, with the share of its two best answers.

    Args:
        answers: :class:`schemas.surveys.SurveyAnswers`.
        instruments: Those declared, by name.

    Returns:
        Rows of :class:`schemas.surveys.ItemSummaries`.
    """
    best = {name: one.highest - 1 for name, one in instruments.items() if has_top_two(one)}
    counts = in_units(with_top_two(answers, best)).group_by(QUESTION)
    rows = counts.agg(
        asked=_.count(),
        answered=_.turned.count(),
        unanswered=_.count() - _.answer.count(),
        invalid=_.fault.count(),
        top_two=_.is_top.sum(),
    )
    frame = rows.order_by(QUESTION).execute()
    is_known, is_long = frame.answered > 0, frame.instrument.isin(list(best))
    frame["top_two"] = frame.top_two.astype("Int64").where(is_known & is_long)
    frame["missing"] = np.select([~is_known, ~is_long], ["no_answers", "short_scale"], "")
    frame["missing"] = frame.missing.where(frame.missing != "", None)
    return conforming(with_wilson(frame, "top_two", "answered"), ItemSummaries)


def has_top_two(instrument: Instrument) -> bool:
    """Whether the two best answers of a scale are not nearly all of it."""
    return instrument.highest - instrument.lowest + 1 >= FEWEST_STEPS


def with_top_two(answers: ibis.Table, best: Mapping[str, int]) -> ibis.Table:
    """Answers with ``is_top``: whether one of the two best; empty where none counts.

    Args:
        answers: :class:`schemas.surveys.SurveyAnswers`.
        best: The lower of the two best answers, by instrument.
    """
    limits = [(answers.instrument == name, limit) for name, limit in best.items()]
    limit = ibis.cases(*limits) if limits else ibis.null("int64")
    return answers.mutate(is_top=answers.turned >= limit)


def _with_every_answer(found: pd.DataFrame, instruments: Mapping[str, Instrument]) -> pd.DataFrame:
    """The same with a row of 0 for each answer that nobody gave to a known question."""
    scales = [
        (name, item.code, str(answer))
        for name, one in instruments.items()
        for item in one.items
        for answer in range(one.lowest, one.highest + 1)
    ]
    scale = pd.DataFrame(scales, columns=["instrument", "item_code", "category"], dtype=object)
    counted = found.astype(object)  # pandas cannot merge Arrow texts without rows
    expected = counted[QUESTION].drop_duplicates().merge(scale, on=["instrument", "item_code"])
    full = expected.merge(counted, "outer", [*QUESTION, "category"])
    full["count"] = full["count"].fillna(0).astype("int64")
    order = pd.to_numeric(full.category, errors="coerce").fillna(np.inf)
    return full.assign(order=order).sort_values([*QUESTION, "order", "category"], ignore_index=True)
