"""`status`: what was delivered, what needs a hand, what is published."""

from collections.abc import Sequence
from typing import Annotated

import typer
from rich.table import Table

from assets.commands.terminal import app, console, print_deliveries, tell_where
from pipelines.workspace import Workspace


@app.command()
def status(
    every: Annotated[
        bool, typer.Option("--all", help="Every delivery, not only those that need a hand.")
    ] = False,
) -> None:
    """What was delivered, what needs a hand, what is outdated and what is published."""
    workspace = Workspace.from_environment()
    rows = workspace.ledger.rows()
    counts = Table(
        "status", "files", "records", "accepted", "quarantined", "duplicates", "superseded"
    )
    for name in sorted({str(row["status"]) for row in rows}):
        of_status = [row for row in rows if row["status"] == name]
        sums = (
            _sum(of_status, c)
            for c in ("records", "accepted", "quarantined", "duplicates", "superseded")
        )
        counts.add_row(name, str(len(of_status)), *map(str, sums))
    console.print(counts)
    print_deliveries([r for r in rows if every or r["status"] in ("rejected", "held", "received")])
    for kind, periods in workspace.ledger.pending().items():
        console.print(f"outdated {kind}: {periods[0]} to {periods[-1]} ({len(periods)})")
    waiting = len(list(workspace.inbox.iterdir()))
    console.print(f"in the inbox: {waiting}")
    tell_where(workspace)


def _sum(rows: Sequence[dict[str, object]], column: str) -> int:
    return sum(int(str(row[column])) for row in rows)
