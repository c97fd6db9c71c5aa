"""Cost per pupil: what projects spent, over the pupils they spent it on.

Costs that projects have together are not anybody's, so they are shown divided in every way of
:data:`schemas.money.SCENARIOS`; their sum over the projects is the same in each way that divides
them. Nothing is discounted. A cost that is not accounted for is unknown and not 0.

Fixed prices: the cost times the price index of the latest school year that has one, over that of
the year of the cost.

Source: proposal of this project, after the user's demand for cost per individual (2013).
"""

import ibis
from ibis import _

from pipelines.money.use import uses
from schemas.codes import values
from schemas.money import CITY, COST_UNITS, UnitCosts

_YEAR = ["school_year"]
_UNIT = ["level", "unit_id", "school_year"]
_PROJECT = ["unit_id", "school_year"]


def unit_costs(
    costs: ibis.Table,
    participation: ibis.Table,
    target_pupils: ibis.Table,
    *,
    joint_costs: ibis.Table,
    price_index: ibis.Table,
) -> ibis.Table:
    """Cost per pupil of each project and school year with a cost or a pupil, and of the city.

    Args:
        costs: :class:`schemas.support.Costs`.
        participation: :class:`schemas.support.Participation`.
        target_pupils: From :func:`pipelines.money.use.target_pupils`.
        joint_costs: :class:`schemas.money.JointCosts`.
        price_index: :class:`schemas.money.PriceIndex`.

    Returns:
        Rows of :class:`schemas.money.UnitCosts`.
    """
    counts = uses(participation, target_pupils).cache()
    own = _own(costs, counts)
    divided = _with_joint(own, counts, joint_costs)
    priced = _priced(divided, price_index)
    every = priced.cross_join(ibis.memtable({"per": values(COST_UNITS)}))
    rows = _joined(every, counts, [*_UNIT, "per"])
    return _judged(rows.mutate(denominator=_.denominator.fill_null(0))).select(UnitCosts.columns())


def _own(costs: ibis.Table, counts: ibis.Table) -> ibis.Table:
    """Each project and year with a cost or a pupil with support, and the city, with own costs.

    ``lacking`` is why its own costs do not make a cost: there are none, or not of all projects.
    """
    sums = costs.group_by("school_year", unit_id=_.project_id).agg(
        own_cost_sek=_.amount_sek.sum().cast("float64")
    )
    with_support = counts.filter(_.level == "project", _.per == "supported").select(_PROJECT)
    units = sums.select(_PROJECT).union(with_support, distinct=True)
    projects = _joined(units, sums, _PROJECT).mutate(level=ibis.literal("project"))
    projects = projects.mutate(lacking=projects.own_cost_sek.isnull().ifelse("no_costs", None))
    city = projects.group_by("school_year").agg(
        own_cost_sek=_.own_cost_sek.sum(), known=_.own_cost_sek.count(), units=_.count()
    )
    gap = ibis.cases((city.known == 0, "no_costs"), (city.known < city.units, "some_costs_missing"))
    city = city.mutate(level=ibis.literal(CITY), unit_id=ibis.literal(CITY), lacking=gap)
    columns = [*_UNIT, "own_cost_sek", "lacking"]
    return projects.select(columns).union(city.select(columns))


def _with_joint(own: ibis.Table, counts: ibis.Table, joint_costs: ibis.Table) -> ibis.Table:
    """The units once for each scenario, with their part of the joint costs."""
    joint = joint_costs.group_by("school_year").agg(joint_sek=_.amount_sek.sum().cast("float64"))
    rows = _joined(_joined(own, joint, _YEAR), _weights(own, counts), _UNIT)
    lacking = rows.lacking.fill_null(rows.joint_sek.isnull().ifelse("no_joint_costs", None))
    indivisible = rows.by_started.isnull().ifelse("not_divisible", None)
    parts = {
        "own": (ibis.literal(0).cast("float64"), rows.lacking),
        "by_project": (rows.joint_sek * rows.by_project, lacking),
        "by_started": (rows.joint_sek * rows.by_started, lacking.fill_null(indivisible)),
    }
    return ibis.union(
        *(
            rows.select(
                *_UNIT,
                "own_cost_sek",
                scenario=ibis.literal(name),
                joint_cost_sek=part,
                lacking=gap,
            )
            for name, (part, gap) in parts.items()
        )
    )


def _weights(own: ibis.Table, counts: ibis.Table) -> ibis.Table:
    """Each unit's share of the joint costs by scenario; empty where nobody started in the year."""
    started = counts.filter(_.per == "started").select(*_UNIT, started=_.denominator)
    projects = _joined(own.filter(_.level == "project").select(_UNIT), started, _UNIT)
    projects = projects.mutate(started=projects.started.fill_null(0).cast("float64"))
    in_year = ibis.window(group_by="school_year")
    each = projects.mutate(
        by_project=1 / projects.count().over(in_year).cast("float64"),
        by_started=projects.started / projects.started.sum().over(in_year).nullif(0),
    )
    columns = [*_UNIT, "by_project", "by_started"]
    one = ibis.literal(1).cast("float64")
    city = each.group_by("school_year").agg(by_started=_.by_started.count())
    city = city.mutate(
        level=ibis.literal(CITY),
        unit_id=ibis.literal(CITY),
        by_project=one,
        by_started=(city.by_started > 0).ifelse(one, None),
    )
    return each.select(columns).union(city.select(columns))


def _priced(rows: ibis.Table, price_index: ibis.Table) -> ibis.Table:
    """The rows once in the prices of their own year, once in those of the latest indexed one."""
    latest = price_index.agg(
        price_year=_.school_year.max(), level_then=_.price_level.argmax(_.school_year)
    )
    levels = price_index.select("school_year", "price_level").cross_join(latest)
    indexed = _joined(rows, levels, _YEAR)
    factor = indexed.level_then / indexed.price_level
    nominal = rows.mutate(prices=ibis.literal("nominal"), price_year=rows.school_year)
    gap = indexed.lacking.fill_null(factor.isnull().ifelse("no_price_index", None))
    fixed = indexed.mutate(
        prices=ibis.literal("fixed"),
        own_cost_sek=indexed.own_cost_sek * factor,
        joint_cost_sek=indexed.joint_cost_sek * factor,
        lacking=gap,
    )
    columns = [*rows.columns, "prices", "price_year"]
    return nominal.select(columns).union(fixed.select(columns))


def _judged(rows: ibis.Table) -> ibis.Table:
    """The quotients, or why there are none."""
    numerator = rows.lacking.isnull().ifelse(rows.own_cost_sek + rows.joint_cost_sek, None)
    empty = (rows.denominator == 0).ifelse("no_pupils", None)
    return rows.mutate(
        numerator=numerator,
        value=numerator / rows.denominator.nullif(0),
        missing=rows.lacking.fill_null(empty),
    )


def _joined(rows: ibis.Table, more: ibis.Table, keys: list[str]) -> ibis.Table:
    return rows.left_join(more, keys).drop(*(f"{key}_right" for key in keys))
