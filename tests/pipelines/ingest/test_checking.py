"""Checking a file before it is sent."""

import pytest

from pipelines.ingest.checking import check_file
from tests.pipelines.ingest.deliveries import (
    ATTENDANCE_HEADINGS,
    ATTENDANCE_NAME,
    attendance,
    month_row,
    number,
    workbook,
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
    answer = checked(ATTENDANCE_NAME, attendance([month_row(0), month_row(1), month_row(0)]))
    assert answer.is_accepted
    assert answer.status == "accepted"
    assert (answer.records, answer.accepted, answer.to_correct, answer.duplicates) == (3, 2, 0, 1)
    assert answer.faults == ()


def test_each_record_to_correct_is_told_by_its_line_and_never_by_its_values(checked):
    rows = [month_row(0), month_row(1, Skolenhetskod="87654321"), [*month_row(2), "x"]]
    answer = checked(ATTENDANCE_NAME, attendance(rows))
    assert not answer.is_accepted
    assert (answer.records, answer.accepted, answer.to_correct) == (3, 1, 2)
    assert [(f.line, f.column, f.rule) for f in answer.faults] == [
        (3, "Skolenhetskod", "school_id: not the one in the file name"),
        (4, "", "record: 10 fields instead of 9"),
    ]
    assert not any(number(n) in str(answer.as_json()) for n in range(3))


@pytest.mark.parametrize(
    ("name", "content", "rule", "words"),
    [
        ("x.csv", b"a;b\n1;2\n", "unknown", "Filnamnet är inget som systemet känner igen."),
        (ATTENDANCE_NAME, b"", "empty", "Filen är tom."),
        (ATTENDANCE_NAME, attendance([]), "no_records", "Filen har rubriker men inga rader"),
    ],
)
def test_a_file_that_cannot_be_read_is_told_with_its_cause(checked, name, content, rule, words):
    answer = checked(name, content)
    assert answer.status == "unreadable"
    assert [fault.rule for fault in answer.faults] == [rule]
    assert answer.faults[0].text.startswith(words)
    assert answer.faults[0].line is None


def test_the_answer_can_be_had_in_english(tmp_path):
    path = tmp_path / ATTENDANCE_NAME
    path.write_bytes(attendance([month_row(0, Personnummer="19")]))
    fault = check_file(path, "en").faults[0]
    assert fault.text == "The value is no personal, co-ordination or temporary number."


def test_a_workbook_is_told_by_its_cells_and_a_rule_across_columns_by_all_of_them(tmp_path):
    path = tmp_path / ATTENDANCE_NAME.replace(".csv", ".xlsx")
    longer = {"Rapporterad tid, minuter": "8000"}
    workbook(path, ATTENDANCE_HEADINGS, [month_row(0), month_row(1, **longer)])
    fault = check_file(path).faults[0]
    assert (fault.line, fault.cell, fault.rule) == (3, "D3, E3", "reported_within_scheduled")
    assert fault.column == "Schemalagd tid, minuter + Rapporterad tid, minuter"


def test_an_identity_number_in_a_file_name_is_not_repeated(checked):
    answer = checked(f"x_{number(1)}.csv", b"a;b\n")
    assert number(1) not in str(answer.as_json())
