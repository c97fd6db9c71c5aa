"""What informants speak of: start against six months, the framework matrix, school by school."""

from collections.abc import Mapping

import ibis
from ibis import _

from pipelines.experience.codings import theme_table
from schemas.codebooks import Theme
from schemas.interviews import FEWEST_SOURCES, Framework, InterviewThemes, SchoolMethods

INFORMANT = ["project_id", "informant_no"]


def interview_themes(codings: ibis.Table, themes: Mapping[str, Theme]) -> ibis.Table:
    """Each theme of each project at the start and six months later.

    Args:
        codings: :class:`schemas.interviews.Codings`.
        themes: Those of the codebooks, by code.

    Returns:
        Rows of :class:`schemas.interviews.InterviewThemes`.
    """
    asked = codings.group_by("project_id").agg(
        informants_start=_.informant_no.nunique(where=_.interview_round == "start"),
        informants_six_months=_.informant_no.nunique(where=_.interview_round == "six_months"),
    )
    told = (
        _said(codings)
        .group_by("project_id", "theme")
        .agg(
            said_start=_.informant_no.nunique(where=_.interview_round == "start"),
            said_six_months=_.informant_no.nunique(where=_.interview_round == "six_months"),
        )
    )
    rows = asked.cross_join(theme_table(themes)).left_join(told, ["project_id", "theme"])
    full = rows.mutate(
        said_start=rows.said_start.fill_null(0), said_six_months=rows.said_six_months.fill_null(0)
    )
    at_start, later = full.said_start > 0, full.said_six_months > 0
    is_single = (full.informants_start == 0) | (full.informants_six_months == 0)
    state = ibis.cases(
        (is_single, "one_round"),
        (at_start & later, "remained"),
        (at_start, "gone"),
        (later, "appeared"),
        else_="not_mentioned",
    )
    return full.mutate(state=state).select(InterviewThemes.columns())


def framework(codings: ibis.Table, themes: Mapping[str, Theme]) -> ibis.Table:
    """Success factors and obstacles by project, with the sources that speak of them.

    Args:
        codings: :class:`schemas.interviews.Codings`.
        themes: Those of the codebooks, by code.

    Returns:
        Rows of :class:`schemas.interviews.Framework`.
    """
    chosen = theme_table(themes).filter(_.kind.isin(["success_factor", "obstacle"]))
    asked = codings.group_by("project_id").agg(informants=_.informant_no.nunique())
    told = (
        _said(codings)
        .group_by("project_id", "theme")
        .agg(sources=_.informant_no.nunique(), roles=_.informant_role.nunique())
    )
    rows = (
        asked.cross_join(chosen)
        .left_join(told, ["project_id", "theme"])
        .drop("project_id_right", "theme_right")
        .left_join(_references(codings), ["project_id", "theme"])
    )
    full = rows.mutate(sources=_.sources.fill_null(0), roles=_.roles.fill_null(0))
    return full.mutate(is_supported=_.sources >= FEWEST_SOURCES).select(Framework.columns())


def school_methods(codings: ibis.Table, themes: Mapping[str, Theme]) -> ibis.Table:
    """Methods and ways of selection school by school, and in how many schools each is found.

    Args:
        codings: :class:`schemas.interviews.Codings`; interviews about no single school are left
            out.
        themes: Those of the codebooks, by code.

    Returns:
        Rows of :class:`schemas.interviews.SchoolMethods`.
    """
    of_schools = codings.filter(_.school_id.notnull()).mutate(person=_person(codings))
    chosen = theme_table(themes).filter(_.kind.isin(["method", "selection"]))
    asked = of_schools.group_by("school_id").agg(informants=_.person.nunique())
    told = _said(of_schools).group_by("school_id", "theme").agg(said=_.person.nunique())
    rows = asked.cross_join(chosen).left_join(told, ["school_id", "theme"])
    full = rows.mutate(said=_.said.fill_null(0))
    counted = full.mutate(
        schools=_.count().over(ibis.window(group_by="theme")),
        schools_with=_.said.nullif(0).count().over(ibis.window(group_by="theme")),
    )
    likeness = ibis.cases(
        (counted.schools_with == 0, "none"),
        (counted.schools_with == counted.schools, "all"),
        (counted.schools_with == 1, "one"),
        else_="some",
    )
    return counted.mutate(likeness=likeness).select(SchoolMethods.columns())


def _said(codings: ibis.Table) -> ibis.Table:
    """Codings by which a known theme is there."""
    return codings.filter(_.is_present == "yes", _.fault.isnull())


def _references(codings: ibis.Table) -> ibis.Table:
    """Where each theme of a project is found, in order."""
    places = _said(codings).select(
        "project_id", "theme", "interview_round", "informant_no", "segment_no"
    )
    once = places.distinct()
    later = once.interview_round != "start"
    told = once.mutate(
        reference=once.interview_round
        + ":"
        + once.informant_no.cast("string")
        + ":"
        + once.segment_no.cast("string"),
        later=later,
    )
    order = [told.later, told.informant_no, told.segment_no]
    return told.group_by("project_id", "theme").agg(
        references=told.reference.group_concat("; ", order_by=order)
    )


def _person(codings: ibis.Table) -> ibis.ir.StringValue:
    """An informant in one value: numbers are told apart within a project only."""
    return codings.project_id + " " + codings.informant_no.cast("string")
