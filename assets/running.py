"""Running the stages in this process, without the web interface or the daemon."""

import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from importlib.resources import files
from pathlib import Path

import dagster as dg

from assets.clock import AT_ONCE_TAG, tags_at
from assets.definitions import defs
from assets.history import compile_statements_once
from assets.stages import INGEST, Stage, finish, next_stage
from pipelines.sharing import share_within
from pipelines.workspace import VARIABLE, Workspace

QUIET = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}
SETTINGS = "dagster.yaml"


@dataclass(frozen=True, slots=True)
class StageRun:
    """How a stage went.

    Attributes:
        job: Name of the job.
        periods: What it made anew.
        is_success: Whether every step and every blocking check passed.
        failed: Steps that failed and blocking checks that did not pass.
        why: What steps said of it that failed in a way foreseen.
    """

    job: str
    periods: tuple[str, ...]
    is_success: bool
    failed: tuple[str, ...]
    why: tuple[str, ...] = ()


def open_home(workspace: Workspace) -> None:
    """Point Dagster to this workspace: its home with the project's settings, telemetry off."""
    workspace.make()
    beside = Path(str(files("assets"))) / SETTINGS
    source = beside if beside.exists() else beside.parent.parent / SETTINGS
    shutil.copyfile(source, workspace.dagster / SETTINGS)
    compile_statements_once()
    os.environ["DAGSTER_HOME"] = str(workspace.dagster)
    os.environ["DAGSTER_DISABLE_TELEMETRY"] = "yes"
    os.environ[VARIABLE] = str(workspace.root)


def run_outdated(workspace: Workspace, *, at: datetime | None = None) -> Iterator[StageRun]:
    """Run each stage that deliveries have made outdated, until none is or one fails.

    Args:
        workspace: Whose tables.
        at: The moment of the run; now, if left out.
    """
    while (stage := next_stage(workspace.ledger, at=at)) is not None:
        done = run_stage(stage, at=at)
        if done.is_success:
            finish(workspace.ledger, stage, at=at)
        yield done
        if not done.is_success:
            return


def run_ingest(*, at: datetime | None = None) -> StageRun:
    """Judge what is in the inbox, as it lies; it came at a moment, or now."""
    return _run(INGEST, (), {AT_ONCE_TAG: "yes", **tags_at(at)})


def run_stage(stage: Stage, *, at: datetime | None = None) -> StageRun:
    """Make the periods of one stage anew."""
    return _run(stage.job, stage.periods, {**stage.tags, **tags_at(at)})


def _run(job: str, periods: tuple[str, ...], tags: dict[str, str]) -> StageRun:
    with dg.DagsterInstance.get() as instance:
        result = defs.resolve_job_def(job).execute_in_process(
            instance=instance, tags=tags, run_config=QUIET, raise_on_error=False
        )
    share_within(None)
    failures = [event for event in result.all_events if event.is_step_failure]
    steps = [event.step_key or "" for event in failures]
    foreseen = (event.step_failure_data.user_failure_data for event in failures)
    why = tuple(one.description for one in foreseen if one is not None and one.description)
    checks = [
        f"{check.asset_key.to_user_string()}: {check.check_name}"
        for check in result.get_asset_check_evaluations()
        if not check.passed and check.blocking
    ]
    failed = tuple(dict.fromkeys([*checks, *steps]))
    return StageRun(job, periods, result.success, failed, why)
