"""Flow: from the target group of a term, over support, to how it ended, as far as is known."""

import ibis
from ibis import _

from pipelines.participation.project_terms import (
    covered,
    project_terms,
    supported_terms,
)
from pipelines.participation.reach import UNIT
from pipelines.participation.shares import by_unit
from schemas.codes import values
from schemas.participation import FLOW_STEPS, OUTCOMES, Flow


def flow(
    spells: ibis.Table, groups: ibis.Table, project_schools: ibis.Table, terms: ibis.Table
) -> ibis.Table:
    """How far the pupils of each term's target group came, in each project and in the city.

    Args:
        spells: :class:`schemas.participation.Spells`.
        groups: From :func:`pipelines.participation.reach.target_groups`.
        project_schools: :class:`schemas.places.ProjectSchools`.
        terms: ``term``, each once.

    Returns:
        Rows of :class:`schemas.participation.Flow`.
    """
    supported = supported_terms(spells, terms)
    own = project_terms(covered(project_schools, terms), supported)
    members = by_unit(groups.semi_join(own, ["project_id", "term", "basis"]).drop("basis"))
    member = members.select(*UNIT, "student_id").distinct()
    served = _outcome_of_pupil(by_unit(supported)).semi_join(member, [*UNIT, "student_id"])
    steps = ibis.union(
        member.select(*UNIT, step=ibis.literal("target_group")),
        served.select(*UNIT, step=ibis.literal("supported")),
        served.select(*UNIT, step=served.outcome),
    )
    return _with_shares(_spine(by_unit(own)), steps)


def _outcome_of_pupil(supported: ibis.Table) -> ibis.Table:
    """Each pupil supported in a term once, with the outcome of what ends last."""
    order = [_.last_day.desc(), _.start_date.desc(), _.outcome]
    place = ibis.row_number().over(group_by=[*UNIT, "student_id"], order_by=order)
    last = supported.mutate(place=place).filter(_.place == 0)
    return last.select(*UNIT, "student_id", "outcome")


def _spine(units: ibis.Table) -> ibis.Table:
    steps = ibis.memtable({"step": values(FLOW_STEPS)})
    return units.select(*UNIT).distinct().cross_join(steps)


def _with_shares(spine: ibis.Table, steps: ibis.Table) -> ibis.Table:
    """Pupils of each step, out of the target group and out of the supported."""
    keys = [*UNIT, "step"]
    counted = steps.group_by(*keys).agg(found=_.count())
    rows = spine.left_join(counted, keys).drop(*(f"{key}_right" for key in keys))
    rows = rows.mutate(pupils=rows.found.fill_null(0))
    unit = ibis.window(group_by=list(UNIT))
    target = rows.pupils.max(where=rows.step == "target_group").over(unit)
    supported = rows.pupils.max(where=rows.step == "supported").over(unit)
    is_outcome = rows.step.isin(values(OUTCOMES))
    return rows.mutate(
        share=rows.pupils / target.nullif(0),
        share_of_supported=is_outcome.ifelse(rows.pupils / supported.nullif(0), None),
    ).select(Flow.columns())
