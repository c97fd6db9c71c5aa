"""What starts runs: the inbox, a finished stage, the fifth of the month."""

import os
import time
from datetime import datetime
from zoneinfo import ZoneInfo

import dagster as dg
import pytest
from dagster._utils.schedules import cron_string_iterator

from assets.definitions import INGEST_JOB, STAGES, defs
from assets.lake import WorkspaceResource
from assets.stages import INGEST, next_stage
from assets.triggers import EVERY_MONTH, SETTLE, inbox_sensor, stage_sensor
from tests.assets.test_stages import deliver

AN_HOUR = 3600


@pytest.fixture
def workspace(workspace):
    """A workspace for real files."""
    workspace.simulated_mark.unlink()
    return workspace


@pytest.fixture
def instance(workspace):
    """Dagster's home of the workspace, opened."""
    with dg.DagsterInstance.from_config(str(workspace.dagster)) as opened:
        yield opened


def look_into_inbox(workspace):
    """What the inbox sensor asks for."""
    with dg.build_sensor_context() as context:
        sensor = inbox_sensor(INGEST_JOB)
        return sensor(context, workspace=WorkspaceResource(root=str(workspace.root)))


def put(workspace, name, *, age):
    """A file in the inbox that was last changed some seconds ago."""
    path = workspace.inbox / name
    path.write_text("a;b\n", encoding="utf-8")
    then = time.time() - age
    os.utime(path, (then, then))
    return path


def after_a_run(instance, workspace, tags, job_name=INGEST):
    """What the stage sensor asks for after a run with these tags has succeeded."""
    run = instance.create_run_for_job(
        defs.resolve_job_def(INGEST), tags=tags, status=dg.DagsterRunStatus.SUCCESS
    )
    event = dg.DagsterEvent(event_type_value="PIPELINE_SUCCESS", job_name=job_name)
    context = dg.build_run_status_sensor_context(
        sensor_name="next_stage", dagster_instance=instance, dagster_run=run, dagster_event=event
    )
    sensor = stage_sensor(STAGES)
    resource = WorkspaceResource(root=str(workspace.root))
    return run, list(sensor(context, workspace=resource))


def test_an_empty_inbox_starts_nothing(workspace):
    assert isinstance(look_into_inbox(workspace), dg.SkipReason)


def test_a_file_still_being_written_starts_nothing(workspace):
    put(workspace, "narvaro.csv", age=SETTLE.total_seconds() / 2)
    put(workspace, "narvaro.csv.part", age=AN_HOUR)
    assert isinstance(look_into_inbox(workspace), dg.SkipReason)


def test_a_file_beside_an_invented_city_starts_nothing(workspace):
    workspace.simulated_mark.touch()
    put(workspace, "narvaro.csv", age=AN_HOUR)
    answer = look_into_inbox(workspace)
    assert isinstance(answer, dg.SkipReason)
    assert "SAMVERKAN_DATA" in answer.skip_message


def test_a_settled_file_starts_one_run_however_often_it_is_seen(workspace):
    put(workspace, "narvaro.csv", age=AN_HOUR)
    first, second = look_into_inbox(workspace), look_into_inbox(workspace)
    put(workspace, "betyg.csv", age=AN_HOUR)
    third = look_into_inbox(workspace)
    assert isinstance(first, dg.RunRequest)
    assert first.run_key == second.run_key != third.run_key


def test_after_ingest_the_first_outdated_stage_is_started(workspace, instance):
    deliver(workspace.ledger, periods=["2013-10", "2013-11"])
    run, requests = after_a_run(instance, workspace, {})
    (request,) = requests
    assert request.job_name == "months"
    assert request.tags == next_stage(workspace.ledger).tags
    assert request.run_key.startswith(run.run_id)


def test_a_finished_stage_is_marked_and_the_next_one_started(workspace, instance):
    deliver(workspace.ledger, periods=["2013-10"])
    started = []
    tags = {}
    while True:
        _, (answer,) = after_a_run(instance, workspace, tags)
        if isinstance(answer, dg.SkipReason):
            break
        started.append(answer.job_name)
        tags = answer.tags
    assert started == ["months", "terms", "school_years", "publish"]
    assert workspace.ledger.pending() == {}


def test_a_run_somebody_else_started_finishes_no_stage(workspace, instance):
    deliver(workspace.ledger, periods=["2013-10"])
    _, (answer,) = after_a_run(instance, workspace, {"dagster/partition": "2013-10"})
    assert answer.job_name == "months"
    assert workspace.ledger.pending()["month"] == ["2013-10"]


def test_both_sensors_and_the_schedule_are_on_from_the_start():
    repository = defs.get_repository_def()
    sensors = {sensor.name: sensor.default_status for sensor in repository.sensor_defs}
    assert set(sensors) == {"inbox", "next_stage"}
    assert set(sensors.values()) == {dg.DefaultSensorStatus.RUNNING}
    (schedule,) = repository.schedule_defs
    assert schedule.default_status == dg.DefaultScheduleStatus.RUNNING


def test_the_schedule_wakes_on_the_fifth_at_six_in_stockholm():
    (schedule,) = defs.get_repository_def().schedule_defs
    assert (schedule.cron_schedule, schedule.execution_timezone) == (
        EVERY_MONTH,
        "Europe/Stockholm",
    )
    stockholm = ZoneInfo("Europe/Stockholm")
    start = datetime(2016, 1, 1, tzinfo=stockholm)
    ticks = cron_string_iterator(start.timestamp(), EVERY_MONTH, "Europe/Stockholm")
    for month in range(1, 13):
        tick = next(ticks).astimezone(stockholm)
        assert (tick.month, tick.day, tick.hour, tick.minute) == (month, 5, 6, 0)
