"""Ambitions of applications and work plans beside what became of them."""

import datetime as dt

import ibis
import numpy as np
import pandas as pd
from ibis import _

from pipelines.ambitions.figures import with_all_projects
from pipelines.ambitions.states import target_state
from pipelines.results import conforming
from schemas.ambitions import BY_MEASURE, TARGET_OF_KEY, Outcomes

_PROMISE = ["project_id", "year", "measure"]
_FIGURE = [
    "as_of", "value", "lower", "upper", "previous", "previous_whole_year", "change",
    "change_lower", "change_upper",
]  # fmt: skip


def outcomes(targets: ibis.Table, form_answers: ibis.Table, figures: ibis.Table) -> ibis.Table:
    """Each ambition beside its figure to each day of its year, and whether it was reached.

    Args:
        targets: :class:`schemas.ambitions.Targets`; they win over work plans.
        form_answers: :class:`schemas.form_answers.FormAnswers`.
        figures: :class:`schemas.ambitions.Figures`.

    Returns:
        Rows of :class:`schemas.ambitions.Outcomes`.
    """
    promised = _promised(targets, form_answers)
    found = figures.select(*_PROMISE, *_FIGURE).execute()
    rows = promised.merge(found, "left", _PROMISE).rename(columns={"value": "outcome"})
    rows["as_of"] = [
        dt.date(int(year), 12, 31) if pd.isna(day) else pd.Timestamp(day).date()
        for day, year in zip(rows.as_of, rows.year, strict=True)
    ]
    measures = [BY_MEASURE[one] for one in rows.measure]
    exact = [one.kind == "count" for one in measures]
    limits = [rows[name].where(~np.array(exact, bool), rows.outcome) for name in ("lower", "upper")]
    told = rows.assign(
        state=[
            target_state(target, lower, upper, higher_is=measure.higher_is)
            for target, lower, upper, measure in zip(rows.target, *limits, measures, strict=True)
        ],
        definition=[one.definition for one in measures],
        population=[one.population for one in measures],
    )
    ordered = told.sort_values(["project_id", "measure", "as_of"], ignore_index=True)
    return conforming(ordered, Outcomes)


def _promised(targets: ibis.Table, form_answers: ibis.Table) -> pd.DataFrame:
    """Targets of applications, else of work plans; of counts also for all projects together."""
    applied: pd.DataFrame = targets.select(
        *_PROMISE, "target", previous_stated=_.previous_value
    ).execute()
    every = pd.concat(
        [
            applied.assign(target_source="application"),
            _planned(form_answers).assign(target_source="work_plan", previous_stated=np.nan),
        ],
        ignore_index=True,
    ).drop_duplicates(_PROMISE)
    is_count = every.measure.map(lambda one: BY_MEASURE[one].kind == "count").astype(bool)
    counts = with_all_projects(every[is_count], "target", "previous_stated")
    source = counts.target_source.fillna("application")
    return pd.concat([counts.assign(target_source=source), every[~is_count]], ignore_index=True)


def _planned(form_answers: ibis.Table) -> pd.DataFrame:
    """What work plans promise."""
    plans = form_answers.filter(_.form == "work_plan", _.key.isin(list(TARGET_OF_KEY)))
    answers: pd.DataFrame = plans.select("project_id", "year", "key", "answer").execute()
    answered = answers[answers.answer.notna()]
    return answered.assign(
        measure=answered.key.map(TARGET_OF_KEY), target=answered.answer.astype(float)
    )[[*_PROMISE, "target"]]
