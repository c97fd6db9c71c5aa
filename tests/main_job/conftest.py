"""One run of the whole job for every test of it."""

import pytest

from tests.main_job.whole_job import whole_job


@pytest.fixture(scope="session")
def job(tmp_path_factory):
    """The small city, ingested and published."""
    return whole_job(tmp_path_factory.getbasetemp() / "whole_job")
