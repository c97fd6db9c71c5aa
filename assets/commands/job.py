"""The main job: `ingest`, `run` and `demo`."""

import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Event, Thread
from typing import Annotated

import typer
from rich.progress import Progress

from assets.commands.simulating import simulate_into
from assets.commands.terminal import (
    app,
    console,
    errors,
    print_deliveries,
    progress_bar,
    stop,
    tell_where,
)
from pipelines.workspace import Workspace

Simulated = Annotated[
    bool, typer.Option("--simulated", help="The files are invented, as the folder's are.")
]

HOLDS = "nothing_holds_publication"


@app.command()
def demo(
    seed: Annotated[int, typer.Option(help="Start of every random number.")] = 1,
    schools: Annotated[int, typer.Option(help="Schools in the city.")] = 40,
    years: Annotated[int, typer.Option(help="School years from 2011/12.")] = 6,
) -> None:
    """Simulate a city, run the whole job on it and say where the report and warehouse are."""
    from assets.history import skip_waiting_for_the_disk

    workspace = Workspace.from_environment()
    is_used = bool(workspace.ledger.rows()) or any(workspace.inbox.iterdir())
    if is_used and not workspace.is_simulated:
        stop(f"{workspace.root} holds real deliveries; set SAMVERKAN_DATA to another folder", 2)
    with TemporaryDirectory(dir=workspace.root) as folder:
        city = Path(folder) / "city"
        simulate_into(city, seed=seed, schools=schools, years=years, effect=0.75)
        workspace.simulated_mark.touch()
        for path in sorted((city / "deliveries").iterdir()):
            path.replace(workspace.inbox / path.name)
    skip_waiting_for_the_disk()
    _run(workspace)
    tell_where(workspace)


@app.command()
def ingest(
    files: Annotated[
        list[Path] | None, typer.Argument(help="Files to copy into the inbox first.")
    ] = None,
    simulated: Simulated = False,
) -> None:
    """Judge every file in the inbox; say what became of each that is new."""
    workspace = Workspace.from_environment()
    _require_invented(workspace, files or [], simulated=simulated)
    _drop(workspace, files or [])
    before = workspace.ledger.rows()
    is_done = _ingest(workspace)
    new = [row for row in workspace.ledger.rows() if row not in before]
    print_deliveries(new)
    if not is_done or any(row["status"] in ("rejected", "held") for row in new):
        raise typer.Exit(1)


@app.command()
def run(
    files: Annotated[
        list[Path] | None, typer.Argument(help="Files to copy into the inbox first.")
    ] = None,
    again: Annotated[
        bool, typer.Option("--again", help="Judge every archived file anew, for a lost lake.")
    ] = False,
    as_of: Annotated[
        str | None,
        typer.Option(help="Publish beside the others what was known then, such as 2016-07-31."),
    ] = None,
    simulated: Simulated = False,
) -> None:
    """Ingest, make every outdated table anew and publish, if anything changed."""
    workspace = Workspace.from_environment()
    if as_of is not None:
        _run_as_of(workspace, as_of)
        return
    _require_invented(workspace, files or [], simulated=simulated)
    _drop(workspace, files or [])
    if again:
        workspace.ledger.forget_verdicts()
    _run(workspace)
    tell_where(workspace)


def _run_as_of(workspace: Workspace, as_of: str) -> None:
    from pipelines.as_of import AsOfError, forget, moment_of, workspace_as_of

    try:
        at = moment_of(as_of)
        earlier = workspace_as_of(workspace, as_of)
    except AsOfError as error:
        stop(str(error), 2)
    _run(earlier, at=at)
    tell_where(earlier)
    forget(earlier)


def _require_invented(workspace: Workspace, files: Sequence[Path], *, simulated: bool) -> None:
    """Stop before a real file comes under pages that say every pupil is invented."""
    from pipelines.ingest.inbox import ready_files

    if not workspace.is_simulated or simulated:
        return
    if files or ready_files(workspace.inbox):
        stop(
            f"{workspace.root} holds an invented city, and every page made from it says so. For "
            "real files set SAMVERKAN_DATA to another folder; for invented ones add --simulated",
            2,
        )


def _drop(workspace: Workspace, files: Sequence[Path]) -> None:
    for path in files:
        shutil.copyfile(path, workspace.inbox / path.name)


def _ingest(workspace: Workspace, *, at: datetime | None = None) -> bool:
    from assets.running import open_home, run_ingest

    open_home(workspace)
    with progress_bar() as bar, _watched(bar, workspace):
        done = run_ingest(at=at)
    if not done.is_success:
        why = done.why or done.failed
        errors.print(f"ingest failed: {', '.join(why)}", soft_wrap=True, highlight=False)
    return done.is_success


def _run(workspace: Workspace, *, at: datetime | None = None) -> None:
    from assets.running import run_outdated

    if not _ingest(workspace, at=at):
        raise typer.Exit(1)
    with console.status("making tables") as waiting:
        for done in run_outdated(workspace, at=at):
            if not done.is_success:
                see = "findings" if any(HOLDS in name for name in done.failed) else "ui"
                stop(f"{done.job} failed: {', '.join(done.failed)}; see `samverkan {see}`", 1)
            console.print(f"{done.job}: {done.periods[0]} to {done.periods[-1]}", highlight=False)
            waiting.update(f"making tables, after {done.job}")


@contextmanager
def _watched(bar: Progress, workspace: Workspace) -> Iterator[None]:
    """Show how many of the waiting files are judged, as the ledger tells it."""
    total = len(list(workspace.inbox.iterdir())) + len(workspace.ledger.waiting())
    task = bar.add_task("judging files", total=total)
    settled_before = _settled(workspace)
    stop = Event()

    def watch() -> None:
        while not stop.wait(0.5):
            bar.update(task, completed=_settled(workspace) - settled_before)

    thread = Thread(target=watch, daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()
        bar.update(task, completed=total)


def _settled(workspace: Workspace) -> int:
    return sum(row["status"] != "received" for row in workspace.ledger.rows())
