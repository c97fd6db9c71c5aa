"""`summary`: an indicator for any unit, period and group of pupils."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from assets.commands.terminal import app, console, stop
from pipelines.workspace import Workspace

if TYPE_CHECKING:
    import ibis
    import pandas as pd

    from pipelines.indicators.registry import Indicator

MOST_PRINTED = 200


@app.command()
def summary(  # noqa: PLR0913, PLR0917 - one option per thing to choose by
    indicator: Annotated[str, typer.Argument(help="Name in the registry.")],
    level: Annotated[
        str, typer.Option(help="class, grade, school, project, district or city.")
    ] = "school",
    by: Annotated[str, typer.Option(help="all, sex, grade_level or newly_arrived.")] = "all",
    periods: Annotated[str, typer.Option(help="month, term or school_year.")] = "school_year",
    period: Annotated[str | None, typer.Option(help="Only this one, as 2016-03.")] = None,
    unit: Annotated[str | None, typer.Option(help="Only this unit, by its code.")] = None,
    csv: Annotated[Path | None, typer.Option(help="Write to this file instead.")] = None,
    small: Annotated[
        bool, typer.Option("--small", help="Show cells of fewer than ten pupils: internal use.")
    ] = False,
) -> None:
    """Sum an indicator over classes, schools or districts, by group. Internal: not for release."""
    from pipelines.indicators.registry import load_indicators

    known = load_indicators()
    if indicator not in known:
        stop(f"no indicator is called {indicator}; there are: {', '.join(known)}", 2)
    _require(known[indicator], level=level, by=by, periods=periods)
    asked = {"level": level, "grouping": by, "kind": periods, "period": period, "unit_id": unit}
    rows = _rows(known[indicator], {key: value for key, value in asked.items() if value})
    if rows.empty:
        stop(f"{indicator} has no value for that; run `samverkan run` or ask for other periods", 1)
    shown = rows if small else _without_small(rows)
    if csv is None:
        _print(shown)
    else:
        shown.to_csv(csv, index=False)
        console.print(f"{len(shown)} rows: {csv}", soft_wrap=True, highlight=False)


def _require(indicator: "Indicator", *, level: str, by: str, periods: str) -> None:
    """End unless the summary exists."""
    from pipelines.summaries import KINDS
    from schemas.codes import values
    from schemas.groups import EVERYBODY, GROUPINGS, SUMMARY_LEVELS

    kinds = KINDS[KINDS.index(indicator.period) :]
    _one_of("--level", level, values(SUMMARY_LEVELS))
    _one_of("--by", by, [EVERYBODY, *(one.name for one in GROUPINGS)])
    _one_of("--periods", periods, kinds)


def _one_of(option: str, value: str, choices: Sequence[str]) -> None:
    if value not in choices:
        stop(f"{option} is one of {', '.join(choices)}, not {value}", 2)


def _rows(indicator: "Indicator", asked: dict[str, str]) -> "pd.DataFrame":
    """The summary's rows in order, read from the lake."""
    from pipelines.summaries import CELL, PLACES
    from pipelines.summaries import summary as relation
    from schemas.contract import load_contracts
    from schemas.indicators import IndicatorValues

    lake = Workspace.from_environment().lake
    tables: dict[str, ibis.Table] = {
        name: lake.read(name, load_contracts()[name]) for name in PLACES
    }
    tables[indicator.table] = lake.read(indicator.table, IndicatorValues)
    found = relation([indicator], tables)
    wanted = found.filter(*(found[column] == value for column, value in asked.items()))
    rows: pd.DataFrame = wanted.order_by(CELL).execute()
    return rows


def _without_small(rows: "pd.DataFrame") -> "pd.DataFrame":
    """The same without figures where fewer pupils than the threshold stand behind them."""
    from pipelines.releases.disclosure import THRESHOLD

    hidden = rows.copy()
    figures = ["students", "missing", "numerator", "denominator", "value"]
    hidden[figures] = hidden[figures].astype(object)
    hidden.loc[rows.students < THRESHOLD, figures] = None
    return hidden


def _print(rows: "pd.DataFrame") -> None:
    columns = ["period", "unit_id", "group_id", "students", "missing", "numerator", "denominator"]
    table = Table(*columns, "value")
    for row in rows.head(MOST_PRINTED).to_dict("records"):
        value = row["value"]
        hidden = row["students"] is None
        cells = [".." if row[name] is None else f"{row[name]:g}" for name in columns[3:]]
        names = [str(row[name]) for name in columns[:3]]
        table.add_row(*names, *cells, ".." if hidden or value is None else f"{value:.4g}")
    console.print(table)
    if len(rows) > MOST_PRINTED:
        console.print(f"{len(rows) - MOST_PRINTED} more rows: write them with --csv FILE")
