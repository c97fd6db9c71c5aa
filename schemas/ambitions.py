"""Ambitions (ambitioner) and what became of them: targets, figures, and what documents state.

A count means nothing without its definition, its population and its date; so each of
:data:`MEASURES` says the first two, and every row the third.
"""

import datetime as dt
from typing import Any, NamedTuple

import pandera.ibis as pa

from schemas.codes import Code, values
from schemas.columns import project_key, year_column
from schemas.contract import NAME_PATTERN, Contract, Delivered

ALL_PROJECTS = "staden"
"""What stands for a project where a figure is about all of them together."""

LARGEST = 10**11


class Measure(NamedTuple):
    """Something that an application promises and a report counts.

    Attributes:
        measure: Identifier.
        sv: What a Swedish reader sees.
        en: What an English reader sees.
        kind: ``count`` (without sampling error), ``share`` (of pupils, in per cent) or ``ratio``
            (of sums of pupils).
        higher_is: Which end is good.
        definition: What is counted, in Swedish.
        population: Among whom, in Swedish.
    """

    measure: str
    sv: str
    en: str
    kind: str
    higher_is: str
    definition: str
    population: str


_REGISTER = "Elever i projektens deltaganderegister"
_APPLICATIONS = "Projektens ansökningar"
_FUNDS = "Pilotens medel"

BY_MEASURE: dict[str, Measure] = {
    one.measure: one
    for one in (
        Measure(
            "pupils", "Elever som fått stöd", "Pupils who had support", "count", "better",
            "Olika elever med minst en dag av stöd från 1 januari till datumet", _REGISTER,
        ),
        Measure(
            "pupils_started", "Elever vars stöd börjat", "Pupils whose support began", "count",
            "better", "Olika elever vars stöd börjat från 1 januari till datumet", _REGISTER,
        ),
        Measure(
            "completed", "Stöd slutfört enligt plan", "Support completed as planned", "count",
            "better", "Olika elever vars stöd slutförts enligt plan från 1 januari till datumet",
            _REGISTER,
        ),
        Measure(
            "unplanned_dropouts", "Oplanerade avhopp", "Unplanned dropouts", "count", "worse",
            "Olika elever vars stöd slutat oplanerat från 1 januari till datumet", _REGISTER,
        ),
        Measure(
            "schools", "Skolor som omfattas", "Schools covered", "count", "better",
            "Skolenheter som ett projekt omfattat någon termin från 1 januari till datumet",
            "Projektens skolor",
        ),
        Measure(
            "schools_with_pupils", "Skolor med elever i stöd", "Schools with pupils supported",
            "count", "better",
            "Skolenheter där en elev gick när stödet började, bland elever som fått stöd från 1 "
            "januari till datumet", _REGISTER,
        ),
        Measure(
            "eligible_share", "Behöriga till gymnasieskolan, procent",
            "Eligible for upper-secondary school, per cent", "share", "better",
            "Andel behöriga till yrkesprogram i slutbetyget våren samma år",
            "Elever med slutbetyg som fått stöd från 1 januari till datumet",
        ),
        Measure(
            "unauthorised_absence_rate", "Ogiltig frånvaro, timmar per 100 schemalagda",
            "Unauthorised absence, hours per 100 scheduled", "ratio", "worse",
            "Ogiltig frånvaro genom schemalagd tid från januari till datumets månad",
            "Elever som fått stöd från 1 januari till datumet",
        ),
        Measure(
            "pupils_planned", "Elever enligt ansökan", "Pupils applied for", "count", "better",
            "Summan av projektens mål för antalet elever under året", _APPLICATIONS,
        ),
        Measure(
            "schools_planned", "Skolor enligt ansökan", "Schools applied for", "count", "better",
            "Summan av projektens mål för antalet skolor under året", _APPLICATIONS,
        ),
        Measure(
            "pupils_indirect", "Elever som nåtts indirekt", "Pupils reached indirectly", "count",
            "better", "Uppskattat av projekten; finns inte i något register", "Okänd",
        ),
        Measure(
            "funds_available", "Avsatta medel, kronor", "Funds available [SEK]", "count",
            "better", "Medel avsatta för piloten under året", _FUNDS,
        ),
        Measure(
            "funds_distributed", "Fördelade medel, kronor", "Funds distributed [SEK]", "count",
            "better", "Medel fördelade till projekten under året", _FUNDS,
        ),
    )
}  # fmt: skip
"""What is promised and counted, by name."""

MEASURES = tuple(Code(one.measure, one.sv, one.en, one.kind) for one in BY_MEASURE.values())
"""What is promised and counted; ``group`` is ``count``, ``share`` or ``ratio``."""

PLANNED = {"pupils": "pupils_planned", "schools": "schools_planned"}
"""What a target is called where it is itself the figure: how much was applied for."""

TARGET_MEASURES = tuple(
    code
    for code in MEASURES
    if not code.code.startswith("funds_") and code.code not in PLANNED.values()
)
"""What an application may promise."""

TARGET_OF_KEY = {"pupils_planned": "pupils", "schools_planned": "schools",
                 "eligibility_aim": "eligible_share"}  # fmt: skip
"""The measure whose target an answer of the work plan is, by the question's key."""

WHOLE_OF = {"funds_distributed": "funds_available"}
"""What a part is a part of."""

TARGET_STATES = (
    Code("reached", "nått", "reached"),
    Code("not_reached", "inte nått", "not reached"),
    Code("cannot_be_determined", "går inte att avgöra", "cannot be determined"),
)
"""Whether an ambition was reached, with the uncertainty of the figure."""

TARGET_SOURCES = (
    Code("application", "ansökan", "application"),
    Code("work_plan", "arbetsplan", "work plan"),
)
"""Where a target stands; the application wins over the plan."""

STATED_KINDS = (
    Code("value", "antal eller värde", "the figure itself"),
    Code("change", "förändring", "change"),
    Code("change_percent", "förändring i procent", "change, per cent"),
    Code("percent_of_whole", "procent av det hela", "per cent of the whole"),
)
"""What a stated figure says of its measure."""

AGREEMENTS = (
    Code("agrees", "stämmer", "agrees"),
    Code("differs", "stämmer inte", "differs"),
    Code("cannot_be_computed", "kan inte beräknas", "cannot be computed"),
)
"""Whether a stated figure is the one computed, rounded as it is stated."""

BASES = (
    Code("registers", "register och ansökningar", "registers and applications"),
    Code("documents", "uppgifter i dokument", "figures stated in documents"),
)
"""What a figure is computed from."""


def _measure() -> Any:  # noqa: ANN401 - what pandera's fields are typed as
    return pa.Field(
        isin=values(MEASURES),
        metadata={"codes": MEASURES},
        title="Mått",
        description="What is counted.",
    )


def _as_of() -> Any:  # noqa: ANN401
    return pa.Field(title="Till och med", description="Last day counted; the first is 1 January.")


def _definition() -> Any:  # noqa: ANN401
    return pa.Field(title="Definition", description="What is counted, in Swedish.")


def _population() -> Any:  # noqa: ANN401
    return pa.Field(title="Population", description="Among whom, in Swedish.")


def _limit(end: str, meaning: str) -> Any:  # noqa: ANN401
    return pa.Field(nullable=True, title=end, description=f"{meaning}, 95 %.")


class Targets(Delivered):
    """What an application promises for a year (ambition), and what it says of the year before.

    Targets of all projects together have ``staden`` for a project. Grain: one row per
    ``project_id``, ``year`` and ``measure``. Origin: the applications.
    """

    project_id: str = project_key()
    year: int = year_column()
    measure: str = pa.Field(
        isin=values(TARGET_MEASURES),
        metadata={"codes": TARGET_MEASURES},
        title="Mått",
        description="What is promised.",
    )
    target: float = pa.Field(
        ge=0, le=LARGEST, title="Ambition", description="What is promised; shares in per cent."
    )
    previous_value: float = pa.Field(
        ge=0,
        le=LARGEST,
        nullable=True,
        title="Värde året före",
        description="The year before, as the application states it.",
    )

    class Config(Delivered.Config):
        """Grain."""

        name = "core.targets"
        unique = ["project_id", "year", "measure"]


class StatedFigures(Delivered):
    """A figure that stands in a document, with what the document says it is.

    Grain: one row per ``document``, ``section``, ``project_id``, ``measure``, ``statistic`` and
    ``as_of``. Origin: typed from the documents.
    """

    document: str = pa.Field(
        str_matches=NAME_PATTERN, title="Dokument", description="Key of the document."
    )
    section: str = pa.Field(title="Avsnitt", description="Page or section where it stands.")
    project_id: str = project_key()
    measure: str = _measure()
    statistic: str = pa.Field(
        isin=values(STATED_KINDS),
        metadata={"codes": STATED_KINDS},
        title="Slag av uppgift",
        description="What it says of the measure.",
    )
    as_of: dt.date = pa.Field(
        title="Till och med", description="Last day counted, as the document says."
    )
    compared_as_of: dt.date = pa.Field(
        nullable=True,
        title="Jämfört med, till och med",
        description="Last day of what a change is counted from; empty where it is no change.",
    )
    stated: float = pa.Field(
        ge=-LARGEST, le=LARGEST, title="Uppgift", description="As it stands there."
    )
    rounding: float = pa.Field(
        gt=0,
        le=LARGEST,
        title="Avrundad till",
        description="What it is rounded to: 1 for whole numbers, 10 for about 200.",
    )
    definition: str = pa.Field(
        nullable=True, title="Definition", description="What the document says is counted."
    )
    population: str = pa.Field(
        nullable=True, title="Population", description="Among whom, as the document says."
    )

    class Config(Delivered.Config):
        """Grain."""

        name = "core.stated_figures"
        unique = ["document", "section", "project_id", "measure", "statistic", "as_of"]

    @pa.dataframe_check
    @classmethod
    def change_says_from_when(cls, data: Any) -> Any:  # noqa: ANN401 - as pandera's checks are
        """A change says from which earlier day it is counted, and nothing else does."""
        rows = data.table
        is_change = rows.statistic.isin(["change", "change_percent"])
        is_earlier = (rows.compared_as_of < rows.as_of).fill_null(False)  # noqa: FBT003
        return is_change.ifelse(is_earlier, rows.compared_as_of.isnull())


class Figures(Contract):
    """What the registers say of a measure from 1 January to a day, beside the year before.

    A pupil in several projects counts once in the city. Shares and ratios have limits, counts of
    a register have none: nothing is drawn by lot.
    Grain: one row per ``project_id``, ``measure`` and ``as_of``.
    """

    project_id: str = project_key()
    year: int = year_column()
    as_of: dt.date = _as_of()
    measure: str = _measure()
    numerator: float = pa.Field(ge=0, title="Täljare", description="What is counted.")
    denominator: float = pa.Field(
        gt=0, nullable=True, title="Nämnare", description="Out of what; empty for a count."
    )
    value: float = pa.Field(title="Värde", description="The count, or the quotient times 100.")
    lower: float = _limit("Undre gräns", "Lower limit of a share or ratio")
    upper: float = _limit("Övre gräns", "Upper limit of a share or ratio")
    previous: float = pa.Field(
        nullable=True, title="Samma period året före", description="To the same day a year before."
    )
    change: float = pa.Field(
        nullable=True, title="Förändring", description="Value less that of the year before."
    )
    change_lower: float = _limit("Förändring, undre gräns", "Lower limit of the change")
    change_upper: float = _limit("Förändring, övre gräns", "Upper limit of the change")
    previous_whole_year: float = pa.Field(
        nullable=True, title="Hela året före", description="To 31 December of the year before."
    )
    percent_since_whole_year: float = pa.Field(
        nullable=True,
        title="Förändring mot hela året före, procent",
        description="Of a count: change since the whole of the year before [per cent].",
    )
    definition: str = _definition()
    population: str = _population()

    class Config(Contract.Config):
        """Grain."""

        name = "ambition.figures"
        unique = ["project_id", "measure", "as_of"]


class Outcomes(Contract):
    """An ambition beside what became of it, and whether it was reached.

    A target without any figure has one row, with the last day of its year and no outcome.
    Grain: one row per ``project_id``, ``measure`` and ``as_of``.
    """

    project_id: str = project_key()
    year: int = year_column()
    as_of: dt.date = _as_of()
    measure: str = _measure()
    target: float = pa.Field(title="Ambition", description="What is promised.")
    target_source: str = pa.Field(
        isin=values(TARGET_SOURCES),
        metadata={"codes": TARGET_SOURCES},
        title="Källa",
        description="Where the ambition stands.",
    )
    outcome: float = pa.Field(nullable=True, title="Utfall", description="What became of it.")
    lower: float = _limit("Undre gräns", "Lower limit of the outcome")
    upper: float = _limit("Övre gräns", "Upper limit of the outcome")
    state: str = pa.Field(
        isin=values(TARGET_STATES),
        metadata={"codes": TARGET_STATES},
        title="Ambitionen",
        description="Whether it was reached.",
    )
    previous_stated: float = pa.Field(
        nullable=True,
        title="Året före enligt ansökan",
        description="The year before, as the application states it.",
    )
    previous: float = pa.Field(
        nullable=True, title="Samma period året före", description="From the registers."
    )
    previous_whole_year: float = pa.Field(
        nullable=True, title="Hela året före", description="From the registers."
    )
    change: float = pa.Field(
        nullable=True, title="Förändring", description="Outcome less the same period before."
    )
    change_lower: float = _limit("Förändring, undre gräns", "Lower limit of the change")
    change_upper: float = _limit("Förändring, övre gräns", "Upper limit of the change")
    definition: str = _definition()
    population: str = _population()

    class Config(Contract.Config):
        """Grain."""

        name = "ambition.outcomes"
        unique = ["project_id", "measure", "as_of"]


class StatedAndComputed(Contract):
    """A figure that a document states beside the one computed; both are shown.

    Grain: one row per ``document``, ``section``, ``project_id``, ``measure``, ``statistic`` and
    ``as_of``.
    """

    document: str = pa.Field(title="Dokument", description="Key of the document.")
    section: str = pa.Field(title="Avsnitt", description="Page or section.")
    project_id: str = project_key()
    measure: str = _measure()
    statistic: str = pa.Field(
        isin=values(STATED_KINDS),
        metadata={"codes": STATED_KINDS},
        title="Slag av uppgift",
        description="What it says of the measure.",
    )
    as_of: dt.date = pa.Field(title="Till och med", description="Last day counted.")
    compared_as_of: dt.date = pa.Field(
        nullable=True, title="Jämfört med, till och med", description="As the document says."
    )
    stated: float = pa.Field(title="Uppgift", description="As it stands in the document.")
    rounding: float = pa.Field(title="Avrundad till", description="As the document rounds.")
    computed: float = pa.Field(
        nullable=True, title="Beräknat", description="Unrounded; empty where nothing is known."
    )
    basis: str = pa.Field(
        isin=values(BASES),
        nullable=True,
        metadata={"codes": BASES},
        title="Beräknat ur",
        description="What it is computed from.",
    )
    difference: float = pa.Field(
        nullable=True, title="Skillnad", description="Computed less stated."
    )
    agreement: str = pa.Field(
        isin=values(AGREEMENTS),
        metadata={"codes": AGREEMENTS},
        title="Överensstämmelse",
        description="Whether they are the same at the stated rounding.",
    )
    stated_definition: str = pa.Field(
        nullable=True, title="Dokumentets definition", description="As the document says."
    )
    stated_population: str = pa.Field(
        nullable=True, title="Dokumentets population", description="As the document says."
    )
    definition: str = _definition()
    population: str = _population()

    class Config(Contract.Config):
        """Grain."""

        name = "ambition.stated_figures"
        unique = ["document", "section", "project_id", "measure", "statistic", "as_of"]
