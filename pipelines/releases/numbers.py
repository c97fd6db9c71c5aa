"""How a number is written for readers: decimal comma or point, spaces, signs for none."""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from pipelines.indicators.registry import Indicator

Language = Literal["sv", "en"]

HIDDEN = ".."
"""Too few pupils, or hidden to protect another cell: readers are not told which."""

NONE = "."
"""Does not exist: no pupils, no year before, or a break in the series."""

MINUS = "\N{MINUS SIGN}"
RANGE = "\N{EN DASH}"
_THOUSANDS = {"sv": "\N{NO-BREAK SPACE}", "en": ","}
_DECIMAL = {"sv": ",", "en": "."}


@dataclass(frozen=True, slots=True)
class Numbers:
    """How the values of one indicator are written.

    Attributes:
        language: Decides comma or point.
        scale: What a value is multiplied by when written: 100 where a share reads as per cent.
        decimals: Places after the comma.
    """

    language: Language
    scale: float = 1.0
    decimals: int = 1

    def text(self, value: float) -> str:
        """A number; :data:`NONE` for not a number."""
        return NONE if np.isnan(value) else self._written(value)

    def signed(self, value: float) -> str:
        """A change, its sign always written."""
        written = self.text(value)
        is_positive = value > 0 and written.strip("0,.") != ""
        return f"+{written}" if is_positive else written

    def limits(self, lower: float, upper: float) -> str:
        """Two limits; a dash would be mistaken for a minus, so negative ones are parted by "to"."""
        between = RANGE if lower >= 0 else {"sv": " till ", "en": " to "}[self.language]
        return f"{self.text(lower)}{between}{self.text(upper)}"

    def _written(self, value: float) -> str:
        rounded = f"{abs(value * self.scale):,.{self.decimals}f}"
        whole, _, places = rounded.partition(".")
        whole = whole.replace(",", _THOUSANDS[self.language])
        number = f"{whole}{_DECIMAL[self.language]}{places}" if places else whole
        is_negative = value < 0 and rounded.strip("0.,") != ""
        return f"{MINUS}{number}" if is_negative else number


def is_per_cent(indicator: Indicator) -> bool:
    """Whether the values are shares of a whole, read as per cent."""
    return indicator.kind != "mean" and indicator.per == 1


def numbers_of(indicator: Indicator, language: Language, *, largest: float) -> Numbers:
    """How an indicator is written: a share in per cent, else with decimals for its size.

    Args:
        indicator: Which one.
        language: ``sv`` or ``en``.
        largest: Its largest value [the indicator's unit].
    """
    if is_per_cent(indicator):
        return Numbers(language, scale=100.0)
    few = 10
    return Numbers(language, decimals=2 if largest < few else 1)


def counts(language: Language) -> Numbers:
    """How pupils, files and records are counted."""
    return Numbers(language, decimals=0)
