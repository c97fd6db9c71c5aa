"""Reliability through the whole way: published values, listwise, and why there is none."""

import json

import numpy as np
import pandas as pd
import pytest

from pipelines.experience.answers import answers
from pipelines.experience.reliability import reliability
from schemas.instruments import parse_instrument
from schemas.surveys import Reliability
from tests.pipelines.experience.invented_answers import (
    DECLARED,
    INSTRUMENTS,
    NAME,
    given,
    kept,
    responses,
    sheet,
)  # fmt: skip


def judged(*rows, instruments=INSTRUMENTS):
    made = reliability(answers(responses(*rows), instruments), instruments)
    return {row["subscale"]: row for row in kept(made, Reliability)}


def attitude():
    """An instrument of seven questions on a scale of 0-100."""
    head = DECLARED[: DECLARED.index("[[subscales]]")]
    head = head.replace("lowest = 1", "lowest = 0").replace("highest = 5", "highest = 100")
    items = "".join(
        f'[[items]]\ncode = "q{n}"\nsubscale = "all"\nsv = "F{n}"\nen = "Q{n}"\n'
        for n in range(1, 8)
    )
    return head + '[[subscales]]\ncode = "all"\nsv = "Allt"\nen = "All"\n' + items


@pytest.mark.shared_data
def test_alpha_of_the_attitude_data_is_the_published_one_all_the_way(shared):
    target = json.loads((shared / "stat-targets/o12_alpha_fleiss.json").read_text("utf-8"))
    expected = next(one for one in target["expected"] if one["name"] == "alpha attitude")
    data = pd.read_csv(shared / "stat-targets/o12_alpha_fleiss_attitude.csv").astype(int)
    instruments = {NAME: parse_instrument("prov-1.toml", attitude())}
    people = [sheet(n, *map(int, row)) for n, row in enumerate(data.to_numpy())]
    incomplete = sheet(40, 50, None, 50, 50, 50, 50, 50)
    found = judged(*people, incomplete, instruments=instruments)["all"]
    assert (found["items"], found["respondents"], found["incomplete"]) == (7, 30, 1)
    assert found["alpha"] == pytest.approx(expected["expected"], abs=expected["abs_tol"])
    assert found["alpha"] == pytest.approx(expected["recomputed"], abs=1e-8)
    above = np.corrcoef(data.to_numpy(), rowvar=False)[np.triu_indices(7, 1)]
    assert found["inter_item_r"] == pytest.approx(above.mean())


def test_a_reversed_question_counts_turned():
    random = np.random.default_rng(2)
    rows = random.integers(1, 6, (30, 3))
    rows[:, 1] = 6 - rows[:, 0]
    found = judged(*(sheet(n, *map(int, row)) for n, row in enumerate(rows)))["well"]
    turned = np.column_stack([rows[:, 0], 6 - rows[:, 1], rows[:, 2]])
    covariance = np.cov(turned, rowvar=False)
    assert found["alpha"] == pytest.approx(1.5 * (1 - np.trace(covariance) / covariance.sum()))
    assert found["lower"] < found["alpha"] < found["upper"]


def test_below_thirty_respondents_and_of_one_question_there_is_no_alpha():
    found = judged(*(sheet(n, n % 5 + 1, 2, 3, n % 5 + 1) for n in range(29)))
    assert found["well"]["missing"] == "too_few_respondents"
    assert (found["well"]["alpha"], found["well"]["respondents"]) == (None, 29)
    assert found["work"]["missing"] == "single_item"


def test_where_nothing_varies_there_is_none_and_where_one_question_does_not_no_correlation():
    same = judged(*(sheet(n, 4, 2, 3) for n in range(30)))["well"]
    assert (same["missing"], same["alpha"]) == ("no_variation", None)
    one = judged(*(sheet(n, n % 5 + 1, n % 3 + 1, 3) for n in range(30)))["well"]
    assert one["alpha"] is not None
    assert one["inter_item_r"] is None


def test_a_wrong_answer_makes_a_respondent_incomplete():
    people = [sheet(n, n % 5 + 1, n % 4 + 1, n % 3 + 1) for n in range(30)]
    found = judged(*people, [given(31, "q1", 3), given(31, "q2", 3), given(31, "q3", 9)])["well"]
    assert (found["respondents"], found["incomplete"]) == (30, 1)


def test_no_answers_are_no_rows():
    assert judged() == {}
