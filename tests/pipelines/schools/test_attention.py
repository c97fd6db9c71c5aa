"""The attention list as its school gets it: who is named, in what order, what is written down."""

import datetime as dt

import openpyxl
import pytest
from typer.testing import CliRunner

from assets.commands import app
from pipelines.audit import verify
from pipelines.schools.attention import AttentionError, write_attention_list
from pipelines.schools.attention_book import hit_lines, in_order
from pipelines.workspace import VARIABLE
from schemas.attention import AttentionList, HitRates
from tests.pipelines.ingest.deliveries import ingested, number
from tests.pipelines.invented import table
from tests.pipelines.schools.conftest import OTHER, SCHOOL, TERM, pupil, register

STRANGER = "f" * 32
EMPTY = dict.fromkeys(AttentionList.columns())
MARKS = {"marks_term": "2015HT", "failed_subjects": 3, "missing_core": "EN MA"}
MEMBER = {
    **EMPTY, **MARKS, "school_id": SCHOOL, "term": TERM, "month": "2016-03", "grade_level": 8,
    "class_name": "=8A", "rung": "all_three", "in_target_group": True, "conditions": 3,
    "since": "2015HT", "low_attainment": True, "low_attainment_since": "2015VT",
    "not_eligible": True, "not_eligible_since": "2015HT", "high_absence": True,
    "high_absence_since": "2015HT", "other_subjects_short": 1, "absence_term": TERM,
    "absence_share": 0.25, "unauthorised_share": 0.1, "register_coverage": 1.0,
    "months_unreported": 0, "is_supported": True, "supported_since": dt.date(2016, 2, 1),
}  # fmt: skip


def rows_of(contract, rows):
    return table(contract, [tuple(row[name] for name in contract.columns()) for row in rows])


@pytest.fixture
def students(workspace):
    """Two pupils of the school's register, by ``student_id``."""
    ingested(workspace, register([pupil(0), pupil(1)]))
    return workspace.vault.known_ids([number(0), number(1)])


@pytest.fixture
def listed(workspace, students):
    """A workspace with a list of three pupils: one of them is in no register of the school."""
    first, second = students
    found = [
        {**MEMBER, "student_id": second, "absence_share": 0.2},
        {**MEMBER, "student_id": first},
        {**MEMBER, "student_id": STRANGER, "rung": "one_short", "high_absence": None,
         "high_absence_since": None, "conditions": 2, "absence_share": None,
         "is_supported": False, "supported_since": None},
        {**MEMBER, "student_id": first, "school_id": OTHER},
    ]  # fmt: skip
    workspace.lake.write(AttentionList.table(), rows_of(AttentionList, found), TERM)
    workspace.lake.write(HitRates.table(), rows_of(HitRates, RATES))
    return workspace


def rate(rung, known, lacking, *, term="2014HT", unknown=0):
    counts = {"pupils": known + unknown, "unknown": unknown, "known": known}
    row = {"term": term, "grade_level": 9, "rung": rung, "not_eligible": lacking, **counts}
    return dict.fromkeys(HitRates.columns()) | row


RATES = [rate("all_three", 40, 25), rate("all_three", 10, 5, term="2015HT", unknown=12),
         rate("one_short", 30, 9), rate("unmarked", 500, 20), rate("marked", 80, 39)]  # fmt: skip


def cells(path, sheet):
    page = openpyxl.load_workbook(path)[sheet]
    return [[cell.value for cell in row if cell.value is not None] for row in page.iter_rows()]


def test_pupils_of_the_register_are_named_in_order_and_others_keep_their_pseudonym(listed):
    written = write_attention_list(listed, SCHOOL)
    lines = cells(written.path, "Lista")
    hyphenated = [f"{number(n)[:8]}-{number(n)[8:]}" for n in (0, 1)]
    assert [line[0] for line in lines[6:]] == [*hyphenated, STRANGER]
    assert (written.term, written.pupils, written.numbers) == (TERM, 3, 2)


def test_each_pupil_has_conditions_since_when_and_what_is_missing(listed):
    page = openpyxl.load_workbook(write_attention_list(listed, SCHOOL).path)["Lista"]
    headings = [cell.value for cell in page[6]]
    first, last = (
        dict(zip(headings, (cell.value for cell in page[row]), strict=True)) for row in (7, 9)
    )
    assert first["Klass"] == "=8A"
    assert first["Saknas för yrkesprogram"] == "engelska, matematik, 1 annat ämne"
    assert first["Villkor som uppfylls, sedan"].splitlines() == [
        "låg måluppfyllelse, vt 2015", "inte behörig till yrkesprogram, ht 2015",
        "hög frånvaro, ht 2015",
    ]  # fmt: skip
    assert first["Stöd nu"] == "ja, sedan 2016-02-01"
    assert last["Villkor som uppfylls, sedan"].endswith("hög frånvaro: okänt")
    assert last["Frånvaro hittills"] == "okänt"
    assert all(cell.data_type != "f" for row in page.iter_rows() for cell in row)


def test_both_sheets_say_that_it_is_a_working_list_and_when_it_must_be_deleted(listed):
    written = write_attention_list(listed, SCHOOL)
    for sheet in ("Lista", "Så fungerar listan"):
        text = "\n".join(str(cell) for line in cells(written.path, sheet) for cell in line)
        assert "inget underlag för beslut i sig" in text
        assert f"Raderas senast {written.delete_by}" in text
    assert (written.delete_by - dt.datetime.now(dt.UTC).date()).days == 45


def test_a_hit_rate_of_few_pupils_is_hidden_and_none_can_be_computed():
    lines = list(hit_lines(RATES))
    assert [line[1:] for line in lines] == [
        ("uppfyller alla villkoren", "50", "60%", "46%-72%", "12"),
        ("uppfyller två av villkoren", "..", "..", "..", ".."),
        ("övriga platser på listan", "..", "..", "..", ".."),
        ("inte på listan", "500", "4%", "3%-6%", "0"),
    ]


def test_the_file_is_for_the_operator_alone_and_the_log_tells_counts_only(listed, students):
    written = write_attention_list(listed, SCHOOL)
    assert written.path.parent == listed.outbox / SCHOOL / "uppmarksamhet"
    assert written.path.stat().st_mode & 0o777 == 0o600
    (entry,) = (e for e in verify(listed).entries if e.action == "attention.write")
    assert entry.subject["pupils"] == 3
    assert entry.subject["rows_with_identity_numbers"] == 2
    said = str(entry)
    assert not any(value in said for value in (*students, number(0), number(1), STRANGER))


def test_without_the_vaults_key_nothing_is_written(listed):
    key = listed.vault.folder / "key"
    key.rename(key.with_name("elsewhere"))
    result = call(listed, "attention", SCHOOL)
    assert result.exit_code == 1
    assert not list(listed.outbox.rglob("uppmarksamhet*"))
    assert not any(number(n) in result.output for n in (0, 1))


def test_pseudonyms_need_no_vault(listed, students):
    path = write_attention_list(listed, SCHOOL, with_numbers=False).path
    assert {line[0] for line in cells(path, "Lista")[6:]} == {*students, STRANGER}


def call(workspace, *arguments):
    """Call the command line for a workspace."""
    environment = {VARIABLE: str(workspace.root)}
    return CliRunner().invoke(app, [str(argument) for argument in arguments], env=environment)


def test_the_command_writes_where_it_is_told_and_prints_no_pupil(listed, tmp_path):
    result = call(listed, "attention", SCHOOL, "--term", TERM, "--out", tmp_path / "lista.xlsx")
    assert result.exit_code == 0, result.output
    assert (tmp_path / "lista.xlsx").stat().st_mode & 0o777 == 0o600
    assert "3 pupils, 2 by identity number" in result.output
    assert number(0) not in result.output


@pytest.mark.parametrize(
    ("arguments", "code"),
    [((SCHOOL, "--term", "vt16"), 2), ((SCHOOL, "--term", "2014VT"), 1), (("99999999",), 1)],
)
def test_the_command_says_why_there_is_no_list(listed, arguments, code):
    assert call(listed, "attention", *arguments).exit_code == code


def test_before_any_list_is_made_the_operator_is_told(workspace):
    with pytest.raises(AttentionError, match="no list has been made"):
        write_attention_list(workspace, SCHOOL)


def test_a_school_without_pupils_on_the_list_gets_an_empty_one(listed):
    listed.lake.write(AttentionList.table(), rows_of(AttentionList, []), TERM)
    assert write_attention_list(listed, SCHOOL).pupils == 0


def test_the_order_is_place_then_since_when_then_absence_with_the_unknown_last():
    def one(student, rung="all_three", since="2015HT", absence=0.2):
        return {"student_id": student, "rung": rung, "since": since, "absence_share": absence}

    right = [
        one("a", since="2015VT"), one("b", absence=0.4), one("c"), one("d", absence=None),
        one("e", rung="one_short", since="2012HT"), one("f", rung="sign_only", since=None),
    ]  # fmt: skip
    assert in_order(right[::-1]) == right
