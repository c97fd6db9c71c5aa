"""Swedish identity numbers: personnummer, samordningsnummer and schools' temporary numbers.

Sources: Skatteverket (form and check digit); SCB's instructions for the grade files (TF numbers).
"""

import datetime as dt
import re
from functools import cache
from typing import Literal, NamedTuple

WRITTEN = re.compile(
    r"(?P<century>\d{2})?(?P<year>\d{2})(?P<month>\d{2})(?P<day>\d{2})"
    r"(?P<mark>[-+]?)(?P<serial>\d{4}|TF\d{2})"
)
COORDINATION_DAYS = 60
FIRST_FEMALE_TEMPORARY = 20
DOUBLED = {str(digit): sum(divmod(2 * digit, 10)) for digit in range(10)}
INVISIBLE = dict.fromkeys(map(ord, "\u00a0\u00ad\u200b\u200c\u200d\ufeff \t"))


Kind = Literal["personal", "coordination", "temporary"]


class Identity(NamedTuple):
    """An identity number that was checked. Never leaves memory; only ``student_id`` does.

    Attributes:
        number: Twelve characters without separator, the form that is looked up.
        kind: Personnummer, samordningsnummer (day + 60) or a temporary school number.
        birth_year: Four digits.
        sex: ``female`` or ``male``, from the ninth of the ten digits or the TF series.
    """

    number: str
    kind: Kind
    birth_year: int
    sex: Literal["female", "male"]


class IdentityError(ValueError):
    """The text is no identity number; the message names the rule and never the text."""


def identity_of(text: str, *, today: dt.date) -> Identity:
    """Read an identity number as schools write it.

    Ten digits get the latest century that is not in the future, or the one before with
    ``+``. Full-width digits are read as digits; a blank or soft hyphen is left out.

    Args:
        text: Twelve or ten digits with or without ``-`` or ``+``, or ``YYYYMMDDTFnn``.
        today: Decides the century of a ten-digit number.

    Raises:
        IdentityError: If form, date or check digit is wrong.
    """
    written = WRITTEN.fullmatch(_plain(text))
    if written is None:
        raise IdentityError("not an identity number")
    part = written.groupdict()
    is_temporary = part["serial"].startswith("TF")
    century = part["century"] or _century(part, today)
    kind, born = _born(f"{century}{part['year']}", part["month"], part["day"])
    if born > today:
        raise IdentityError("born in the future")
    digits = part["year"] + part["month"] + part["day"] + part["serial"]
    if is_temporary:
        is_female = int(part["serial"][2:]) >= FIRST_FEMALE_TEMPORARY
        kind = "temporary"
    elif _has_check_digit(digits):
        is_female = int(digits[8]) % 2 == 0
    else:
        raise IdentityError("wrong check digit")
    return Identity(f"{century}{digits}", kind, born.year, "female" if is_female else "male")


def _plain(text: str) -> str:
    if not text.isascii():
        text = "".join(str(int(c)) if c.isdecimal() else c for c in text)
    return text.translate(INVISIBLE).upper()


def _century(part: dict[str, str], today: dt.date) -> str:
    century = today.year // 100 - (int(part["year"]) > today.year % 100) - (part["mark"] == "+")
    return f"{century:02d}"


@cache
def _born(year: str, month: str, day: str) -> tuple[Kind, dt.date]:
    is_coordination = int(day) > COORDINATION_DAYS
    try:
        born = dt.date(int(year), int(month), int(day) - COORDINATION_DAYS * is_coordination)
    except ValueError:
        raise IdentityError("not a date of birth") from None
    return "coordination" if is_coordination else "personal", born


def _has_check_digit(digits: str) -> bool:
    """Whether the ten digits end in their Luhn check digit."""
    doubled = sum(map(DOUBLED.__getitem__, digits[0::2]))
    return (doubled + sum(map(int, digits[1::2]))) % 10 == 0
