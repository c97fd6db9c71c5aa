"""A data folder that dies with the test."""

import pytest

from pipelines.workspace import Workspace


@pytest.fixture
def workspace(tmp_path):
    """An empty data folder."""
    made = Workspace(tmp_path / "data")
    made.make()
    return made
