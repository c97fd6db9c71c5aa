"""Feedback after ingestion: what each sender is told of its files, in the outbox."""

import dagster as dg

from assets.lake import WorkspaceResource
from assets.raw import deliveries
from pipelines.schools.feedback import write_new_feedback


@dg.asset(key=["quarantine", "feedback"], deps=[deliveries], kinds={"html", "xlsx"})
def feedback(workspace: WorkspaceResource) -> dg.MaterializeResult[None]:
    """Feedback files to schools and projects: which rows and columns to correct, and how.

    Written to the outbox for deliveries with faults that are new or have changed, with a summary
    for each sender of something new. No value of a record is in them.
    """
    told = write_new_feedback(workspace.workspace)
    return dg.MaterializeResult(metadata={"files": told.files, "summaries": told.summaries})
