"""A data folder that dies with the test, and ingest by this process."""

from tests.pipelines.ingest.conftest import judged_by_this_process, workspace

__all__ = ["judged_by_this_process", "workspace"]
