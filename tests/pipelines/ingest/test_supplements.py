"""Supplements: files of their own scope, in force with the delivery they mend."""

import csv
import io
import sqlite3
from contextlib import closing
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.ingest.inbox import masked
from pipelines.ingest.profiles import load_profiles
from pipelines.ingest.recognition import recognise
from pipelines.ingest.supplements import (
    DELIVERY,
    RECORD,
    follow,
    is_supplement,
    layout_of,
    name_of,
    read_columns,
    scopes_following,
)
from tests.pipelines.ingest.deliveries import (
    ATTENDANCE_NAME,
    LESSONS_NAME,
    attendance,
    month_row,
    one,
    profile,
)

MENDED = "ab12cd34ef56" + "0" * 52
LAYOUTS = [one.name for one in load_profiles()]


def content(layout, rows):
    """A supplement's text."""
    text = io.StringIO(newline="")
    csv.writer(text, delimiter=";", lineterminator="\n").writerows([layout.columns, *rows])
    return text.getvalue().encode()


def test_a_supplement_has_the_scope_of_its_file_and_more():
    name = name_of("narvaro_12345678_2016-03_v2.csv", MENDED, 3)
    layout = layout_of(profile("attendance_template_csv"))
    assert layout.scope(name) == ("attendance 12345678 2016-03 mended ab12-cd34-ef56 3", 2)


@pytest.mark.parametrize("name", LAYOUTS)
def test_every_layout_has_one_for_supplements_that_reads_plain_csv(name):
    original = profile(name)
    layout = layout_of(original)
    assert layout.container == "csv"
    assert set(read_columns(original)) <= set(read_columns(layout))
    assert layout.columns[-2:] == (DELIVERY, RECORD)
    assert len({column.casefold() for column in layout.columns}) == len(layout.columns)
    assert not any(c.from_title for m in layout.tables for c in m.cells.values())
    filled = [(m.table, sorted(m.cells), m.unpivot) for m in layout.tables]
    assert filled == [(m.table, sorted(m.cells), m.unpivot) for m in original.tables]


def test_a_file_is_of_no_layout_of_supplements_and_a_supplement_of_no_other(tmp_path):
    assert not is_supplement(ATTENDANCE_NAME)
    name = name_of(ATTENDANCE_NAME, MENDED, 1)
    layout = layout_of(profile("attendance_template_csv"))
    path = tmp_path / "file"
    path.write_bytes(content(layout, [[*month_row(0), MENDED, "7"]]))
    assert recognise(path, name).name == layout.name
    assert all(one.named(name) is None for one in load_profiles())


def test_what_stood_above_the_header_stands_in_a_column():
    original = profile("attendance_template_csv")
    cells = dict(original.tables[0].cells)
    cells["month"] = replace(cells["month"], column=None, from_title=r"Månad: (\S+)")
    titled = replace(original, tables=(replace(original.tables[0], cells=cells),))
    layout = layout_of(titled)
    assert layout.tables[0].cells["month"].column in layout.columns


@settings(deadline=None, max_examples=200)
@given(delivery=st.binary(min_size=32, max_size=32), place=st.integers(1, 99))
def test_no_name_of_a_supplement_looks_like_an_identity_number(delivery, place):
    name = name_of(ATTENDANCE_NAME, delivery.hex(), place)
    assert masked(name) == name
    assert is_supplement(name)


def test_a_supplement_adds_its_records_and_supersedes_nothing(workspace):
    first = one(workspace, ATTENDANCE_NAME, attendance([month_row(0)]))
    layout = layout_of(profile("attendance_template_csv"))
    mended = content(layout, [[*month_row(1), first.entry["delivery_id"], "2"]])
    name = name_of(ATTENDANCE_NAME, first.entry["delivery_id"], 1)
    added = one(workspace, name, mended)
    assert [row["status"] for row in workspace.ledger.rows()] == ["active", "active"]
    (row,) = added.accepted["attendance"]
    (like,) = first.accepted["attendance"]
    assert row["record_no"] == 1
    assert row["student_id"] != like["student_id"]
    assert {k: row[k] for k in row if k not in ("delivery_id", "student_id")} == {
        k: like[k] for k in like if k not in ("delivery_id", "student_id")
    }


def test_a_supplement_to_lessons_keeps_the_rules_of_the_file_name():
    layout = layout_of(profile("lesson_export"))
    assert layout.named(name_of(LESSONS_NAME, MENDED, 1))["month"] == "2016-03"
    assert layout.same_as_name == profile("lesson_export").same_as_name


@pytest.fixture
def ledger():
    """A ledger as far as following looks at it."""
    with closing(sqlite3.connect(":memory:")) as opened:
        opened.execute("CREATE TABLE delivery (delivery_id, scope, status, cause)")
        yield opened


def enter(ledger, delivery, scope, status):
    ledger.execute("INSERT INTO delivery VALUES (?, ?, ?, NULL)", (delivery, scope, status))


@pytest.mark.parametrize(
    ("of_mended", "before", "after"),
    [
        ("active", "active", "active"),
        ("active", "superseded", "active"),
        ("superseded", "active", "superseded"),
        ("held", "active", "superseded"),
        ("received", "active", "superseded"),
        ("rejected", "superseded", "superseded"),
        ("superseded", "rejected", "rejected"),
        ("active", "received", "received"),
    ],
)
def test_a_supplement_follows_the_delivery_it_mends(ledger, of_mended, before, after):
    scope = "attendance 12345678 2016-03 mended ab12-cd34-ef56 1"
    enter(ledger, MENDED, "attendance 12345678 2016-03", of_mended)
    enter(ledger, "cd" * 32, scope, before)
    enter(ledger, "ef" * 32, "attendance 87654321 2016-03", "superseded")
    assert scopes_following(ledger, ["attendance 12345678 2016-03"]) == {scope}
    assert scopes_following(ledger, ["attendance 12345678 2016"]) == set()
    whys = follow(ledger, ["attendance 87654321 2016-03", scope])
    assert set(whys) == ({"cd" * 32} if before in ("active", "superseded") else set())
    found = dict(ledger.execute("SELECT delivery_id, status FROM delivery"))
    assert found == {MENDED: of_mended, "cd" * 32: after, "ef" * 32: "superseded"}
