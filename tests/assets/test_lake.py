"""Tables on the graph and files in the lake: a run writes its own partitions and no other."""

import dagster as dg
import pytest

from assets.core import core_assets, core_checks
from assets.indicators import indicator_assets, indicator_checks
from assets.lake import from_environment
from assets.stages import FIRST_TAG, LAST_TAG
from pipelines.ingest.ledger import Judged
from pipelines.lake import raw_table
from schemas.attendance import Attendance
from tests.main_job.whole_job import files_of
from tests.pipelines import invented

SCHOOL = "90000101"
MONTHS = ["2013-10", "2013-11", "2013-12"]
ATTENDANCE = dg.AssetKey(["core", "attendance"])
HOURS = dg.AssetKey(["indicator", "unauthorised_absence_hours"])


def deliver(workspace, months, *, minutes=60, students=(1, 2)):
    """A delivery in force with one row for each pupil and month."""
    number = len(workspace.ledger.rows())
    delivery_id = f"{number:064x}"
    every = [(student, month) for month in months for student in students]
    rows = [
        (invented.pupil(student), SCHOOL, month, 5000, 5000, 0, minutes, 0, 0, "month")
        for student, month in every
    ]
    table = invented.table(Attendance, rows)
    workspace.lake.write(raw_table(Attendance.table()), table, delivery_id)
    workspace.ledger.receive([(delivery_id, f"{number}.csv", "2016-01-01T00:00:00+00:00")])
    judged = Judged(
        delivery_id=delivery_id,
        profile="template",
        scope=f"delivery {number}",
        content={Attendance.table(): frozenset(months)},
    )
    workspace.ledger.settle([judged])


def materialise(first, last, *, keys=(ATTENDANCE, HOURS)):
    """Run the two assets and their checks for a range of months."""
    chosen = [a for a in [*core_assets, *indicator_assets] if a.key in keys]
    checks = [
        checks
        for checks in [*core_checks, *indicator_checks]
        if {key.asset_key for key in checks.check_keys} <= set(keys)
    ]
    definitions = dg.Definitions(
        assets=chosen,
        asset_checks=checks,
        resources=from_environment(),
        jobs=[dg.define_asset_job("some", selection=dg.AssetSelection.assets(*keys))],
    )
    with dg.DagsterInstance.get() as instance:
        return definitions.resolve_job_def("some").execute_in_process(
            instance=instance, tags={FIRST_TAG: first, LAST_TAG: last}, raise_on_error=False
        )


def written(workspace):
    """Files of the lake that assets wrote."""
    return {n: s for n, s in files_of(workspace.lake).items() if not n.startswith("raw/")}


@pytest.fixture
def made(workspace):
    """A workspace in which three months were made in one run."""
    deliver(workspace, MONTHS)
    assert materialise(MONTHS[0], MONTHS[-1]).success
    return workspace


def test_a_run_over_a_range_writes_a_file_for_each_month(made):
    tables = ("core/attendance", "indicator/unauthorised_absence_hours")
    assert set(written(made)) == {f"{t}/{month}.parquet" for t in tables for month in MONTHS}
    for month in MONTHS:
        rows = made.lake.read("core.attendance", Attendance, partitions=[month])
        assert set(rows.execute().month) == {month}


def test_a_run_of_one_month_writes_that_month_alone(made):
    before = written(made)
    deliver(made, [MONTHS[1]], students=(3,))
    assert materialise(MONTHS[1], MONTHS[1]).success
    after = written(made)
    changed = {name for name in after if after[name] != before[name]}
    assert {name[-15:] for name in changed} == {f"{MONTHS[1]}.parquet"}
    assert len(changed) == 2
    assert len(made.lake.read("core.attendance", Attendance).execute()) == 7


def test_row_counts_of_a_run_are_metadata_and_no_pupil_is(made):
    deliver(made, ["2014-01"])
    done = materialise("2014-01", "2014-01")
    events = [e for e in done.all_events if e.is_step_materialization]
    counts = {e.asset_key: e.materialization.metadata["dagster/row_count"].value for e in events}
    assert counts == {ATTENDANCE: 2, HOURS: 2}
    assert not any(invented.pupil(1) in str(event) for event in done.all_events)


def test_a_broken_contract_stops_what_is_made_from_the_table(made):
    before = written(made)
    deliver(made, [MONTHS[0]], minutes=120)
    done = materialise(MONTHS[0], MONTHS[0])
    checks = {c.asset_key: c for c in done.get_asset_check_evaluations()}
    made_anew = {event.asset_key for event in done.all_events if event.is_step_materialization}
    after = written(made)
    assert not done.success
    assert set(checks) == {ATTENDANCE}
    assert not checks[ATTENDANCE].passed
    assert checks[ATTENDANCE].metadata["broken"].value == ["grain"]
    assert made_anew == {ATTENDANCE}
    assert [n for n in after if after[n] != before[n]] == [f"core/attendance/{MONTHS[0]}.parquet"]
