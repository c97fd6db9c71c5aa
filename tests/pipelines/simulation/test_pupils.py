"""Pupils and their numbers: valid, unique, enrolled at one school at a time, growing older."""

import datetime as dt

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.simulation.days import school_days, school_days_of_month
from pipelines.simulation.identities import CO_ORDINATION, PERSONAL, TEMPORARY, identity_numbers
from pipelines.simulation.parameters import Parameters
from pipelines.simulation.places import found
from pipelines.simulation.pupils import enrol


def luhn_sum(ten: str) -> int:
    """Sum that a valid number makes divisible by ten: double every other digit from the left."""
    doubled = [int(d) * 2 if place % 2 == 0 else int(d) for place, d in enumerate(ten)]
    return sum(d - 9 if d > 9 else d for d in doubled)


@settings(max_examples=20, deadline=None)
@given(st.lists(st.tuples(st.dates(dt.date(1994, 1, 1), dt.date(1994, 1, 9)), st.booleans(),
                          st.sampled_from([PERSONAL, CO_ORDINATION, TEMPORARY])), min_size=1,
                max_size=60))  # fmt: skip
def test_identity_numbers_are_valid_unique_and_tell_birth_and_sex(people):
    born, male, kind = zip(*people, strict=True)
    numbers = identity_numbers(
        np.array(born, dtype="datetime64[D]"), is_male=np.array(male), kind=np.array(kind)
    )
    assert len(set(numbers)) == len(numbers)
    for number, day, is_male in zip(numbers, born, male, strict=True):
        assert len(number) == 12
        assert number[:6] == f"{day:%Y%m}"
        assert int(number[6:8]) % 60 == day.day
        if "TF" in number:
            assert number[8:11] == ("TF1" if is_male else "TF2")
        else:
            assert luhn_sum(number[2:]) % 10 == 0
            assert int(number[10]) % 2 == is_male


@pytest.fixture(scope="module")
def enrolled():
    parameters = Parameters(schools=10, pupils_per_grade=40)
    return enrol(parameters, found(parameters.schools))


def test_everybody_has_a_number_of_their_own_and_the_age_of_the_grade(enrolled):
    pupils, _ = enrolled
    numbers = pupils.identity.to_pylist()
    assert len(set(numbers)) == len(numbers)
    age = pupils.leaves - [int(number[:4]) for number in numbers]
    assert set(age) <= {16, 17}
    assert (age == 16).mean() > 0.9
    assert any("TF" in number for number in numbers)
    assert any(number[6] in "6789" for number in numbers)


def test_nobody_is_at_two_schools_on_a_day_and_all_are_in_grades_seven_to_nine(enrolled):
    pupils, spells = enrolled
    assert (spells.last_day >= spells.first_day).all()
    for autumn in range(2011, 2017):
        for day in school_days(autumn)[::25]:
            rows = spells.covering(day)
            assert len(np.unique(spells.pupil[rows])) == len(rows)
            assert set(pupils.grade(spells.pupil[rows], autumn)) == {7, 8, 9}


def test_moves_happen_between_months(enrolled):
    _, spells = enrolled
    same = np.diff(spells.pupil) == 0
    left, came = spells.last_day[:-1][same], spells.first_day[1:][same]
    assert len(left) > 20
    assert (left.astype("datetime64[M]") < came.astype("datetime64[M]")).all()
    within_the_year = came - left == np.timedelta64(1, "D")
    assert 0.4 < within_the_year.mean() < 0.8


def test_more_pupils_arrive_from_abroad_in_2015_than_in_any_other_year(enrolled):
    pupils, _ = enrolled
    arrived = np.bincount(pupils.arrived[pupils.arrived >= 2011] - 2011, minlength=6)
    assert arrived.argmax() == 4


@pytest.mark.parametrize("autumn", range(2011, 2017))
def test_a_school_year_has_about_the_178_days_the_law_asks_for(autumn):
    assert 176 <= len(school_days(autumn)) <= 180
    assert len(school_days_of_month(f"{autumn + 1}-07")) == 0


@pytest.mark.parametrize("count", [4, 9, 16, 40, 61])
def test_four_in_ten_schools_are_in_the_pilot_and_the_rest_are_not(count):
    places = found(count)
    assert places.is_pilot.sum() == max(2, round(0.4 * count))
    assert len(places.projects) >= 2
    assert len(set(places.names)) == len(set(places.codes)) == count


def test_sixteen_pilot_schools_lie_in_the_districts_as_in_2013():
    places = found(40)
    counts = np.bincount(places.district[places.is_pilot], minlength=8)
    assert counts.tolist() == [3, 2, 4, 2, 1, 1, 1, 2]


@pytest.mark.parametrize(
    "wrong", [{"schools": 3}, {"years": 7}, {"effect": 0.0}, {"effect": 1.1}, {"lesson_years": 9}]
)
def test_choices_no_city_can_be_made_from_are_refused(wrong):
    with pytest.raises(ValueError, match="cannot be simulated unless"):
        Parameters(**wrong)
