"""Grades (betyg): one mark per pupil, term and subject."""

import ibis
import pandera.ibis as pa
from pandera.api.ibis.types import IbisData

from schemas.codes import YES_NO, values
from schemas.columns import school_key, student_key, term_column
from schemas.contract import Delivered
from schemas.grading import GRADE_SCALES, SUBJECT_PATTERN

SCALE_IDS = sorted({mark.scale_id for mark in GRADE_SCALES})
MARKS = sorted({mark.mark for mark in GRADE_SCALES})


class Grades(Delivered):
    """The latest grade decision in a subject at the end of a term (SkolF 6 kap. 12 §).

    ``-`` (streck) means no basis for assessment because of absence; ``adapted`` that the
    subject is not read (anpassad studiegång). Neither is an F.
    Grain: one row per ``student_id``, ``school_id``, ``term``, ``subject_code``. Origin: term
    grades from the schools; final grades from the SCB grade 9 file.
    """

    student_id: str = student_key()
    school_id: str = school_key()
    term: str = term_column()
    subject_code: str = pa.Field(
        str_matches=SUBJECT_PATTERN, title="Ämne", description="Ämneskod: subject code."
    )
    scale_id: str = pa.Field(
        isin=SCALE_IDS, title="Betygsskala", description="Grade scale, A-F or G-MVG."
    )
    mark: str = pa.Field(isin=MARKS, title="Betyg", description="Betyg: the mark.")
    is_final: str = pa.Field(
        isin=values(YES_NO),
        metadata={"codes": YES_NO},
        title="Slutbetyg",
        description="Slutbetyg: final grade at the end of grade 9.",
    )

    class Config(Delivered.Config):
        """Grain."""

        name = "core.grades"
        unique = ["student_id", "school_id", "term", "subject_code"]
        metadata = {"partition": "term"}

    @pa.dataframe_check
    @classmethod
    def mark_is_in_scale(cls, data: IbisData) -> ibis.ir.BooleanValue:
        """The mark exists in the scale it is said to be of."""
        marks = [f"{mark.scale_id} {mark.mark}" for mark in GRADE_SCALES]
        return (data.table.scale_id + " " + data.table.mark).isin(marks)
