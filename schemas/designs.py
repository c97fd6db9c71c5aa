"""Design cards (designkort): how each local project is built and works, as coded facts.

A card is facts from a closed list, so that projects can be laid side by side and one year beside
the next. Nothing here is free text. The items of TIDieR say how well a piece of the work is
described in the project's documents (Hoffmann et al. 2014, BMJ 348:g1687).
"""

from typing import Any, NamedTuple

import ibis
import pandera.ibis as pa
from pandera.api.ibis.types import IbisData

from schemas.codes import PROJECT_BASES, YES_NO, Code, values
from schemas.columns import project_key, year_column
from schemas.contract import NAME_PATTERN, Contract, Delivered

UNKNOWN = "unknown"
BETWEEN_CODES = "; "
"""Between the codes of a facet that may have several."""

NOT_KNOWN = Code(UNKNOWN, "okänt", "unknown")

PROFESSIONS = (
    Code("teacher", "lärare", "teacher"),
    Code("special_educator", "specialpedagog", "special educator"),
    Code("counsellor", "kurator", "counsellor"),
    Code("psychologist", "psykolog", "psychologist"),
    Code("school_nurse", "skolsköterska", "school nurse"),
    Code("study_counsellor", "studie- och yrkesvägledare", "study and careers counsellor"),
    Code("social_worker", "socialsekreterare", "social worker"),
    Code("field_worker", "fältassistent", "field worker"),
    Code("family_worker", "familjebehandlare", "family worker"),
    Code("coordinator", "samordnare", "coordinator"),
    Code("other_profession", "annat yrke", "another profession"),
)
"""Professions in a project's team."""

WORK_LEVELS = (
    Code("individual", "enskilda elever", "individual pupils"),
    Code("school_level", "hela skolan eller klassen", "the whole school or class"),
    Code("both_levels", "både skola och enskilda elever", "school and individual pupils"),
    NOT_KNOWN,
)

SELECTION_PROCEDURES = (
    Code("by_rule", "efter registerregel", "by a rule on the registers"),
    Code("by_pupil_health", "elevhälsan föreslår", "pupil health proposes"),
    Code("by_teachers", "lärare föreslår", "teachers propose"),
    Code("by_social_services", "socialtjänsten föreslår", "social services propose"),
    Code("by_family", "eleven eller vårdnadshavare söker", "the pupil or guardians apply"),
    NOT_KNOWN,
)
"""How pupils come to a project; several may apply."""

ANCHORINGS = (
    Code("in_agreement", "i skriftlig överenskommelse", "in a written agreement"),
    Code("in_line", "i ordinarie verksamhetsplan", "in the ordinary plan of work"),
    Code("in_steering_group", "endast i styrgruppen", "in the steering group only"),
    Code("not_anchored", "inte förankrat", "not anchored"),
    NOT_KNOWN,
)
"""How a project is anchored in ordinary work (framework questions of 2017)."""

DESCRIBED = (
    Code("described", "beskrivet", "described"),
    Code("partly_described", "delvis beskrivet", "partly described"),
    Code("not_described", "inte beskrivet", "not described"),
    NOT_KNOWN,
)
"""How well an item of TIDieR is described."""


class Facet(NamedTuple):
    """One kind of fact of a design card.

    Attributes:
        facet: Identifier.
        sv: What a Swedish reader sees.
        en: What an English reader sees.
        group: Part of the card.
        codes: What to choose from; none for a number.
        takes_several: Whether a project may have several of the codes.
        highest: Largest number, where the facet is a number; the smallest is 0.
    """

    facet: str
    sv: str
    en: str
    group: str
    codes: tuple[Code, ...] = ()
    takes_several: bool = False
    highest: float = 0.0


def _described(name: str, sv: str, en: str) -> Facet:
    return Facet(f"tidier_{name}", f"TIDieR: {sv}", f"TIDieR: {en}", "tidier", DESCRIBED)


_STRUCTURE: tuple[Facet, ...] = (
    Facet("basis", "Elever tas emot efter", "Pupils by", "structure", PROJECT_BASES),
    Facet("joint_team", "Gemensamt team", "Joint team", "structure", YES_NO),
    Facet(
        "team_professions", "Yrken i teamet", "Professions in the team", "structure",
        PROFESSIONS, takes_several=True,
    ),
    Facet("fte_school", "Årsarbetare från skolan", "Full-time posts, school", "structure",
          highest=1000),
    Facet("fte_social", "Årsarbetare från socialtjänsten", "Full-time posts, social services",
          "structure", highest=1000),
    Facet("fte_other", "Årsarbetare från annan", "Full-time posts, others", "structure",
          highest=1000),
    Facet("caseload", "Elever per årsarbetare", "Pupils per full-time post", "structure",
          highest=1000),
    Facet("anchoring", "Förankring i ordinarie verksamhet", "Anchoring in ordinary work",
          "structure", ANCHORINGS),
)  # fmt: skip

_METHOD: tuple[Facet, ...] = (
    Facet("work_level", "Arbetet riktas till", "Work is directed at", "method", WORK_LEVELS),
    Facet("contact_intensity", "Kontakter per elev och vecka", "Contacts per pupil and week",
          "method", highest=100),
    Facet("home_visits", "Hembesök", "Home visits", "method", YES_NO),
    Facet("study_support", "Studiestöd", "Study support", "method", YES_NO),
    Facet("guardian_support", "Stöd till vårdnadshavare", "Support to guardians", "method",
          YES_NO),
)  # fmt: skip

_SELECTION: tuple[Facet, ...] = (
    Facet(
        "selection_procedure", "Urval av elever", "Selection of pupils", "selection",
        SELECTION_PROCEDURES, takes_several=True,
    ),
)  # fmt: skip

_LINKS: tuple[Facet, ...] = (
    Facet("link_sip", "Samordnad individuell plan (SIP)", "Co-ordinated individual plan (SIP)",
          "links", YES_NO),
    Facet("link_bus", "Barn i behov av särskilt stöd (BUS)",
          "Children in need of special support (BUS)", "links", YES_NO),
    Facet("link_pupil_health", "Elevhälsan deltar", "Pupil health takes part", "links", YES_NO),
    Facet("link_income_support", "Samarbete med ekonomiskt bistånd", "Work with income support",
          "links", YES_NO),
)  # fmt: skip

_TIDIER: tuple[Facet, ...] = (
    _described("name", "insatsens namn", "brief name"),
    _described("why", "syfte och teori", "why"),
    _described("materials", "material", "what: materials"),
    _described("procedures", "tillvägagångssätt", "what: procedures"),
    _described("provider", "vem som genomför", "who provided"),
    _described("mode", "hur det ges", "how"),
    _described("place", "var det ges", "where"),
    _described("dose", "när och hur mycket", "when and how much"),
    _described("tailoring", "anpassning till eleven", "tailoring"),
    _described("modifications", "ändringar under tiden", "modifications"),
    _described("fidelity_planned", "hur trohet följs upp", "how well: planned"),
    _described("fidelity_actual", "hur troget det genomfördes", "how well: actual"),
)

ALL_FACETS: tuple[Facet, ...] = (*_STRUCTURE, *_METHOD, *_SELECTION, *_LINKS, *_TIDIER)

FACETS = tuple(Code(one.facet, one.sv, one.en, one.group) for one in ALL_FACETS)
"""Every kind of fact of a design card; ``group`` is the part of the card."""

DESIGN_CODES = tuple({code.code: code for one in ALL_FACETS for code in one.codes}.values())
"""Every code that a fact of a design card may have; which facet takes which is
:data:`ALL_FACETS`."""

FACET_OF_KEY = {
    "basis": "basis",
    "method_team": "joint_team",
    "method_home": "home_visits",
    "method_study": "study_support",
    "method_family": "guardian_support",
    "method_sip": "link_sip",
    "method_bus": "link_bus",
    "method_health": "link_pupil_health",
    "method_income": "link_income_support",
    "fte_school": "fte_school",
    "fte_social": "fte_social",
    "fte_other": "fte_other",
}
"""The facet that an answer of the work plan says the same as, by the question's key."""

CARD_SOURCES = (
    Code("card", "designkort", "design card"),
    Code("work_plan", "arbetsplan", "work plan"),
)
"""Where a fact stands; the card wins over the plan."""

LIKENESSES = (
    Code("alike", "lika i alla projekt", "alike in all projects"),
    Code("alike_where_known", "lika där det är känt", "alike where it is known"),
    Code("differs", "skiljer sig", "differs"),
    Code("too_few_known", "känt i färre än två projekt", "known in fewer than two projects"),
)
"""Whether projects share a fact (pre-study of 2016)."""

CHANGES = (
    Code("changed", "ändrat", "changed"),
    Code("unchanged", "oförändrat", "unchanged"),
    Code("became_known", "känt först nu", "known only now"),
    Code("no_longer_known", "inte längre känt", "no longer known"),
)
"""What became of a fact from one year to the next."""


def _facet_column() -> Any:  # noqa: ANN401 - what pandera's fields are typed as
    return pa.Field(
        isin=values(FACETS),
        metadata={"codes": FACETS},
        title="Egenskap",
        description="Kind of fact.",
    )


class DesignCards(Delivered):
    """A fact about how a project is built or works in a year (designkort).

    A facet with several answers has a row for each. Grain: one row per ``project_id``, ``year``,
    ``facet`` and ``code``. Origin: the city's follow-up, from the project's documents.
    """

    project_id: str = project_key()
    year: int = year_column()
    facet: str = _facet_column()
    code: str = pa.Field(
        isin=values(DESIGN_CODES),
        nullable=True,
        metadata={"codes": DESIGN_CODES},
        title="Svar",
        description="The fact, where it is chosen from a list.",
    )
    value: float = pa.Field(
        ge=0, nullable=True, title="Tal", description="The fact, where it is a number."
    )

    class Config(Delivered.Config):
        """Grain."""

        name = "core.design_cards"
        unique = ["project_id", "year", "facet", "code"]

    @pa.dataframe_check
    @classmethod
    def answer_belongs_to_facet(cls, data: IbisData) -> ibis.ir.BooleanValue:
        """A facet has one of its own codes and no number, or a number within its limits."""
        rows = data.table
        chosen = [
            (rows.facet == one.facet, rows.code.isin(values(one.codes)) & rows.value.isnull())
            for one in ALL_FACETS
            if one.codes
        ]
        counted = [
            (rows.facet == one.facet, (rows.value <= one.highest) & rows.code.isnull())
            for one in ALL_FACETS
            if not one.codes
        ]
        return ibis.cases(*chosen, *counted, else_=False).fill_null(False)  # noqa: FBT003


class Cards(Contract):
    """What is known of a project's design in a year, from its card and its work plan.

    Grain: one row per ``project_id``, ``year`` and ``facet``.
    """

    project_id: str = project_key()
    year: int = year_column()
    facet: str = _facet_column()
    facet_group: str = pa.Field(title="Del", description="Part of the card.")
    answer: str = pa.Field(
        title="Svar", description="Codes in order of the alphabet with ; between, or the number."
    )
    value: float = pa.Field(nullable=True, title="Tal", description="The number, if it is one.")
    source: str = pa.Field(
        isin=values(CARD_SOURCES),
        metadata={"codes": CARD_SOURCES},
        title="Källa",
        description="Where it stands; the card wins over the plan.",
    )
    is_contradicted: bool = pa.Field(
        title="Motsägs", description="Whether the work plan of the year says something else."
    )

    class Config(Contract.Config):
        """Grain."""

        name = "design.cards"
        unique = ["project_id", "year", "facet"]


class SideBySide(Contract):
    """Every facet of every project that has a card or plan of a year, known or not.

    Grain: one row per ``year``, ``facet`` and ``project_id``.
    """

    year: int = year_column()
    facet: str = _facet_column()
    project_id: str = project_key()
    answer: str = pa.Field(
        nullable=True, title="Svar", description="As in design.cards; empty where nothing is said."
    )
    is_known: bool = pa.Field(
        title="Känt", description="Whether something is said, and it is not that it is unknown."
    )

    class Config(Contract.Config):
        """Grain."""

        name = "design.side_by_side"
        unique = ["year", "facet", "project_id"]


class Likeness(Contract):
    """Which facets the projects of a year share, and in which they differ.

    Grain: one row per ``year`` and ``facet``.
    """

    year: int = year_column()
    facet: str = _facet_column()
    projects: int = pa.Field(ge=1, title="Projekt", description="Projects of the year [count].")
    known: int = pa.Field(ge=0, title="Kända", description="Projects where it is known [count].")
    answers: int = pa.Field(ge=0, title="Olika svar", description="Different answers [count].")
    likeness: str = pa.Field(
        isin=values(LIKENESSES),
        metadata={"codes": LIKENESSES},
        title="Likhet",
        description="Whether they share it.",
    )
    in_all: str = pa.Field(
        nullable=True,
        title="Gemensamt",
        description="Codes that every project has where it is known; empty if none.",
    )

    class Config(Contract.Config):
        """Grain."""

        name = "design.likeness"
        unique = ["year", "facet"]


class Pairs(Contract):
    """How many facets two projects have in common in a year.

    Grain: one row per ``year``, ``project_id`` and ``other_project_id``, each pair once.
    """

    year: int = year_column()
    project_id: str = project_key()
    other_project_id: str = pa.Field(
        str_matches=NAME_PATTERN, title="Annat projekt, kod", description="The other one's key."
    )
    compared: int = pa.Field(ge=0, title="Jämförda", description="Facets known in both [count].")
    alike: int = pa.Field(ge=0, title="Lika", description="Of them with the same answer [count].")

    class Config(Contract.Config):
        """Grain."""

        name = "design.pairs"
        unique = ["year", "project_id", "other_project_id"]


class DesignChanges(Contract):
    """What became of a facet since the project's card or plan before.

    Grain: one row per ``project_id``, ``year`` and ``facet`` that is known in either year.
    """

    project_id: str = project_key()
    year: int = year_column()
    facet: str = _facet_column()
    previous_year: int = pa.Field(
        title="År före", description="The latest year before of which the project has a card."
    )
    before: str = pa.Field(nullable=True, title="Förut", description="Answer of that year.")
    after: str = pa.Field(nullable=True, title="Nu", description="Answer of this year.")
    change: str = pa.Field(
        isin=values(CHANGES),
        metadata={"codes": CHANGES},
        title="Förändring",
        description="What became of it.",
    )

    class Config(Contract.Config):
        """Grain."""

        name = "design.changes"
        unique = ["project_id", "year", "facet"]
