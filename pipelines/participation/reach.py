"""Reach of each project and of the city, against the target group at school and where it lives.

The target group of a term is frozen on its reference day. A pupil is reached by a project who had
a day of its support in the term; in the city, of any project's. Who had support and is not in the
group is told apart, and so is who was only reached indirectly: neither is in the numerator.
"""

import ibis
from ibis import _

from pipelines.calendar import reference_day_of_term, term_of_month
from pipelines.participation.project_terms import (
    covered,
    project_terms,
    supported_terms,
)
from pipelines.participation.shares import by_unit, joined_counts, with_share
from pipelines.participation.spells import enrolled_time
from pipelines.results import conforming
from pipelines.sharing import shared
from schemas.participation import PilotReach

UNIT = ("unit", "unit_id", "term")


def members(target_group: ibis.Table) -> ibis.Table:
    """The pupils in the target group: ``student_id``, ``school_id`` and ``term``.

    Args:
        target_group: Values of the indicator of that name.
    """
    inside = target_group.filter(_.numerator == 1)
    return inside.select("student_id", "school_id", term=_.period)


@shared
def target_groups(
    project_schools: ibis.Table, projects: ibis.Table, group: ibis.Table, enrolments: ibis.Table
) -> ibis.Table:
    """The target group of each project and term by either basis: ``student_id`` once in each.

    Args:
        project_schools: :class:`schemas.places.ProjectSchools`.
        projects: :class:`schemas.places.Projects`.
        group: From :func:`members`: ``student_id``, ``school_id`` and ``term``.
        enrolments: :class:`schemas.pupils.Enrolments`, for where the pupils live.
    """
    schools = covered(project_schools, group.select("term").distinct())
    by_school = schools.join(group, ["school_id", "term"])
    homes = _homes(group, enrolments)
    by_home = projects.join(homes, projects.district_id == homes.lives_in)
    columns = ["project_id", "term", "student_id"]
    at_school = by_school.select(*columns, basis=ibis.literal("school"))
    at_home = by_home.select(*columns, basis=ibis.literal("residence"))
    return at_school.union(at_home, distinct=True)


def _homes(group: ibis.Table, enrolments: ibis.Table) -> ibis.Table:
    """The district each member lived in on the reference day, by the school's register."""
    time = enrolled_time(enrolments).select(
        "student_id", "school_id", "term", "residence_district_id", begun=_["first"], done=_["last"]
    )
    pairs = group.join(time, ["student_id", "school_id", "term"])
    day = reference_day_of_term(pairs.term)
    then = pairs.filter(pairs.begun <= day, pairs.done >= day)
    return then.select("student_id", "term", lives_in=_.residence_district_id).distinct()


def reach(
    spells: ibis.Table,
    groups: ibis.Table,
    project_schools: ibis.Table,
    terms: ibis.Table,
    **told: ibis.Table,
) -> ibis.Table:
    """How many of either target group each project and the city reached, term by term.

    Args:
        spells: :class:`schemas.participation.Spells`.
        groups: From :func:`target_groups`.
        project_schools: :class:`schemas.places.ProjectSchools`.
        terms: ``term``, each once.
        **told: What projects tell of contacts, ``support_contacts`` and ``unnamed_reach``:
            :class:`schemas.participation.SupportContacts`, :class:`~.UnnamedReach`.

    Returns:
        Rows of :class:`schemas.participation.PilotReach`.
    """
    supported = supported_terms(spells, terms)
    unnamed = told["unnamed_reach"].semi_join(terms, "term")
    sources = (supported, _given(told["support_contacts"]), unnamed)
    active = ibis.union(*(rows.select("project_id", "term") for rows in sources))
    own = by_unit(project_terms(covered(project_schools, terms), active)).distinct()
    served = by_unit(supported.select("project_id", "term", "student_id")).distinct()
    inside = by_unit(groups).distinct()
    pupil = [*UNIT, "student_id"]
    by_basis = {"target_group": inside, "reached": inside.semi_join(served, pupil)}
    counts = {"served": served, **_contacts(told["support_contacts"], served)}
    rows = joined_counts(_spine(own), by_basis, *UNIT, "basis")
    rows = joined_counts(rows, counts, *UNIT)
    sums = by_unit(unnamed).group_by(*UNIT).agg(reached_unnamed=_.pupils.sum())
    joined = rows.left_join(sums, UNIT)
    return _judged(joined.drop(*(f"{key}_right" for key in UNIT)))


def _given(support_contacts: ibis.Table) -> ibis.Table:
    term = term_of_month(support_contacts.month)
    return support_contacts.select("project_id", "student_id", "way", term=term)


def _contacts(support_contacts: ibis.Table, served: ibis.Table) -> dict[str, ibis.Table]:
    """Pupils with contacts but no day of support: reached indirectly, and not in any register."""
    others = by_unit(_given(support_contacts)).anti_join(served, [*UNIT, "student_id"])
    direct = others.filter(_.way == "direct")
    indirect = others.filter(_.way == "indirect").anti_join(direct, [*UNIT, "student_id"])
    return {"reached_indirectly": indirect, "unregistered": direct}


def _spine(own: ibis.Table) -> ibis.Table:
    """A row for each unit, term and basis, and whether it is the unit's own."""
    bases = ibis.memtable({"basis": ["school", "residence"]})
    every = own.select(*UNIT).distinct().cross_join(bases)
    chosen = own.mutate(is_own_basis=ibis.literal(value=True))
    keys = [*UNIT, "basis"]
    rows = every.left_join(chosen, keys).drop(*(f"{key}_right" for key in keys))
    return rows.mutate(is_own_basis=rows.is_own_basis.notnull())


def _judged(rows: ibis.Table) -> ibis.Table:
    """Shares with their limits, and what is odd about them."""
    frame = with_share(rows.order_by(*UNIT, "basis").execute(), "reached", "target_group")
    frame["served_outside"] = frame.served - frame.reached
    is_empty = frame.target_group == 0
    frame["missing"] = is_empty.map({True: "no_target_group", False: None})
    frame["above_one"] = ~is_empty & (frame.served > frame.target_group)
    return conforming(frame, PilotReach)
