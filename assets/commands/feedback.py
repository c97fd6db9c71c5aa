"""`feedback`: what each sender is told of its files, as pages and workbooks in the outbox."""

from typing import Annotated

import typer

from assets.commands.terminal import app, console, stop
from pipelines.workspace import Workspace

SHORTEST_ID = 6


@app.command()
def feedback(
    delivery: Annotated[
        str | None, typer.Argument(help="One delivery: start of its id, or its file's name.")
    ] = None,
    school: Annotated[
        str | None, typer.Option(help="Every file of one school, by its code, or one project.")
    ] = None,
) -> None:
    """Write feedback files to the outbox: on what changed, or on what is asked for.

    Without an argument only files with faults that are new or have changed are written.
    """
    from pipelines.schools.feedback import write_feedback, write_new_feedback

    workspace = Workspace.from_environment()
    if delivery is None and school is None:
        told = write_new_feedback(workspace)
    else:
        wanted = _wanted(workspace, delivery, school)
        if not wanted:
            stop("no such delivery; `samverkan status --all` lists them", 2)
        told = write_feedback(workspace, wanted)
    for folder in told.folders:
        console.print(str(folder), highlight=False, markup=False, soft_wrap=True)
    console.print(f"{told.files} feedback files, {told.summaries} summaries", highlight=False)


def _wanted(workspace: Workspace, delivery: str | None, school: str | None) -> list[str]:
    """Ids of the deliveries that are asked for."""
    from pipelines.schools.places import Places

    places = Places.of(workspace)
    return [
        str(row["delivery_id"])
        for row in workspace.ledger.rows()
        if (delivery is None or _is(row, delivery))
        and (school is None or places.owner_of(row) == school)
    ]


def _is(row: dict[str, object], delivery: str) -> bool:
    is_start = len(delivery) >= SHORTEST_ID and str(row["delivery_id"]).startswith(delivery)
    return is_start or row["file_name"] == delivery
