"""Checking a file before it is sent."""

import pytest

from pipelines.ingest.checking import check_file
from tests.pipelines.ingest.deliveries import (
    ATTENDANCE_NAME,
    attendance,
    month_row,
    number,
)


@pytest.fixture
def checked(tmp_path, monkeypatch):
    """Check a file and see that nothing but the file is there afterwards."""
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    monkeypatch.setenv("TMPDIR", str(scratch))
    monkeypatch.setenv("SAMVERKAN_DATA", str(tmp_path / "data"))
    monkeypatch.setattr("tempfile.tempdir", None)

    def check(name, content):
        path = tmp_path / name
        path.write_bytes(content)
        verdict = check_file(path)
        assert path.read_bytes() == content
        assert {one.name for one in tmp_path.iterdir()} == {name, "scratch"}
        assert list(scratch.iterdir()) == []
        return verdict

    return check


def test_a_good_file_is_accepted_and_nothing_is_stored(checked):
    verdict = checked(ATTENDANCE_NAME, attendance([month_row(0), month_row(1), month_row(0)]))
    assert verdict.is_accepted
    assert verdict.summary == "3 records: 2 accepted, 0 to correct, 1 exact repeats"
    assert verdict.faults == ()


def test_each_record_to_correct_is_told_by_its_line_and_never_by_its_values(checked):
    rows = [month_row(0), month_row(1, Månad="2016-04"), [*month_row(2), "x"]]
    verdict = checked(ATTENDANCE_NAME, attendance(rows))
    assert not verdict.is_accepted
    assert verdict.summary == "3 records: 1 accepted, 2 to correct, 0 exact repeats"
    assert verdict.faults[0] == "line 3: month: not the one in the file name"
    assert verdict.faults[1].startswith("line 4: record: 10 fields instead of 9")
    assert not any(number(n) in str(verdict) for n in range(3))


@pytest.mark.parametrize(
    ("name", "content", "summary"),
    [
        ("x.csv", b"a;b\n1;2\n", "cannot be read: unknown: no layout has files of this name"),
        (ATTENDANCE_NAME, b"", "cannot be read: empty: the file is empty"),
        (ATTENDANCE_NAME, attendance([]), "cannot be read: no_records: the file has a header"),
    ],
)
def test_a_file_that_cannot_be_read_is_told_with_its_cause(checked, name, content, summary):
    verdict = checked(name, content)
    assert not verdict.is_accepted
    assert verdict.summary.startswith(summary)
    assert verdict.faults == ()
