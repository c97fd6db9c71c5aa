"""`query`: questions to the current release."""

from collections.abc import Iterator
from typing import Annotated

import typer

from assets.commands.terminal import app, console, stop
from pipelines.workspace import Workspace


@app.command()
def query(
    sql: Annotated[
        str | None, typer.Argument(help="One statement; asks for more if left out.")
    ] = None,
) -> None:
    """Ask the current release's warehouse, read-only."""
    from pipelines.releases.release import current
    from pipelines.releases.warehouse import WAREHOUSE, WarehouseError, open_release

    release = current(Workspace.from_environment().releases)
    if release is None:
        stop("nothing is published yet; run `samverkan run` or `samverkan demo`", 1)
    with open_release(release / WAREHOUSE) as warehouse:
        for statement in [sql] if sql else _asked():
            try:
                answer = warehouse.answer(statement)
            except WarehouseError as error:
                if sql:
                    stop(str(error), 1)
                answer = str(error)
            console.print(answer, markup=False, highlight=False, soft_wrap=True)


def _asked() -> Iterator[str]:
    while True:
        try:
            statement = console.input("sql> ").strip()
        except (EOFError, KeyboardInterrupt):
            return
        if statement:
            yield statement
