"""What the pilot's tables have in common: units, and shares with their intervals."""

import ibis
import numpy as np
import pandas as pd
from ibis import _

from pipelines.comparisons.proportions import wilson_interval
from pipelines.results import CITY


def by_unit(rows: ibis.Table) -> ibis.Table:
    """The rows once for their project and once for the city: ``unit`` and ``unit_id``.

    Whatever is counted then counts distinct pupils in each.

    Args:
        rows: With ``project_id``, which is dropped.
    """
    of_project = rows.mutate(unit=ibis.literal("project"), unit_id=rows.project_id)
    of_city = rows.mutate(unit=ibis.literal("city"), unit_id=ibis.literal(CITY))
    return of_project.union(of_city).drop("project_id")


def joined_counts(spine: ibis.Table, counts: dict[str, ibis.Table], *keys: str) -> ibis.Table:
    """The rows of ``spine`` with a count of each name: 0 where there is nobody.

    Args:
        spine: A row for each unit.
        counts: Rows to count pupils in, by the name of the count: ``keys`` and ``student_id``.
        keys: What they have in common with the spine.
    """
    rows = spine
    for name, table in counts.items():
        pupils = table.group_by(*keys).agg(pupils=_.student_id.nunique())
        joined = rows.left_join(pupils, list(keys)).drop(*(f"{key}_right" for key in keys))
        rows = joined.mutate(**{name: joined.pupils.fill_null(0)}).drop("pupils")
    return rows


def with_share(
    frame: pd.DataFrame, numerator: str, denominator: str, *, named: str = "value"
) -> pd.DataFrame:
    """The rows with the share of two counts and its Wilson limits; nothing where nobody counts.

    Args:
        frame: A row for each share.
        numerator: Column of the part [count].
        denominator: Column of the whole [count].
        named: What the share's column is called; its limits are ``lower`` and ``upper``.
    """
    part = frame[numerator].to_numpy(dtype=np.float64)
    whole = frame[denominator].to_numpy(dtype=np.float64)
    is_some = whole > 0
    found = wilson_interval(part[is_some], whole[is_some])
    limits = {named: found.value, "lower": found.lower, "upper": found.upper}
    columns = {name: np.full(len(frame), np.nan) for name in limits}
    for name, numbers in limits.items():
        columns[name][is_some] = numbers
    return frame.assign(**columns)
