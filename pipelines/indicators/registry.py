"""What an indicator is, and how the ones in this folder are found."""

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from pkgutil import iter_modules
from typing import Literal, NamedTuple

import ibis


class SeriesBreak(NamedTuple):
    """A year that cannot be compared with the year before.

    Attributes:
        school_year: First school year of the new definition.
        sv: Why, in Swedish.
        en: Why, in English.
    """

    school_year: str
    sv: str
    en: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Indicator:
    """A ratio, declared once: everything else about it is derived from this record.

    Attributes:
        name: Identifier; also the asset's name.
        title_en: English title.
        title_sv: Swedish title, as printed for readers.
        unit_en: Unit of the value in English, as printed on an axis.
        unit_sv: The same in Swedish.
        kind: ``share`` (of pupils, each counts 0 or 1; binomial interval), ``ratio`` (of sums,
            where a pupil's minutes belong together) or ``mean`` (per pupil).
        higher_is: Which end is good; decides the colour, never the number.
        source: Paragraph of law or publication that defines it.
        period: What one row of the indicator is about.
        yearly: How a pupil's periods become a school year: ``sum`` of numerators and of
            denominators, only the ``spring`` term, or ``any`` (the largest).
        reads: Tables it is computed from, as ``layer.table``.
        compute: Those tables, as arguments named after the table, to
            :class:`schemas.indicators.IndicatorValues`.
        per: What the value is multiplied by: 100 for "per 100 scheduled hours".
        breaks: Years that cannot be compared with the year before.
    """

    name: str
    title_en: str
    title_sv: str
    unit_en: str
    unit_sv: str
    kind: Literal["share", "ratio", "mean"]
    higher_is: Literal["better", "worse", "neither"]
    source: str
    period: Literal["month", "term", "school_year"]
    yearly: Literal["sum", "spring", "any"]
    reads: tuple[str, ...]
    compute: Callable[..., ibis.Table]
    per: float = 1.0
    breaks: tuple[SeriesBreak, ...] = ()

    @property
    def table(self) -> str:
        """Its table in the lake and in the warehouse."""
        return f"indicator.{self.name}"


def load_indicators() -> dict[str, Indicator]:
    """Every indicator in this folder by name: adding a file is adding an indicator.

    A module holds ``INDICATORS``, a tuple, because one definition may have variants.
    """
    package = import_module("pipelines.indicators")
    names = sorted(module.name for module in iter_modules(package.__path__))
    modules = [import_module(f"{package.__name__}.{name}") for name in names]
    found = [i for module in modules for i in getattr(module, "INDICATORS", ())]
    return {indicator.name: indicator for indicator in found}
