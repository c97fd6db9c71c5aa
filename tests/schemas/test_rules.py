"""Dated rules, and the grade scales."""

import pytest

from schemas import rules
from schemas.grading import ADAPTED, GRADE_SCALES, PROGRAMMES, STREAK, SUBJECTS
from schemas.rules import MERIT_SUBJECTS, Rule, in_force

DATED = {name: value for name, value in vars(rules).items() if isinstance(value, tuple)}


@pytest.mark.parametrize(("month", "value"), [("2013-12", 16), ("2014-01", 17), ("2026-01", 17)])
def test_the_latest_rule_that_took_effect_is_in_force(month, value):
    assert in_force(MERIT_SUBJECTS, month).value == value
    assert in_force(MERIT_SUBJECTS[::-1], month).value == value


def test_before_the_first_rule_there_is_none_and_the_error_says_when_it_begins():
    with pytest.raises(LookupError, match="no rule in force in 1997-12; the first is from 1998-01"):
        in_force(MERIT_SUBJECTS, "1997-12")


@pytest.mark.parametrize("name", DATED)
def test_every_rule_has_a_month_and_a_source(name):
    months = [rule.valid_from for rule in DATED[name]]
    assert months == sorted(set(months))
    assert all(isinstance(rule, Rule) and rule.source for rule in DATED[name])


def marks(scale):
    return {mark.mark: mark for mark in GRADE_SCALES if mark.scale_id == scale}


def test_a_mark_stands_once_in_its_scale():
    keys = [(mark.scale_id, mark.mark) for mark in GRADE_SCALES]
    assert len(set(keys)) == len(keys)
    assert {scale for scale, _ in keys} == {"A-F", "G-MVG", "0-20"}


@pytest.mark.parametrize(
    ("scale", "points"),
    [
        ("A-F", {"A": 20, "B": 17.5, "C": 15, "D": 12.5, "E": 10, "F": 0}),
        ("G-MVG", {"MVG": 20, "VG": 15, "G": 10, "IG": 0}),
    ],
)
def test_the_points_are_those_of_the_ordinance(scale, points):
    found = marks(scale)
    assert {mark: found[mark].points for mark in points} == points
    assert {mark for mark in points if not found[mark].is_passing} == {list(points)[-1]}
    for sign, is_counted in ((STREAK, True), (ADAPTED, False)):
        assert found[sign].points is None
        assert not found[sign].is_passing
        assert found[sign].is_counted == is_counted
    assert set(found) == {*points, STREAK, ADAPTED}


def test_every_mark_of_the_portuguese_scale_passes_from_ten():
    found = marks("0-20")
    assert sorted(map(int, found)) == list(range(21))
    assert [m for m in found if found[m].is_passing] == [str(m) for m in range(10, 21)]


def test_every_programme_asks_for_subjects_that_exist():
    assert [programme.other_subjects for programme in PROGRAMMES] == [5, 9, 9, 9]
    for programme in PROGRAMMES:
        assert set(programme.required) <= set(SUBJECTS)
