"""Notebooks run on a release, and store nothing of what they saw."""

import nbformat
import pytest
from nbclient import NotebookClient

from pipelines.lake import Lake
from pipelines.releases.contents import Manifest
from pipelines.releases.release import publish
from tests.pipelines import invented

REDRAWN = "redraw_a_report_figure.ipynb"


@pytest.fixture
def workspace(tmp_path):
    """A data folder with a release of an invented city."""
    lake = Lake(tmp_path / "lake")
    invented.fill(lake)
    manifest = Manifest(code_version="2026.11.0", languages=())
    publish(lake, tmp_path / "releases", invented.REGISTRY, manifest=manifest)
    return tmp_path


def read(path):
    return nbformat.read(path, as_version=4)


def test_no_notebook_stores_what_it_saw(repository):
    notebooks = sorted((repository / "notebooks").glob("**/*.ipynb"))
    assert notebooks
    for path in notebooks:
        for cell in read(path).cells:
            assert not cell.get("outputs"), path.name
            assert cell.get("execution_count") is None, path.name


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # jupyter_client, on its event loop
def test_a_report_figure_is_redrawn_from_the_release_in_force(workspace, repository, monkeypatch):
    monkeypatch.setenv("SAMVERKAN_DATA", str(workspace))
    monkeypatch.setenv("SAMVERKAN_INDICATOR", "hours")
    notebook = read(repository / "notebooks" / REDRAWN)
    client = NotebookClient(notebook, timeout=120, resources={"metadata": {"path": repository}})
    cells = {cell["id"]: cell for cell in client.execute().cells}
    assert "2011/12" in cells["rows"].outputs[0]["data"]["text/plain"]
    assert cells["figure"].outputs[0]["data"]["image/png"]
