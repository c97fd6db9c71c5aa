"""What every command shares: the application, the terminal and how a command ends."""

import sys
from collections.abc import Sequence
from typing import NoReturn, TextIO

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from pipelines.workspace import Workspace

REPORT = "report.html"

app = typer.Typer(
    name="samverkan",
    help="Follow-up of pilots in which schools and social services support pupils.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)
WITHOUT_TERMINAL = 200
"""Width of what is written to a file or a pipe: lines there are read by programs [characters]."""


def _as_wide_as(stream: TextIO) -> int | None:
    return None if stream.isatty() else WITHOUT_TERMINAL


console = Console(width=_as_wide_as(sys.stdout))
errors = Console(width=_as_wide_as(sys.stderr), stderr=True)


def stop(message: str, code: int) -> NoReturn:
    """Say why on the error stream and end with an exit status."""
    errors.print(message, soft_wrap=True)
    raise typer.Exit(code)


def progress_bar() -> Progress:
    """A bar that counts what is done of how many, and the time."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    return Progress(*columns, TimeElapsedColumn(), console=console)


def print_deliveries(rows: Sequence[dict[str, object]]) -> None:
    """A line for each delivery, with the columns of ``raw.deliveries``."""
    if not rows:
        return
    table = Table("file", "status", "records", "accepted", "quarantined", "duplicates", "cause")
    for row in rows:
        cells = ("file_name", "status", "records", "accepted", "quarantined", "duplicates", "cause")
        table.add_row(*(str(row[cell] if row[cell] is not None else "") for cell in cells))
    console.print(table)


def tell_where(workspace: Workspace) -> None:
    """Where the newest release lies."""
    from pipelines.releases.release import current
    from pipelines.releases.warehouse import WAREHOUSE

    release = current(workspace.releases)
    if release is None:
        console.print("published: nothing yet")
        return
    console.print(f"report:    {release / REPORT}", soft_wrap=True, highlight=False)
    console.print(f"warehouse: {release / WAREHOUSE}", soft_wrap=True, highlight=False)
