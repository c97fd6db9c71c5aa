"""Answers of forms (formulär) that were filled in: one row per question.

Answers that are chosen, counted or dated are for research; what somebody wrote in words may name
a person, so it lies in a table of its own that no release holds.
"""

from typing import Any

import ibis
import pandera.ibis as pa
from pandera.api.ibis.types import IbisData

from schemas.codes import values
from schemas.columns import project_key, year_column
from schemas.contract import NAME_PATTERN, Delivered
from schemas.forms import FORMS, Question

FORM_NAMES = [form.name for form in FORMS]
WRITTEN_AS = {
    "whole": r"^\d{1,12}$",
    "sek": r"^\d{1,12}$",
    "number": r"^\d{1,12}(\.\d+)?$",
    "date": r"^\d{4}-\d{2}-\d{2}$",
}
"""How an answer stands in a table, by the kind of its question; a choice is its code."""


def _form() -> Any:  # noqa: ANN401 - what pandera's fields are typed as
    return pa.Field(
        isin=FORM_NAMES, title="Formulär", description="Which form: work_plan and others."
    )


def _key() -> Any:  # noqa: ANN401
    return pa.Field(str_matches=NAME_PATTERN, title="Nyckel", description="Key of the question.")


class FormAnswers(Delivered):
    """A project's answer to one question of a form, other than words.

    A question without an answer is a row whose ``answer`` is empty. Grain: one row per
    ``project_id``, ``year``, ``form`` and ``key``. Origin: forms that projects fill in.
    """

    project_id: str = project_key()
    year: int = year_column()
    form: str = _form()
    key: str = _key()
    answer: str = pa.Field(
        nullable=True,
        title="Svar",
        description="Code, number with decimal point, or ISO date; empty where none is given.",
    )

    class Config(Delivered.Config):
        """Grain."""

        name = "core.form_answers"
        unique = ["project_id", "year", "form", "key"]

    @pa.dataframe_check
    @classmethod
    def answer_is_of_its_kind(cls, data: IbisData) -> ibis.ir.BooleanValue:
        """The form has the question, it does not ask for words, and the answer is of its kind."""
        rows = data.table
        asked = [
            ((rows.form == form.name) & (rows.key == question.key), _fits(rows.answer, question))
            for form in FORMS
            for question in form.questions
            if question.is_for_research
        ]
        return ibis.cases(*asked, else_=False)


class FormTexts(Delivered):
    """A project's answer in words to one question of a form: never in a release.

    Grain: one row per ``project_id``, ``year``, ``form`` and ``key``. Origin: forms that projects
    fill in.
    """

    project_id: str = project_key()
    year: int = year_column()
    form: str = _form()
    key: str = _key()
    words: str = pa.Field(
        nullable=True, title="Svar", description="As written; empty where nothing is."
    )

    class Config(Delivered.Config):
        """Grain, and that releases leave it out."""

        name = "core.form_texts"
        unique = ["project_id", "year", "form", "key"]
        metadata = {"is_released": False}


def _fits(answer: ibis.ir.StringValue, question: Question) -> ibis.ir.BooleanValue:
    if question.codes:
        return answer.isnull() | answer.isin(values(question.codes))
    return answer.isnull() | answer.re_search(WRITTEN_AS[question.kind])
