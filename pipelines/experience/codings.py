"""Coded interviews without what was said, and what may be quoted."""

from collections.abc import Mapping

import ibis
from ibis import _

from pipelines.experience.answers import small_table
from schemas.codebooks import Theme
from schemas.interviews import Codings, Quotations

PART = ["project_id", "interview_round", "informant", "segment_no"]
_THEMES = {"theme": "string", "kind": "string", "structure": "string"}


def codings(segments: ibis.Table, themes: Mapping[str, Theme]) -> ibis.Table:
    """Every coding, with the kind of its theme; what was said is left out, and who said it.

    Args:
        segments: :class:`schemas.interviews.InterviewSegments`.
        themes: Those of the codebooks, by code.

    Returns:
        Rows of :class:`schemas.interviews.Codings`.
    """
    known = segments.left_join(theme_table(themes), "theme").drop("theme_right")
    number = ibis.dense_rank().over(group_by="project_id", order_by=known.informant)
    fault = ibis.cases((known.kind.isnull(), "unknown_theme"))
    return known.mutate(informant_no=number + 1, fault=fault).select(Codings.columns())


def quotations(segments: ibis.Table, themes: Mapping[str, Theme]) -> ibis.Table:
    """What may be quoted: released by a coder and held back by none.

    Args:
        segments: :class:`schemas.interviews.InterviewSegments`.
        themes: Those of the codebooks, by code.

    Returns:
        Rows of :class:`schemas.interviews.Quotations`.
    """
    held = segments.filter(_.may_be_quoted == "no").select(PART).distinct()
    free = segments.filter(
        _.may_be_quoted == "yes", _.is_present == "yes", _.quotation.notnull()
    ).anti_join(held, PART)
    return free.semi_join(theme_table(themes), "theme").select(Quotations.columns()).distinct()


def theme_table(themes: Mapping[str, Theme]) -> ibis.Table:
    """The themes: kind, and the structure each is about."""
    rows = ((one.code, one.kind, one.structure) for one in themes.values())
    return small_table(rows, _THEMES)
