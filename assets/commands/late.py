"""`late`: which school owes which file, since when, and what to do about it."""

import datetime as dt
import json
from collections.abc import Mapping, Sequence
from typing import Annotated, Any

import typer
from rich.table import Table

from assets.commands.terminal import app, console, stop
from pipelines.workspace import Workspace
from schemas.freshness import FRESHNESS_STATES

TO_DO = {
    "missing": "remind the school of the file",
    "rejected": "send the school its feedback file (`samverkan feedback`): it cannot be read",
    "held": "decide: the file waits for somebody (`samverkan status`)",
}
"""What to do about a delivery that is outstanding, by its state."""


@app.command()
def late(
    school: Annotated[str | None, typer.Option(help="Only this school unit code.")] = None,
    period: Annotated[str | None, typer.Option(help="Only this month or term.")] = None,
    as_of: Annotated[str | None, typer.Option(help="As on this day, YYYY-MM-DD.")] = None,
    every: Annotated[bool, typer.Option("--all", help="Also what came, late or in time.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="For machines.")] = False,
) -> None:
    """Who is late: which file is missing, rejected or held, since when, and what to do."""
    rows = [
        row
        for row in _owed(_day(as_of))
        if every or row["state"] in _outstanding()
        if (school or row["school_id"]) == row["school_id"]
        if (period or row["period"]) == row["period"]
    ]
    if as_json:
        typer.echo(json.dumps(rows, ensure_ascii=False, indent=2))
        return
    _print(rows)


def _outstanding() -> list[str]:
    return [state.code for state in FRESHNESS_STATES if state.group == "outstanding"]


def _owed(as_of: dt.date | None) -> list[dict[str, Any]]:
    """Every delivery owed by a day, with the days since it was due."""
    from pipelines.freshness import accounts_of, file_name_of, freshness, judged_on

    workspace = Workspace.from_environment()
    accounts = accounts_of(workspace)
    today = judged_on(
        dt.datetime.now(dt.UTC).date(), accounts.attendance, is_simulated=workspace.is_simulated
    )
    day = as_of or today
    rows = freshness(accounts, as_of=day).to_pyarrow().to_pylist()
    return [
        {
            **row,
            "file_name": file_name_of(row["kind"], row["school_id"], row["period"]),
            "days": (day - dt.date.fromisoformat(row["due_on"])).days,
            "to_do": TO_DO.get(row["state"], ""),
        }
        for row in rows
    ]


def _day(text: str | None) -> dt.date | None:
    if text is None:
        return None
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        stop(f"{text} is no day; write YYYY-MM-DD", 2)


def _print(rows: Sequence[Mapping[str, Any]]) -> None:
    if not rows:
        console.print("every expected delivery has come")
        return
    states = {state.code: state.en for state in FRESHNESS_STATES}
    table = Table()
    for heading in ("file", "school", "state", "due", "days"):
        table.add_column(heading, no_wrap=heading not in ("school", "state"))
    for row in sorted(rows, key=lambda row: (row["due_on"], row["school_id"], row["kind"])):
        name, days = row["school_name"] or "", str(max(0, row["days"]))
        table.add_row(row["file_name"], name, states[row["state"]], row["due_on"], days)
    console.print(table)
    schools = len({row["school_id"] for row in rows})
    console.print(f"{len(rows)} deliveries of {schools} schools", highlight=False)
    for state in dict.fromkeys(row["state"] for row in rows if row["to_do"]):
        console.print(f"{states[state]}: {TO_DO[state]}", highlight=False, markup=False)
