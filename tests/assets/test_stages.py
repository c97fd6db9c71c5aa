"""Which stage is next, and for which periods."""

import pytest

from assets.stages import (
    FIRST_TAG,
    JOBS,
    LAST_TAG,
    Stage,
    finish,
    next_stage,
    stage_of_run,
)
from pipelines.ingest.ledger import Judged
from pipelines.lake import WHOLE


def deliver(ledger, *, table="core.attendance", periods=()):
    """Enter one judged delivery that holds rows of some periods."""
    number = len(ledger.rows())
    delivery_id = f"{number:064x}"
    ledger.receive([(delivery_id, f"{number}.csv", "2016-01-01T00:00:00+00:00")])
    judged = Judged(
        delivery_id=delivery_id,
        profile="template",
        scope=f"delivery {number}",
        content={table: frozenset(periods)},
    )
    ledger.settle([judged])


def all_stages(ledger):
    """Run nothing, finish everything."""
    found = []
    while (stage := next_stage(ledger)) is not None:
        finish(ledger, stage)
        found.append((stage.kind, stage.periods))
    return found


def test_nothing_delivered_is_nothing_to_do(workspace):
    assert next_stage(workspace.ledger) is None


def test_stages_come_in_the_order_they_depend_on_each_other(workspace):
    deliver(workspace.ledger, periods=["2013-10", "2013-11"])
    assert all_stages(workspace.ledger) == [
        ("month", ("2013-10", "2013-11")),
        ("term", ("2013HT", "2014VT")),
        ("school_year", ("2013/14",)),
        ("release", (WHOLE,)),
    ]
    assert next_stage(workspace.ledger) is None


def test_a_july_without_a_delivery_does_not_divide_a_run(workspace):
    deliver(workspace.ledger, periods=["2013-05", "2013-06", "2013-08"])
    assert next_stage(workspace.ledger).periods == ("2013-05", "2013-06", "2013-08")


def test_a_gap_of_two_months_divides_it_and_nothing_is_forgotten(workspace):
    deliver(workspace.ledger, periods=["2012-01", "2013-09", "2013-12", "2014-01"])
    months = [periods for kind, periods in all_stages(workspace.ledger) if kind == "month"]
    assert months == [("2012-01",), ("2013-09",), ("2013-12", "2014-01")]


def test_periods_the_partitioning_does_not_have_are_entered_as_done(workspace):
    deliver(workspace.ledger, periods=["2009-10", "2013-10", "2999-01"])
    stage = next_stage(workspace.ledger)
    assert stage.periods == ("2013-10",)
    assert workspace.ledger.pending()["month"] == ["2013-10"]
    assert all_stages(workspace.ledger)[-1] == ("release", (WHOLE,))
    assert workspace.ledger.pending() == {}


def test_a_table_in_one_file_outdates_the_release_alone(workspace):
    deliver(workspace.ledger, table="core.schools", periods=[WHOLE])
    assert all_stages(workspace.ledger) == [("release", (WHOLE,))]


def test_a_stage_that_did_not_finish_is_next_again(workspace):
    deliver(workspace.ledger, periods=["2013-10"])
    assert next_stage(workspace.ledger) == next_stage(workspace.ledger)


@pytest.mark.parametrize(
    "stage",
    [
        Stage("month", ("2013-10", "2013-11", "2013-12")),
        Stage("term", ("2013HT", "2014VT")),
        Stage("school_year", ("2013/14",)),
        Stage("release", (WHOLE,)),
    ],
)
def test_a_run_tells_by_its_tags_which_stage_it_was(stage):
    assert stage_of_run(stage.tags) == stage
    assert stage.job in JOBS.values()


def test_a_range_of_months_is_tagged_with_its_ends_and_a_release_with_none():
    tags = Stage("term", ("2013HT", "2014VT")).tags
    assert (tags[FIRST_TAG], tags[LAST_TAG]) == ("2013-08", "2014-01")
    assert FIRST_TAG not in Stage("release", (WHOLE,)).tags


def test_any_other_run_was_no_stage():
    assert stage_of_run({"dagster/partition": "2013-10"}) is None
