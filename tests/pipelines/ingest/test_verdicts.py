"""Verdicts on values: each distinct one judged once, by the contract's own rules."""

import datetime as dt

import numpy as np
import pyarrow as pa
import pytest

from pipelines.ingest.blocks import Judges, Reasons, contract_of
from pipelines.ingest.profiles import Cell
from pipelines.ingest.vault import Vault
from pipelines.ingest.verdicts import ColumnJudge, broken_rows, judged_together
from schemas.attendance import Lessons
from schemas.benchmarks import Benchmarks
from schemas.places import Districts
from schemas.support import Participation
from tests.pipelines.ingest.deliveries import number, profile


def judged(contract, name, texts, **written):
    verdicts = ColumnJudge(contract, name, Cell(column="x", **written)).judge(texts)
    return list(zip(verdicts.values.to_pylist(), verdicts.reasons, strict=True))


@pytest.mark.parametrize(
    ("text", "value"),
    [("7", 7), (" 7 ", 7), ("007", 7), ("7.0", None), ("36.5", None), ("1e1", None),
     ("0x1A", None), ("1 0", None), ("1,0", None), ("+7", None), ("7-", None), ("\u0667", None),
     ("9" * 19, None), ("nan", None)],
)  # fmt: skip
def test_an_integer_is_written_in_digits_and_nothing_else(text, value):
    reason = None if value else "scheduled_minutes: not int64"
    assert judged(Lessons, "scheduled_minutes", [text]) == [(value, reason)]


@pytest.mark.parametrize(
    ("text", "value"),
    [("1", 1.0), ("-1.25", -1.25), ("1e3", None), ("nan", None), ("inf", None), ("1,5", None),
     ("1e309", None), ("93,5 %", None), (".5", None)],
)  # fmt: skip
def test_a_number_is_written_in_digits_with_a_point(text, value):
    reason = None if value else "value: not float64"
    assert judged(Benchmarks, "value", [text]) == [(value, reason)]


@pytest.mark.parametrize(
    ("text", "value", "reason"),
    [
        ("93,5", 93.5, None),
        ("3 827", 3827.0, None),
        ("3\u00a0827,5", 3827.5, None),
        ("93.5", None, "value: number_format"),
        ("..", None, None),
        ("x", None, "value: not float64"),
    ],
)
def test_a_swedish_number_has_a_comma_and_blanks_between_thousands(text, value, reason):
    written = {"decimal": ",", "thousands": " ", "missing": ("..", "")}
    assert judged(Benchmarks, "value", [text], **written) == [(value, reason)]


def test_points_between_thousands_are_taken_away_where_declared():
    assert judged(Benchmarks, "value", ["1.234,5"], decimal=",", thousands=".") == [(1234.5, None)]
    assert judged(Benchmarks, "value", ["1,234.5"], thousands=",") == [(1234.5, None)]


@pytest.mark.parametrize(
    ("text", "value"),
    [("2016-02-29", dt.date(2016, 2, 29)), ("2015-02-29", None), ("2016-11-31", None),
     ("2016-2-1", None), ("01/02/2016", None), ("20160201", None)],
)  # fmt: skip
def test_a_date_is_written_in_iso_form_and_exists(text, value):
    reason = None if value else "lesson_date: not date"
    assert judged(Lessons, "lesson_date", [text]) == [(value, reason)]


def test_another_form_of_date_is_read_where_declared():
    found = judged(Lessons, "lesson_date", ["1/2/2016", "31/11/2016", "2016-02-01"],
                   date_format="%d/%m/%Y")  # fmt: skip
    fault = "lesson_date: not a date as this sender writes them"
    assert found == [(dt.date(2016, 2, 1), None), (None, fault), (None, fault)]


def test_codes_are_taken_as_listed_and_all_others_as_one_value_where_declared():
    values = {"G": "authorised", "O": "unauthorised"}
    assert judged(Lessons, "status", ["G", "g", ""], values=values, missing=()) == [
        ("authorised", None),
        (None, "status: not one of the codes"),
        (None, "status: not one of the codes"),
    ]
    assert judged(Lessons, "status", ["x"], values=values, otherwise="present") == [
        ("present", None)
    ]


def test_what_may_be_missing_may_and_the_rest_may_not():
    assert judged(Participation, "end_date", ["", " "]) == [(None, None)] * 2
    assert judged(Participation, "start_date", [""]) == [(None, "start_date: missing")]
    assert judged(Districts, "district_name", ["-"], missing=("-",)) == [
        (None, "district_name: missing")
    ]


def test_composed_and_decomposed_letters_are_the_same_value():
    judge = ColumnJudge(Districts, "district_name", Cell(column="x"))
    first = judge.judge(["\u00c5lsta", "A\u030alsta"])
    assert first.values.to_pylist() == ["\u00c5lsta"] * 2
    assert first.codes[0] == first.codes[1]


def test_equal_values_have_one_code_over_the_whole_delivery():
    judge = ColumnJudge(Lessons, "scheduled_minutes", Cell(column="x"))
    first = judge.judge(["60", "060", "45"])
    second = judge.judge(["45", "60", "30"])
    assert first.codes.tolist() == [0, 0, 1]
    assert second.codes.tolist() == [1, 0, 2]
    assert second.missing.tolist() == [False] * 3


def test_rules_across_columns_are_judged_on_the_columns_they_look_at():
    assert judged_together(Lessons) == ("absence_minutes", "scheduled_minutes")
    rows = pa.table({"absence_minutes": [0, 61, None], "scheduled_minutes": [60, 60, 60]})
    assert {name: flags.tolist() for name, flags in broken_rows(rows, Lessons).items()} == {
        "absence_within_lesson": [False, True, False]
    }
    assert judged_together(Districts) == ()


def test_an_identity_is_asked_of_the_vault_once(tmp_path):
    vault = Vault(tmp_path / "vault")
    judge = Judges.of(vault, today=dt.date(2016, 6, 1)).identity
    texts = [number(1), number(1)[2:], "x", ""]
    told = judge.judge(texts)
    students = told["student_id"].values.to_pylist()
    assert students == [vault.student_ids([number(1)])[0]] * 2 + [None] * 2
    assert told["birth_year"].values.to_pylist() == [2001, 2001, None, None]
    assert told["student_id"].reasons[2:] == ("student_id: not an identity number",) * 2
    assert told["sex"].reasons == (None,) * 4
    one, same, nobody, also_nobody = judge.judge(texts)["student_id"].codes.tolist()
    assert one == same != nobody == also_nobody


def test_a_reason_is_held_against_a_record_once():
    reasons = Reasons(np.zeros(4, np.int32))
    reasons.add(np.array([True, False, True, False]), "a")
    reasons.add(np.array([True, True, False, False]), "a")
    reasons.add(np.array([True, False, False, False]), "b")
    assert [reasons.texts[kind] for kind in reasons.kinds] == [("a", "b"), ("a",), ("a",), ()]
    assert reasons.clean.tolist() == [False, False, False, True]


def test_a_table_that_is_computed_is_not_delivered():
    assert contract_of("core.lessons") is Lessons
    with pytest.raises(TypeError, match=r"core\.students is not delivered"):
        contract_of("core.students")


def test_a_judge_is_kept_for_each_column_of_each_layout(tmp_path):
    judges = Judges.of(Vault(tmp_path), today=dt.date(2016, 6, 1))
    layout, cell = profile("lesson_export"), Cell(column="amne")
    judge = judges.column(layout, "core.lessons", "subject_code", cell)
    assert judges.column(layout, "core.lessons", "subject_code", cell) is judge
    assert judges.column(layout, "core.lessons", "subject_code", Cell()) is not judge
