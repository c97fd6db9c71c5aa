"""Projects over time: which schools a project covers in a term, by which basis, how many.

A project is not a list of schools. One that serves residents has the schools that its pupils
turned out to go to; one by school has those of the register that were open on the reference day,
so that a school that closed, merged or changed code counts once, under the code of that day.
"""

import ibis
from ibis import _

from pipelines.calendar import (
    first_day_of_term,
    last_day_of_term,
    reference_day_of_term,
    term_after,
    term_order,
)
from pipelines.participation.shares import by_unit
from pipelines.participation.spells import enrolled_time
from pipelines.sharing import shared
from schemas.codes import values
from schemas.participation import SCHOOL_COUNTS, ProjectSchoolsAt

COUNT = ("unit", "unit_id", "term", "definition")


@shared
def covered(project_schools: ibis.Table, terms: ibis.Table) -> ibis.Table:
    """The schools each project covers in each term: ``basis`` of each.

    Args:
        project_schools: :class:`schemas.places.ProjectSchools`.
        terms: ``term``, each once.
    """
    order = term_order(terms.term)
    has_started = order >= term_order(project_schools.first_term)
    last = project_schools.last_term
    lasts = last.isnull() | (order <= term_order(last))
    pairs = terms.join(project_schools, [has_started, lasts])
    return pairs.select("project_id", "school_id", "term", "basis").distinct()


@shared
def supported_terms(spells: ibis.Table, terms: ibis.Table) -> ibis.Table:
    """Each participation and term it has a day in, with the days of the term it covers.

    Args:
        spells: :class:`schemas.participation.Spells`.
        terms: ``term``, each once.

    Returns:
        The columns of the participation, ``term``, and ``first`` and ``last`` day within it.
    """
    first, last = first_day_of_term(terms.term), last_day_of_term(terms.term)
    pairs = terms.join(spells, [spells.start_date <= last, spells.last_day >= first])
    first, last = first_day_of_term(pairs.term), last_day_of_term(pairs.term)
    return pairs.mutate(
        first=ibis.greatest(pairs.start_date, first), last=ibis.least(pairs.last_day, last)
    )


@shared
def terms_of(enrolments: ibis.Table, participation: ibis.Table) -> ibis.Table:
    """Every term that some register of pupils or of a project is about."""
    return enrolments.select("term").union(participation.select("term"), distinct=True)


def project_terms(schools: ibis.Table, supported: ibis.Table) -> ibis.Table:
    """Every term a project covers a school or gives support in, and its basis then.

    A project that has any school by residence in a term serves residents then.

    Args:
        schools: From :func:`covered`.
        supported: From :func:`supported_terms`.
    """
    keys = ["project_id", "term"]
    by_school = schools.select(*keys, is_resident=schools.basis == "residence")
    served = supported.select(*keys, is_resident=ibis.literal(value=False))
    both = by_school.union(served).group_by(*keys).agg(is_resident=_.is_resident.any())
    return both.select(*keys, basis=both.is_resident.ifelse("residence", "school"))


def project_schools_at(
    project_schools: ibis.Table,
    schools: ibis.Table,
    spells: ibis.Table,
    enrolments: ibis.Table,
    participation: ibis.Table,
) -> ibis.Table:
    """The number of schools of each project and of the city, term by term.

    Args:
        project_schools: :class:`schemas.places.ProjectSchools`.
        schools: :class:`schemas.places.Schools`.
        spells: :class:`schemas.participation.Spells`.
        enrolments: :class:`schemas.pupils.Enrolments`.
        participation: :class:`schemas.support.Participation`, for its terms.

    Returns:
        Rows of :class:`schemas.participation.ProjectSchoolsAt`.
    """
    terms = terms_of(enrolments, participation)
    listed = covered(project_schools, terms)
    supported = supported_terms(spells, terms)
    own = project_terms(listed, supported)
    judged = _is_open(listed, schools)
    places = _by_definition(judged.filter(_.is_open), _attended(supported, enrolments), own)
    closed = by_unit(judged.filter(~_.is_open))
    not_open = closed.group_by("unit", "unit_id", "term").agg(not_open=_.school_id.nunique())
    return _told(by_unit(own), _counts(places), not_open)


def _is_open(listed: ibis.Table, schools: ibis.Table) -> ibis.Table:
    """Whether each school listed was open on the term's reference day."""
    known = schools.select(
        "school_id",
        opened=_.valid_from.cast("date"),
        closed=_.valid_to.cast("date"),
    )
    pairs = listed.left_join(known, "school_id").drop("school_id_right")
    day = reference_day_of_term(pairs.term)
    is_open = (pairs.opened <= day) & (pairs.closed.isnull() | (pairs.closed >= day))
    return pairs.select(
        "project_id", "school_id", "term", is_open=ibis.coalesce(is_open, ibis.literal(value=False))
    )


def _attended(supported: ibis.Table, enrolments: ibis.Table) -> ibis.Table:
    """Schools where pupils were enrolled on a day of support; else the one the project states."""
    time = enrolled_time(enrolments).select(
        "student_id", "term", went_to=_.school_id, begun=_["first"], done=_["last"]
    )
    pairs = supported.left_join(time, ["student_id", "term"])
    is_then = (pairs.begun <= pairs["last"]) & (pairs.done >= pairs["first"])
    keys = ["student_id", "project_id", "start_date", "term", "school_id"]
    found = pairs.mutate(went_to=is_then.ifelse(pairs.went_to, None))
    has_any = found.went_to.notnull().any().over(ibis.window(group_by=keys))
    chosen = found.mutate(has_any=has_any).filter(_.went_to.notnull() | ~_.has_any)
    return chosen.select(
        "project_id", "term", school_id=ibis.coalesce(chosen.went_to, chosen.school_id)
    ).distinct()


def _by_definition(listed: ibis.Table, attended: ibis.Table, own: ibis.Table) -> ibis.Table:
    """The schools of each project and term by every definition."""
    columns = ["project_id", "term", "school_id"]
    pairs = {"listed": listed.select(columns), "attended": attended.select(columns)}
    named = [rows.mutate(definition=ibis.literal(name)) for name, rows in pairs.items()]
    basis_of = {"listed": "school", "attended": "residence"}
    given = [
        rows.semi_join(own.filter(own.basis == basis_of[name]), ["project_id", "term"]).mutate(
            definition=ibis.literal("own")
        )
        for name, rows in pairs.items()
    ]
    return ibis.union(*named, *given)


def _counts(places: ibis.Table) -> ibis.Table:
    """Schools by each definition, and how many of them came or left since the term before."""
    keyed = by_unit(places).distinct()
    keys = [*COUNT, "school_id"]
    now = keyed.mutate(is_now=ibis.literal(1))
    before = keyed.mutate(term=term_after(keyed.term), was_before=ibis.literal(1))
    both = now.outer_join(before, keys)
    merged = both.select(
        **{key: ibis.coalesce(both[key], both[f"{key}_right"]) for key in keys},
        is_now=both.is_now.notnull(),
        was_before=both.was_before.notnull(),
    )
    return merged.group_by(*COUNT).agg(
        schools=_.count(where=_.is_now),
        joined=_.count(where=_.is_now & ~_.was_before),
        left=_.count(where=~_.is_now & _.was_before),
    )


def _told(units: ibis.Table, counted: ibis.Table, closed: ibis.Table) -> ibis.Table:
    """A row for each unit, term and definition, zero where no school counts."""
    unit = ["unit", "unit_id", "term"]
    spine = units.group_by(*unit).agg(has_residence=(_.basis == "residence").any())
    definitions = ibis.memtable({"definition": values(SCHOOL_COUNTS)})
    rows = spine.cross_join(definitions).left_join(counted, list(COUNT))
    rows = rows.drop(*(f"{key}_right" for key in COUNT))
    rows = rows.left_join(closed, unit).drop(*(f"{key}_right" for key in unit))
    is_later = (rows.definition == "attended") | ((rows.definition == "own") & rows.has_residence)
    day = is_later.ifelse(last_day_of_term(rows.term), reference_day_of_term(rows.term))
    names = ("schools", "joined", "left")
    numbers = {name: rows[name].fill_null(0).cast("int64") for name in names}
    closed_here = (rows.definition == "listed").ifelse(rows.not_open.fill_null(0), 0)
    told = rows.mutate(counted_on=day, not_open=closed_here.cast("int64"), **numbers)
    return told.select(ProjectSchoolsAt.columns())
