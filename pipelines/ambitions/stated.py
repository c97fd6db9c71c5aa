"""Figures that documents state, beside the same figures computed.

Where the registers know a measure, it is computed from them. What no register holds, such as
funds, is computed from the other figures that documents state: that is how an increase that a
document states beside both amounts can be looked through.
"""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field

import ibis
import pandas as pd

from pipelines.results import conforming
from schemas.ambitions import BY_MEASURE, WHOLE_OF, StatedAndComputed

TOLERANCE = 1e-9
Key = tuple[str, str, dt.date]


@dataclass(frozen=True, slots=True)
class Known:
    """Figures by project, measure and day.

    Attributes:
        registers: What the registers say.
        documents: What documents state, by document.
    """

    registers: Mapping[Key, float]
    documents: Mapping[str, Mapping[Key, frozenset[float]]] = field(default_factory=dict)

    def of(self, key: Key, document: str) -> tuple[float, str] | None:
        """A figure and where it is from; None where none is known or documents contradict."""
        if key in self.registers:
            return self.registers[key], "registers"
        own = self.documents.get(document, {}).get(key, frozenset())
        every = frozenset[float]().union(*(d.get(key, ()) for d in self.documents.values()))
        for stated in (own, every):
            if len(stated) == 1:
                return next(iter(stated)), "documents"
        return None


def days_spoken_of(stated: ibis.Table) -> set[dt.date]:
    """The days that documents state figures of or compare them with.

    Args:
        stated: :class:`schemas.ambitions.StatedFigures`.
    """
    rows = stated.select("as_of", "compared_as_of").execute()
    days = [*_days(rows.as_of), *_days(rows.compared_as_of)]
    return {day for day in days if day is not None}


def stated_and_computed(stated: ibis.Table, figures: ibis.Table) -> ibis.Table:
    """Each stated figure beside the computed one, and whether they are the same as rounded.

    Args:
        stated: :class:`schemas.ambitions.StatedFigures`.
        figures: :class:`schemas.ambitions.Figures`, with the days that documents speak of.

    Returns:
        Rows of :class:`schemas.ambitions.StatedAndComputed`.
    """
    rows = stated.execute()
    rows = rows.assign(as_of=_days(rows.as_of), compared_as_of=_days(rows.compared_as_of))
    known = Known(_by_key(figures.execute()), _by_document(rows))
    found = [_computed(row, known) for row in rows.to_dict("records")]
    computed = pd.Series([one[0] for one in found], rows.index, dtype=float)
    difference = computed - rows.stated
    same = difference.abs() <= rows.rounding / 2 + TOLERANCE
    agreement = same.map({True: "agrees", False: "differs"}).astype(object)
    told = rows.assign(
        computed=computed,
        basis=pd.Series([one[1] for one in found], rows.index, dtype=object),
        difference=difference,
        agreement=agreement.where(computed.notna(), "cannot_be_computed"),
        stated_definition=rows.definition,
        stated_population=rows.population,
        definition=[BY_MEASURE[one].definition for one in rows.measure],
        population=[BY_MEASURE[one].population for one in rows.measure],
    )
    return conforming(told.sort_values(StatedAndComputed.grain()), StatedAndComputed)


def _computed(row: Mapping[str, object], known: Known) -> tuple[float, str | None]:
    """A stated figure computed anew, and from what; not a number where that cannot be done."""
    project, measure, document = (str(row[n]) for n in ("project_id", "measure", "document"))
    day, earlier, statistic = row["as_of"], row["compared_as_of"], str(row["statistic"])
    assert isinstance(day, dt.date)  # noqa: S101 - its contract says so
    if statistic == "value":
        own = known.registers.get((project, measure, day))
        return (float("nan"), None) if own is None else (own, "registers")
    now = known.of((project, measure, day), document)
    if isinstance(earlier, dt.date):
        base = known.of((project, measure, earlier), document)
    else:
        base = known.of((project, WHOLE_OF.get(measure, ""), day), document)
    if now is None or base is None:
        return float("nan"), None
    basis = "registers" if now[1] == base[1] == "registers" else "documents"
    return _related(now[0], base[0], statistic), basis


def _related(now: float, base: float, statistic: str) -> float:
    """A figure beside the one it is compared with."""
    if statistic == "change":
        return now - base
    if base == 0:
        return float("nan")
    return 100 * now / base - (100 if statistic == "change_percent" else 0)


def _by_key(figures: pd.DataFrame) -> dict[Key, float]:
    days = _days(figures.as_of)
    keys = zip(figures.project_id, figures.measure, days, strict=True)
    return dict(zip(keys, figures.value, strict=True))


def _by_document(stated: pd.DataFrame) -> dict[str, dict[Key, frozenset[float]]]:
    found: dict[str, dict[Key, frozenset[float]]] = {}
    for row in stated[stated.statistic == "value"].to_dict("records"):
        own = found.setdefault(row["document"], {})
        key = (row["project_id"], row["measure"], row["as_of"])
        own[key] = own.get(key, frozenset()) | {row["stated"]}
    return found


def _days(column: pd.Series) -> pd.Series:
    days = [None if pd.isna(day) else pd.Timestamp(day).date() for day in column]
    return pd.Series(days, column.index, dtype=object)
