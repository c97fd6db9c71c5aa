"""Grades (betyg): one mark per pupil, term and subject."""

import ibis
import pandera.ibis as pa
from pandera.api.ibis.types import IbisData

from schemas.codes import YES_NO, values
from schemas.contract import SCHOOL_PATTERN, TERM_PATTERN, Delivered
from schemas.grading import GRADE_SCALES, SUBJECT_PATTERN
from schemas.pupils import STUDENT

SCALE_IDS = sorted({mark.scale_id for mark in GRADE_SCALES})
MARKS = sorted({mark.mark for mark in GRADE_SCALES})


class Grades(Delivered):
    """The latest grade decision in a subject at the end of a term (SkolF 6 kap. 12 §).

    ``-`` (streck) means no basis for assessment because of absence; ``adapted`` that the
    subject is not read (anpassad studiegång). Neither is an F.
    Grain: one row per ``student_id``, ``school_id``, ``term``, ``subject_code``. Origin: term
    grades from the schools; final grades from the SCB grade 9 file.
    """

    student_id: str = pa.Field(
        str_matches=STUDENT,
        metadata={"from_identity": "student_id"},
        title="Personnummer",
        description="Elev: pseudonymous key.",
    )
    school_id: str = pa.Field(
        str_matches=SCHOOL_PATTERN, title="Skolenhetskod", description="School unit code."
    )
    term: str = pa.Field(str_matches=TERM_PATTERN, title="Termin", description="Term, 2016VT.")
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
