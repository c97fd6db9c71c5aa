"""`check`: a file judged before it is sent."""

from pathlib import Path
from typing import Annotated

import typer

from assets.commands.terminal import app, console


@app.command()
def check(
    files: Annotated[list[Path], typer.Argument(help="Files to judge.", exists=True)],
) -> None:
    """Judge files as if they were delivered, and store nothing."""
    from pipelines.ingest.checking import check_file

    verdicts = [check_file(path) for path in files]
    for path, verdict in zip(files, verdicts, strict=True):
        console.print(f"[bold]{path.name}[/bold]: {verdict.summary}", highlight=False)
        for line in verdict.faults:
            console.print(f"  {line}", highlight=False, markup=False)
    if not all(verdict.is_accepted for verdict in verdicts):
        raise typer.Exit(1)
