"""Support over time: what was given, who had it when, how it ended, and whom it reached."""

import datetime as dt
from typing import Any

import ibis
import pandera.ibis as pa
from pandera.api.ibis.types import IbisData

from schemas.codes import END_REASONS, PROJECT_BASES, Code, values
from schemas.columns import STUDENT, month_column, student_key, term_column
from schemas.contract import (
    NAME_PATTERN,
    SCHOOL_PATTERN,
    SCHOOL_YEAR_PATTERN,
    TERM_PATTERN,
    Contract,
    Delivered,
)

SUPPORT_KINDS = (
    Code("talk", "samtal med eleven", "talks with the pupil"),
    Code("family", "samtal med vårdnadshavare", "talks with parents"),
    Code("meeting", "nätverksmöte eller SIP", "network meeting or SIP"),
    Code("study", "studiestöd", "help with school work"),
    Code("attendance", "närvarostöd, t.ex. hämtning", "help to come to school"),
    Code("group", "gruppverksamhet", "group activity"),
    Code("class", "arbete i klassen", "work in the class"),
    Code("staff", "handledning av skolans personal", "advice to school staff"),
    Code("leisure", "fritid och praktik", "leisure and work experience"),
    Code("other", "annat", "other"),
)
"""Kind of support (slag av stöd) that a contact was."""

CONTACT_WAYS = (
    Code("direct", "direkt", "directly"),
    Code("indirect", "indirekt", "indirectly"),
)
"""Whether the pupil was met, or reached through others: the class, the family, the staff."""

OUTCOMES = (
    Code("open", "pågår", "goes on"),
    Code("vanished", "saknas i senare register", "missing from a later register"),
    Code("planned", "planerat avslut", "planned end"),
    Code("neutral", "neutralt avslut", "neutral end"),
    Code("unplanned", "oplanerat avhopp", "unplanned dropout"),
    Code("unknown", "okänd orsak", "ended, reason unknown"),
)
"""Where a participation stands: the last four are the kinds that :data:`schemas.codes.END_REASONS`
codes an end to. One that is open in an older register and missing from the project's next ones is
neither open nor ended: nobody reported how it went."""

ENROLMENT_STATES = (
    Code("at_school", "inskriven vid angiven skola", "enrolled at the school stated"),
    Code("elsewhere", "inskriven vid en annan skola", "enrolled at another school"),
    Code("none", "inte inskriven", "not enrolled"),
    Code("no_register", "skolans register saknas", "no register of the school"),
)
"""Whether a pupil was enrolled on the first day of support."""

UNITS = (
    Code("city", "Hela staden", "Whole city"),
    Code("project", "Projekt", "Project"),
)
"""What a row of the pilot's tables is about; every pupil counts once in each."""

REACH_GAPS = (Code("no_target_group", "ingen i målgruppen", "nobody in the target group"),)
"""Why there is no reach."""

SHARE_GAPS = (Code("nobody", "inga elever att räkna", "no pupils to count"),)
"""Why there is no share."""

INCIDENCE_GAPS = (
    Code("too_few_starters", "färre än 20 påbörjade", "fewer than 20 started"),
    Code("too_few_events", "färre än 5 oplanerade avhopp", "fewer than 5 unplanned dropouts"),
    Code("not_followed", "ingen följd i sex månader", "nobody followed for six months"),
)
"""Why there is no cumulative incidence."""

FLOW_STEPS = (
    Code("target_group", "i målgruppen", "in the target group"),
    Code("supported", "fick stöd under terminen", "had support in the term"),
    *OUTCOMES,
)
"""Steps of the flow; the outcomes together are everybody who was supported."""

LEAVER_DIMENSIONS = (
    Code("prior_absence", "Frånvaro terminen före", "Absence the term before"),
    Code("grade_level", "Årskurs vid starten", "Grade level at the start"),
    Code("sex", "Kön", "Sex"),
)
"""What those who leave are compared with the others by."""

SCHOOL_COUNTS = (
    Code("listed", "omfattade skolor", "schools listed"),
    Code("attended", "elevernas skolor", "schools its pupils went to"),
    Code("own", "enligt projektets egen grund", "by the project's own basis"),
)
"""What "number of schools" means: ``listed`` are those in the project register that were open on
the reference day; ``attended`` those where pupils with support in the term were enrolled, which
is known only afterwards. ``own`` is the number to give: listed of a project by school, attended of
one that serves residents, and in the city either, as each project has it."""

INCIDENCE_DAYS = 183
"""Six months [days] after the first day of support, that day counted."""
FEWEST_STARTERS, FEWEST_EVENTS = 20, 5
"""Below these no cumulative incidence is given [count]."""


def _unit() -> Any:  # noqa: ANN401 - what pandera's fields are typed as
    return pa.Field(
        isin=values(UNITS),
        metadata={"codes": UNITS},
        title="Nivå",
        description="What the row is about.",
    )


def _unit_id() -> Any:  # noqa: ANN401
    return pa.Field(
        str_matches=NAME_PATTERN, title="Enhet, kod", description="Project key, or city."
    )


def _student() -> Any:  # noqa: ANN401
    return pa.Field(str_matches=STUDENT, title="Elev", description="Elev: pseudonymous key.")


def _project() -> Any:  # noqa: ANN401
    return pa.Field(str_matches=NAME_PATTERN, title="Projekt, kod", description="Project key.")


def _count(title: str, description: str) -> Any:  # noqa: ANN401
    return pa.Field(ge=0, title=title, description=f"{description} [count].")


def _flag(title: str, description: str) -> Any:  # noqa: ANN401
    return pa.Field(title=title, description=description)


def _share(title: str, description: str) -> Any:  # noqa: ANN401
    return pa.Field(ge=0, nullable=True, title=title, description=description)


class SupportContacts(Delivered):
    """Support that a project gave a pupil in a month, by kind: its dose.

    Grain: one row per ``student_id``, ``project_id``, ``month``, ``kind`` and ``way``.
    Origin: each project's own notes, once a month. Only pupils who can be named; of the others
    there is a number (:class:`UnnamedReach`).
    """

    student_id: str = student_key()
    project_id: str = _project()
    month: str = month_column()
    kind: str = pa.Field(
        isin=values(SUPPORT_KINDS),
        metadata={"codes": SUPPORT_KINDS},
        title="Slag av stöd",
        description="Kind of support.",
    )
    way: str = pa.Field(
        isin=values(CONTACT_WAYS),
        metadata={"codes": CONTACT_WAYS},
        title="Direkt eller indirekt",
        description="Whether the pupil was met or reached through others.",
    )
    contacts: int = pa.Field(
        ge=1, le=1000, title="Kontakter", description="Occasions in the month [count]."
    )
    minutes: int = pa.Field(
        ge=0,
        le=31 * 24 * 60,
        title="Tid, minuter",
        description="Time they took together [minutes].",
    )

    class Config(Delivered.Config):
        """Grain."""

        name = "core.support_contacts"
        unique = ["student_id", "project_id", "month", "kind", "way"]
        metadata = {"partition": "month"}


class UnnamedReach(Delivered):
    """How many pupils a project reached without anybody knowing who, by its own account.

    Through their class, their guardians or their school's staff. Grain: one row per
    ``project_id`` and ``term``. Origin: each project, at the end of a term. A project without a
    row has said nothing, which is not 0.
    """

    project_id: str = _project()
    term: str = term_column()
    pupils: int = pa.Field(
        ge=0,
        le=10_000,
        title="Elever som nåtts indirekt utan namn",
        description="Pupils reached whom nobody can name, each once, as the project counts them "
        "[count].",
    )

    class Config(Delivered.Config):
        """Grain."""

        name = "core.unnamed_reach"
        unique = ["project_id", "term"]
        metadata = {"partition": "term"}


class Spells(Contract):
    """A pupil's time in a project from start to end, as far as the registers tell. Not for release.

    What is wrong with it is flagged and it is kept: every participation delivered is here once.
    Grain: one row per ``student_id``, ``project_id`` and ``start_date``. Origin: the latest
    register that has it.
    """

    student_id: str = _student()
    project_id: str = _project()
    start_date: dt.date = pa.Field(title="Från", description="First day of support.")
    school_id: str = pa.Field(
        str_matches=SCHOOL_PATTERN,
        title="Skolenhetskod",
        description="School at the start, as the project says.",
    )
    planned_end_date: dt.date = pa.Field(
        nullable=True, title="Planerat slut", description="Last day as planned at the start."
    )
    end_date: dt.date = pa.Field(
        nullable=True, title="Till", description="Last day; empty where no end was reported."
    )
    last_day: dt.date = pa.Field(
        title="Sista kända dag",
        description="The end, or the last day of the latest register's term.",
    )
    end_reason: str = pa.Field(
        nullable=True,
        isin=values(END_REASONS),
        metadata={"codes": END_REASONS},
        title="Avslutsorsak",
        description="Why it ended.",
    )
    outcome: str = pa.Field(
        isin=values(OUTCOMES),
        metadata={"codes": OUTCOMES},
        title="Utfall",
        description="Where it stands; an unknown reason is never a planned end.",
    )
    number: int = pa.Field(
        ge=1, title="Gång", description="Which time the pupil has support, in any project."
    )
    break_days: int = pa.Field(
        ge=0,
        nullable=True,
        title="Uppehåll, dagar",
        description="Days without support since the former time; empty at the first, and where "
        "they overlap [days].",
    )
    waiting_days: int = pa.Field(
        ge=0,
        nullable=True,
        title="Väntetid, dagar",
        description="From the first day of the first term in the target group to the first day of "
        "support; empty for a later time, and if never in the group by then [days].",
    )
    duration_days: int = pa.Field(
        ge=1, title="Längd, dagar", description="First to last day known, both counted [days]."
    )
    weeks: int = pa.Field(
        ge=1, title="Längd, veckor", description="The same in weeks begun [weeks]."
    )
    contacts: int = pa.Field(
        ge=0,
        nullable=True,
        title="Kontakter",
        description="Direct and indirect; empty where none was delivered [count].",
    )
    hours: float = pa.Field(
        ge=0, nullable=True, title="Tid, timmar", description="Time of the contacts [hours]."
    )
    over_summer: bool = _flag("Över sommaren", "Whether it covers a whole July.")
    into_next_grade: bool = _flag(
        "In i nästa årskurs", "Whether the pupil went on to a higher grade level during it."
    )
    into_upper_secondary: bool = _flag(
        "In i gymnasiet", "Whether it went on after the summer the pupil left grade 9."
    )
    is_overlapping: bool = _flag(
        "Överlappar", "Whether it shares a day with another participation of the pupil."
    )
    enrolment: str = pa.Field(
        isin=values(ENROLMENT_STATES),
        metadata={"codes": ENROLMENT_STATES},
        title="Inskriven vid start",
        description="Whether the pupil was enrolled on the first day.",
    )
    is_known_project: bool = _flag("Känt projekt", "Whether the project register has the project.")

    class Config(Contract.Config):
        """Grain."""

        name = "pilot.spells"
        unique = ["student_id", "project_id", "start_date"]

    @pa.dataframe_check
    @classmethod
    def an_end_has_a_kind(cls, data: IbisData) -> ibis.ir.BooleanValue:
        """What has an end is neither open nor vanished; what has none is one of them."""
        rows = data.table
        return rows.end_date.isnull() == rows.outcome.isin(["open", "vanished"])


class PupilMonths(Contract):
    """A month in which a pupil had support, counted in one project. Not for release.

    The project whose participation covers most days of the month; of equals the one that started
    last, then the first by its key. So a pupil who moves between projects counts once a month.
    Grain: one row per ``student_id`` and ``month``. Origin: ``pilot.spells``.
    """

    student_id: str = _student()
    month: str = month_column()
    project_id: str = _project()
    school_id: str = pa.Field(
        str_matches=SCHOOL_PATTERN,
        title="Skolenhetskod",
        description="School at the start of that participation.",
    )
    start_date: dt.date = pa.Field(title="Från", description="Its first day.")
    days: int = pa.Field(
        ge=1, le=31, title="Dagar", description="Days of the month that it covers [days]."
    )
    participations: int = pa.Field(
        ge=1, title="Insatser", description="Participations with a day in the month [count]."
    )

    class Config(Contract.Config):
        """Grain."""

        name = "pilot.pupil_months"
        unique = ["student_id", "month"]


class PilotReach(Contract):
    """Reach of a project in a term, against both target groups. Unsuppressed: not for publication.

    By ``school``: the target group at the schools the project covers. By ``residence``: the target
    group that lives in its district, whatever the school. Grain: one row per ``unit``, ``unit_id``,
    ``term`` and ``basis``. Origin: ``pilot.spells`` and the indicator of the target group.
    """

    unit: str = _unit()
    unit_id: str = _unit_id()
    term: str = term_column()
    basis: str = pa.Field(
        isin=values(PROJECT_BASES),
        metadata={"codes": PROJECT_BASES},
        title="Grund",
        description="Which target group it is measured against.",
    )
    is_own_basis: bool = _flag(
        "Projektets egen grund", "Whether the project takes pupils in by it in the term."
    )
    target_group: int = _count("Målgrupp", "Pupils in it, each once")
    reached: int = _count("Nådda i målgruppen", "Pupils in it with a day of support in the term")
    served: int = _count("Elever med stöd", "Pupils with a day of support in the term")
    served_outside: int = _count("Stöd utanför målgruppen", "Of these, pupils not in it")
    reached_indirectly: int = _count(
        "Nådda indirekt", "Pupils with indirect contacts and no day of support"
    )
    unregistered: int = _count(
        "Kontakter utan insats", "Pupils with direct contacts and no day of support"
    )
    reached_unnamed: int = pa.Field(
        nullable=True,
        ge=0,
        title="Nådda indirekt, utan namn",
        description="Pupils whom nobody can name, by the projects' own account; in no share "
        "[count].",
    )
    value: float = _share("Räckvidd", "Reached over the target group.")
    lower: float = _share("Undre gräns", "Lower 95 % limit (Wilson).")
    upper: float = _share("Övre gräns", "Upper 95 % limit (Wilson).")
    above_one: bool = _flag(
        "Över ett", "Whether more were served than the target group has: something is wrong."
    )
    missing: str = pa.Field(
        isin=values(REACH_GAPS),
        nullable=True,
        metadata={"codes": REACH_GAPS},
        title="Orsak till att värde saknas",
        description="Why there is no value; empty where there is one.",
    )

    class Config(Contract.Config):
        """Grain."""

        name = "pilot.reach"
        unique = ["unit", "unit_id", "term", "basis"]

    @pa.dataframe_check
    @classmethod
    def the_served_add_up(cls, data: IbisData) -> ibis.ir.BooleanValue:
        """Who was served is either in the target group or outside it."""
        rows = data.table
        return rows.served == rows.reached + rows.served_outside

    @pa.dataframe_check
    @classmethod
    def has_a_value_or_a_reason(cls, data: IbisData) -> ibis.ir.BooleanValue:
        """A row without a value says why."""
        return data.table.value.isnull() == data.table.missing.notnull()


class Completion(Contract):
    """How support began and ended in a school year. Unsuppressed: not for publication.

    Counts of participations add up: open before and started are those that ended, vanished or
    are open after. Grain: one row per ``unit``, ``unit_id`` and ``school_year``.
    Origin: ``pilot.spells``.
    """

    unit: str = _unit()
    unit_id: str = _unit_id()
    school_year: str = pa.Field(
        str_matches=SCHOOL_YEAR_PATTERN, title="Läsår", description="School year, 2015/16."
    )
    pupils: int = _count("Elever med stöd", "Pupils with a day of support, each once")
    pupils_started: int = _count("Elever som började", "Pupils whose support started, each once")
    open_before: int = _count("Pågick före", "Participations that were open when it began")
    started: int = _count("Påbörjade", "Participations that started")
    ended_planned: int = _count("Planerade avslut", "Participations with a planned end")
    ended_neutral: int = _count("Neutrala avslut", "Moves, transfers and graduation")
    ended_unplanned: int = _count("Oplanerade avslut", "Participations with an unplanned end")
    ended_unknown: int = _count("Avslut av okänd orsak", "Ends with no reason known")
    vanished: int = _count("Försvunna", "Open, and missing from the register of the next term")
    open_after: int = _count("Pågår efter", "Participations open on the last day known of the year")
    pupils_ended: int = _count("Elever med avslut", "Pupils with an end, each once")
    dropouts: int = _count("Oplanerade avhopp", "Pupils with an unplanned end, each once")
    dropout_share: float = _share("Andel avhopp", "Dropouts over the pupils with an end.")
    lower: float = _share("Undre gräns", "Lower 95 % limit (Wilson).")
    upper: float = _share("Övre gräns", "Upper 95 % limit (Wilson).")
    share_missing: str = pa.Field(
        isin=values(SHARE_GAPS),
        nullable=True,
        metadata={"codes": SHARE_GAPS},
        title="Orsak till att andel saknas",
        description="Why there is no share; empty where there is one.",
    )
    dropouts_in_six_months: int = _count(
        "Avhopp inom sex månader", "Of the participations started, unplanned ends within 183 days"
    )
    incidence: float = _share(
        "Kumulativ incidens, sex månader",
        "Unplanned dropout within 183 days of the start, other ends competing (Aalen-Johansen).",
    )
    incidence_lower: float = _share("Incidens, undre gräns", "Lower 95 % limit (log-log).")
    incidence_upper: float = _share("Incidens, övre gräns", "Upper 95 % limit (log-log).")
    incidence_missing: str = pa.Field(
        isin=values(INCIDENCE_GAPS),
        nullable=True,
        metadata={"codes": INCIDENCE_GAPS},
        title="Orsak till att incidens saknas",
        description="Why there is no incidence; empty where there is one.",
    )
    median_duration_days: float = pa.Field(
        ge=1,
        nullable=True,
        title="Medianlängd, dagar",
        description="Of the participations that ended in the year [days].",
    )
    median_waiting_days: float = pa.Field(
        ge=0,
        nullable=True,
        title="Medianväntetid, dagar",
        description="Of the participations that started in the year and have one [days].",
    )

    class Config(Contract.Config):
        """Grain."""

        name = "pilot.completion"
        unique = ["unit", "unit_id", "school_year"]

    @pa.dataframe_check
    @classmethod
    def participations_add_up(cls, data: IbisData) -> ibis.ir.BooleanValue:
        """Whatever was open or began has ended, vanished or is open."""
        rows = data.table
        ended = rows.ended_planned + rows.ended_neutral + rows.ended_unplanned + rows.ended_unknown
        return rows.open_before + rows.started == ended + rows.vanished + rows.open_after


class Flow(Contract):
    """From the target group of a term to how support ended. Unsuppressed: not for publication.

    Of a project the target group by its own basis in the term. Where several participations of a
    pupil have a day in the term, the one that ends last tells the outcome, as known now.
    Grain: one row per ``unit``, ``unit_id``, ``term`` and ``step``. Origin: ``pilot.spells``.
    """

    unit: str = _unit()
    unit_id: str = _unit_id()
    term: str = term_column()
    step: str = pa.Field(
        isin=values(FLOW_STEPS),
        metadata={"codes": FLOW_STEPS},
        title="Steg",
        description="The outcomes together are everybody who was supported.",
    )
    pupils: int = _count("Elever", "Pupils of the target group who came this far")
    share: float = pa.Field(
        ge=0, le=1, nullable=True, title="Andel", description="Of the target group."
    )
    share_of_supported: float = pa.Field(
        ge=0,
        le=1,
        nullable=True,
        title="Andel av dem med stöd",
        description="Of an outcome: out of the pupils who were supported.",
    )

    class Config(Contract.Config):
        """Grain."""

        name = "pilot.flow"
        unique = ["unit", "unit_id", "term", "step"]


class Leavers(Contract):
    """Who leaves unplanned, compared with all who started. Unsuppressed: not for publication.

    All participations over all years. Grain: one row per ``unit``, ``unit_id``, ``dimension`` and
    ``group_id``. Origin: ``pilot.spells``.
    """

    unit: str = _unit()
    unit_id: str = _unit_id()
    dimension: str = pa.Field(
        isin=values(LEAVER_DIMENSIONS),
        metadata={"codes": LEAVER_DIMENSIONS},
        title="Indelning",
        description="What they are told apart by.",
    )
    group_id: str = pa.Field(
        title="Grupp",
        description="Band of absence (percent of the time in the term before), grade level, sex; "
        "or unknown.",
    )
    started: int = _count("Påbörjade", "Participations")
    unplanned: int = _count("Oplanerade", "Those with an unplanned end")
    others: int = _count("Övriga", "Those with another known end, or open")
    unclear: int = _count("Oklara", "Those of which nobody knows why or whether they ended")
    share: float = _share("Andel oplanerade", "Unplanned over started.")
    lower: float = _share("Undre gräns", "Lower 95 % limit (Wilson).")
    upper: float = _share("Övre gräns", "Upper 95 % limit (Wilson).")

    class Config(Contract.Config):
        """Grain."""

        name = "pilot.leavers"
        unique = ["unit", "unit_id", "dimension", "group_id"]

    @pa.dataframe_check
    @classmethod
    def nobody_is_lost(cls, data: IbisData) -> ibis.ir.BooleanValue:
        """Everybody who started is counted in one of the three."""
        rows = data.table
        return rows.started == rows.unplanned + rows.others + rows.unclear


class ProjectSchoolsAt(Contract):
    """How many schools a project has in a term, by either definition.

    Grain: one row per ``unit``, ``unit_id``, ``term`` and ``definition``. Origin:
    ``core.project_schools``, ``core.schools``, ``pilot.spells`` and ``core.enrolments``.
    """

    unit: str = _unit()
    unit_id: str = _unit_id()
    term: str = pa.Field(str_matches=TERM_PATTERN, title="Termin", description="Term, 2016VT.")
    definition: str = pa.Field(
        isin=values(SCHOOL_COUNTS),
        metadata={"codes": SCHOOL_COUNTS},
        title="Definition",
        description="What is counted.",
    )
    counted_on: dt.date = pa.Field(
        title="Räknat per",
        description="Reference day of the term; where schools attended count, its last day.",
    )
    schools: int = _count("Skolor", "Schools, each once")
    joined: int = _count("Tillkomna", "Of these, not counted in the term before")
    left: int = _count("Utgångna", "Schools counted in the term before and not now")
    not_open: int = _count(
        "Listade men inte öppna", "Schools listed that were not open, or in no list of schools"
    )

    class Config(Contract.Config):
        """Grain."""

        name = "pilot.project_schools_at"
        unique = ["unit", "unit_id", "term", "definition"]
