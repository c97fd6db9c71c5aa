"""Surveys (enkäter): answers as whole numbers, never free text."""

import pandera.ibis as pa

from schemas.columns import STUDENT, school_key
from schemas.contract import NAME_PATTERN, TERM_PATTERN, Delivered

HIGHEST_ANSWER = 100


class SurveyResponses(Delivered):
    """One respondent's answer to one question of an instrument in one term.

    A question without an answer is a row whose ``answer`` is empty: who was asked is known.
    Grain: one row per ``instrument``, ``term``, ``school_id``, ``student_id`` and
    ``item_code``. Origin: files that those who run a survey export.
    """

    instrument: str = pa.Field(
        str_matches=NAME_PATTERN,
        title="Enkät, kod",
        description="Which questionnaire, and which edition of it.",
    )
    term: str = pa.Field(
        str_matches=TERM_PATTERN, title="Termin", description="Term it was answered in, 2016VT."
    )
    school_id: str = school_key()
    project_id: str = pa.Field(
        str_matches=NAME_PATTERN,
        nullable=True,
        title="Projekt, kod",
        description="Project whose participants were asked; empty where all were.",
    )
    student_id: str = pa.Field(
        str_matches=STUDENT,
        metadata={"from_identity": "student_id"},
        title="Personnummer",
        description="Respondent: the pupil's pseudonymous key, or in a survey without names "
        "that of the delivered record.",
    )
    item_code: str = pa.Field(
        str_matches=NAME_PATTERN, title="Fråga, kod", description="Question of the instrument."
    )
    answer: int = pa.Field(
        nullable=True,
        ge=0,
        le=HIGHEST_ANSWER,
        title="Svar",
        description="Answer as a number on the instrument's own scale; empty where none is given.",
    )

    class Config(Delivered.Config):
        """Grain."""

        name = "core.survey_responses"
        unique = ["instrument", "term", "school_id", "student_id", "item_code"]
        metadata = {"partition": "term"}
