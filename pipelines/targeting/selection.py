"""What schools select on: whom they took in beside the rule, what they say, and how alike they are.

Taken in is who began support in the term, counted at the school of the start and judged by the
group frozen for that term, whichever school the pupil was counted at. Who is in the group and
*without* had no day of support of any project in the term (:mod:`pipelines.indicators.reach`).
"""

import ibis
from ibis import _

from pipelines.calendar import (
    first_day_of_term,
    last_day_of_term,
    latest_by_term,
    term_of_month,
    term_order,
)
from schemas.codes import values
from schemas.target_group import (
    SELECTION_CRITERIA,
    Selection,
    SelectionLikeness,
    SelectionMatrix,
)

SCHOOL = ("school_id", "term")
PUPIL = ("student_id", "term")
KINDS = ("group", "marks_only", "absence_only", "neither", "unknown", "not_counted")


def selection(
    pupils: ibis.Table,
    participation: ibis.Table,
    project_schools: ibis.Table,
    criteria: ibis.Table,
) -> ibis.Table:
    """Each school and term with something to tell.

    Args:
        pupils: :class:`schemas.target_group.TargetGroupPupils`.
        participation: :class:`schemas.support.Participation`, of every term.
        project_schools: :class:`schemas.places.ProjectSchools`.
        criteria: :class:`schemas.target_group.SelectionCriteria`.

    Returns:
        Rows of :class:`schemas.target_group.Selection`, for whatever terms the tables have.
    """
    parts = [_taken_in(pupils, participation), _group(pupils, participation), _stated(criteria)]
    rows = ibis.union(*(part.select(SCHOOL) for part in parts), distinct=True)
    for part in parts:
        rows = rows.left_join(part, SCHOOL).drop(*(f"{name}_right" for name in SCHOOL))
    counts = [name for name, kind in rows.schema().items() if kind.is_integer()]
    full = rows.mutate(**{name: rows[name].fill_null(0) for name in counts})
    return _with_projects(full, project_schools).select(Selection.columns())


def matrix(criteria: ibis.Table) -> ibis.Table:
    """School by criterion, for schools that answered.

    Args:
        criteria: :class:`schemas.target_group.SelectionCriteria`.

    Returns:
        Rows of :class:`schemas.target_group.SelectionMatrix`.
    """
    known = ibis.memtable({"criterion": values(SELECTION_CRITERIA)}, schema={"criterion": "string"})
    answered = criteria.select(SCHOOL).distinct()
    stated = criteria.select(*SCHOOL, "criterion").distinct().mutate(is_there=True)
    cells = answered.cross_join(known).left_join(stated, [*SCHOOL, "criterion"])
    rows = cells.select(*SCHOOL, "criterion", is_stated=_.is_there.notnull())
    term = ibis.window(group_by=["term", "criterion"])
    alike = ibis.window(group_by=["term", "criterion", "is_stated"])
    counted = rows.mutate(schools=_.count().over(term), schools_alike=_.count().over(alike))
    return counted.select(SelectionMatrix.columns())


def likeness(criteria: ibis.Table) -> ibis.Table:
    """Criteria that two schools share over those that either states.

    Args:
        criteria: :class:`schemas.target_group.SelectionCriteria`.

    Returns:
        Rows of :class:`schemas.target_group.SelectionLikeness`.

    Source:
        Jaccard (1901), Bulletin de la Société Vaudoise des Sciences Naturelles 37:547-579.
    """
    cells = matrix(criteria)
    others = cells.select("term", "criterion", other_school_id=_.school_id, other=_.is_stated)
    pairs = cells.join(others, ["term", "criterion"]).filter(_.school_id < _.other_school_id)
    rows = pairs.group_by("term", "school_id", "other_school_id").agg(
        shared=_.count(where=_.is_stated & _.other),
        either=_.count(where=_.is_stated | _.other),
    )
    return rows.mutate(likeness=rows.shared / rows.either).select(SelectionLikeness.columns())


def _taken_in(pupils: ibis.Table, participation: ibis.Table) -> ibis.Table:
    """Pupils by school and term of the start, and of each kind."""
    term = term_of_month(participation.start_date.strftime("%Y-%m"))
    started = participation.select("student_id", "school_id", term=term).distinct()
    started = started.semi_join(pupils, "term")
    once = pupils.group_by(*PUPIL).agg(
        is_judged=_.missing.isnull().any(),
        is_in_group=_.is_in_group.any(),
        is_marked=(_.low_attainment & _.not_eligible).any(),
        is_absent=_.high_absence.any(),
    )
    rows = started.left_join(once, PUPIL)
    kind = ibis.cases(
        (rows.is_judged.isnull(), "not_counted"),
        (~rows.is_judged, "unknown"),
        (rows.is_in_group, "group"),
        (rows.is_marked, "marks_only"),
        (rows.is_absent, "absence_only"),
        else_="neither",
    )
    kinds = {f"taken_in_{name}": _.count(where=_.kind == name) for name in KINDS}
    return rows.mutate(kind=kind).group_by(*SCHOOL).agg(taken_in=_.count(), **kinds)


def _group(pupils: ibis.Table, participation: ibis.Table) -> ibis.Table:
    """Pupils of the group by school and term, and those without a day of support in it."""
    group = pupils.filter(_.is_in_group).select(*PUPIL, "school_id")
    latest = latest_by_term(participation, "student_id", "project_id", "start_date")
    until = ibis.coalesce(latest.end_date, last_day_of_term(latest.term))
    support = latest.select("student_id", first_day=_.start_date, last_day=until)
    both = group.select(PUPIL).distinct().join(support, "student_id")
    begun, lasting = (
        both.first_day <= last_day_of_term(both.term),
        both.last_day >= first_day_of_term(both.term),
    )
    helped = both.filter(begun, lasting).select(PUPIL).distinct().mutate(is_helped=True)
    rows = group.left_join(helped, PUPIL)
    return rows.group_by(*SCHOOL).agg(
        in_group=_.count(), in_group_without=_.count(where=_.is_helped.isnull())
    )


def _stated(criteria: ibis.Table) -> ibis.Table:
    codes = values(SELECTION_CRITERIA)
    order = criteria.criterion.cases(*((code, place) for place, code in enumerate(codes)))
    return criteria.group_by(*SCHOOL).agg(
        criteria=criteria.criterion.group_concat(" ", order_by=order)
    )


def _with_projects(rows: ibis.Table, project_schools: ibis.Table) -> ibis.Table:
    """Add whether some project covers the school in the term."""
    order, first = term_order(rows.term), term_order(project_schools.first_term)
    last = project_schools.last_term
    lasts = last.isnull() | (order <= term_order(last))
    at_school = rows.school_id == project_schools.school_id
    covered = rows.semi_join(project_schools, [at_school, order >= first, lasts]).select(SCHOOL)
    joined = rows.left_join(covered.mutate(is_there=True), SCHOOL)
    return joined.mutate(is_covered=joined.is_there.notnull())
