"""What is known of each project's design in a year: its card and its work plan, as one.

A year is a calendar year: funds, work plans and reports go by it.
"""

import ibis
from ibis import _

from pipelines.engine import engine
from schemas.designs import ALL_FACETS, BETWEEN_CODES, FACET_OF_KEY, UNKNOWN, Cards, SideBySide

_FACT = ["project_id", "year", "facet"]
_SAID = [*_FACT, "answer", "value", "source"]


def cards(design_cards: ibis.Table, form_answers: ibis.Table) -> ibis.Table:
    """What is known of each project's design in each year; the card wins over the work plan.

    Args:
        design_cards: :class:`schemas.designs.DesignCards`.
        form_answers: :class:`schemas.form_answers.FormAnswers`.

    Returns:
        Rows of :class:`schemas.designs.Cards`.
    """
    said = _of_cards(design_cards).union(_of_plans(form_answers))
    rank = (said.source != "card").cast("int64")
    first = ibis.row_number().over(group_by=_FACT, order_by=rank)
    differing = said.answer.nunique().over(ibis.window(group_by=_FACT))
    chosen = said.mutate(place=first, is_contradicted=differing > 1).filter(_.place == 0)
    return chosen.join(_facets(), "facet").select(Cards.columns())


def side_by_side(cards: ibis.Table) -> ibis.Table:
    """Every facet of every project of a year, known or not.

    Args:
        cards: :class:`schemas.designs.Cards`.

    Returns:
        Rows of :class:`schemas.designs.SideBySide`.
    """
    projects = cards.select("year", "project_id").distinct()
    full = projects.cross_join(_facets().select("facet"))
    known = cards.select(*_FACT, "answer")
    joined = full.left_join(known, _FACT).select(
        full.year, full.facet, full.project_id, known.answer
    )
    is_known = joined.answer.notnull() & (joined.answer != UNKNOWN)
    return joined.mutate(is_known=is_known.fill_null(False)).select(  # noqa: FBT003
        SideBySide.columns()
    )


def _of_cards(design_cards: ibis.Table) -> ibis.Table:
    """One row per fact: several codes as one answer."""
    several = design_cards.group_by(_FACT).agg(
        codes=_.code.group_concat(BETWEEN_CODES, order_by=_.code), value=_.value.max()
    )
    answer = several.codes.fill_null(_as_text(several.value))
    return several.mutate(answer=answer, source=ibis.literal("card")).select(_SAID)


def _of_plans(form_answers: ibis.Table) -> ibis.Table:
    """What work plans answer of the facets."""
    facet = ibis.cases(*((form_answers.key == k, f) for k, f in FACET_OF_KEY.items()))
    asked = form_answers.mutate(facet=facet).filter(
        _.form == "work_plan", _.facet.notnull(), _.answer.notnull()
    )
    counted = [one.facet for one in ALL_FACETS if not one.codes]
    number = asked.facet.isin(counted).ifelse(asked.answer.try_cast("float64"), None)
    told = asked.mutate(value=number, source=ibis.literal("work_plan"))
    return told.mutate(answer=_as_text(told.value).fill_null(told.answer)).select(_SAID)


def _as_text(number: ibis.ir.FloatingValue) -> ibis.ir.StringValue:
    """A number without decimals it does not need."""
    is_whole = number == number.floor()
    return is_whole.ifelse(number.cast("int64").cast("string"), number.cast("string"))


def _facets() -> ibis.Table:
    engine()
    listed = [{"facet": one.facet, "facet_group": one.group} for one in ALL_FACETS]
    return ibis.memtable(listed)
