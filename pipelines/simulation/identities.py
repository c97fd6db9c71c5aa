"""Identity numbers that belong to nobody: twelve characters, valid, unique in the city."""

import numpy as np

from pipelines.simulation.parameters import Days, Flags, Ints

SERIALS = 499
"""Serial numbers of one sex and day of birth that are used."""
TEMPORARY_PER_DAY = 10
CO_ORDINATION_DAYS = 60
PERSONAL, CO_ORDINATION, TEMPORARY = range(3)
TEMPORARY_SIGN = "TF"


def identity_numbers(born: Days, *, is_male: Flags, kind: Ints) -> list[str]:
    """One identity number per pupil, different from all others.

    Args:
        born: Day of birth.
        is_male: Legal sex; decides the ninth of the ten digits.
        kind: ``PERSONAL`` (personnummer), ``CO_ORDINATION`` (samordningsnummer: 60 is added
            to the day) or ``TEMPORARY`` (``YYYYMMDDTF1n`` for boys, ``TF2n`` for girls).

    Source: Skatteverket, rättslig vägledning 330245; SCB's instructions for TF numbers.
    """
    order = _order_within_day(born, is_male)
    kinds = np.where((kind == TEMPORARY) & (order >= TEMPORARY_PER_DAY), PERSONAL, kind)
    pairs = zip(_dates(born, kinds), order.tolist(), is_male.tolist(), kinds.tolist(), strict=True)
    return [
        f"{date}{TEMPORARY_SIGN}{1 if male else 2}{n}"
        if kind == TEMPORARY
        else _checked(date, n, is_male=male)
        for date, n, male, kind in pairs
    ]


def check_digit(nine: str) -> int:
    """The modulus-10 (Luhn) digit that follows ``YYMMDDNNN``."""
    products = (int(digit) * (2 - place % 2) for place, digit in enumerate(nine))
    return -sum(product // 10 + product % 10 for product in products) % 10


def _checked(date: str, order: int, *, is_male: bool) -> str:
    offset = int(date[4:]) * 37
    serial = 2 * ((offset + order * 101) % SERIALS) + (1 if is_male else 2)
    number = f"{date}{serial:03d}"
    return f"{number}{check_digit(number[2:])}"


def _dates(born: Days, kind: Ints) -> list[str]:
    months = np.datetime_as_string(born, unit="M")
    day = (born - born.astype("datetime64[M]")).astype(np.int64) + 1
    day += CO_ORDINATION_DAYS * (kind == CO_ORDINATION)
    return [f"{m[:4]}{m[5:]}{d:02d}" for m, d in zip(months.tolist(), day.tolist(), strict=True)]


def _order_within_day(born: Days, is_male: Flags) -> Ints:
    key = born.astype(np.int64) * 2 + is_male
    by_key = np.argsort(key, kind="stable")
    sorted_key = key[by_key]
    first = np.searchsorted(sorted_key, sorted_key, side="left")
    order = np.empty(len(key), dtype=np.int64)
    order[by_key] = np.arange(len(key)) - first
    return order
