"""The whole job on a small simulated city, run once however many folders of tests ask for it."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import dagster as dg
import pandas as pd
import pytest
from sqlalchemy import Engine, event

from assets import release
from assets.running import StageRun, open_home, run_ingest, run_outdated
from pipelines.indicators.registry import load_indicators
from pipelines.lake import Lake
from pipelines.releases.release import current
from pipelines.releases.warehouse import WAREHOUSE, open_release
from pipelines.simulation.city import Parameters, simulate
from pipelines.workspace import Workspace

CITY = Parameters(seed=3, schools=5, years=3, pupils_per_grade=30)
"""The smallest with dropouts, pupils reached and not, and pupils served outside the group."""


@dataclass(frozen=True)
class Job:
    """A city and what became of its deliveries."""

    deliveries: Path
    truth: Path
    workspace: Workspace
    runs: tuple[StageRun, ...]

    def planted(self, name):
        """One planted table; every key as text."""
        return pd.read_csv(self.truth / f"{name}.csv", dtype={"school_id": str})

    def published(self, statement):
        """The answer of the release in force."""
        with open_release(current(self.workspace.releases) / WAREHOUSE) as warehouse:
            return warehouse.rows(statement)


@contextmanager
def at_home(workspace) -> Iterator[None]:
    """Dagster's home is this workspace for a while; the environment is as before then.

    Two things are left out: the program's own version, because somebody may commit while the
    tests run, and the wait for the disk after each of Dagster's events.
    """
    before = dict(os.environ)
    open_home(workspace)
    event.listen(Engine, "connect", _without_waiting)
    try:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(release, "code_version", lambda: "tested")
            yield
    finally:
        event.remove(Engine, "connect", _without_waiting)
        os.environ.clear()
        os.environ.update(before)


@contextmanager
def only_indicators(*names) -> Iterator[None]:
    """Every stage leaves out the other indicators and their results, for tests of the way there."""
    others = set(load_indicators()) - set(names)
    whole = dg.JobDefinition.execute_in_process

    def part(job, **options):
        keys = job.asset_layer.executable_asset_keys
        chosen = [key for key in keys if not others.intersection(key.path[1:])]
        return whole(job, asset_selection=chosen or list(keys), **options)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(dg.JobDefinition, "execute_in_process", part)
        yield


def new_workspace(root) -> Workspace:
    """An empty workspace for invented pupils."""
    workspace = Workspace(root)
    workspace.make()
    workspace.simulated_mark.touch()
    return workspace


def drop(files, workspace):
    """Put copies of files into the inbox."""
    for path in files:
        workspace.inbox.joinpath(path.name).write_bytes(path.read_bytes())


def stages(workspace):
    """Ingest, then run whatever is outdated."""
    with at_home(workspace):
        return (run_ingest(), *run_outdated(workspace))


@cache
def whole_job(folder: Path) -> Job:
    """Simulate the city in a new folder and publish it."""
    city = simulate(folder / "city", parameters=CITY)
    workspace = new_workspace(folder / "workspace")
    drop(city.deliveries.iterdir(), workspace)
    return Job(city.deliveries, city.truth, workspace, stages(workspace))


def files_of(lake: Lake):
    """Every table file with what a rewrite would change: its inode and its time."""
    return {
        str(path.relative_to(lake.folder)): (path.stat().st_ino, path.stat().st_mtime_ns)
        for path in lake.folder.glob("*/*/[!.]*.parquet")
    }


def _without_waiting(connection, _record):
    connection.execute("PRAGMA synchronous = OFF")
