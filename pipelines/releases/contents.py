"""What goes into a release: the tables of the lake, and what the manifest says of them."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from inspect import getdoc
from typing import Any

import pandas as pd
from ibis import _
from pandera.errors import SchemaError, SchemaErrors

from pipelines.calendar import school_year_of_term, term_of_month
from pipelines.indicators.registry import Indicator
from pipelines.lake import Lake
from pipelines.releases.disclosure import THRESHOLD
from pipelines.releases.missing import count_missing
from pipelines.releases.numbers import Language
from pipelines.releases.sections import Quality
from pipelines.releases.warehouse import Extent, Source
from pipelines.results import results_table
from schemas import rules
from schemas.attendance import Attendance
from schemas.codes import LEVELS
from schemas.contract import Contract, load_contracts
from schemas.deliveries import Deliveries
from schemas.freshness import Freshness
from schemas.indicators import IndicatorValues
from schemas.places import ProjectSchools
from schemas.results import PublishedResults, Results
from schemas.rules import Rule

_KEY = ["indicator", "level", "unit_id", "school_year"]


class ReleaseError(RuntimeError):
    """Nothing was published; says why, and never quotes a row."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """What the operator knows of a release and the tables do not tell.

    Attributes:
        code_version: Version or commit of this program.
        parameters: What the run was asked for.
        is_simulated: Whether to mark every page and table as simulated.
        languages: Languages of the report.
    """

    code_version: str
    parameters: Mapping[str, str | int | float] = field(default_factory=dict)
    is_simulated: bool = False
    languages: tuple[Language, ...] = ("sv", "en")


def sources(lake: Lake, indicators: Mapping[str, Indicator]) -> dict[str, Source]:
    """Every table of the warehouse: those with a name of their own, and two per indicator.

    A contract may keep its table out: a list of named conditions is for a school alone.
    """
    found = {
        name: Source(lake.paths(name), contract)
        for name, contract in load_contracts().items()
        if contract.is_released()
    }
    for indicator in indicators.values():
        found[indicator.table] = _of_indicator(lake, indicator, indicator.table, IndicatorValues)
        name = results_table(indicator)
        found[name] = _of_indicator(lake, indicator, name, Results)
    return found


def open_rows(lake: Lake, indicators: Mapping[str, Indicator]) -> pd.DataFrame:
    """The published results, in the order of the registry, checked against what they hide.

    Raises:
        ReleaseError: If they are missing, break their contract, hold an indicator that may not
            leave, or are not of the results that lie in the lake now.
    """
    table = PublishedResults.table()
    if not lake.paths(table):
        raise ReleaseError(f"{table} has not been made")
    rows = lake.read(table, PublishedResults)
    try:
        PublishedResults.validate(rows, lazy=True)
    except (SchemaError, SchemaErrors):
        raise ReleaseError(f"{table} breaks its contract") from None
    published: pd.DataFrame = rows.execute()
    _require_same(published, _results(lake, indicators))
    return _ordered(published, list(indicators))


def content_of(lake: Lake, tables: Mapping[str, Extent], manifest: Manifest) -> dict[str, Any]:
    """What a release is made of, and the hash that two releases of the same share.

    Delivered files are named, not described: the time they came makes no difference.
    """
    active = lake.read(Deliveries.table(), Deliveries).filter(_.status == "active")
    inputs = active.select("delivery_id", "file_name").order_by("delivery_id").execute()
    content = {
        "inputs": inputs.to_dict("records"),
        "code_version": manifest.code_version,
        "parameters": dict(manifest.parameters),
        "is_simulated": manifest.is_simulated,
        "languages": list(manifest.languages),
        "rules": dated_rules(),
        "suppression_threshold": THRESHOLD,
        "tables": {name: asdict(extent) for name, extent in sorted(tables.items())},
    }
    canonical = json.dumps(content, sort_keys=True, ensure_ascii=False).encode()
    return {"content_hash": hashlib.sha256(canonical).hexdigest(), **content}


def dated_rules() -> dict[str, list[dict[str, str | float]]]:
    """Every dated rule of :mod:`schemas.rules` with its versions."""
    return {
        name: [rule._asdict() for rule in versions]
        for name, versions in vars(rules).items()
        if isinstance(versions, tuple) and all(isinstance(rule, Rule) for rule in versions)
    }


def quality_of(lake: Lake, indicators: Mapping[str, Indicator]) -> Quality:
    """What was delivered and what is owed, how much time is reported, which values are missing."""
    attendance = lake.read(Attendance.table(), Attendance)
    coverage = attendance.group_by(school_year=school_year_of_term(term_of_month(_.month))).agg(
        schools=_.school_id.nunique(),
        reported_share=_.reported_minutes.sum() / _.scheduled_minutes.sum().nullif(0),
    )
    deliveries = lake.read(Deliveries.table(), Deliveries)
    return Quality(
        deliveries=deliveries.execute(),
        coverage=coverage.execute(),
        freshness=lake.read(Freshness.table(), Freshness).execute(),
        missing=count_missing(lake, indicators),
    )


def pilot_schools(lake: Lake) -> frozenset[str]:
    """Schools that some project covers at any time."""
    covers = lake.read(ProjectSchools.table(), ProjectSchools)
    return frozenset(covers.select("school_id").distinct().execute().school_id)


def _of_indicator(lake: Lake, indicator: Indicator, table: str, contract: type[Contract]) -> Source:
    about = f"{indicator.title_en} ({indicator.title_sv}), {indicator.unit_en}.\n\n"
    return Source(lake.paths(table), contract, about=about + (getdoc(contract) or ""))


def _results(lake: Lake, indicators: Mapping[str, Indicator]) -> pd.DataFrame:
    """Every result in the lake that may leave, key and value."""
    published = [one for one in indicators.values() if one.is_published]
    tables = [lake.read(results_table(one), Results) for one in published]
    frames: list[pd.DataFrame] = [table.select(*_KEY, "value").execute() for table in tables]
    return pd.concat(frames)


def _require_same(published: pd.DataFrame, results: pd.DataFrame) -> None:
    both = published.merge(results, "outer", _KEY, suffixes=("", "_true"), indicator="origin")
    is_shown = both.state == "shown"
    if (both.origin != "both").any() or (both.value != both.value_true)[is_shown].any():
        raise ReleaseError(f"{PublishedResults.table()} is not of the results in the lake")


def _ordered(rows: pd.DataFrame, indicators: list[str]) -> pd.DataFrame:
    levels = [code.code for code in LEVELS]
    keyed = rows.assign(
        of_indicator=rows.indicator.map(indicators.index), of_level=rows.level.map(levels.index)
    )
    order = ["of_indicator", "of_level", "unit_name", "unit_id", "school_year"]
    ordered = keyed.sort_values(order, ignore_index=True)
    return ordered.drop(columns=order[:2])
