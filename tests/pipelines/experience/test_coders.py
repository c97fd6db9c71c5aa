"""Two coders, counted by hand and against statsmodels."""

import numpy as np
import pytest
from statsmodels.stats.inter_rater import cohens_kappa

from pipelines.experience.agreement import agreement
from pipelines.experience.codings import codings
from schemas.codebooks import load_themes
from schemas.interviews import Agreement
from tests.pipelines.experience.invented_answers import kept
from tests.pipelines.experience.invented_interviews import said, segments


def judged(*rows):
    found = kept(agreement(codings(segments(*rows), load_themes())), Agreement)
    return {(row["theme"], row["coder_a"], row["coder_b"]): row for row in found}


def both(theme, table, **told):
    """Parts coded by two, as often as a table of yes and no says."""
    answers = [("yes", "yes"), ("yes", "no"), ("no", "yes"), ("no", "no")]
    pairs = [pair for pair, count in zip(answers, table, strict=True) for _ in range(count)]
    return [
        said("i1", theme, present=present, segment=n, coder=coder, **told)
        for n, pair in enumerate(pairs, 1)
        for coder, present in zip(("k1", "k2"), pair, strict=True)
    ]


def test_agreement_kappa_and_prevalence_are_those_of_the_parts_both_coded():
    alone = [said("i2", "joint_team", segment=n, coder="k1") for n in range(5)[1:]]
    found = judged(*both("joint_team", (12, 3, 2, 8)), *alone)["joint_team", "k1", "k2"]
    assert (found["segments"], found["units"], found["agreed"]) == (29, 25, 20)
    assert (found["agreement"], found["prevalence"]) == (0.8, pytest.approx((15 + 14) / 50))
    expected = cohens_kappa(np.array([[12, 3], [2, 8]]))
    assert found["kappa"] == pytest.approx(expected.kappa)
    assert found["lower"] == pytest.approx(expected.kappa - 1.959964 * expected.std_kappa, abs=1e-6)
    assert found["is_enough_coded_twice"]


def test_below_twenty_units_kappa_is_not_given_but_agreement_is():
    found = judged(*both("joint_team", (10, 1, 1, 7)))["joint_team", "k1", "k2"]
    assert (found["missing"], found["kappa"]) == ("too_few_units", None)
    assert (found["units"], found["agreement"]) == (19, pytest.approx(17 / 19))


def test_coders_who_always_say_the_same_have_no_kappa():
    found = judged(*both("joint_team", (0, 0, 0, 20)))["joint_team", "k1", "k2"]
    assert (found["missing"], found["agreement"], found["prevalence"]) == ("no_variation", 1, 0)


def test_one_in_five_coded_twice_is_enough_and_less_is_not():
    alone = [said("i2", "joint_team", segment=n) for n in range(1, 82)]
    rows = both("joint_team", (10, 0, 0, 10))
    assert not judged(*rows, *alone)["joint_team", "k1", "k2"]["is_enough_coded_twice"]
    assert judged(*rows, *alone[1:])["joint_team", "k1", "k2"]["is_enough_coded_twice"]


def test_every_pair_of_coders_and_theme_has_its_row_and_an_unknown_theme_none():
    third = [said("i1", "joint_team", segment=1, coder="k3")]
    found = judged(*both("joint_team", (1, 0, 0, 0)), *third, *both("luck", (1, 0, 0, 0)))
    assert set(found) == {
        ("joint_team", a, b) for a, b in [("k1", "k2"), ("k1", "k3"), ("k2", "k3")]
    }


def test_one_coder_alone_has_no_row():
    assert judged(said("i1", "joint_team")) == {}
    assert judged() == {}
