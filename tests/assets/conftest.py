"""An empty workspace that Dagster calls home."""

import pytest

from pipelines.workspace import VARIABLE, Workspace
from tests.main_job.whole_job import at_home, new_workspace


@pytest.fixture
def workspace(tmp_path):
    """An empty workspace of invented pupils; the environment points to it."""
    made = new_workspace(tmp_path / "workspace")
    with at_home(made):
        yield made


@pytest.fixture
def nowhere(tmp_path, monkeypatch):
    """A folder the environment names before anything is made in it."""
    for name in ("DAGSTER_HOME", "DAGSTER_DISABLE_TELEMETRY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv(VARIABLE, str(tmp_path / "nowhere"))
    return Workspace(tmp_path / "nowhere")
