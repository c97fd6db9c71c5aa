"""Distributions counted by hand; together the categories are every time a question was put."""

import pytest
from statsmodels.stats.proportion import proportion_confint

from pipelines.experience.answers import answers
from pipelines.experience.distributions import distributions, item_summaries
from schemas.instruments import parse_instrument
from schemas.surveys import Distributions, ItemSummaries
from tests.pipelines.experience.invented_answers import (
    DECLARED,
    INSTRUMENTS,
    OTHER,
    given,
    kept,
    responses,
)  # fmt: skip

ROWS = [given(n, "q1", answer) for n, answer in enumerate([5, 4, 4, 1, None, 9, 2], 1)]


def counted(*rows, instruments=INSTRUMENTS):
    made = distributions(answers(responses(*rows), instruments), instruments)
    return [row for row in kept(made, Distributions) if row["project_id"] == "all"]


def summed(*rows, instruments=INSTRUMENTS):
    made = item_summaries(answers(responses(*rows), instruments), instruments)
    return {r["item_code"]: r for r in kept(made, ItemSummaries) if r["project_id"] == "all"}


def test_every_answer_of_the_scale_is_told_and_what_does_not_count_beside():
    told = [(row["category"], row["count"], row["share"]) for row in counted(*ROWS)]
    assert told == [
        ("1", 1, 0.2), ("2", 1, 0.2), ("3", 0, 0.0), ("4", 2, 0.4), ("5", 1, 0.2),
        ("invalid", 1, None), ("missing", 1, None),
    ]  # fmt: skip
    assert [row["kind"] for row in counted(*ROWS)][-2:] == ["invalid", "missing"]


def test_a_project_has_its_own_distribution():
    judged = answers(responses(*ROWS, given(8, "q1", 3, project="p2")), INSTRUMENTS)
    made = kept(distributions(judged, INSTRUMENTS), Distributions)
    threes = {row["project_id"]: row["count"] for row in made if row["category"] == "3"}
    assert threes == {"all": 1, "p1": 0, "p2": 1}


def test_the_two_best_have_wilson_limits():
    found = summed(*ROWS)["q1"]
    assert (found["asked"], found["answered"], found["unanswered"], found["invalid"]) == (
        7,
        5,
        1,
        1,
    )
    assert (found["top_two"], found["share"]) == (3, 0.6)
    assert (found["lower"], found["upper"]) == pytest.approx(
        proportion_confint(3, 5, method="wilson")
    )


def test_of_a_reversed_question_the_two_lowest_are_the_best():
    rows = [given(n, "q2", answer) for n, answer in enumerate([1, 2, 3, 5], 1)]
    assert summed(*rows)["q2"]["top_two"] == 2
    assert [row["count"] for row in counted(*rows)] == [1, 1, 1, 0, 1]


def test_repeated_and_contradictory_answers_are_invalid_and_not_lost():
    rows = [given(1, "q1", 3), given(1, "q1", 3, school=OTHER),
            given(2, "q1", 3), given(2, "q1", 4, school=OTHER)]  # fmt: skip
    found = summed(*rows)["q1"]
    assert (found["asked"], found["answered"], found["invalid"]) == (4, 1, 3)


def test_a_question_nobody_knows_has_its_row():
    found = summed(given(1, "q9", 3), given(1, "q1", None))
    assert (found["q9"]["invalid"], found["q9"]["missing"]) == (1, "no_answers")
    assert (found["q1"]["unanswered"], found["q1"]["top_two"]) == (1, None)
    told = {(r["item_code"], r["category"]): r["count"] for r in counted(given(1, "q9", 3))}
    assert told == {("q9", "invalid"): 1}


def test_a_scale_of_three_answers_has_no_two_best():
    short = parse_instrument("prov-1.toml", DECLARED.replace("highest = 5", "highest = 3"))
    found = summed(given(1, "q1", 3), instruments={"prov-1": short})["q1"]
    assert (found["missing"], found["top_two"], found["share"]) == ("short_scale", None, None)
    assert summed(given(1, "q1", 3), instruments={})["q1"]["missing"] == "no_answers"


def test_no_answers_are_no_rows():
    assert counted() == []
    assert summed() == {}
