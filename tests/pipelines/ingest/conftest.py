"""A data folder that dies with the test."""

import pytest

from pipelines.ingest import inbox
from pipelines.ingest.child import judged_by_children, judged_here
from pipelines.workspace import Workspace


@pytest.fixture
def workspace(tmp_path):
    """An empty data folder."""
    made = Workspace(tmp_path / "data")
    made.make()
    return made


@pytest.fixture(autouse=True)
def judged_by_this_process(monkeypatch):
    """Ingest judges here, which is fast and can be patched; ``with_children`` undoes it."""
    monkeypatch.setattr(inbox, "judged_by_children", judged_here)


@pytest.fixture
def with_children(monkeypatch):
    """Ingest judges by confined processes, as it does when nobody tests it."""
    monkeypatch.setattr(inbox, "judged_by_children", judged_by_children)
