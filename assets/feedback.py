"""Feedback after ingestion: what each sender is told of its files, in the outbox."""

import dagster as dg
import ibis

from assets.contracts import contract_check, described, meaning
from assets.lake import WorkspaceResource
from assets.raw import deliveries
from pipelines.schools.feedback import feedback_rows, write_new_feedback
from schemas.feedback import Feedback


@dg.asset(
    key=Feedback.table().split("."),
    deps=[deliveries],
    description=meaning(Feedback),
    metadata=described(Feedback),
    kinds={"parquet", "html", "xlsx"},
)
def feedback(context: dg.AssetExecutionContext, workspace: WorkspaceResource) -> ibis.Table:
    """Feedback files for what is new or has changed, and the answer on every delivery."""
    told = write_new_feedback(workspace.workspace)
    context.add_output_metadata({"feedback_files": told.files, "summaries": told.summaries})
    types = {name: c.dtype.type for name, c in Feedback.to_schema().columns.items()}
    return ibis.memtable(feedback_rows(workspace.workspace), schema=ibis.schema(types))


feedback_keeps_contract = contract_check(feedback, Feedback)
