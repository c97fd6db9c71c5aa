"""What a judgement across files is, and how the ones in this folder are found."""

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from pkgutil import iter_modules
from typing import Literal

import ibis

FOUND = (
    "table_name", "school_id", "part", "period", "delivery_id", "count", "expected", "measure",
    "basis",
)  # fmt: skip
"""Columns that a judgement returns: those of ``checks.findings`` that it knows, and ``basis``,
what the measure rests on and ``fewest`` of the limit is compared with."""

_TYPES = dict.fromkeys(FOUND, "string") | {
    "count": "int64",
    "expected": "float64",
    "measure": "float64",
    "basis": "int64",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Crosscheck:
    """A judgement, declared once; its limits stand in :mod:`schemas.crosschecks`.

    Attributes:
        name: Identifier; also the name of the check on the graph.
        title_sv: What is found, in Swedish.
        title_en: The same in English.
        advice_sv: What to do about it, in Swedish.
        advice_en: The same in English.
        table: Table whose asset carries the check.
        period: What a run of that asset judges: a month, a term, or everything.
        reads: Tables it looks at, as ``layer.table``.
        judge: Those tables, as arguments named after the table, to rows of :data:`FOUND`, for
            all periods in them and whatever the measure; pure.
        looks_back: Months before the period whose rows it needs beside it.
    """

    name: str
    title_sv: str
    title_en: str
    advice_sv: str
    advice_en: str
    table: str
    period: Literal["month", "term", "whole"]
    reads: tuple[str, ...]
    judge: Callable[..., ibis.Table]
    looks_back: tuple[int, ...] = ()


def load_crosschecks() -> dict[str, Crosscheck]:
    """Every judgement in this folder by name: adding a file is adding a judgement."""
    package = import_module("pipelines.crosschecks")
    names = sorted(module.name for module in iter_modules(package.__path__))
    modules = [import_module(f"{package.__name__}.{name}") for name in names]
    found = [one for module in modules for one in getattr(module, "CROSSCHECKS", ())]
    return {crosscheck.name: crosscheck for crosscheck in found}


def found(rows: ibis.Table, **columns: object) -> ibis.Table:
    """Rows as a judgement returns them; a column that is neither given nor there is empty.

    Args:
        rows: One row per finding.
        columns: Values, or expressions of ``rows``, by column of :data:`FOUND`.
    """
    empty = {name: ibis.null(kind) for name, kind in _TYPES.items() if name not in rows.columns}
    given = {n: ibis.literal(v) if isinstance(v, str) else v for n, v in columns.items()}
    full = rows.mutate(**empty | given)
    return full.select(**{name: full[name].cast(kind) for name, kind in _TYPES.items()})
