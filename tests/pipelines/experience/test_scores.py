"""Scores worked out by hand, and against a slow sum."""

import numpy as np
import pytest

from pipelines.experience.answers import answers
from pipelines.experience.scores import scores
from schemas.instruments import load_instruments
from schemas.surveys import Scores
from tests.pipelines import invented
from tests.pipelines.experience.invented_answers import (
    INSTRUMENTS,
    NAME,
    SUMMED,
    given,
    kept,
    responses,
    sheet,
)  # fmt: skip


def scored(*rows, instruments=INSTRUMENTS):
    made = scores(answers(responses(*rows), instruments), instruments)
    return {(row["student_id"][-2:], row["subscale"]): row for row in kept(made, Scores)}


def test_a_score_is_the_mean_of_what_counts_with_reversed_questions_turned():
    found = scored(sheet(1, 4, 1, 5, 2), sheet(2, 4, 1, None, None), sheet(3, 4, 9, None, 3))
    assert found["01", "well"]["score"] == pytest.approx((4 + 5 + 5) / 3)
    assert (found["02", "well"]["score"], found["02", "well"]["answered"]) == (4.5, 2)
    assert (found["03", "well"]["score"], found["03", "well"]["missing"]) == (
        None,
        "too_few_answers",
    )
    assert (found["03", "well"]["items"], found["03", "well"]["answered"]) == (3, 1)


def test_a_total_is_the_sum_of_its_subscales_and_missing_if_one_is():
    found = scored(sheet(1, 4, 1, 5, 2), sheet(2, 4, 1, 5, None))
    assert found["01", "all"]["score"] == pytest.approx(14 / 3 + 2)
    assert (found["02", "all"]["score"], found["02", "all"]["answered"]) == (None, 3)


def test_a_sum_is_prorated_to_all_questions_and_halves_are_rounded_up():
    found = scored(sheet(1, 4, 1, None), sheet(2, 4, 3, 4), instruments={NAME: SUMMED})
    assert found["01", "well"]["score"] == 14  # 4.5 x 3 = 13.5
    assert found["02", "well"]["score"] == 11


def test_unknown_questions_and_instruments_enter_no_score():
    found = scored(sheet(1, 4, 1, 5), given(1, "q9", 1), given(2, "q1", 3, instrument="annan-1"))
    assert {key[0] for key in found} == {"01"}
    assert found["01", "well"]["score"] == pytest.approx(14 / 3)


def test_a_pupil_of_no_project_has_a_score_too():
    assert scored(sheet(1, 4, 1, 5, project=None))["01", "well"]["project_id"] == "none"


def test_no_answers_are_no_scores():
    assert scored() == {}


def test_scores_of_the_rating_scale_are_those_of_a_slow_sum():
    instrument = load_instruments()["skolsituation-1"]
    random = np.random.default_rng(5)
    told = {
        (n, item.code): None if random.random() < 0.3 else int(random.integers(1, 6))
        for n in range(20)
        for item in instrument.items
    }
    rows = [given(n, code, a, instrument=instrument.name) for (n, code), a in told.items()]
    found = scored(*rows, instruments={instrument.name: instrument})
    for n in range(20):
        for subscale in instrument.subscales:
            known = [
                6 - told[n, one.code] if one.is_reversed else told[n, one.code]
                for one in instrument.items_of(subscale)
                if told[n, one.code] is not None
            ]
            expected = sum(known) / len(known) if len(known) >= 3 else None
            assert found[invented.pupil(n)[-2:], subscale]["score"] == pytest.approx(expected)
