"""The command line: every command is a thin call, with words for the person who reads it.

Exit status: 0 done; 1 a file, a run or a check failed; 2 the call itself was wrong.
"""

import os
import shutil
import signal
import subprocess
import sys
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Event, Thread
from typing import Annotated, NoReturn

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from pipelines.workspace import Workspace

REPORT = "report.html"
PORT = 3000

app = typer.Typer(
    name="samverkan",
    help="Follow-up of pilots in which schools and social services support pupils.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)
console = Console()
errors = Console(stderr=True)


def main() -> None:
    """Entry point of the command ``samverkan``."""
    os.umask(0o077)
    warnings.filterwarnings("ignore", category=DeprecationWarning)
    app()


@app.command()
def demo(
    seed: Annotated[int, typer.Option(help="Start of every random number.")] = 1,
    schools: Annotated[int, typer.Option(help="Schools in the city.")] = 40,
    years: Annotated[int, typer.Option(help="School years from 2011/12.")] = 6,
) -> None:
    """Simulate a city, run the whole job on it and say where the report and warehouse are."""
    from assets.running import skip_waiting_for_the_disk

    workspace = Workspace.from_environment()
    is_used = bool(workspace.ledger.rows()) or any(workspace.inbox.iterdir())
    if is_used and not workspace.is_simulated:
        _stop(f"{workspace.root} holds real deliveries; set SAMVERKAN_DATA to another folder", 2)
    with TemporaryDirectory(dir=workspace.root) as folder:
        city = Path(folder) / "city"
        _simulate(city, seed=seed, schools=schools, years=years, effect=0.75)
        workspace.simulated_mark.touch()
        for path in sorted((city / "deliveries").iterdir()):
            path.replace(workspace.inbox / path.name)
    skip_waiting_for_the_disk()
    _run(workspace)
    _tell_where(workspace)


@app.command()
def simulate(
    into: Annotated[Path, typer.Argument(help="New folder for deliveries/ and truth/.")],
    seed: Annotated[int, typer.Option(help="Start of every random number.")] = 1,
    schools: Annotated[int, typer.Option(help="Schools in the city.")] = 40,
    years: Annotated[int, typer.Option(help="School years from 2011/12.")] = 6,
    effect: Annotated[float, typer.Option(help="True ratio of absence under support.")] = 0.75,
) -> None:
    """Write an invented city's deliveries, and the truth behind them."""
    _simulate(into, seed=seed, schools=schools, years=years, effect=effect)
    console.print(f"deliveries: {into / 'deliveries'}\ntruth: {into / 'truth'}")


@app.command()
def ingest(
    files: Annotated[
        list[Path] | None, typer.Argument(help="Files to copy into the inbox first.")
    ] = None,
) -> None:
    """Judge every file in the inbox; say what became of each that is new."""
    workspace = Workspace.from_environment()
    _drop(workspace, files or [])
    known = {str(row["delivery_id"]) for row in workspace.ledger.rows()}
    is_done = _ingest(workspace)
    new = [row for row in workspace.ledger.rows() if row["delivery_id"] not in known]
    _print_deliveries(new)
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
) -> None:
    """Ingest, make every outdated table anew and publish, if anything changed."""
    workspace = Workspace.from_environment()
    _drop(workspace, files or [])
    if again:
        workspace.ledger.forget_verdicts()
    _run(workspace)
    _tell_where(workspace)


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
    _print_deliveries([r for r in rows if every or r["status"] in ("rejected", "held", "received")])
    for kind, periods in workspace.ledger.pending().items():
        console.print(f"outdated {kind}: {periods[0]} to {periods[-1]} ({len(periods)})")
    waiting = len(list(workspace.inbox.iterdir()))
    console.print(f"in the inbox: {waiting}")
    _tell_where(workspace)


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
        _stop("nothing is published yet; run `samverkan run` or `samverkan demo`", 1)
    with open_release(release / WAREHOUSE) as warehouse:
        for statement in [sql] if sql else _asked():
            try:
                answer = warehouse.answer(statement)
            except WarehouseError as error:
                if sql:
                    _stop(str(error), 1)
                answer = str(error)
            console.print(answer, markup=False, highlight=False, soft_wrap=True)


@app.command()
def ui(
    port: Annotated[int, typer.Option(help="Port on this machine.")] = PORT,
    read_only: Annotated[bool, typer.Option("--read-only", help="Look, do not press.")] = False,
) -> None:
    """Start Dagster's web pages (127.0.0.1 only) and the daemon behind sensors and schedule."""
    from assets.running import open_home

    open_home(Workspace.from_environment())
    location = ["-m", "assets.definitions"]
    web = ["dagster-webserver", "-h", "127.0.0.1", "-p", str(port), *location]
    commands = [web + ["--read-only"] * read_only, ["dagster-daemon", "run", *location]]
    console.print(f"http://127.0.0.1:{port}  (Ctrl-C stops)")
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # a service stops the same way
    beside = Path(sys.executable).parent
    started = [subprocess.Popen([str(beside / c[0]), *c[1:]]) for c in commands]  # noqa: S603
    try:
        started[0].wait()
    except KeyboardInterrupt:
        pass
    finally:
        for one in started:
            one.terminate()
        for one in started:
            one.wait()


def _simulate(into: Path, *, seed: int, schools: int, years: int, effect: float) -> None:
    from pipelines.simulation.city import Parameters, simulate

    try:
        parameters = Parameters(seed=seed, schools=schools, years=years, effect=effect)
    except ValueError as error:
        _stop(str(error), 2)
    if any(into.joinpath(part).exists() for part in ("deliveries", "truth")):
        _stop(f"{into} already holds a simulated city", 2)
    with _bar() as bar:
        tasks: dict[str, object] = {}

        def tell(stage: str, done: int, total: int) -> None:
            if stage not in tasks:
                tasks[stage] = bar.add_task(f"simulating {stage}", total=total)
            bar.update(tasks[stage], completed=done)  # type: ignore[arg-type]

        simulate(into, parameters=parameters, progress=tell)


def _drop(workspace: Workspace, files: Sequence[Path]) -> None:
    for path in files:
        shutil.copyfile(path, workspace.inbox / path.name)


def _ingest(workspace: Workspace) -> bool:
    from assets.running import open_home, run_ingest

    open_home(workspace)
    with _bar() as bar, _watched(bar, workspace):
        done = run_ingest()
    if not done.is_success:
        errors.print(f"ingest failed: {', '.join(done.failed)}")
    return done.is_success


def _run(workspace: Workspace) -> None:
    from assets.running import run_outdated

    if not _ingest(workspace):
        raise typer.Exit(1)
    with console.status("making tables") as waiting:
        for done in run_outdated(workspace):
            if not done.is_success:
                _stop(f"{done.job} failed: {', '.join(done.failed)}; see `samverkan ui`", 1)
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


def _bar() -> Progress:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    return Progress(*columns, TimeElapsedColumn(), console=console)


def _print_deliveries(rows: Sequence[dict[str, object]]) -> None:
    if not rows:
        return
    table = Table("file", "status", "records", "accepted", "quarantined", "duplicates", "cause")
    for row in rows:
        cells = ("file_name", "status", "records", "accepted", "quarantined", "duplicates", "cause")
        table.add_row(*(str(row[cell] if row[cell] is not None else "") for cell in cells))
    console.print(table)


def _tell_where(workspace: Workspace) -> None:
    from pipelines.releases.release import current
    from pipelines.releases.warehouse import WAREHOUSE

    release = current(workspace.releases)
    if release is None:
        console.print("published: nothing yet")
        return
    console.print(f"report:    {release / REPORT}", soft_wrap=True, highlight=False)
    console.print(f"warehouse: {release / WAREHOUSE}", soft_wrap=True, highlight=False)


def _asked() -> Iterator[str]:
    while True:
        try:
            statement = console.input("sql> ").strip()
        except (EOFError, KeyboardInterrupt):
            return
        if statement:
            yield statement


def _sum(rows: Sequence[dict[str, object]], column: str) -> int:
    return sum(int(str(row[column])) for row in rows)


def _stop(message: str, code: int) -> NoReturn:
    errors.print(message, soft_wrap=True)
    raise typer.Exit(code)
