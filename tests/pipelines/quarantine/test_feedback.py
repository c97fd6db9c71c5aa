"""Feedback: a school is told of the file it sent, not of the records the operator mended."""

from pipelines.schools.feedback import write_new_feedback
from tests.pipelines.ingest.deliveries import ATTENDANCE_NAME, attendance, month_row, one
from tests.pipelines.quarantine.round_trip import mended

MINUTES = "Schemalagd tid, minuter"


def test_a_supplement_gives_no_feedback_of_its_own(workspace):
    rows = [month_row(0), month_row(1, **{MINUTES: "x"}), month_row(2, **{MINUTES: "y"})]
    one(workspace, ATTENDANCE_NAME, attendance(rows))
    write_new_feedback(workspace)
    before = {path.parent for path in workspace.outbox.rglob("*.html")}
    mended(workspace, {2: {MINUTES: "7000"}})
    write_new_feedback(workspace)
    assert {path.parent for path in workspace.outbox.rglob("*.html")} == before
