"""Cronbach's alpha against published values, and against the covariance matrix."""

import json

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.comparisons.reliability import ScaleMoments, cronbach_alpha, mean_correlation


def moments(answers):
    """Of one scale: respondents in rows, questions in columns."""
    numbers = np.asarray(answers, float)
    return ScaleMoments(
        np.array([float(numbers.shape[0])]),
        np.array([float(numbers.shape[1])]),
        np.array([numbers.var(axis=0, ddof=1).sum()]),
        np.array([numbers.sum(axis=1).var(ddof=1)]),
    )


@pytest.mark.shared_data
def test_alpha_of_the_attitude_data_is_the_published_one(shared):
    target = json.loads((shared / "stat-targets/o12_alpha_fleiss.json").read_text("utf-8"))
    row = next(one for one in target["expected"] if one["name"] == "alpha attitude")
    data = pd.read_csv(shared / "stat-targets/o12_alpha_fleiss_attitude.csv")
    alpha = cronbach_alpha(moments(data)).value[0]
    assert alpha == pytest.approx(row["expected"], abs=row["abs_tol"])
    assert alpha == pytest.approx(row["recomputed"], abs=1e-8)


def test_the_limits_are_those_that_the_statistics_wiki_of_cambridge_prints():
    # MRC CBU, FAQ "cafun": feldt1.return(0.913, 873, 20) gives 0.9044024 and 0.9211588
    share = 1 - 0.913 * 19 / 20
    one = np.ones(1)
    found = cronbach_alpha(ScaleMoments(873 * one, 20 * one, share * one, one))
    assert found.value[0] == pytest.approx(0.913)
    assert found.lower[0] == pytest.approx(0.9044024, abs=5e-8)
    assert found.upper[0] == pytest.approx(0.9211588, abs=5e-8)


@settings(max_examples=40, deadline=None)
@given(st.integers(2, 6), st.integers(3, 30), st.integers(0, 10**6))
def test_alpha_and_the_mean_correlation_are_those_of_the_matrix(items, people, seed):
    random = np.random.default_rng(seed)
    answers = random.normal(size=(people, items)) + random.normal(size=(people, 1))
    covariance = np.cov(answers, rowvar=False)
    expected = items / (items - 1) * (1 - np.trace(covariance) / covariance.sum())
    found = cronbach_alpha(moments(answers))
    assert found.value[0] == pytest.approx(expected)
    assert found.lower[0] <= found.value[0] <= found.upper[0] or found.value[0] < 0
    standardised = (answers - answers.mean(axis=0)) / answers.std(axis=0, ddof=1)
    of_sum = np.array([standardised.sum(axis=1).var(ddof=1)])
    above = np.corrcoef(answers, rowvar=False)[np.triu_indices(items, 1)]
    found = mean_correlation(np.array([float(items)]), of_sum)
    assert found[0] == pytest.approx(above.mean(), abs=1e-9)


@pytest.mark.parametrize("answers", [np.eye(3)[:, :1], np.ones((1, 3)), np.ones((4, 3))])
def test_alpha_of_nothing_that_varies_is_refused(answers):
    with np.errstate(all="ignore"):
        one = np.ones(1)
        scale = ScaleMoments(
            answers.shape[0] * one, answers.shape[1] * one, one,
            one * (0 if (answers == 1).all() else 1),
        )  # fmt: skip
    with pytest.raises(ValueError, match="alpha needs"):
        cronbach_alpha(scale)
