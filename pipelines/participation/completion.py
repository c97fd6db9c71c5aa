"""Completion: what began and ended in each school year, and how many dropped out unplanned."""

import ibis
import numpy as np
import pandas as pd
from ibis import _

from pipelines.calendar import school_year_of_date
from pipelines.participation.incidence import (
    CAUSES,
    OTHER,
    UNPLANNED,
    Incidence,
    cumulative_incidence,
    incidence_gap,
)
from pipelines.participation.shares import by_unit, with_share
from pipelines.results import conforming
from schemas.participation import INCIDENCE_DAYS, Completion

KEYS = ("unit", "unit_id", "school_year")
INCIDENCE = ("incidence", "incidence_lower", "incidence_upper")
ENDS = ("planned", "neutral", "unplanned", "unknown")


def completion(spells: ibis.Table) -> ibis.Table:
    """Starts, ends and dropouts of each project and of the city by school year.

    Years run from a unit's first start to the last day that is known of any of its participations.

    Args:
        spells: :class:`schemas.participation.Spells`.

    Returns:
        Rows of :class:`schemas.participation.Completion`.
    """
    lived = _with_years(by_unit(spells))
    frame = _counts(lived).merge(_cohorts(lived), "left", list(KEYS))
    frame = with_share(frame, "dropouts", "pupils_ended", named="dropout_share")
    frame["share_missing"] = (frame.pupils_ended == 0).map({True: "nobody", False: None})
    frame["dropouts_in_six_months"] = frame.dropouts_in_six_months.fillna(0).astype("int64")
    frame["incidence_missing"] = frame.incidence_missing.where(
        frame.incidence.notna() | frame.incidence_missing.notna(), "too_few_starters"
    )
    ordered = frame.sort_values(list(KEYS), ignore_index=True)
    return conforming(ordered.astype({"incidence_missing": object}), Completion)


def _with_years(rows: ibis.Table) -> ibis.Table:
    """Each participation in every school year that it has a day in."""
    first, last = school_year_of_date(rows.start_date), school_year_of_date(rows.last_day)
    dated = rows.mutate(
        start_year=first,
        last_year=last,
        begins=first.left(4).cast("int64"),
        ends=last.left(4).cast("int64"),
    )
    each = dated.mutate(year=ibis.range(dated.begins, dated.ends + 1).unnest())
    name = each.year.cast("string") + "/" + (each.year + 1).cast("string").right(2)
    return each.mutate(school_year=name, is_last=each.year == each.ends)


def _counts(lived: ibis.Table) -> pd.DataFrame:
    starts = lived.start_year == lived.school_year
    has_ended = lived.is_last & lived.outcome.isin(ENDS)
    is_gone = lived.is_last & (lived.outcome == "vanished")
    dropped = lived.is_last & (lived.outcome == "unplanned")
    found = lived.group_by(*KEYS).agg(
        pupils=_.student_id.nunique(),
        pupils_started=_.student_id.nunique(where=starts),
        open_before=(~starts).sum(),
        started=starts.sum(),
        **{f"ended_{kind}": (lived.is_last & (lived.outcome == kind)).sum() for kind in ENDS},
        vanished=is_gone.sum(),
        open_after=(~has_ended & ~is_gone).sum(),
        pupils_ended=_.student_id.nunique(where=has_ended),
        dropouts=_.student_id.nunique(where=dropped),
        median_duration_days=_.duration_days.cast("float64").median(where=has_ended),
        median_waiting_days=_.waiting_days.cast("float64").median(where=starts),
    )
    frame: pd.DataFrame = found.execute()
    return frame


def _cohorts(lived: ibis.Table) -> pd.DataFrame:
    """The incidence of those who started in each year."""
    started = lived.filter(_.start_year == _.school_year)
    frame = started.select(*KEYS, "duration_days", "outcome").execute()
    frame["cause"] = frame.outcome.map(CAUSES).fillna(OTHER).astype(np.int64)
    rows = [
        (*key, *_incidence(one.duration_days.to_numpy(), one.cause.to_numpy()))
        for key, one in frame.groupby(list(KEYS))
    ]
    columns = [*KEYS, "dropouts_in_six_months", "incidence_missing", *INCIDENCE]
    return pd.DataFrame(rows, columns=columns)


def _incidence(days: np.ndarray, cause: np.ndarray) -> tuple[int, str | None, float, float, float]:
    events = int(((cause == UNPLANNED) & (days <= INCIDENCE_DAYS)).sum())
    gap = incidence_gap(days, cause)
    found = Incidence(np.nan, np.nan, np.nan) if gap else cumulative_incidence(days, cause)
    return events, gap, *found
