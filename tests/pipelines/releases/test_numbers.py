"""How numbers are written."""

import math

import pytest

from pipelines.releases.numbers import MINUS, Numbers, counts, numbers_of
from tests.pipelines import invented

NBSP = "\N{NO-BREAK SPACE}"
DASH = "\N{EN DASH}"


@pytest.mark.parametrize(
    ("value", "sv", "en"),
    [
        (0.0, "0,0", "0.0"),
        (1234.56, f"1{NBSP}234,6", "1,234.6"),
        (-0.25, f"{MINUS}0,2", f"{MINUS}0.2"),
        (-0.01, "0,0", "0.0"),
        (math.nan, ".", "."),
    ],
)
def test_a_number_is_written_by_the_rules_of_its_language(value, sv, en):
    assert Numbers("sv").text(value) == sv
    assert Numbers("en").text(value) == en


@pytest.mark.parametrize(
    ("value", "written"), [(0.31, "+0,3"), (0.01, "0,0"), (-0.31, f"{MINUS}0,3"), (0.0, "0,0")]
)
def test_a_change_always_has_its_sign_unless_it_is_none(value, written):
    assert Numbers("sv").signed(value) == written


def test_negative_limits_are_parted_by_a_word():
    assert Numbers("sv").limits(0.5, 1.5) == f"0,5{DASH}1,5"
    assert Numbers("sv").limits(-0.5, 1.5) == f"{MINUS}0,5 till 1,5"
    assert Numbers("en").limits(-1.5, -0.5) == f"{MINUS}1.5 to {MINUS}0.5"


def test_a_share_is_written_as_per_cent_and_a_mean_is_not():
    assert numbers_of(invented.indicator("s"), "sv", largest=0.9).text(0.853) == "85,3"
    points = invented.indicator("m", kind="mean")
    assert numbers_of(points, "sv", largest=230).text(212.34) == "212,3"
    assert numbers_of(points, "sv", largest=3).text(2.345) == "2,35"
    rate = invented.indicator("r", kind="ratio", per=100.0)
    assert numbers_of(rate, "sv", largest=12).text(5.43) == "5,4"


def test_counts_have_no_decimals():
    assert counts("sv").text(9600) == f"9{NBSP}600"
