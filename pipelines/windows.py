"""How far back an indicator reads: its own periods, and the term before each.

Support is read whole, for its latest register tells how it ended.
"""

from collections.abc import Collection, Mapping

import ibis

from pipelines.indicators.registry import Indicator
from schemas.calendar import months_of_term, term_before, terms_of_school_year
from schemas.contract import load_contracts

READ_WHOLE = ("core.participation",)


def within(
    indicator: Indicator, tables: Mapping[str, ibis.Table], periods: Collection[str]
) -> dict[str, ibis.Table]:
    """Tables as far as the values of some periods rest on them.

    Args:
        indicator: Whose values; one of months reads its months alone.
        tables: By the name after the layer, as :meth:`Indicator.values` takes them.
        periods: Of the indicator: terms or school years.
    """
    terms = _terms(indicator, periods)
    months = {month for term in terms for month in months_of_term(term)}
    wanted = {"term": sorted(terms), "month": sorted(months)}
    kinds = {
        table.split(".")[1]: load_contracts()[table].partition()
        for table in indicator.sources
        if table not in READ_WHOLE
    }
    return {
        name: rows.filter(rows[kind].isin(wanted[kind]))
        if (kind := kinds.get(name)) in wanted
        else rows
        for name, rows in tables.items()
    }


def _terms(indicator: Indicator, periods: Collection[str]) -> set[str]:
    own = (
        {term for year in periods for term in terms_of_school_year(year)}
        if indicator.period == "school_year"
        else set(periods)
    )
    return own | {term_before(term) for term in own} if indicator.looks_back else own
