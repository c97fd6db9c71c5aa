"""`findings` and `accept`: what files say against each other, and what may be published anyway."""

import json
from typing import Annotated

import pandas as pd
import typer
from rich.table import Table

from assets.commands.terminal import app, console, stop
from pipelines.workspace import Workspace
from schemas.crosschecks import FINDING_SEVERITIES, Findings


@app.command()
def findings(
    every: Annotated[
        bool, typer.Option("--all", help="Warnings too, and what was accepted.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="For machines.")] = False,
) -> None:
    """What holds publication, as judged before the last release; exit status 1 if anything."""
    from pipelines.crosschecks.accepting import accepted
    from pipelines.crosschecks.findings import holding

    workspace = Workspace.from_environment()
    rows = _rows(workspace)
    held = holding(rows, accepted(workspace))
    shown = rows if every else held
    if as_json:
        typer.echo(json.dumps(shown.to_dict("records"), ensure_ascii=False, indent=2))
    else:
        _print(shown, is_held=frozenset(held.finding_id))
    if not held.empty:
        raise typer.Exit(1)


@app.command()
def accept(
    finding_ids: Annotated[list[str], typer.Argument(help="From `samverkan findings`.")],
    reason: Annotated[str, typer.Option(help="Why it is right as it is; about no person.")],
) -> None:
    """Take responsibility for findings, so that they no longer hold publication."""
    from pipelines.audit import AuditError
    from pipelines.crosschecks.accepting import accept as enter

    workspace = Workspace.from_environment()
    unknown = sorted({*finding_ids} - {*_rows(workspace).finding_id})
    if unknown:
        stop(f"no such finding: {', '.join(unknown)}", 2)
    try:
        enter(workspace, finding_ids, reason=reason)
    except AuditError as error:
        stop(str(error), 1)
    console.print(f"accepted: {len(set(finding_ids))}; run `samverkan run` to publish")


def _rows(workspace: Workspace) -> pd.DataFrame:
    rows: pd.DataFrame = workspace.lake.read(Findings.table(), Findings).execute()
    return rows.astype(object).where(rows.notna(), None)


def _print(rows: pd.DataFrame, *, is_held: frozenset[str]) -> None:
    from pipelines.crosschecks.registry import load_crosschecks

    if rows.empty:
        console.print("nothing holds publication")
        return
    known = load_crosschecks()
    severities = {code.code: code.en for code in FINDING_SEVERITIES}
    table = Table()
    table.add_column("finding", no_wrap=True, min_width=16)
    for heading in ("crosscheck", "school", "part", "period", "count", ""):
        table.add_column(heading, overflow="fold")
    for row in rows.to_dict("records"):
        is_accepted = row["severity"] == "hold" and row["finding_id"] not in is_held
        table.add_row(
            row["finding_id"],
            row["crosscheck"],
            *(row[name] or "" for name in ("school_id", "part", "period")),
            str(row["count"]),
            "accepted" if is_accepted else severities[row["severity"]],
        )
    console.print(table)
    for name in dict.fromkeys(rows.crosscheck):
        about = f"{name}: {known[name].title_en}. {known[name].advice_en}"
        console.print(about, highlight=False, markup=False)
