"""Answers to surveys that do not count: they stay in the tables, and in no score."""

from collections.abc import Callable

import ibis
from ibis import _

from pipelines.crosschecks.registry import Crosscheck, found
from pipelines.experience.answers import answers
from schemas.instruments import load_instruments


def with_fault(*faults: str) -> Callable[[ibis.Table], ibis.Table]:
    """The judgement of answers with one of some faults, per school, term and instrument.

    Args:
        faults: Codes of :data:`schemas.surveys.ANSWER_FAULTS`.
    """

    def judge(survey_responses: ibis.Table) -> ibis.Table:
        where_from = survey_responses.group_by("school_id", "instrument", period=_.term).agg(
            delivery_id=_.delivery_id.max()
        )
        judged = answers(survey_responses, load_instruments())
        sums = judged.group_by("school_id", "instrument", period=_.term).agg(
            faulty=_.fault.isin(list(faults)).fill_null(False).sum(),  # noqa: FBT003
            given=_.answer.notnull().sum(),
        )
        named = sums.filter(_.faulty > 0).left_join(
            where_from, ["school_id", "instrument", "period"]
        )
        return found(
            named,
            table_name="core.survey_responses",
            part=_.instrument,
            count=_.faulty,
            expected=0.0,
            measure=_.faulty / _.given,
            basis=_.given,
        )

    return judge


def _crosscheck(
    name: str, titles: tuple[str, str], advice: tuple[str, str], *faults: str
) -> Crosscheck:
    return Crosscheck(
        name=name,
        title_sv=titles[0],
        title_en=titles[1],
        advice_sv=advice[0],
        advice_en=advice[1],
        table="core.survey_responses",
        period="term",
        reads=("core.survey_responses",),
        judge=with_fault(*faults),
    )


CROSSCHECKS = (
    _crosscheck(
        "unknown_instrument",
        ("Enkätsvar på en enkät som inte är deklarerad", "Answers to an undeclared instrument"),
        (
            "Rätta enkätens kod i filen, eller deklarera enkäten som en fil i schemas/instruments.",
            "Correct the code in the file, or declare the instrument in schemas/instruments.",
        ),
        "unknown_instrument",
    ),
    _crosscheck(
        "unknown_question",
        ("Svar på frågor som enkäten inte har", "Answers to questions the instrument lacks"),
        (
            "Jämför frågornas koder med enkäten: troligen är det en annan utgåva.",
            "Compare the codes with the instrument: it is probably another edition.",
        ),
        "unknown_item",
    ),
    _crosscheck(
        "answer_out_of_scale",
        ("Svar utanför enkätens skala", "Answers outside the scale of the instrument"),
        (
            "Be den som lämnat filen att kontrollera skalan: den kan börja på 0 eller vara längre.",
            "Ask the sender to check the scale: it may begin at 0 or be longer.",
        ),
        "out_of_scale",
    ),
    _crosscheck(
        "answered_twice",
        ("Samma person har svarat flera gånger", "The same person has answered several times"),
        (
            "Avgör vilket svar som gäller och skicka den andra skolans fil på nytt utan det.",
            "Decide which answer holds and send the other school's file again without it.",
        ),
        "repeated",
        "contradictory",
    ),
)
