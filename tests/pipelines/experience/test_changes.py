"""Changes of pairs against scipy and against pairs counted by hand."""

import numpy as np
import pytest
from scipy.stats import binomtest, rankdata

from pipelines.experience.answers import answers
from pipelines.experience.changes import survey_changes
from pipelines.experience.scores import scores
from schemas.surveys import SurveyChanges
from tests.pipelines.experience.invented_answers import (
    INSTRUMENTS,
    given,
    kept,
    responses,
    sheet,
)  # fmt: skip

FIRST, LAST = "2015HT", "2016HT"
PAIRS = [(1, 5), (2, 4), (2, 5), (3, 3), (4, 3), (1, 4), (3, 5), (5, 5)]


def changed(*rows):
    judged = answers(responses(*rows), INSTRUMENTS)
    made = survey_changes(scores(judged, INSTRUMENTS), judged, INSTRUMENTS)
    return {(r["project_id"], r["measure"], r["name"]): r for r in kept(made, SurveyChanges)}


def paired(student, first, last, **told):
    return [
        given(student, "q4", first, term=FIRST, **told),
        given(student, "q4", 3, term="2016VT", **told),
        given(student, "q4", last, term=LAST, **told),
    ]


def test_the_first_is_compared_with_the_last():
    found = changed(*(paired(n, *pair) for n, pair in enumerate(PAIRS)))["all", "score", "work"]
    first, last = (np.array(one, float) for one in zip(*PAIRS, strict=True))
    assert (found["pairs"], found["up"], found["down"]) == (8, 5, 1)
    assert (found["first"], found["last"]) == (first.mean(), last.mean())
    moved = last - first
    means = [(a + b) / 2 for i, a in enumerate(moved) for b in moved[i:]]
    assert found["shift"] == np.median(means)
    assert found["shift_lower"] <= found["shift"] <= found["shift_upper"]
    kept_pairs = moved[moved != 0]
    signs = [np.array(list(np.binary_repr(n, 6)), float) for n in range(2**6)]
    ranks = rankdata(np.abs(kept_pairs))
    sums = np.array([np.dot(ranks, one) for one in signs])
    seen = ranks[kept_pairs > 0].sum()
    assert found["p_value"] == pytest.approx(2 * np.mean(sums >= seen))
    spread = (first.std(ddof=1) + last.std(ddof=1)) / 2
    assert found["effect"] == pytest.approx(moved.mean() / spread * (1 - 3 / 27), abs=0.002)


def test_the_share_of_the_two_best_is_compared_among_the_same_people():
    found = changed(*(paired(n, *pair) for n, pair in enumerate(PAIRS)))["all", "top_two", "q4"]
    assert (found["pairs"], found["first"], found["last"]) == (8, 2 / 8, 6 / 8)
    assert (found["up"], found["down"]) == (5, 1)
    assert found["p_value"] == pytest.approx(binomtest(5, 6).pvalue)
    assert (found["shift"], found["effect"]) == (None, None)


def test_fewer_than_six_pairs_give_no_number_but_a_row():
    people = [paired(n, 2, 5) for n in range(5)]
    found = changed(*people, given(9, "q4", 4, term=FIRST, project="p2"))
    assert {row["missing"] for row in found.values()} == {"too_few_pairs"}
    assert found["all", "score", "work"]["pairs"] == 5
    assert found["p2", "score", "work"]["pairs"] == 0
    assert {row["p_value"] for row in found.values()} == {None}


def test_a_pair_belongs_to_the_project_of_the_first_time():
    moved = [
        [given(n, "q4", 2, term=FIRST, project="p1"), given(n, "q4", 4, term=LAST, project="p2")]
        for n in range(6)
    ]
    found = changed(*moved)
    assert found["p1", "score", "work"]["pairs"] == 6
    assert ("p2", "score", "work") not in found
    # six who all moved up: the smallest p there can be, 2 / 2^6
    assert found["p1", "score", "work"]["p_value"] == pytest.approx(1 / 32)
    assert found["p1", "score", "work"]["effect"] is None


def test_means_of_thirds_that_are_equal_are_no_change():
    people = [[sheet(n, 4, 2, 2, term=FIRST), sheet(n, 2, 2, 4, term=LAST)] for n in range(6)]
    found = changed(*(row for person in people for row in person))["all", "score", "well"]
    assert (found["up"], found["down"], found["p_value"], found["shift"]) == (0, 0, 1, 0)


def test_two_editions_are_not_compared():
    later = [given(n, "q4", 4, term=LAST, instrument="prov-2") for n in range(6)]
    found = changed(*(given(n, "q4", 2, term=FIRST) for n in range(6)), later)
    assert {row["pairs"] for row in found.values()} == {0}


def test_no_answers_are_no_changes():
    assert changed() == {}
