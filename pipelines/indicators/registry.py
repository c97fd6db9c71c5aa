"""What an indicator is, and how the ones in this folder are found."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import import_module
from pkgutil import iter_modules
from typing import Literal, NamedTuple

import ibis
from ibis import _

from pipelines.populations.population import Population, named
from schemas.rules import Rule

KEYS = ("student_id", "school_id", "period")


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
class Example:
    """One pupil worked through by hand; the tests compute it, and the definition prints it.

    Attributes:
        says: What the example shows, in a sentence or two.
        tables: Rows of the tables read, drawn with ``|`` between columns; what is not drawn is
            empty.
        numerator: Worked out by hand.
        denominator: Worked out by hand.
    """

    says: str
    tables: Mapping[str, str]
    numerator: float
    denominator: float


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
        population: Who should have a value, so that who lacks one is told with the reason; None
            where everybody who counts has one.
        rules: The dated rules it follows; a new version of one is a break.
        numerator_en: What is counted, in words.
        denominator_en: What it is counted out of, in words.
        limits_en: What it cannot tell: its known limits.
        example: A pupil worked through by hand.
        is_published: Whether its results may leave, small cells hidden; if not, they are for
            the warehouse only.
        is_drawn: Whether the report has a section of its own about it.
        looks_back: Whether a term or school year needs rows of other periods than its own. A
            month never does.
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
    population: Population | None = None
    rules: tuple[tuple[Rule, ...], ...] = ()
    numerator_en: str = ""
    denominator_en: str = ""
    limits_en: str = ""
    example: Example | None = None
    is_published: bool = True
    is_drawn: bool = True
    looks_back: bool = True

    @property
    def table(self) -> str:
        """Its table in the lake and in the warehouse."""
        return f"indicator.{self.name}"

    @property
    def sources(self) -> tuple[str, ...]:
        """Every table that its values or their population are computed from."""
        expected = self.population.reads if self.population else ()
        return tuple(dict.fromkeys((*self.reads, *expected)))

    def values(self, **tables: ibis.Table) -> ibis.Table:
        """Values of those who have one, and the reason of those who should and have none.

        Args:
            **tables: Those in :attr:`sources`, by the name after the layer.

        Returns:
            Rows of :class:`schemas.indicators.IndicatorValues`.
        """
        known = self.compute(**named(self.reads, tables))
        known = known.select(*KEYS, "numerator", "denominator", missing=ibis.null("string"))
        if self.population is None:
            return known
        nothing = ibis.null("float64")
        lacking = (
            self.population.gaps(tables)
            .anti_join(known, list(KEYS))
            .select(*KEYS, numerator=nothing, denominator=nothing, missing=_.missing)
        )
        return known.union(lacking)


def load_indicators() -> dict[str, Indicator]:
    """Every indicator in this folder by name: adding a file is adding an indicator.

    A module holds ``INDICATORS``, a tuple, because one definition may have variants.
    """
    package = import_module("pipelines.indicators")
    names = sorted(module.name for module in iter_modules(package.__path__))
    modules = [import_module(f"{package.__name__}.{name}") for name in names]
    found = [i for module in modules for i in getattr(module, "INDICATORS", ())]
    return {indicator.name: indicator for indicator in found}
