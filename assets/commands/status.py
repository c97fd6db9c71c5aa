"""`status`: what was delivered, what needs a hand, what is published."""

from collections.abc import Sequence
from typing import Annotated

import typer
from rich.table import Table

from assets.commands.terminal import app, console, print_deliveries, tell_where
from pipelines.workspace import Workspace

COUNTS = ("records", "accepted", "quarantined", "duplicates", "superseded")


@app.command()
def status(
    every: Annotated[
        bool, typer.Option("--all", help="Every delivery, not only those that need a hand.")
    ] = False,
) -> None:
    """What was delivered, what needs a hand, what is outdated and what is published."""
    from pipelines.ingest.inbox import masked, ready_files

    workspace = Workspace.from_environment()
    rows = workspace.ledger.rows()
    counts = Table("status", "files", *COUNTS, "completeness unproven")
    for name in sorted({str(row["status"]) for row in rows}):
        of_status = [row for row in rows if row["status"] == name]
        sums = (_sum(of_status, column) for column in COUNTS)
        unproven = sum(row["completeness"] == "unproven" for row in of_status)
        counts.add_row(name, str(len(of_status)), *map(str, sums), str(unproven))
    console.print(counts)
    print_deliveries([r for r in rows if every or r["status"] in ("rejected", "held", "received")])
    for kind, periods in workspace.ledger.pending().items():
        console.print(f"outdated {kind}: {periods[0]} to {periods[-1]} ({len(periods)})")
    waiting = sorted(path.name for path in workspace.inbox.iterdir())
    console.print(f"in the inbox: {len(waiting)}")
    left_alone = sorted(set(waiting) - {path.name for path in ready_files(workspace.inbox)})
    if left_alone:
        console.print(f"left alone: {', '.join(map(masked, left_alone))}", markup=False)
    tell_where(workspace)


def _sum(rows: Sequence[dict[str, object]], column: str) -> int:
    return sum(int(str(row[column])) for row in rows)
