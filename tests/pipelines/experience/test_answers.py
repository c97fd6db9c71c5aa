"""Each answer counts, is missing, or has a named fault; none is lost."""

from hypothesis import given as drawn
from hypothesis import settings
from hypothesis import strategies as st

from pipelines.experience.answers import answers
from schemas.surveys import SurveyAnswers
from tests.pipelines.experience.invented_answers import (
    INSTRUMENTS,
    OTHER,
    SCHOOL,
    given,
    kept,
    responses,
    sheet,
)  # fmt: skip


def judged(*rows, is_judged=True):
    return kept(answers(responses(*rows), INSTRUMENTS), SurveyAnswers, is_judged=is_judged)


def faults(*rows):
    return {(row["item_code"], row["school_id"]): row["fault"] for row in judged(*rows)}


def test_an_answer_that_counts_is_turned_if_its_question_is_reversed():
    told = {row["item_code"]: row for row in judged(sheet(1, 2, 2, None, 5))}
    assert [told[f"q{n}"]["turned"] for n in (1, 2, 3, 4)] == [2, 4, None, 5]
    assert {row["fault"] for row in told.values()} == {None}
    assert [told[code]["subscale"] for code in ("q1", "q4")] == ["well", "work"]
    assert told["q1"]["respondent"] == "pupil"


def test_an_answer_that_cannot_be_is_kept_with_its_fault():
    rows = [
        given(1, "q1", 6),
        given(2, "q1", 0),
        given(3, "q9", 30),
        given(4, "q1", 3, instrument="annan-1"),
        given(5, "q9", None),
    ]
    told = sorted(judged(*rows), key=lambda row: row["student_id"])
    assert [row["fault"] for row in told] == [
        "out_of_scale", "out_of_scale", "unknown_item", "unknown_instrument", None,
    ]  # fmt: skip
    assert {row["turned"] for row in told} == {None}
    assert [row["answer"] for row in told] == [6, 0, 30, 3, None]


def test_who_answers_an_instrument_that_nobody_declared_is_unknown():
    (told,) = judged(given(1, "q1", 3, instrument="annan-1", project=None))
    assert (told["respondent"], told["project_id"], told["subscale"]) == ("unknown", "none", None)


def test_of_an_answer_given_twice_the_first_counts_and_of_two_different_ones_none():
    twice = [given(1, "q1", 3), given(1, "q1", 3, school=OTHER)]
    differing = [given(1, "q2", 3), given(1, "q2", 4, school=OTHER)]
    once = [given(1, "q3", None), given(1, "q3", 4, school=OTHER)]
    wrong = [given(1, "q4", 9), given(1, "q4", 4, school=OTHER)]
    assert faults(*twice, *differing, *once, *wrong) == {
        ("q1", SCHOOL): None, ("q1", OTHER): "repeated",
        ("q2", SCHOOL): "contradictory", ("q2", OTHER): "contradictory",
        ("q3", SCHOOL): None, ("q3", OTHER): None,
        ("q4", SCHOOL): "out_of_scale", ("q4", OTHER): None,
    }  # fmt: skip


def test_a_respondent_belongs_to_one_project():
    told = judged(given(1, "q1", 3, project="p2"), given(1, "q2", 3, school=OTHER, project="p1"))
    assert {row["project_id"] for row in told} == {"p1"}


def test_without_answers_there_are_none():
    assert judged() == []
    assert kept(answers(responses(), {}), SurveyAnswers) == []


ROW = st.builds(
    given,
    st.integers(1, 3),
    st.sampled_from(["q1", "q2", "q3", "q4", "q9"]),
    st.one_of(st.none(), st.integers(0, 7)),
    instrument=st.sampled_from(["prov-1", "annan-1"]),
    school=st.sampled_from([SCHOOL, OTHER]),
)


@settings(max_examples=10, deadline=None)
@drawn(st.lists(ROW, max_size=25, unique_by=lambda row: (row[0], row[2], row[4], row[5])))
def test_no_row_is_lost_whatever_is_answered(rows):
    told = judged(*rows, is_judged=False)
    assert len(told) == len(rows)
    counting = [row for row in told if row["turned"] is not None]
    assert len({(r["instrument"], r["student_id"], r["item_code"]) for r in counting}) == len(
        counting
    )
    assert all(1 <= row["turned"] <= 5 for row in counting)
