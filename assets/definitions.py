"""The code location: everything Dagster loads, assembled once."""

import dagster as dg

from assets import (
    absence_patterns,
    attention,
    baselines,
    core,
    crosschecks,
    experience,
    feedback,
    groups,
    indicators,
    quarantine,
    raw,
    release,
    results,
    target_group,
)
from assets.lake import from_environment
from assets.stages import INGEST, stage_jobs
from assets.triggers import inbox_sensor, monthly_schedule, stage_sensor

MODULES = [
    raw,
    quarantine,
    feedback,
    core,
    absence_patterns,
    groups,
    indicators,
    results,
    target_group,
    attention,
    baselines,
    experience,
    crosschecks,
    release,
]
LOADED = [a for a in dg.load_assets_from_modules(MODULES) if isinstance(a, dg.AssetsDefinition)]
GROUPED = dg.map_asset_specs(
    lambda spec: spec.replace_attributes(group_name=spec.key.path[0]), LOADED
)
ASSETS = list(dg.map_asset_specs(crosschecks.with_freshness_policy, GROUPED))
STAGES = stage_jobs(ASSETS)
INGEST_JOB = next(job for job in STAGES if job.name == INGEST)

defs = dg.Definitions(
    assets=ASSETS,
    asset_checks=dg.load_asset_checks_from_modules(MODULES),
    jobs=STAGES,
    sensors=[inbox_sensor(INGEST_JOB), stage_sensor(STAGES)],
    schedules=[monthly_schedule(INGEST_JOB)],
    executor=dg.in_process_executor,  # a process per step costs more than a small month
    resources=from_environment(),
)
