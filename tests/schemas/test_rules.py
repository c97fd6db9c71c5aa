"""Dated rules, and the grade scales."""

import pytest

from schemas import grading, rules
from schemas.grading import (
    ADAPTED,
    BLOCK_GRADES,
    FINAL_GRADE_LEVEL,
    FIRST_GRADE_LEVEL,
    GRADE_SCALES,
    LAST_BLOCK_LEVEL,
    PASSING_MARKS,
    PROGRAMMES,
    PROGRAMMES_BEFORE,
    SCALES,
    STREAK,
    SUBJECT_NAMES,
    SUBJECTS,
    SUBJECTS_FOR_OTHERS,
    SUBJECTS_FOR_VOCATIONAL,
    scale_in_use,
    subject_name,
)
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


@pytest.mark.parametrize(
    ("term", "scale"),
    [("2011HT", "G-MVG"), ("2012VT", "G-MVG"), ("2012HT", "A-F"), ("2026HT", "A-F")],
)
def test_one_swedish_scale_is_in_use_in_a_term(term, scale):
    assert scale_in_use(term).scale_id == scale
    assert {mark.scale_id for mark in GRADE_SCALES} == {one.scale_id for one in SCALES}


def test_before_the_first_scale_there_is_none():
    with pytest.raises(LookupError, match="no grade scale in use in 1997HT"):
        scale_in_use("1997HT")


def test_a_new_scale_is_a_new_row(monkeypatch):
    follower = SCALES[1]._replace(scale_id="1-10", valid_from="2028HT", source="invented")
    ended = SCALES[1]._replace(valid_to="2028VT")
    monkeypatch.setattr(grading, "SCALES", (SCALES[0], ended, follower))
    assert [scale_in_use(term).scale_id for term in ("2028VT", "2028HT")] == ["A-F", "1-10"]


def test_the_numbers_of_passing_marks_and_of_subjects_asked_for_are_those_of_the_rows():
    assert [(rule.valid_from, rule.value) for rule in PASSING_MARKS] == [
        ("1998-01", 3),
        ("2012-08", 5),
    ]
    core = 3
    for versions_of, place in ((SUBJECTS_FOR_VOCATIONAL, 0), (SUBJECTS_FOR_OTHERS, -1)):
        versions = (PROGRAMMES_BEFORE[place], PROGRAMMES[place])
        assert [rule.value for rule in versions_of] == [
            core + one.other_subjects for one in versions
        ]


def test_elevens_val_became_skolans_val():
    assert subject_name("M1SPA", "2024VT").sv == "moderna språk, elevens val"
    assert subject_name("M1SPA", "2024HT").sv == "moderna språk, skolans val"
    assert subject_name("SVA", "2011HT").sv == "svenska som andraspråk"
    with pytest.raises(LookupError, match="no subject XX in 2024HT"):
        subject_name("XX", "2024HT")


def test_a_block_grade_has_parts_that_are_subjects_and_ends_before_the_stage():
    parts = {subject.code: subject.parts for subject in SUBJECT_NAMES if subject.parts}
    assert set(parts) == set(BLOCK_GRADES) == {"NO", "SO"}
    assert {code for codes in parts.values() for code in codes} <= set(SUBJECTS)
    levels = (LAST_BLOCK_LEVEL, FIRST_GRADE_LEVEL, FINAL_GRADE_LEVEL)
    for month, expected in (("2028-01", (6, 7, 9)), ("2028-08", (7, 8, 10))):
        assert tuple(in_force(rule, month).value for rule in levels) == expected
