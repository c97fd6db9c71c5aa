"""Groups that pupils are told apart by: sex, grade level, newly arrived or not."""

from typing import NamedTuple

import pandera.ibis as pa

from schemas.codes import SEXES, YES_NO, Code, values
from schemas.columns import STUDENT, school_key, term_column
from schemas.contract import NAME_PATTERN, Contract

UNKNOWN = Code("unknown", "Okänt", "Unknown")


class Grouping(NamedTuple):
    """A way to tell pupils apart; together its groups are everybody, and nobody is in two.

    Attributes:
        name: Column of :class:`StudentTerms`, and level of a result.
        codes: The groups, as a heading names them.
    """

    name: str
    codes: tuple[Code, ...]


GROUPINGS = (
    Grouping("sex", (Code("female", "Flickor", "Girls"), Code("male", "Pojkar", "Boys"))),
    Grouping(
        "grade_level",
        tuple(Code(str(n), f"Årskurs {n}", f"Grade {n}") for n in range(1, 11)),
    ),
    Grouping(
        "newly_arrived",
        (
            Code("yes", "Nyanlända", "Newly arrived"),
            Code("no", "Inte nyanlända", "Not newly arrived"),
        ),
    ),
)
"""Who fits no group is in ``unknown``. Skolverket's "exklusive nyinvandrade och elever med okänd
bakgrund" is the group ``no`` of ``newly_arrived``."""


class StudentTerms(Contract):
    """A pupil at a school in a term: class, grade level, groups.

    Grain: one row per ``student_id``, ``school_id`` and ``term``. Origin: ``core.enrolments``;
    of overlapping enrolments at one school the one that started last.
    """

    student_id: str = pa.Field(
        str_matches=STUDENT, title="Elev", description="Elev: pseudonymous key."
    )
    school_id: str = school_key()
    term: str = term_column()
    class_name: str = pa.Field(nullable=True, title="Klass", description="Class, as written.")
    grade_level: int = pa.Field(ge=1, le=10, title="Årskurs", description="Årskurs: grade level.")
    sex: str = pa.Field(
        nullable=True,
        isin=values(SEXES),
        metadata={"codes": SEXES},
        title="Kön",
        description="Legal sex, from the identity number.",
    )
    newly_arrived: str = pa.Field(
        isin=values(YES_NO),
        metadata={"codes": YES_NO},
        title="Nyanländ",
        description="Nyanländ: schooling in Sweden for at most four years (SkolL 3 kap. 12 a §).",
    )
    residence_district_id: str = pa.Field(
        str_matches=NAME_PATTERN,
        nullable=True,
        title="Boende stadsdel, kod",
        description="District of residence (folkbokföring).",
    )

    class Config(Contract.Config):
        """Grain."""

        name = "core.student_terms"
        unique = ["student_id", "school_id", "term"]
        metadata = {"partition": "term"}


SUMMARY_LEVELS = (
    Code("class", "Klass", "Class"),
    Code("grade", "Årskurs vid skolan", "Grade level at a school"),
    Code("school", "Skola", "School"),
    Code("project", "Projektets skolor", "Schools of a project"),
    Code("district", "Stadsdel", "District"),
    Code("city", "Hela staden", "Whole city"),
)
"""What an internal summary is about; a class and a grade level are named after their school."""

EVERYBODY = "all"
"""The group that is everybody, beside those of :data:`GROUPINGS`."""
