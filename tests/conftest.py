"""Fixtures shared by every layer, and the rule that nothing is skipped in CI."""

import os
from pathlib import Path

import pytest

from pipelines.lake import Lake
from pipelines.sharing import share_within

pytest_plugins = ["pytester"]

REPOSITORY = Path(__file__).parents[1]


@pytest.fixture(autouse=True)
def nothing_shared_with_other_tests():
    """What a run shares ends with the test: others make tables of the same name."""
    yield
    share_within(None)


@pytest.fixture
def lake(tmp_path):
    """An empty lake that dies with the test."""
    return Lake(tmp_path / "lake")


@pytest.fixture(scope="session")
def repository():
    """The folder the project is checked out in."""
    return REPOSITORY


@pytest.fixture(scope="session")
def shared():
    """The folder of public files beside the project, for tests marked ``shared_data``."""
    folder = REPOSITORY.parent / "shared"
    if not folder.is_dir():
        pytest.skip("the public files do not lie beside the project")
    return folder


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport():
    """A test that skips itself in CI has failed: there, everything it needs is installed."""
    report = yield
    return _demanded(report)


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report():
    """So has a whole module that skips itself."""
    report = yield
    return _demanded(report)


def _demanded(report):
    if os.environ.get("CI") == "true" and report.skipped and not hasattr(report, "wasxfail"):
        report.outcome = "failed"
        report.longrepr = f"skipped, which nothing may be in CI: {report.longrepr}"
    return report
