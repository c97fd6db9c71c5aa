"""The main job again, in another order, and with a correction."""

import csv
import io
import re
import shutil
from dataclasses import dataclass
from pathlib import Path

import dagster as dg
import pytest

from assets.definitions import defs
from assets.lake import table_name
from assets.partitions import BY_KIND, key_of, period_of
from assets.running import QUIET, StageRun, run_ingest, run_outdated, run_stage
from assets.stages import JOBS, Stage, next_stage
from pipelines.indicators.registry import load_indicators
from pipelines.lake import WHOLE
from pipelines.releases.contents import sources
from pipelines.releases.release import current
from pipelines.releases.warehouse import WAREHOUSE, extents, open_release
from pipelines.workspace import Workspace
from schemas.attendance import Attendance
from schemas.calendar import school_year_of_term, term_after, term_of_month
from schemas.deliveries import RevisionEffects
from tests.main_job.whole_job import at_home, drop, files_of, new_workspace, stages

PORTIONS = 4
HISTORY = RevisionEffects.table()
"""What corrections did is told by the order in which they came; no figure rests on it."""

FIRST_MONTH, LAST_MONTH = "2011-08", "2014-07"


def contents_of(workspace, *layers):
    """Rows and fingerprint of every table of some layers, whatever the order of rows."""
    every = sources(workspace.lake, load_indicators())
    return extents({name: s for name, s in every.items() if name.split(".")[0] in layers})


def everything(kind):
    """The stage that makes every period of a kind anew."""
    if kind == "release":
        return Stage(kind, (WHOLE,))
    period = {"month": str, "term": term_of_month}.get(
        kind, lambda month: school_year_of_term(term_of_month(month))
    )
    keys = BY_KIND[kind].get_partition_keys()
    first, last = (keys.index(key_of(kind, period(m))) for m in (FIRST_MONTH, LAST_MONTH))
    return Stage(kind, tuple(period_of(kind, key) for key in keys[first : last + 1]))


def test_the_same_files_again_change_nothing(job):
    before, release = files_of(job.workspace.lake), current(job.workspace.releases)
    deliveries = job.workspace.ledger.rows()
    tables = contents_of(job.workspace, "core", "raw", "indicator", "result")
    drop(job.deliveries.iterdir(), job.workspace)
    runs = stages(job.workspace)
    after = files_of(job.workspace.lake)
    rewritten = {name for name in after if after[name] != before.get(name)}
    assert {run.job for run in runs} <= {"ingest", "publish"}
    assert all(run.is_success for run in runs)
    assert job.workspace.ledger.rows() == deliveries
    assert next_stage(job.workspace.ledger) is None
    assert list(job.workspace.inbox.iterdir()) == []
    assert current(job.workspace.releases) == release
    assert not [name for name in rewritten if name.startswith(("raw/att", "raw/gr", "indicator/"))]
    assert contents_of(job.workspace, "core", "raw", "indicator", "result") == tables


def test_every_table_made_again_is_the_same_table(job):
    layers = ("raw", "core", "indicator", "result", "release", "quarantine")
    before, release = contents_of(job.workspace, *layers), current(job.workspace.releases)
    with at_home(job.workspace):
        runs = [run_stage(everything(kind)) for kind in JOBS]
    assert all(run.is_success for run in runs)
    assert contents_of(job.workspace, *layers) == before
    assert current(job.workspace.releases) == release


def test_the_order_in_which_files_come_makes_no_difference(job, tmp_path):
    other = new_workspace(tmp_path / "other")
    shutil.copytree(job.workspace.vault.folder, other.vault.folder, dirs_exist_ok=True)
    files = sorted(job.deliveries.iterdir(), reverse=True)
    with at_home(other):
        for first in range(PORTIONS):
            drop(files[first::PORTIONS], other)
            assert run_ingest().is_success
        for kind in ("month", "term", "school_year"):
            assert run_stage(everything(kind)).is_success
        with dg.DagsterInstance.get() as instance:
            chosen = [key for key in defs.resolve_asset_graph().get_all_asset_keys()
                      if (key.path[0] == "result" and table_name(key) != HISTORY)
                      or key.path == ["core", "students"]]  # fmt: skip
            done = defs.resolve_job_def("publish").execute_in_process(
                instance=instance, run_config=QUIET, asset_selection=chosen
            )
    assert done.success
    ours, theirs = (
        contents_of(workspace, "core", "indicator", "result")
        for workspace in (other, job.workspace)
    )
    assert ours.pop(HISTORY).rows >= theirs.pop(HISTORY).rows
    assert ours == theirs


def corrected_file(delivery, folder):
    """The same month with five minutes less of unauthorised absence for one pupil."""
    rows = list(csv.reader(io.StringIO(delivery.read_text(encoding="utf-8")), delimiter=";"))
    place = list(Attendance.template_columns().values()).index("unauthorised_absence_minutes")
    minutes = [int(row[place]) for row in rows[1:]]
    changed = minutes.index(max(minutes)) + 1
    rows[changed][place] = str(int(rows[changed][place]) - 5)
    path = folder / f"{delivery.stem}_v2.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, delimiter=";", lineterminator="\n").writerows(rows)
    return path


@dataclass(frozen=True)
class Correction:
    """What one corrected month did to a copy of the workspace."""

    workspace: Workspace
    school: str
    month: str
    outdated: dict[str, list[str]]
    runs: list[StageRun]
    files_before: dict[str, tuple[int, int]]
    release_before: Path


@pytest.fixture(scope="module")
def correction(job, tmp_path_factory):
    """One school has corrected one month by one pupil."""
    folder = tmp_path_factory.mktemp("correction")
    shutil.copytree(job.workspace.root, folder / "workspace", symlinks=True)
    workspace = Workspace(folder / "workspace")
    delivery = next(
        job.deliveries / row["file_name"]
        for row in workspace.ledger.rows()
        if re.fullmatch(r"narvaro_\w+_2012-1[01]\.csv", str(row["file_name"]))
        and row["accepted"] == row["records"] > 0
    )
    _, school, month = delivery.stem.split("_")
    before, release = files_of(workspace.lake), current(workspace.releases)
    drop([corrected_file(delivery, folder)], workspace)
    with at_home(workspace):
        assert run_ingest().is_success
        outdated = workspace.ledger.pending()
        runs = list(run_outdated(workspace))
    return Correction(workspace, school, month, outdated, runs, before, release)


def test_a_correction_takes_the_place_of_what_it_corrects(correction):
    name = f"narvaro_{correction.school}_{correction.month}"
    statuses = {row["file_name"]: row["status"] for row in correction.workspace.ledger.rows()}
    assert statuses[f"{name}.csv"] == "superseded"
    assert statuses[f"{name}_v2.csv"] == "active"


def test_a_correction_outdates_its_month_two_terms_and_their_years(correction):
    term = term_of_month(correction.month)
    terms = [term, term_after(term)]
    assert correction.outdated == {
        "month": [correction.month],
        "term": terms,
        "school_year": sorted({school_year_of_term(term) for term in terms}),
        "release": [WHOLE],
    }
    assert [run.job for run in correction.runs] == list(JOBS.values())
    assert all(run.is_success for run in correction.runs)


def test_a_correction_leaves_the_files_of_other_months_untouched(correction):
    after = files_of(correction.workspace.lake)
    monthly = ("core/attendance", "core/lessons", "indicator/unauthorised_absence_hours",
               "indicator/unauthorised_absence_rate")  # fmt: skip
    of_months = [name for name in correction.files_before if name.startswith(monthly)]
    changed = {name for name in of_months if after[name] != correction.files_before[name]}
    assert len(of_months) > 60
    assert {name[-15:] for name in changed} == {f"{correction.month}.parquet"}
    terms = [name for name in after if name.startswith("indicator/goal_attainment/")]
    untouched = [name for name in terms if after[name] == correction.files_before[name]]
    assert len(terms) - len(untouched) == 2


def test_a_correction_changes_the_new_release_and_not_the_old(job, correction):
    minutes = f"""
        SELECT month, sum(unauthorised_absence_minutes)::BIGINT AS minutes
        FROM core.attendance WHERE school_id = '{correction.school}' GROUP BY month
    """
    old, new = correction.release_before, current(correction.workspace.releases)
    with open_release(old / WAREHOUSE) as was, open_release(new / WAREHOUSE) as now:
        sums = [opened.rows(minutes).set_index("month").minutes for opened in (was, now)]
    change = sums[1] - sums[0]
    assert new != old
    assert change[change != 0].to_dict() == {correction.month: -5}
    assert sums[0].to_dict() == job.published(minutes).set_index("month").minutes.to_dict()
