"""What a simulated city is made from: one record of choices, and its independent random streams."""

import zlib
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import numpy.typing as npt

from schemas.calendar import months_of_school_year, terms_of_school_year

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]
Days = npt.NDArray[np.datetime64]

CITY = "Sjöstad (simulerade data)"
MOST_YEARS = 6
FEWEST_SCHOOLS = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameters:
    """Choices behind a simulated city; equal choices give equal bytes.

    Attributes:
        seed: Start of every random stream.
        schools: Schools in the city, pilot and comparison together [count].
        years: School years from 2011/12 on [count].
        effect: Unauthorised absence under support over what it would have been [ratio].
        pupils_per_grade: Pupils who start grade 7 at a school in a year [mean count].
        lesson_years: How many of the last years are delivered lesson by lesson [count].

    Raises:
        ValueError: If a choice lies outside what the city can be made from.
    """

    seed: int = 1
    schools: int = 40
    years: int = 6
    effect: float = 0.75
    pupils_per_grade: int = 80
    lesson_years: int = 1

    first_autumn: ClassVar[int] = 2011

    def __post_init__(self) -> None:
        """Refuse choices that no city can be made from."""
        rules = {
            "seed is not negative": self.seed >= 0,
            f"schools >= {FEWEST_SCHOOLS}": self.schools >= FEWEST_SCHOOLS,
            f"1 <= years <= {MOST_YEARS}": 1 <= self.years <= MOST_YEARS,
            "0 < effect <= 1": 0 < self.effect <= 1,
            "pupils_per_grade >= 1": self.pupils_per_grade >= 1,
            "0 <= lesson_years <= years": 0 <= self.lesson_years <= self.years,
        }
        broken = [rule for rule, holds in rules.items() if not holds]
        if broken:
            raise ValueError(f"a city cannot be simulated unless {' and '.join(broken)}")

    @property
    def autumns(self) -> range:
        """The calendar year in which each school year starts."""
        return range(self.first_autumn, self.first_autumn + self.years)

    @property
    def school_years(self) -> list[str]:
        """School years simulated, ``2011/12`` first."""
        return [f"{year}/{(year + 1) % 100:02d}" for year in self.autumns]

    @property
    def terms(self) -> list[str]:
        """Terms simulated, ``2011HT`` first."""
        return [term for year in self.school_years for term in terms_of_school_year(year)]

    @property
    def lesson_months(self) -> frozenset[str]:
        """Months that are delivered lesson by lesson."""
        last = self.school_years[self.years - self.lesson_years :]
        return frozenset(month for year in last for month in months_of_school_year(year))

    @property
    def workbook_year(self) -> str | None:
        """The year in which one school sends workbooks; None if all years are lesson by lesson."""
        monthly = self.school_years[: self.years - self.lesson_years]
        return monthly[min(1, len(monthly) - 1)] if monthly else None

    def stream(self, *purpose: str) -> np.random.Generator:
        """Random numbers of one purpose, whatever else has been drawn before."""
        return np.random.default_rng([self.seed, zlib.crc32("/".join(purpose).encode())])
