"""Judgement across files on the graph: named, held, accepted, published."""

import dagster as dg
import pandas as pd
import pytest
from typer.testing import CliRunner

from assets.commands import app
from assets.crosschecks import CHECKED, EVERY, GATE
from assets.definitions import defs
from assets.running import run_ingest, run_outdated
from assets.stages import INGEST
from pipelines.lake import Lake
from pipelines.releases.release import current
from pipelines.simulation.city import Parameters, simulate
from schemas.crosschecks import Findings
from schemas.freshness import Freshness
from tests.main_job.whole_job import drop, only_indicators

CITY = Parameters(seed=7, schools=4, years=1, pupils_per_grade=12, lesson_years=0)
MONTH = "2011-11"
GATE_FAILED = f"{Findings.table().replace('.', '/')}: {GATE}"


@pytest.fixture
def city(tmp_path):
    return simulate(tmp_path / "city", parameters=CITY)


def findings_of(workspace):
    return workspace.lake.read(Findings.table(), Findings).execute()


def run_all(workspace):
    """Ingest and run every stage; the last one."""
    assert run_ingest().is_success
    with only_indicators("unauthorised_absence_hours"):
        return list(run_outdated(workspace))[-1]


def said(*words, status=0):
    """What a command says; it ends with a status."""
    done = CliRunner().invoke(app, words)
    assert done.exit_code == status
    return done.output


def specs():
    return {
        (spec.asset_key, spec.name): spec
        for check in defs.asset_checks
        for spec in check.check_specs
    }


def test_every_judgement_is_a_check_of_the_table_it_is_about():
    found = specs()
    for crosscheck in CHECKED.values():
        spec = found[dg.AssetKey(crosscheck.table.split(".")), crosscheck.name]
        assert not spec.blocking
        assert crosscheck.advice_sv in spec.description


def test_only_the_last_check_before_a_release_stops_anything():
    blocking = {
        name for (_, name), spec in specs().items() if spec.blocking and name != "keeps_contract"
    }
    assert GATE in blocking
    assert blocking & {*CHECKED, EVERY} == set()


@pytest.mark.parametrize(
    ("job", "step"),
    [
        (INGEST, "judge_what_was_held_back"),
        ("months", "judge_across_files_by_month"),
        ("terms", "judge_across_files_by_term"),
        ("publish", "judge_before_release"),
    ],
)
def test_a_job_judges_across_files_in_one_step(job, step):
    names = [node.name for node in defs.resolve_job_def(job).nodes]
    assert [name for name in names if name.startswith("judge_") and name != "judge_deliveries"] == [
        step
    ]


def test_dagster_itself_watches_that_the_ledger_is_looked_through(workspace):
    del workspace
    spec = defs.resolve_asset_graph().get(dg.AssetKey(["raw", "deliveries"]))
    assert spec.freshness_policy_or_from_metadata.deadline_cron == "0 12 5 * *"
    with dg.DagsterInstance.get() as instance:
        assert "FRESHNESS_DAEMON" in instance.get_required_daemon_types()


def test_a_missing_school_month_is_named_and_holds_until_it_comes_or_is_accepted(city, workspace):
    files = sorted(city.deliveries.iterdir())
    left_out = [path for path in files if f"_{MONTH}" in path.name and "99000201" in path.name]
    assert left_out
    drop([path for path in files if path not in left_out], workspace)

    held = run_all(workspace)
    assert (held.job, held.is_success) == ("publish", False)
    assert held.failed[0] == GATE_FAILED
    assert current(workspace.releases) is None
    rows = findings_of(workspace)
    holds = rows[rows.severity == "hold"]
    assert holds[["crosscheck", "school_id", "period"]].to_numpy().tolist() == [
        ["missing_delivery", "99000201", MONTH]
    ]

    name = holds.finding_id.iloc[0]
    assert f"narvaro_99000201_{MONTH}" in said("late")
    assert name in said("findings", status=1)
    said("accept", "0" * 16, "--reason", "it is so", status=2)
    said("accept", name, "--reason", "the school was closed by water")
    said("findings")
    assert run_all(workspace).is_success
    before = current(workspace.releases)
    assert before is not None

    drop(left_out, workspace)
    assert run_all(workspace).is_success
    assert current(workspace.releases) != before
    rows = workspace.lake.read(Freshness.table(), Freshness).execute()
    assert not rows.state.isin(["missing", "rejected", "held"]).any()


def test_a_month_run_judges_that_month_and_stops_nothing(city, workspace):
    drop(city.deliveries.iterdir(), workspace)
    assert run_ingest().is_success
    job = defs.resolve_job_def("months")
    with dg.DagsterInstance.get() as instance:
        result = job.execute_in_process(instance=instance, partition_key=MONTH)
    checks = {
        one.check_name: one
        for one in result.get_asset_check_evaluations()
        if one.check_name in CHECKED
    }
    assert set(checks) == {one.name for one in CHECKED.values() if one.period == "month"}
    assert all(check.passed for check in checks.values())
    assert all(not check.blocking for check in checks.values())
    lake: Lake = workspace.lake
    assert pd.Index(["2011-11"]).equals(
        pd.Index([path.stem for path in lake.paths("core.attendance")])
    )
