"""What schools and their systems export: days, wide term grades, totals of a school, surveys."""

import pytest

from tests.pipelines.ingest.deliveries import (
    DAY_HEADINGS,
    MONTH,
    SCHOOL,
    csv_text,
    day_row,
    days,
    number,
    one,
    profile,
    reasons,
)

TERM = "2016VT"
DAYS_NAME = f"dagar_{SCHOOL}_{MONTH}.csv"
GRADES_NAME = f"termsbetyg_{SCHOOL}_{TERM}.csv"
GRADE_HEADINGS = profile("term_grades_wide").columns
SURVEY_NAME = f"enkat_trivsel-1_{SCHOOL}_{TERM}.csv"
SURVEY_HEADINGS = (
    "Enkät, kod", "Termin", "Skolenhetskod", "Projekt, kod", "Personnummer", "Fråga, kod", "Svar",
)  # fmt: skip
TOTALS_NAME = f"skolfranvaro_{SCHOOL}_{MONTH}.csv"
TOTALS_HEADINGS = (
    "Skolenhetskod", "Månad", "Årskurs", "Antal elever", "Schemalagd tid, minuter",
    "Rapporterad tid, minuter", "Giltig frånvaro, minuter", "Ogiltig frånvaro, minuter",
)  # fmt: skip


def graded(n, **marks):
    """A pupil's line: marks by heading, empty where none is given."""
    row = dict.fromkeys(GRADE_HEADINGS, "") | {"Personnummer": number(n), "Namn": f"Hemlig {n}"}
    return list((row | marks).values())


def grades(*rows):
    return csv_text(GRADE_HEADINGS, rows).encode("utf-8-sig")


def marks(found):
    return {
        (row["record_no"], row["subject_code"]): row["mark"] for row in found.accepted["grades"]
    }


def answers(*rows):
    return csv_text(SURVEY_HEADINGS, rows).encode()


def answer(n, item, value, project=""):
    return ["trivsel-1", TERM, SCHOOL, project, number(n), item, value]


def totals(*rows):
    return csv_text(TOTALS_HEADINGS, rows).encode()


def total(grade, pupils, *minutes):
    return [SCHOOL, MONTH, grade, pupils, *minutes]


def test_every_letter_of_a_day_is_one_status(workspace):
    letters = {
        "": "present", "G": "authorised", "O": "unauthorised", "S": "late",
        "A": "other_activity", "R": "unreported",
    }  # fmt: skip
    rows = [
        day_row(0, datum=f"2016-03-{7 + at:02d}", franvarotyp=letter)
        for at, letter in enumerate(letters)
    ]
    found = one(workspace, DAYS_NAME, days(rows))
    assert found.held == []
    assert [row["status"] for row in found.accepted["days"]] == list(letters.values())
    assert found.entry["scope"] == f"days {SCHOOL} {MONTH}"


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"franvarotyp": "X"}, "status: not one of the codes"),
        ({"franvaro_min": "361"}, "absence_within_day"),
        ({"franvaro_min": "-1"}, "absence_minutes: "),
        ({"minuter": "0"}, "scheduled_minutes: "),
        ({"datum": "7/3 2016"}, "school_day: not date"),
        ({"skolenhetskod": "87654321"}, "school_id: not the one in the file name"),
        ({"personnummer": "2001"}, "student_id: "),
    ],
)
def test_a_day_that_cannot_be_is_held_back(workspace, changes, expected):
    found = one(workspace, DAYS_NAME, days([day_row(0, **changes), day_row(1)]))
    assert (found.entry["records"], found.entry["accepted"]) == (2, 1)
    assert expected in reasons(found)[1]


def test_a_day_of_another_month_is_held_back_among_a_hundred(workspace):
    rows = [day_row(n) for n in range(99)]
    found = one(workspace, DAYS_NAME, days([*rows, day_row(99, datum="2016-04-01")]))
    assert reasons(found) == {100: "school_day: not the one in the file name"}
    odd = [day_row(n, datum="2016-04-01") for n in range(95, 100)]
    entry = one(workspace, DAYS_NAME, days([*rows[:95], *odd])).entry
    assert entry["cause"].startswith("other_period: line 97: 5 of 100 records")


def test_two_accounts_of_one_day_are_both_held_back(workspace):
    rows = [day_row(0), day_row(0, franvarotyp="O", franvaro_min="60"), day_row(1), day_row(1)]
    found = one(workspace, DAYS_NAME, days(rows))
    assert (found.entry["accepted"], found.entry["duplicates"]) == (1, 1)
    assert {row["record_no"] for row in found.held} == {1, 2}


def test_days_and_lessons_are_told_apart_by_name_and_header(workspace):
    found = one(workspace, DAYS_NAME, csv_text((*DAY_HEADINGS, "amne"), []).encode())
    assert found.entry["cause"].startswith("extra_column")


def test_wide_term_grades_become_a_mark_per_subject(workspace):
    rows = [
        graded(1, SV="E", EN="A", MA="-", M2="C", **{"M2 språk": "fra"}, ML="B"),
        graded(2, SVA="F", IDH="3"),
        graded(3),
    ]
    found = one(workspace, GRADES_NAME, grades(*rows))
    assert found.held == []
    assert found.entry["accepted"] == 3
    assert marks(found) == {
        (1, "SV"): "E", (1, "EN"): "A", (1, "MA"): "-", (1, "M2FRA"): "C", (1, "ML"): "B",
        (2, "SVA"): "F", (2, "IDH"): "adapted",
    }  # fmt: skip
    rows = found.accepted["grades"]
    assert {(r["term"], r["school_id"], r["scale_id"], r["is_final"]) for r in rows} == {
        (TERM, SCHOOL, "A-F", "no")
    }


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"MA": "a"}, "mark: not one of the codes (MA)"),
        ({"MA": "MVG"}, "mark: not one of the codes (MA)"),
        ({"MA": "0"}, "mark: not one of the codes (MA)"),
        ({"M2": "A", "M2 språk": "franska"}, "subject_code: "),
        ({"Personnummer": ""}, "student_id: "),
    ],
)
def test_a_pupil_with_a_mark_that_does_not_exist_is_held_back_whole(workspace, changes, expected):
    found = one(workspace, GRADES_NAME, grades(graded(1, SV="A", **changes), graded(2, SV="B")))
    assert marks(found) == {(2, "SV"): "B"}
    assert expected in reasons(found)[1]


def test_wide_and_long_term_grades_of_a_school_are_rivals(workspace):
    found = one(workspace, GRADES_NAME, grades(graded(1, SV="A")))
    assert found.entry["scope"] == f"grades {SCHOOL} {TERM}"
    layout = profile("grades_template_csv")
    assert layout.scope(f"betyg_{SCHOOL}_{TERM}.csv") == (found.entry["scope"], 1)


def test_answers_are_numbers_and_an_empty_one_is_no_answer(workspace):
    rows = [answer(1, "q1", 4, "p1"), answer(1, "q2", ""), answer(2, "q1", 0)]
    found = one(workspace, SURVEY_NAME, answers(*rows))
    assert found.held == []
    told = found.accepted["survey_responses"]
    assert [(row["item_code"], row["answer"], row["project_id"]) for row in told] == [
        ("q1", 4, "p1"), ("q2", None, None), ("q1", 0, None),
    ]  # fmt: skip
    assert len({row["student_id"] for row in told}) == 2
    assert found.entry["scope"] == f"survey_responses trivsel-1 {SCHOOL} {TERM}"


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        (answer(1, "q1", "Hemlig åsikt"), "answer: not int64"),
        (answer(1, "q1", "4,5"), "answer: not int64"),
        (answer(1, "q1", 101), "answer: "),
        (answer(1, "Vad tycker du?", 4), "item_code: "),
        (["annan", *answer(1, "q1", 4)[1:]], "instrument: not the one in the file name"),
    ],
)
def test_free_text_is_never_an_answer(workspace, row, expected):
    found = one(workspace, SURVEY_NAME, answers(row, answer(2, "q1", 4)))
    assert expected in reasons(found)[1]
    assert "Hemlig" not in reasons(found)[1]
    assert found.entry["accepted"] == 1


def test_a_column_of_free_text_refuses_the_file(workspace):
    content = csv_text((*SURVEY_HEADINGS, "Kommentar"), []).encode()
    assert one(workspace, SURVEY_NAME, content).entry["cause"].startswith("extra_column")


def test_totals_are_of_the_school_or_of_a_grade_at_it(workspace):
    rows = [total("", 300, 90000, 80000, 4000, 900), total(7, "", 30000, 30000, 1000, 300)]
    found = one(workspace, TOTALS_NAME, totals(*rows))
    assert found.held == []
    told = found.accepted["school_absence"]
    assert [(row["grade_level"], row["pupils"]) for row in told] == [(None, 300), (7, None)]


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        (total("", 300, 90000, 90001, 0, 0), "reported_within_scheduled"),
        (total("", 300, 90000, 80000, 79000, 1001), "absence_within_reported"),
        (total("", 1, 90000, 80000, 0, 0), "scheduled_within_pupils"),
        (total("F", 300, 90000, 80000, 0, 0), "grade_level: "),
    ],
)
def test_totals_that_cannot_be_are_held_back(workspace, row, expected):
    found = one(workspace, TOTALS_NAME, totals(row, total(9, 20, 900, 900, 0, 0)))
    assert expected in reasons(found)[1]
    assert found.entry["accepted"] == 1
