"""What starts runs by itself: files in the inbox, a finished stage, and the month's day."""

import hashlib
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import dagster as dg

from assets.clock import SETTLE
from assets.lake import WorkspaceResource
from assets.stages import INGEST, finish, next_stage, stage_of_run
from pipelines.ingest.inbox import late_statements, ready_files
from pipelines.ingest.statements import speaks_of_known

if TYPE_CHECKING:
    from dagster._core.definitions.unresolved_asset_job_definition import (
        UnresolvedAssetJobDefinition,
    )

NOT_SIMULATED = (
    "this folder holds an invented city, and every page made from it says so; deliver real files "
    "to another folder (SAMVERKAN_DATA)"
)
EVERY_MONTH = "0 6 5 * *"


def inbox_sensor(job: "UnresolvedAssetJobDefinition") -> dg.SensorDefinition:
    """Ingests when the inbox holds files that have not changed for two minutes."""

    @dg.sensor(
        name="inbox",
        job=job,
        minimum_interval_seconds=60,
        default_status=dg.DefaultSensorStatus.RUNNING,
    )
    def _sensor(
        context: dg.SensorEvaluationContext, workspace: WorkspaceResource
    ) -> dg.RunRequest | dg.SkipReason:
        del context
        root = workspace.workspace
        files = ready_files(root.inbox, settled_before=datetime.now(UTC) - SETTLE)
        files += [path for path in late_statements(root) if speaks_of_known(root, path)]
        if not files:
            return dg.SkipReason("no settled file in the inbox")
        if root.is_simulated:
            return dg.SkipReason(NOT_SIMULATED)
        seen = [f"{file.name} {file.stat().st_size} {file.stat().st_mtime_ns}" for file in files]
        return dg.RunRequest(run_key=hashlib.sha256("\n".join(seen).encode()).hexdigest())

    return _sensor


def stage_sensor(jobs: list["UnresolvedAssetJobDefinition"]) -> dg.SensorDefinition:
    """After each stage that succeeded, starts the next one that deliveries made outdated."""

    @dg.run_status_sensor(
        name="next_stage",
        run_status=dg.DagsterRunStatus.SUCCESS,
        monitored_jobs=jobs,
        request_jobs=jobs,
        default_status=dg.DefaultSensorStatus.RUNNING,
    )
    def _sensor(
        context: dg.RunStatusSensorContext, workspace: WorkspaceResource
    ) -> Iterator[dg.RunRequest | dg.SkipReason]:
        ledger = workspace.workspace.ledger
        finished = stage_of_run(dict(context.dagster_run.tags))
        if finished is not None:
            finish(ledger, finished)
        stage = next_stage(ledger)
        if stage is None:
            yield dg.SkipReason("every table is as new as the deliveries")
        else:
            run_key = f"{context.dagster_run.run_id} {stage.job}"
            yield dg.RunRequest(run_key=run_key, job_name=stage.job, tags=stage.tags)

    return _sensor


def monthly_schedule(job: "UnresolvedAssetJobDefinition") -> dg.ScheduleDefinition:
    """A wake-up on the fifth; what is done then depends on the files, never on the clock."""
    return dg.ScheduleDefinition(
        name="monthly",
        job=job,
        cron_schedule=EVERY_MONTH,
        execution_timezone="Europe/Stockholm",
        default_status=dg.DefaultScheduleStatus.RUNNING,
        description=f"Ingests what is in the inbox on the fifth of each month ({INGEST}).",
    )
