"""Steps shared within a run: made once, of the right tables, and gone with the run."""

import os

import ibis
import pyarrow as pa
import pytest

from pipelines.engine import engine
from pipelines.lake import Lake
from pipelines.sharing import share_within, shared
from schemas.places import Districts
from tests.pipelines import invented

MADE = []


@shared
def doubled(rows, *, by=2):
    """Every number times ``by``."""
    MADE.append(by)
    return rows.select(number=rows.number * by)


@pytest.fixture(autouse=True)
def _alone():
    MADE.clear()
    share_within(None)
    yield
    share_within(None)


def numbers(*values):
    engine()
    return ibis.memtable({"number": list(values)})


def answers(table):
    return sorted(table.to_pyarrow()["number"].to_pylist())


def test_outside_a_run_a_step_is_its_expression():
    rows = numbers(1, 2)
    assert answers(doubled(rows)) == answers(doubled(rows)) == [2, 4]
    assert MADE == [2, 2]


def test_within_a_run_a_step_of_the_same_tables_is_made_once():
    share_within("one")
    rows = numbers(1, 2)
    assert doubled(rows) is doubled(rows)
    assert answers(doubled(rows)) == [2, 4]
    assert MADE == [2]


def test_other_tables_and_other_options_are_other_steps():
    share_within("one")
    rows = numbers(1, 2)
    assert answers(doubled(rows)) == [2, 4]
    assert answers(doubled(numbers(5))) == [10]
    assert answers(doubled(rows, by=3)) == [3, 6]
    assert MADE == [2, 2, 3]


def test_the_next_run_makes_its_own_and_the_old_rows_are_dropped():
    share_within("one")
    rows = numbers(1)
    kept = doubled(rows).get_name().rsplit(".", 1)[-1]
    assert kept in engine().list_tables()
    share_within("two")
    assert kept not in engine().list_tables()
    assert answers(doubled(rows)) == [2]
    assert MADE == [2, 2]


def test_a_file_is_read_once_until_it_is_written_anew(tmp_path):
    lake = Lake(tmp_path)
    lake.write("core.districts", invented.table(Districts, [("a", "A")]))
    share_within("one")
    first = lake.read("core.districts", Districts)
    assert lake.read("core.districts", Districts) is first
    lake.write("core.districts", invented.table(Districts, [("a", "A"), ("b", "B")]))
    again = lake.read("core.districts", Districts)
    assert again is not first
    assert again.count().to_pyarrow() == pa.scalar(2)
    os.utime(lake.path("core.districts"), ns=(1, 1))
    assert lake.read("core.districts", Districts) is not again
