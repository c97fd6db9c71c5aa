"""Findings: what the judgements found, with what it leads to, and what holds publication."""

import hashlib
import json
from collections.abc import Collection, Iterable, Mapping, Sequence

import ibis
import pandas as pd
from ibis import _

from pipelines.crosschecks.registry import FOUND, Crosscheck
from pipelines.crosschecks.sums import with_sums
from pipelines.results import conforming
from schemas.calendar import months_of_school_year, months_of_term
from schemas.crosschecks import LIMITS, Findings, Limit

_IDENTIFYING = ("crosscheck", "table_name", "school_id", "part", "period", "delivery_id", "count")
_SEVEREST_FIRST = ("hold", "warn")


def findings(
    crosschecks: Iterable[Crosscheck],
    tables: Mapping[str, ibis.Table],
    *,
    periods: Collection[str] | None = None,
) -> pd.DataFrame:
    """What judgements find in some tables, each with the severest limit it exceeds.

    Args:
        crosschecks: Which judgements.
        tables: Every table they read, as ``layer.table``, with the periods they look back on;
            those of ``sums.`` are made of the others.
        periods: Periods to report; all if left out.

    Returns:
        Columns of :class:`schemas.crosschecks.Findings`, in order of severity, judgement,
        school and period.
    """
    chosen = list(crosschecks)
    summed = with_sums(tables, {name for one in chosen for name in one.reads})
    judged = [_judged(crosscheck, summed) for crosscheck in chosen]
    rows = ibis.union(*judged) if len(judged) > 1 else judged[0]
    if periods is not None:
        rows = rows.filter(rows.period.isin(sorted(periods)))
    found = [
        {**row, "limit": limit.above, "severity": limit.severity}
        for row in _records(rows.execute())
        if (limit := _exceeded(row)) is not None
    ]
    return _ordered(
        pd.DataFrame(
            [{**row, "finding_id": finding_id(row)} for row in found], columns=Findings.columns()
        )
    )


def as_table(rows: pd.DataFrame) -> ibis.Table:
    """Findings as a table of their contract."""
    return conforming(rows, Findings)


def holding(rows: pd.DataFrame, accepted: Collection[str]) -> pd.DataFrame:
    """Findings that hold publication: neither corrected nor accepted.

    Args:
        rows: Columns of :class:`schemas.crosschecks.Findings`.
        accepted: ``finding_id`` of those an operator took responsibility for.
    """
    return rows[(rows.severity == "hold") & ~rows.finding_id.isin(list(accepted))]


def finding_id(row: Mapping[str, object]) -> str:
    """The name of a finding: the same as long as it says the same of the same files."""
    said = json.dumps([row[name] for name in _IDENTIFYING], ensure_ascii=False)
    return hashlib.sha256(said.encode()).hexdigest()[:16]


def _judged(crosscheck: Crosscheck, tables: Mapping[str, ibis.Table]) -> ibis.Table:
    arguments = {name.partition(".")[2]: tables[name] for name in crosscheck.reads}
    least = min(limit.above for limit in LIMITS if limit.crosscheck == crosscheck.name)
    rows = crosscheck.judge(**arguments).select(list(FOUND))
    return rows.filter(_.measure > least).mutate(crosscheck=ibis.literal(crosscheck.name))


def _records(frame: pd.DataFrame) -> list[dict[str, object]]:
    """Rows with nothing, not NaN, for a text that is missing."""
    texts = ["school_id", "part", "period", "delivery_id"]
    frame[texts] = frame[texts].astype(object).where(frame[texts].notna(), None)
    return [{str(n): value for n, value in row.items()} for row in frame.to_dict("records")]


def _exceeded(row: Mapping[str, object]) -> Limit | None:
    """The severest limit in force that a row exceeds."""
    month = _first_month(row["period"])
    for severity in _SEVEREST_FIRST:
        limit = _in_force(str(row["crosscheck"]), severity, month)
        is_over = limit is not None and float(str(row["measure"])) > limit.above
        if limit is not None and is_over and int(str(row["basis"])) >= limit.fewest:
            return limit
    return None


def _in_force(crosscheck: str, severity: str, month: str | None) -> Limit | None:
    """The latest limit that took effect by a month; the latest of all for what has no month."""
    mine = [one for one in LIMITS if (one.crosscheck, one.severity) == (crosscheck, severity)]
    begun = [one for one in mine if month is None or one.valid_from <= month]
    return max(begun, key=lambda limit: limit.valid_from, default=None)


def _first_month(period: object) -> str | None:
    if not isinstance(period, str):
        return None
    if "/" in period:
        return months_of_school_year(period)[0]
    if period.isdecimal():
        return f"{period}-01"
    return period if "-" in period else months_of_term(period)[0]


def _ordered(rows: pd.DataFrame) -> pd.DataFrame:
    by: Sequence[str] = ["severity", "crosscheck", "period", "school_id", "part", "finding_id"]
    return rows.sort_values(list(by), ignore_index=True)
