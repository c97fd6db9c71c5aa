"""Identity numbers: what is one, what it tells, and that an error never repeats it."""

import datetime as dt

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.ingest.identity import IdentityError, identity_of
from tests.pipelines.ingest.deliveries import check_digit, number

TODAY = dt.date(2016, 6, 15)
FULL_WIDTH = str.maketrans("0123456789", "".join(chr(0xFF10 + n) for n in range(10)))
ARABIC = str.maketrans("0123456789", "".join(chr(0x0660 + n) for n in range(10)))
BIRTHDAYS = st.dates(dt.date(1917, 1, 1), TODAY)
SERIALS = st.integers(0, 999).map("{:03d}".format)

RULES = (
    "not an identity number", "not a date of birth", "born in the future", "wrong check digit",
)  # fmt: skip

WRITTEN = {
    "twelve digits": lambda n: n,
    "twelve with a hyphen": lambda n: f"{n[:8]}-{n[8:]}",
    "ten digits": lambda n: n[2:],
    "ten with a hyphen": lambda n: f"{n[2:8]}-{n[8:]}",
    "with blanks": lambda n: f" {n[:8]} {n[8:]}\t",
    "with a no-break space": lambda n: f"{n[:8]}\u00a0{n[8:]}",
    "with a soft hyphen and a zero-width space": lambda n: f"{n[:4]}\u00ad{n[4:8]}\u200b{n[8:]}",
    "behind a byte order mark": lambda n: f"\ufeff{n}",
    "full-width digits": lambda n: n.translate(FULL_WIDTH),
    "Arabic digits": lambda n: n.translate(ARABIC),
}


def numbered(born: dt.date, serial: str, *, day: int = 0) -> str:
    """Twelve digits with a right check digit; ``day`` is added to the day of birth."""
    nine = f"{born:%y%m}{born.day + day:02d}{serial}"
    return f"{born.year // 100}{nine}{check_digit(nine)}"


def refused(text: str) -> str:
    with pytest.raises(IdentityError) as error:
        identity_of(text, today=TODAY)
    return str(error.value)


@pytest.mark.parametrize("write", WRITTEN.values(), ids=WRITTEN)
def test_however_it_is_written_it_is_the_same_pupil(write):
    plain = number(7)
    assert identity_of(write(plain), today=TODAY).number == plain


@settings(max_examples=60, deadline=None)
@given(born=BIRTHDAYS, serial=SERIALS, is_coordination=st.booleans())
def test_the_number_tells_year_sex_and_kind(born, serial, is_coordination):
    found = identity_of(numbered(born, serial, day=60 * is_coordination), today=TODAY)
    assert found.birth_year == born.year
    assert found.sex == ("male" if serial[2] in "13579" else "female")
    assert found.kind == ("coordination" if is_coordination else "personal")


@settings(max_examples=60, deadline=None)
@given(born=BIRTHDAYS, serial=SERIALS)
def test_exactly_one_of_ten_check_digits_is_right(born, serial):
    right = numbered(born, serial)
    for digit in "0123456789":
        if digit == right[-1]:
            assert identity_of(right, today=TODAY).number == right
        else:
            assert refused(right[:-1] + digit) == "wrong check digit"


@settings(max_examples=60, deadline=None)
@given(born=BIRTHDAYS, serial=SERIALS)
def test_ten_digits_are_of_the_last_hundred_years_and_a_plus_of_the_hundred_before(born, serial):
    full = numbered(born, serial)
    is_centenarian = TODAY.year - born.year >= 100
    ten = f"{full[2:8]}{'+' if is_centenarian else '-'}{full[8:]}"
    assert identity_of(ten, today=TODAY).number == full


def test_a_plus_takes_a_hundred_years_off():
    old = numbered(dt.date(1912, 3, 4), "123")
    assert identity_of(f"{old[2:8]}+{old[8:]}", today=TODAY).birth_year == 1912
    assert identity_of(f"{old[2:8]}-{old[8:]}", today=TODAY).birth_year == 2012


@pytest.mark.parametrize(("series", "sex"), [("10", "male"), ("19", "male"), ("20", "female")])
@pytest.mark.parametrize("write", [str.upper, str.lower])
def test_a_schools_temporary_number_tells_the_sex_by_its_series(series, sex, write):
    found = identity_of(write(f"20010115TF{series}"), today=TODAY)
    assert (found.kind, found.sex, found.birth_year) == ("temporary", sex, 2001)


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("", "not an identity number"),
        ("Anna Andersson", "not an identity number"),
        (number(1)[:-1], "not an identity number"),
        (number(1) + "0", "not an identity number"),
        (f"{number(1)[:8]}--{number(1)[8:]}", "not an identity number"),
        (f"{number(1)[:6]}-{number(1)[6:]}", "not an identity number"),
        ("20010115TF1", "not an identity number"),
        (number(1).replace("1", "\u00b9"), "not an identity number"),
        (number(1, born="20010230"), "not a date of birth"),
        (number(1, born="20011301"), "not a date of birth"),
        (number(1, born="20010100"), "not a date of birth"),
        (number(1, born="20010132"), "not a date of birth"),
        (number(1, born="20010292"), "not a date of birth"),
        (number(1, born="20160616"), "born in the future"),
        (number(1, born="20990101"), "born in the future"),
    ],
)
def test_what_is_no_identity_number_is_refused_by_rule_and_not_repeated(text, rule):
    assert refused(text) == rule


def test_a_leap_day_is_a_birthday_in_a_leap_year_only():
    assert identity_of(number(1, born="20040229"), today=TODAY).birth_year == 2004
    assert refused(number(1, born="20010229")) == "not a date of birth"


@settings(max_examples=200, deadline=None)
@given(st.text(alphabet="0123456789-+TF \u00a0\u0660\uff11a", max_size=16))
def test_any_text_is_read_or_refused_without_being_repeated(text):
    told = None
    try:
        assert len(identity_of(text, today=TODAY).number) == 12
    except IdentityError as error:
        told = error
    assert told is None or str(told) in RULES
