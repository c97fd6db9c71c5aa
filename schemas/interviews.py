"""Interviews: coded parts of what was said, how far two coders agree, and what is in common.

What somebody said word for word is free text about living people: it stays in tables that are in no
release, and leaves them only with the coder's release flag.
"""

from typing import Any

import ibis
import pandera.ibis as pa
from pandera.api.ibis.types import IbisData

from schemas.codebooks import STRUCTURES, THEME_KINDS
from schemas.codes import Code, values
from schemas.columns import school_key
from schemas.contract import NAME_PATTERN, SCHOOL_PATTERN, Contract, Delivered

INTERVIEW_ROUNDS = (
    Code("start", "vid start", "at the start"),
    Code("six_months", "efter sex månader", "after six months"),
)
"""The interview at the start, and the equivalent one six months later."""

INFORMANT_ROLES = (
    Code("counsellor", "kurator", "counsellor"),
    Code("teacher", "lärare", "teacher"),
    Code("social_worker", "socialsekreterare", "social worker"),
    Code("project_lead", "projektledare", "project lead"),
    Code("pupil", "elev", "pupil"),
    Code("guardian", "vårdnadshavare", "guardian"),
)

PRESENCE = (Code("yes", "ja", "yes"), Code("no", "nej", "no"))

CODING_FAULTS = (Code("unknown_theme", "okänt tema", "unknown theme"),)
"""Why a coding does not count. It is kept, and counted as such."""

AGREEMENT_GAPS = (
    Code("too_few_units", "för få enheter kodade av båda", "too few units coded by both"),
    Code("no_variation", "båda kodar alltid lika och bara ett värde", "both always code the same"),
)
"""Why kappa is not given."""

THEME_STATES = (
    Code("appeared", "tillkommit", "appeared"),
    Code("remained", "kvarstår", "remained"),
    Code("gone", "försvunnit", "gone"),
    Code("not_mentioned", "nämns inte", "not mentioned"),
    Code("one_round", "bara en intervjuomgång", "one round only"),
)
"""A theme of a project at the start against six months later."""

LIKENESS = (
    Code("all", "alla intervjuade skolor", "all schools interviewed"),
    Code("some", "några skolor", "some schools"),
    Code("one", "bara en skola", "one school only"),
    Code("none", "ingen skola", "no school"),
)
"""In how many of the schools a method or a way of selection is found."""

FEWEST_UNITS = 20
"""Units coded by both from which kappa is given."""

CODED_TWICE = 0.20
"""Share of the units that two coders should code."""

FEWEST_SOURCES = 2
"""Independent sources from which a statement counts as supported."""

IDENTITY = r"(^|[^0-9])([0-9]{2})?[0-9]{6}[-+ ]?[0-9]{4}([^0-9]|$)"
"""What looks like an identity number."""


def project_key() -> Any:  # noqa: ANN401 - what pandera's fields are typed as
    """The project an interview is about."""
    return pa.Field(str_matches=NAME_PATTERN, title="Projekt, kod", description="Project key.")


def coded(codes: tuple[Code, ...], title: str, description: str, **more: Any) -> Any:  # noqa: ANN401
    """A column that takes the values of a code list and no other."""
    return pa.Field(
        isin=values(codes), metadata={"codes": codes}, title=title, description=description, **more
    )


def theme_key() -> Any:  # noqa: ANN401
    """A theme of a codebook."""
    return pa.Field(
        str_matches=NAME_PATTERN, title="Tema, kod", description="Theme of the codebook."
    )


def count_of(title: str, description: str) -> Any:  # noqa: ANN401
    """A number of people or units."""
    return pa.Field(ge=0, title=title, description=description)


class InterviewSegments(Delivered):
    """A part of an interview, and whether one coder finds one theme in it.

    Every theme a coder looked for has a row, also where it is not there. In no release: it may
    hold what somebody said. Grain: one row per ``project_id``, ``interview_round``,
    ``informant``, ``segment_no``, ``coder`` and ``theme``. Origin: a file per project and coder.
    """

    project_id: str = project_key()
    school_id: str = pa.Field(
        str_matches=SCHOOL_PATTERN,
        nullable=True,
        title="Skolenhetskod",
        description="School the informant speaks of; empty where it is no single one.",
    )
    interview_round: str = coded(INTERVIEW_ROUNDS, "Omgång", "Which of the two interviews.")
    informant: str = pa.Field(
        str_matches=NAME_PATTERN,
        title="Uppgiftslämnare",
        description="Key of the person interviewed, the same in both rounds; never a name.",
    )
    informant_role: str = coded(INFORMANT_ROLES, "Roll", "Role of the person interviewed.")
    segment_no: int = pa.Field(
        ge=1, title="Avsnitt", description="Part of the interview, the same for every coder."
    )
    coder: str = pa.Field(
        str_matches=NAME_PATTERN,
        title="Kodare",
        description="Key of the person who coded; never a name.",
    )
    theme: str = theme_key()
    is_present: str = coded(PRESENCE, "Förekommer", "Whether the theme is in the part.")
    quotation: str = pa.Field(
        nullable=True, title="Citat", description="What was said, word for word; may be empty."
    )
    may_be_quoted: str = coded(
        PRESENCE,
        "Citatet får lämnas ut",
        "Whether the quotation may leave; empty is no.",
        nullable=True,
    )

    class Config(Delivered.Config):
        """Grain."""

        name = "core.interview_segments"
        unique = ["project_id", "interview_round", "informant", "segment_no", "coder", "theme"]
        metadata = {"is_released": False}

    @pa.dataframe_check
    @classmethod
    def quotation_holds_no_identity_number(cls, data: IbisData) -> ibis.ir.BooleanValue:
        """Nothing in a quotation looks like an identity number."""
        rows = data.table
        return rows.quotation.isnull() | ~rows.quotation.re_search(IDENTITY)


class Codings(Contract):
    """A part of an interview coded by one coder for one theme, without what was said.

    Informants are numbered within their project. Grain: one row per ``project_id``,
    ``interview_round``, ``informant_no``, ``segment_no``, ``coder`` and ``theme``. Origin:
    ``core.interview_segments``; no row is left out.
    """

    project_id: str = project_key()
    school_id: str = pa.Field(
        str_matches=SCHOOL_PATTERN,
        nullable=True,
        title="Skolenhetskod",
        description="School the informant speaks of; empty where it is no single one.",
    )
    interview_round: str = coded(INTERVIEW_ROUNDS, "Omgång", "Which of the two interviews.")
    informant_no: int = pa.Field(
        ge=1, title="Uppgiftslämnare, nummer", description="Number within the project."
    )
    informant_role: str = coded(INFORMANT_ROLES, "Roll", "Role of the person interviewed.")
    segment_no: int = pa.Field(ge=1, title="Avsnitt", description="Part of the interview.")
    coder: str = pa.Field(title="Kodare", description="Key of the person who coded.")
    theme: str = theme_key()
    kind: str = coded(THEME_KINDS, "Slag", "Kind; empty for an unknown theme.", nullable=True)
    is_present: str = coded(PRESENCE, "Förekommer", "Whether the theme is in the part.")
    fault: str = coded(
        CODING_FAULTS, "Fel", "Why the coding does not count; empty where it does.", nullable=True
    )

    class Config(Contract.Config):
        """Grain."""

        name = "interview.codings"
        unique = ["project_id", "interview_round", "informant_no", "segment_no", "coder", "theme"]


class Quotations(Contract):
    """What was said word for word and may be quoted, for those who write. In no release.

    Only parts that some coder released and none held back, under the themes found in them.
    Grain: one row per ``project_id``, ``interview_round``, ``informant_role``, ``theme`` and
    ``quotation``. Origin: ``core.interview_segments``.
    """

    project_id: str = project_key()
    interview_round: str = coded(INTERVIEW_ROUNDS, "Omgång", "Which of the two interviews.")
    informant_role: str = coded(INFORMANT_ROLES, "Roll", "Role of the person interviewed.")
    theme: str = theme_key()
    quotation: str = pa.Field(title="Citat", description="What was said, word for word.")

    class Config(Contract.Config):
        """Grain."""

        name = "interview.quotations"
        unique = ["project_id", "interview_round", "informant_role", "theme", "quotation"]
        metadata = {"is_released": False}


class Agreement(Contract):
    """How far two coders agree on a theme: per cent agreement, Cohen's kappa, prevalence.

    Over the parts both coded for it. A theme that is rare or in nearly every part has a low kappa
    however well they agree, so the three belong together. Grain: one row per ``theme``,
    ``coder_a`` and ``coder_b``. Origin: ``interview.codings``.
    """

    theme: str = theme_key()
    kind: str = coded(THEME_KINDS, "Slag", "Kind of theme.")
    coder_a: str = pa.Field(title="Kodare A", description="The first by key.")
    coder_b: str = pa.Field(title="Kodare B", description="The other.")
    segments: int = count_of("Avsnitt kodade", "Parts that anybody coded for it [count].")
    units: int = count_of("Avsnitt kodade av båda", "Parts that both coded for it [count].")
    agreed: int = count_of("Lika", "Parts that both coded the same [count].")
    agreement: float = pa.Field(
        ge=0, le=1, title="Överensstämmelse", description="Agreed of those both coded."
    )
    prevalence: float = pa.Field(
        ge=0, le=1, title="Förekomst", description="Mean share of the two in which it is present."
    )
    is_enough_coded_twice: bool = pa.Field(
        title="Tillräckligt dubbelkodat",
        description=f"Whether both coded at least {CODED_TWICE:.0%} of the parts.",
    )
    kappa: float = pa.Field(
        nullable=True, ge=-1, le=1, title="Cohens kappa", description="Agreement beyond chance."
    )
    lower: float = pa.Field(
        nullable=True, ge=-1, le=1, title="Undre gräns", description="Lower 95 % limit."
    )
    upper: float = pa.Field(
        nullable=True, ge=-1, le=1, title="Övre gräns", description="Upper 95 % limit."
    )
    missing: str = coded(
        AGREEMENT_GAPS,
        "Orsak till att värde saknas",
        "Why kappa is not given; empty where it is.",
        nullable=True,
    )

    class Config(Contract.Config):
        """Grain."""

        name = "interview.agreement"
        unique = ["theme", "coder_a", "coder_b"]

    @pa.dataframe_check
    @classmethod
    def has_kappa_or_a_reason(cls, data: IbisData) -> ibis.ir.BooleanValue:
        """A row without kappa says why."""
        rows = data.table
        return rows.kappa.isnull() == rows.missing.notnull()


class InterviewThemes(Contract):
    """A theme in a project's interviews at the start and six months later: who spoke of it.

    Informants are counted, not mentions; no share is given, for they are few. An informant
    speaks of a theme if any coder finds it in any part. Grain: one row per ``project_id`` and
    ``theme``, for every theme of the codebooks. Origin: ``interview.codings``.
    """

    project_id: str = project_key()
    theme: str = theme_key()
    kind: str = coded(THEME_KINDS, "Slag", "Kind of theme.")
    structure: str = coded(
        STRUCTURES, "Befintlig struktur", "Structure it is about, if any.", nullable=True
    )
    informants_start: int = count_of("Intervjuade vid start", "Informants [count].")
    said_start: int = count_of("Nämner vid start", "Informants who speak of it [count].")
    informants_six_months: int = count_of("Intervjuade efter sex månader", "Informants [count].")
    said_six_months: int = count_of(
        "Nämner efter sex månader", "Informants who speak of it [count]."
    )
    state: str = coded(THEME_STATES, "Förändring", "The start against six months later.")

    class Config(Contract.Config):
        """Grain."""

        name = "interview.themes"
        unique = ["project_id", "theme"]


class Framework(Contract):
    """The framework matrix (ramverk): success factors and obstacles by project, with sources.

    A source is an informant, in whichever round. Grain: one row per ``project_id`` and ``theme``,
    for every success factor and obstacle of the codebooks. Origin: ``interview.codings``.
    """

    project_id: str = project_key()
    theme: str = theme_key()
    kind: str = coded(THEME_KINDS, "Slag", "Success factor or obstacle.")
    structure: str = coded(
        STRUCTURES, "Befintlig struktur", "Structure it is about, if any.", nullable=True
    )
    informants: int = count_of("Intervjuade", "Informants of the project [count].")
    sources: int = count_of("Oberoende källor", "Informants who speak of it [count].")
    roles: int = count_of("Olika roller", "Different roles among them [count].")
    is_supported: bool = pa.Field(
        title="Stöds", description=f"Whether at least {FEWEST_SOURCES} sources speak of it."
    )
    references: str = pa.Field(
        nullable=True,
        title="Källhänvisningar",
        description="Where: round, number of the informant and part, as `start:3:12`.",
    )

    class Config(Contract.Config):
        """Grain."""

        name = "interview.framework"
        unique = ["project_id", "theme"]


class SchoolMethods(Contract):
    """Working methods and selection school by school: what is alike and what differs.

    The matrix of the pre-study, of informants who speak of a school. Grain: one row per
    ``school_id`` and ``theme``, for every method and way of selection of the codebooks. Origin:
    ``interview.codings``.
    """

    school_id: str = school_key()
    theme: str = theme_key()
    kind: str = coded(THEME_KINDS, "Slag", "Method or selection.")
    informants: int = count_of("Intervjuade", "Informants who speak of the school [count].")
    said: int = count_of("Nämner", "Of them those who speak of the theme [count].")
    schools: int = count_of("Skolor", "Schools with interviews [count].")
    schools_with: int = count_of("Skolor med temat", "Of them those with the theme [count].")
    likeness: str = coded(LIKENESS, "Likhet", "In how many of the schools it is found.")

    class Config(Contract.Config):
        """Grain."""

        name = "interview.school_methods"
        unique = ["school_id", "theme"]
