"""Dagster's home and its settings."""

import os
import stat

import dagster as dg
import ibis
import pytest
import yaml

from assets.running import SETTINGS, open_home, run_ingest
from pipelines.sharing import share_within, shared
from pipelines.workspace import VARIABLE


@pytest.fixture
def home(nowhere, monkeypatch):
    """A home just opened; the environment is restored afterwards."""
    for name in ("DAGSTER_HOME", "DAGSTER_DISABLE_TELEMETRY"):
        monkeypatch.setenv(name, "to be replaced")
    open_home(nowhere)
    return nowhere


def test_the_environment_points_to_the_workspace_with_telemetry_off(home):
    assert os.environ["DAGSTER_HOME"] == str(home.dagster)
    assert os.environ[VARIABLE] == str(home.root)
    assert os.environ["DAGSTER_DISABLE_TELEMETRY"] == "yes"


def test_the_settings_of_the_project_lie_in_the_home(home, repository):
    settings = yaml.safe_load(home.dagster.joinpath(SETTINGS).read_text(encoding="utf-8"))
    assert settings == yaml.safe_load(repository.joinpath(SETTINGS).read_text(encoding="utf-8"))
    assert settings["telemetry"]["enabled"] is False
    assert settings["concurrency"]["pools"]["default_limit"] == 1


def test_dagster_accepts_the_settings(home):
    with dg.DagsterInstance.get() as instance:
        assert instance.root_directory == str(home.dagster)
        assert not instance.telemetry_enabled
        assert instance.run_monitoring_enabled


def test_only_the_operator_can_enter_the_workspace(home):
    for folder in (home.root, home.inbox, home.deliveries, home.dagster, home.releases):
        assert stat.S_IMODE(folder.stat().st_mode) == stat.S_IRWXU


@pytest.mark.usefixtures("home")
def test_what_a_run_shares_ends_with_it():
    made = []

    @shared
    def step(rows):
        made.append(rows)
        return rows

    rows = ibis.memtable({"number": [1]})
    share_within("a run before")
    step(rows)
    assert run_ingest().is_success
    step(rows)
    step(rows)
    assert len(made) == 3
