"""Design cards laid side by side: what projects share, where they differ, what changed."""

import ibis
from ibis import _

from schemas.designs import ALL_FACETS, BETWEEN_CODES, DesignChanges, Likeness, Pairs

FEWEST_COMPARED = 2
"""Projects that must be known before they can be called alike or different [count]."""


def likeness(side_by_side: ibis.Table) -> ibis.Table:
    """Which facets the projects of a year share, and in which they differ.

    Args:
        side_by_side: :class:`schemas.designs.SideBySide`.

    Returns:
        Rows of :class:`schemas.designs.Likeness`.
    """
    counted = side_by_side.group_by("year", "facet").agg(
        projects=_.count(),
        known=_.count(where=_.is_known),
        answers=_.answer.nunique(where=_.is_known),
    )
    told = counted.mutate(
        likeness=ibis.cases(
            (_.known < FEWEST_COMPARED, "too_few_known"),
            (_.answers > 1, "differs"),
            (_.known < _.projects, "alike_where_known"),
            else_="alike",
        )
    )
    common = _in_all(side_by_side, counted)
    joined = told.left_join(common, ["year", "facet"])
    return joined.select(*(told[name] for name in told.columns), common.in_all).select(
        Likeness.columns()
    )


def pairs(side_by_side: ibis.Table) -> ibis.Table:
    """How many facets each two projects of a year have in common.

    Args:
        side_by_side: :class:`schemas.designs.SideBySide`.

    Returns:
        Rows of :class:`schemas.designs.Pairs`.
    """
    one = side_by_side
    other = side_by_side.select(
        "year", "facet", other_project_id=_.project_id, other=_.answer, other_known=_.is_known
    )
    both = one.join(
        other,
        [
            one.year == other.year,
            one.facet == other.facet,
            one.project_id < other.other_project_id,
        ],
    )
    is_compared = both.is_known & both.other_known
    return (
        both.group_by("year", "project_id", "other_project_id")
        .agg(
            compared=_.count(where=is_compared),
            alike=_.count(where=is_compared & (both.answer == both.other)),
        )
        .select(Pairs.columns())
    )


def changes(side_by_side: ibis.Table) -> ibis.Table:
    """What became of each facet since the project's card or plan before.

    Args:
        side_by_side: :class:`schemas.designs.SideBySide`.

    Returns:
        Rows of :class:`schemas.designs.DesignChanges`.
    """
    own = ibis.window(group_by=["project_id", "facet"], order_by="year")
    lagged = side_by_side.mutate(
        previous_year=_.year.lag().over(own),
        before=_.answer.lag().over(own),
        was_known=_.is_known.lag().over(own),
    )
    told = lagged.filter(_.previous_year.notnull() & (_.is_known | _.was_known))
    named = told.mutate(
        after=_.answer,
        change=ibis.cases(
            (~_.was_known, "became_known"),
            (~_.is_known, "no_longer_known"),
            (_.before == _.answer, "unchanged"),
            else_="changed",
        ),
    )
    return named.select(DesignChanges.columns())


def _in_all(side_by_side: ibis.Table, counted: ibis.Table) -> ibis.Table:
    """The codes that every project has where a facet is known."""
    chosen = [one.facet for one in ALL_FACETS if one.codes]
    known = side_by_side.filter(_.is_known, _.facet.isin(chosen))
    each = known.select("year", "facet", code=_.answer.split(BETWEEN_CODES).unnest())
    by_code = each.group_by("year", "facet", "code").agg(n=_.count())
    joined = by_code.join(counted.select("year", "facet", "known"), ["year", "facet"])
    shared = joined.filter((_.n == _.known) & (_.known >= FEWEST_COMPARED))
    return shared.group_by("year", "facet").agg(
        in_all=_.code.group_concat(BETWEEN_CODES, order_by=_.code)
    )
