"""`revisions`: what corrections changed, row by row and figure by figure."""

from pathlib import Path
from typing import Annotated

import pandas as pd
import typer
from rich.table import Table

from assets.commands.deciding import one_delivery
from assets.commands.terminal import app, console
from pipelines.workspace import Workspace

COUNTS = ("rows_before", "rows_after", "rows_new", "rows_changed", "rows_gone")
SHORT = 12


@app.command()
def revisions(
    delivery: Annotated[
        str | None, typer.Argument(help="File name or first characters of its id; all if left out.")
    ] = None,
) -> None:
    """What corrections changed, and what they did to each indicator of each school."""
    from pipelines.ingest.revision_pages import effects_of, revisions_of, write_pages
    from pipelines.ingest.weighing import why_unknown

    workspace = Workspace.from_environment()
    delivery_id = None if delivery is None else one_delivery(workspace, delivery)
    names = {str(r["delivery_id"]): r for r in workspace.ledger.rows()}
    found = revisions_of(workspace.lake, delivery_id)
    _print_rows(found, names)
    if delivery_id is None:
        return
    unknown = why_unknown(workspace, delivery_id)
    if unknown is None:
        _print_effects(effects_of(workspace.lake, delivery_id))
    else:
        console.print(unknown, markup=False, soft_wrap=True)
    if not found.empty:
        for path in write_pages(workspace, delivery_id):
            _tell(path)


def _print_rows(found: pd.DataFrame, names: dict[str, dict[str, object]]) -> None:
    table = Table("correction", "status", "corrects", "table", *(c[5:] for c in COUNTS))
    for row in found.to_dict("records"):
        delivery = names.get(row["delivery_id"], {})
        cells = (delivery.get("file_name", ""), delivery.get("status", ""))
        counts = (str(row[count]) for count in COUNTS)
        corrected = row["supersedes"][:SHORT]
        table.add_row(*map(str, cells), corrected, row["table_name"], *counts)
    console.print(table, markup=False)


def _print_effects(found: pd.DataFrame) -> None:
    if found.empty:
        console.print("no indicator of any school is changed")
        return
    table = Table("indicator", "school", "period", "pupils", "before", "after")
    for row in found.to_dict("records"):
        values = (
            _shown(row[f"numerator_{when}"], row[f"denominator_{when}"], row[f"value_{when}"])
            for when in ("before", "after")
        )
        pupils = f"{row['students_before']} → {row['students_after']}"
        table.add_row(row["indicator"], row["school_id"], row["period"], pupils, *values)
    console.print(table, markup=False)


def _shown(numerator: float, denominator: float, value: float) -> str:
    if pd.isna(value):
        return "."
    return f"{numerator:g} / {denominator:g} = {value:.4g}"


def _tell(path: Path) -> None:
    console.print(str(path), soft_wrap=True, highlight=False)
