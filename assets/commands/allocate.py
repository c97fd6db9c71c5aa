"""`allocate`: a pool divided among the districts that applied, with each step in words."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from assets.commands.terminal import app, console, stop
from pipelines.workspace import Workspace

if TYPE_CHECKING:
    from pipelines.money.allocation import Application, Terms
    from pipelines.money.proposals import Proposal


@app.command()
def allocate(  # noqa: PLR0913, PLR0917 - one option per thing to choose by
    year: Annotated[
        int | None, typer.Argument(help="Year whose applications were delivered.")
    ] = None,
    pool: Annotated[int, typer.Option(help="To be divided [SEK].")] = 0,
    cap: Annotated[
        int | None,
        typer.Option(help="First step, at most this for each school [SEK]; else pool / schools."),
    ] = None,
    exclude: Annotated[
        list[str] | None, typer.Option(help="Takes no part in what is left; may be repeated.")
    ] = None,
    applications: Annotated[
        Path | None, typer.Option(help="A CSV file in the place of the delivered table.")
    ] = None,
    into: Annotated[
        list[Path] | None, typer.Option(help="Write to this file too, .csv or .xlsx.")
    ] = None,
) -> None:
    """Propose how a pool is divided: nothing is stored, the decision is the board's."""
    from pipelines.money.allocation import AllocationError
    from pipelines.money.proposals import Proposal

    _require_formats(into or [])
    try:
        asked = _asked(year, applications)
        proposal = Proposal.of(asked, _terms(asked, pool, cap, exclude or []))
    except AllocationError as error:
        stop(str(error), 2)
    _print(proposal)
    for path in into or []:
        path.write_bytes(proposal.as_xlsx() if path.suffix == ".xlsx" else proposal.as_csv())
        console.print(str(path), soft_wrap=True, highlight=False)


def _require_formats(paths: list[Path]) -> None:
    for path in paths:
        if path.suffix not in (".csv", ".xlsx"):
            stop(f"{path.name}: write to a file that ends with .csv or .xlsx", 2)


def _asked(year: int | None, path: Path | None) -> "list[Application]":
    """The applications of a file, else of a year."""
    from pipelines.money.proposals import applications_in, delivered_applications

    if (year is None) == (path is None):
        stop("say either a year, or a file with --applications", 2)
    if path is not None:
        return applications_in(path)
    found = delivered_applications(Workspace.from_environment(), year or 0)
    if not found:
        stop(f"no applications of {year} are delivered (file ansokningar_{year})", 1)
    return found


def _terms(asked: "list[Application]", pool: int, cap: int | None, excluded: list[str]) -> "Terms":
    from fractions import Fraction

    from pipelines.money.allocation import Terms
    from pipelines.money.proposals import cap_of

    if pool <= 0:
        stop("say how much is to be divided: --pool 10000000", 2)
    per_school = cap_of(pool, asked) if cap is None else Fraction(cap)
    return Terms(pool, per_school, frozenset(excluded))


def _print(proposal: "Proposal") -> None:
    from pipelines.money.proposals import HEADINGS

    table = Table(HEADINGS[0])
    for heading in HEADINGS[1:]:
        table.add_column(heading, justify="right")
    for name, *numbers in proposal.rows():
        table.add_row(str(name), *(_spaced(number) for number in numbers))
    console.print(table)
    for name, steps in proposal.steps():
        console.print(f"\n{name}", markup=False, highlight=False)
        for step in steps:
            console.print(f"  {step}", markup=False, highlight=False, soft_wrap=True)
    console.print(f"\nKvar i potten: {_spaced(proposal.left_sek)} kr", highlight=False)


def _spaced(number: str | float) -> str:
    """``1 134 896``, öre after a comma where there are any."""
    decimals = 0 if isinstance(number, int) else 2
    text = f"{number:,.{decimals}f}"
    return text.replace(",", "\N{NO-BREAK SPACE}").replace(".", ",")
