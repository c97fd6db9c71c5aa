"""Answers judged by the instruments they belong to: each counts, is missing, or has a fault.

A respondent is who answers an instrument in a term. Whoever was asked at two schools, or by two
projects, is one respondent: of equal answers the first counts, of different ones none does.
"""

from collections.abc import Iterable, Mapping, Sequence

import ibis
import pyarrow as pa
from ibis import _

from pipelines.engine import engine
from schemas.groups import EVERYBODY
from schemas.instruments import Instrument
from schemas.surveys import NO_PROJECT, UNKNOWN_RESPONDENT, SurveyAnswers

RESPONDENT = ["instrument", "term", "student_id"]

_ITEM_COLUMNS = {
    "instrument": "string",
    "item_code": "string",
    "subscale": "string",
    "is_reversed": "boolean",
}
_INSTRUMENT_COLUMNS = {
    "instrument": "string",
    "respondent": "string",
    "lowest": "int64",
    "highest": "int64",
}


def answers(responses: ibis.Table, instruments: Mapping[str, Instrument]) -> ibis.Table:
    """Every question put, with the answer and whether it counts; no row is left out.

    Args:
        responses: :class:`schemas.surveys.SurveyResponses`.
        instruments: Those declared, by name.

    Returns:
        Rows of :class:`schemas.surveys.SurveyAnswers`.
    """
    known = responses.left_join(instrument_table(instruments), "instrument").drop(
        "instrument_right"
    )
    keys = ["instrument", "item_code"]
    named = known.left_join(item_table(instruments), keys).drop(*(f"{key}_right" for key in keys))
    one_project = named.mutate(
        project_id=_.project_id.min().over(ibis.window(group_by=RESPONDENT)).fill_null(NO_PROJECT),
        respondent=_.respondent.fill_null(UNKNOWN_RESPONDENT.code),
    )
    judged = _judged_against_others(one_project.mutate(fault=_fault_of_itself(one_project)))
    turned = judged.is_reversed.ifelse(
        judged.lowest + judged.highest - judged.answer, judged.answer
    )
    counted = judged.mutate(turned=ibis.cases((judged.fault.isnull(), turned)))
    return counted.select(SurveyAnswers.columns())


def in_units(rows: ibis.Table) -> ibis.Table:
    """Rows of respondents once for their project, if any, and once for everybody."""
    of_projects = rows.filter(_.project_id != NO_PROJECT)
    return of_projects.union(rows.mutate(project_id=ibis.literal(EVERYBODY)))


def item_table(instruments: Mapping[str, Instrument]) -> ibis.Table:
    """The questions of every instrument: subscale, and whether reversed."""
    rows = (
        (one.name, item.code, item.subscale, item.is_reversed)
        for one in instruments.values()
        for item in one.items
    )
    return small_table(rows, _ITEM_COLUMNS)


def instrument_table(instruments: Mapping[str, Instrument]) -> ibis.Table:
    """Every instrument: who answers, and its scale."""
    rows = ((one.name, one.respondent, one.lowest, one.highest) for one in instruments.values())
    return small_table(rows, _INSTRUMENT_COLUMNS)


def small_table(rows: Iterable[tuple[object, ...]], columns: Mapping[str, str]) -> ibis.Table:
    """Rows as a table of some columns and types; without rows as well."""
    schema = ibis.schema(dict(columns))
    lists: Sequence[Sequence[object]] = list(zip(*rows, strict=True)) or [()] * len(columns)
    typed = [
        pa.array(values, field.type)
        for values, field in zip(lists, schema.to_pyarrow(), strict=True)
    ]
    engine()
    return ibis.memtable(pa.table(typed, schema=schema.to_pyarrow()), schema=schema)


def _fault_of_itself(rows: ibis.Table) -> ibis.ir.StringValue:
    """What is wrong with an answer whatever else was answered; nothing where none was given."""
    is_outside = (rows.answer < rows.lowest) | (rows.answer > rows.highest)
    return ibis.cases(
        (rows.answer.isnull(), ibis.null("string")),
        (rows.lowest.isnull(), "unknown_instrument"),
        (rows.subscale.isnull(), "unknown_item"),
        (is_outside, "out_of_scale"),
    )


def _judged_against_others(rows: ibis.Table) -> ibis.Table:
    """The same with a fault for answers that the respondent gave more than once."""
    counts = rows.answer.notnull() & rows.fault.isnull()
    valid = rows.mutate(counting=ibis.cases((counts, rows.answer)))
    same = ibis.window(group_by=[*RESPONDENT, "item_code"])
    place = ibis.row_number().over(
        group_by=[*RESPONDENT, "item_code"],
        order_by=[valid.counting.isnull(), valid.school_id],
    )
    lowest, highest = (valid.counting.min().over(same), valid.counting.max().over(same))
    ranked = valid.mutate(place=place, is_disputed=lowest != highest)
    return ranked.mutate(
        fault=ibis.cases(
            (ranked.counting.isnull(), ranked.fault),
            (ranked.is_disputed, "contradictory"),
            (ranked.place > 0, "repeated"),
        )
    )
