"""`interim`: the interim report of 31 July, for the administration's own work."""

from typing import Annotated

import typer

from assets.commands.terminal import app, console, stop
from pipelines.workspace import Workspace


@app.command()
def interim(
    year: Annotated[int, typer.Argument(help="Year of the report, 2016.")],
) -> None:
    """Write the interim report of a year: outcome, ambition, the year before, stated figures."""
    from pipelines.ambitions.interim import FOLDER, interim_page, interim_tables
    from pipelines.schools.outbox import write_to_outbox
    from schemas.ambitions import ALL_PROJECTS, Figures, Outcomes, StatedAndComputed

    workspace = Workspace.from_environment()
    made = (Figures, Outcomes, StatedAndComputed)
    figures, outcomes, stated = (workspace.lake.read(one.table(), one) for one in made)
    tables = interim_tables(figures, outcomes, stated, year)
    if not any(table.rows for table in tables):
        stop(f"nothing is known of {year}: deliver its registers and run `samverkan run`", 1)
    page = interim_page(tables, year, is_simulated=workspace.is_simulated)
    name = f"delredovisning_{year}.html"
    folder = write_to_outbox(workspace.outbox, ALL_PROJECTS, FOLDER, {name: page})
    for table in tables:
        console.print(f"{table.title}: {len(table.rows)}", highlight=False, markup=False)
    console.print(str(folder / name), highlight=False, markup=False, soft_wrap=True)
