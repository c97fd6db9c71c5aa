"""Swedish identity numbers: personnummer, samordningsnummer and schools' temporary numbers.

Numbers are brought to twelve characters one by one and judged together, as columns of digits: a
city's month has tens of thousands of them.

Sources: Skatteverket (form and check digit); SCB's instructions for the grade files (TF numbers).
"""

import datetime as dt
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

WRITTEN = re.compile(
    r"(?P<century>\d{2})?(?P<year>\d{2})(?P<month>\d{2})(?P<day>\d{2})"
    r"(?P<mark>[-+]?)(?P<serial>\d{4}|TF\d{2})"
)
LENGTH = 12
COORDINATION_DAYS = 60
FIRST_FEMALE_TEMPORARY = 20
TEMPORARY_SIGN = "TF"
DOUBLED = np.array([sum(divmod(2 * digit, 10)) for digit in range(10)])
MONTH_LENGTHS = np.array([0, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31])
LAST_MONTH = 12
INVISIBLE = dict.fromkeys(map(ord, "\u00a0\u00ad\u200b\u200c\u200d\ufeff \t"))
NOBODY = "000000000000"

Kind = Literal["personal", "coordination", "temporary"]
Sex = Literal["female", "male"]
Numbers = NDArray[np.int64]
Flags = NDArray[np.bool_]


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
    sex: Sex


class IdentityError(ValueError):
    """The text is no identity number; the message names the rule and never the text."""


@dataclass(frozen=True, slots=True)
class Identities:
    """What n texts say of who somebody is.

    Attributes:
        numbers: Twelve characters each; of no meaning where there is a fault, length n.
        birth_years: Four digits, shape (n,).
        is_female: From the ninth of the ten digits or the TF series, shape (n,).
        is_coordination: Samordningsnummer, shape (n,).
        is_temporary: A school's own number, shape (n,).
        faults: The rule that a text breaks by its place; nothing for identity numbers.
    """

    numbers: list[str]
    birth_years: Numbers
    is_female: Flags
    is_coordination: Flags
    is_temporary: Flags
    faults: dict[int, str]


def identities_of(texts: Sequence[str], *, today: dt.date) -> Identities:
    """Read identity numbers as schools write them.

    Ten digits get the latest century that is not in the future, or the one before with
    ``+``. Full-width digits are read as digits; a blank or soft hyphen is left out.

    Args:
        texts: Twelve or ten digits with or without ``-`` or ``+``, or ``YYYYMMDDTFnn``.
        today: Decides the century of a ten-digit number, and who is not yet born.
    """
    written = [text if _is_plain(text) else _twelve(text, today) for text in texts]
    faults = {place: "not an identity number" for place, n in enumerate(written) if n is None}
    numbers = [number or NOBODY for number in written]
    is_temporary = np.array([TEMPORARY_SIGN in number for number in numbers], dtype=bool)
    digits = _digits(numbers)
    years, months, days = digits[:, :4] @ (1000, 100, 10, 1), _pair(digits, 4), _pair(digits, 6)
    is_coordination = days > COORDINATION_DAYS
    days = days - COORDINATION_DAYS * is_coordination
    is_female = np.where(
        is_temporary, _pair(digits, 10) >= FIRST_FEMALE_TEMPORARY, digits[:, 10] % 2 == 0
    )
    kept = {
        "not a date of birth": _is_date(years, months, days),
        "born in the future": (years * 100 + months) * 100 + days <= int(f"{today:%Y%m%d}"),
        "wrong check digit": is_temporary | _has_check_digit(digits),
    }
    for rule, is_kept in kept.items():
        for place in np.flatnonzero(~is_kept).tolist():
            faults.setdefault(place, rule)
    return Identities(
        numbers, years, is_female, is_coordination & ~is_temporary, is_temporary, faults
    )


def identity_of(text: str, *, today: dt.date) -> Identity:
    """Read one identity number, as :func:`identities_of` does.

    Raises:
        IdentityError: If form, date or check digit is wrong.
    """
    found = identities_of([text], today=today)
    if found.faults:
        raise IdentityError(found.faults[0])
    kind: Kind = "coordination" if found.is_coordination[0] else "personal"
    return Identity(
        number=found.numbers[0],
        kind="temporary" if found.is_temporary[0] else kind,
        birth_year=int(found.birth_years[0]),
        sex="female" if found.is_female[0] else "male",
    )


def _is_plain(text: str) -> bool:
    """Whether a text is twelve digits as they are looked up."""
    return len(text) == LENGTH and text.isascii() and text.isdigit()


def _twelve(text: str, today: dt.date) -> str | None:
    """A text in the form that is looked up; None if it has not the form of a number."""
    if not text.isascii():
        text = "".join(str(int(c)) if c.isdecimal() else c for c in text)
    written = WRITTEN.fullmatch(text.translate(INVISIBLE).upper())
    if written is None:
        return None
    part = written.groupdict()
    century = part["century"] or _century(part, today)
    return century + part["year"] + part["month"] + part["day"] + part["serial"]


def _century(part: dict[str, str], today: dt.date) -> str:
    century = today.year // 100 - (int(part["year"]) > today.year % 100) - (part["mark"] == "+")
    return f"{century:02d}"


def _digits(numbers: Sequence[str]) -> Numbers:
    """Every digit of every number, shape (n, 12); of no meaning where a letter stands."""
    letters = np.frombuffer("".join(numbers).encode("ascii"), np.uint8)
    return letters.reshape(-1, LENGTH).astype(np.int64) - ord("0")


def _pair(digits: Numbers, first: int) -> Numbers:
    pair: Numbers = digits[:, first] * 10 + digits[:, first + 1]
    return pair


def _is_date(years: Numbers, months: Numbers, days: Numbers) -> Flags:
    is_month = (months >= 1) & (months <= LAST_MONTH)
    is_leap = (years % 4 == 0) & ((years % 100 != 0) | (years % 400 == 0))
    lengths = MONTH_LENGTHS[np.where(is_month, months, 0)] + ((months == 2) & is_leap)  # noqa: PLR2004 - February
    is_date: Flags = (years >= dt.MINYEAR) & is_month & (days >= 1) & (days <= lengths)
    return is_date


def _has_check_digit(digits: Numbers) -> Flags:
    """Whether the last ten digits end in their Luhn check digit, shape (n,)."""
    doubled = DOUBLED[digits[:, 2::2] % 10].sum(axis=1)
    valid: Flags = (doubled + digits[:, 3::2].sum(axis=1)) % 10 == 0
    return valid
