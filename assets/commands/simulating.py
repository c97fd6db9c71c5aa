"""`simulate`: an invented city's deliveries, and the truth behind them."""

from pathlib import Path
from typing import Annotated

import typer

from assets.commands.terminal import app, console, progress_bar, stop


@app.command()
def simulate(
    into: Annotated[Path, typer.Argument(help="New folder for deliveries/ and truth/.")],
    seed: Annotated[int, typer.Option(help="Start of every random number.")] = 1,
    schools: Annotated[int, typer.Option(help="Schools in the city.")] = 40,
    years: Annotated[int, typer.Option(help="School years from 2011/12.")] = 6,
    effect: Annotated[float, typer.Option(help="True ratio of absence under support.")] = 0.75,
) -> None:
    """Write an invented city's deliveries, and the truth behind them."""
    simulate_into(into, seed=seed, schools=schools, years=years, effect=effect)
    console.print(f"deliveries: {into / 'deliveries'}", soft_wrap=True)
    console.print(f"truth: {into / 'truth'}", soft_wrap=True)


def simulate_into(into: Path, *, seed: int, schools: int, years: int, effect: float) -> None:
    """Simulate a city into a folder, with a bar; stop where the parameters are impossible."""
    from pipelines.simulation.city import Parameters, simulate

    try:
        parameters = Parameters(seed=seed, schools=schools, years=years, effect=effect)
    except ValueError as error:
        stop(str(error), 2)
    if any(into.joinpath(part).exists() for part in ("deliveries", "truth")):
        stop(f"{into} already holds a simulated city", 2)
    with progress_bar() as bar:
        tasks: dict[str, object] = {}

        def tell(stage: str, done: int, total: int) -> None:
            if stage not in tasks:
                tasks[stage] = bar.add_task(f"simulating {stage}", total=total)
            bar.update(tasks[stage], completed=done)  # type: ignore[arg-type]

        simulate(into, parameters=parameters, progress=tell)
