"""A place that cannot be written to, at the command line: words, an exit status, and no harm."""

from typer.testing import CliRunner

from assets.commands import app
from tests.pipelines.ingest.deliveries import ATTENDANCE_NAME, attendance, drop, month_row


def test_the_command_says_where_nothing_can_be_written_and_can_be_given_again(workspace):
    obstacle = workspace.lake.folder / ".drafts"
    obstacle.parent.mkdir(parents=True, exist_ok=True)
    obstacle.write_text("no folder", "utf-8")
    drop(workspace, ATTENDANCE_NAME, attendance([month_row(0)]))
    told = CliRunner().invoke(app, ["ingest", "--simulated"])
    assert told.exit_code == 1
    assert f"ingest failed: {obstacle.parent}: it cannot be written" in told.stderr
    assert "MB are free there" in told.stderr
    assert "run the same command again" in told.stderr
    assert [row["status"] for row in workspace.ledger.rows()] == ["received"]
    obstacle.unlink()
    assert CliRunner().invoke(app, ["ingest", "--simulated"]).exit_code == 0
    assert [row["status"] for row in workspace.ledger.rows()] == ["active"]
