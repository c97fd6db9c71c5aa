"""Surveys (enkäter): answers as whole numbers, never free text."""

from typing import Any

import ibis
import pandera.ibis as pa
from pandera.api.ibis.types import IbisData

from schemas.codes import Code, values
from schemas.columns import STUDENT, school_key, term_column
from schemas.contract import NAME_PATTERN, TERM_PATTERN, Contract, Delivered
from schemas.groups import EVERYBODY
from schemas.instruments import HIGHEST_ANSWER, RESPONDENTS

NO_PROJECT = "none"
"""The project of a respondent who was not asked as a participant of any."""

ANSWER_FAULTS = (
    Code("unknown_instrument", "okänd enkät", "unknown instrument"),
    Code("unknown_item", "okänd fråga", "unknown question"),
    Code("out_of_scale", "utanför skalan", "outside the scale"),
    Code("repeated", "samma svar två gånger", "the same answer twice"),
    Code("contradictory", "två olika svar", "two different answers"),
)
"""Why an answer does not count. It is kept, and counted as invalid."""

UNKNOWN_RESPONDENT = Code("unknown", "okänd", "unknown")

ALL_RESPONDENTS = (*RESPONDENTS, UNKNOWN_RESPONDENT)
"""Who answers; ``unknown`` in an instrument that nobody has declared."""

ABSENCE_BEFORE = (
    Code("up_to_5", "högst 5 % frånvaro", "at most 5 % absence"),
    Code("above_5", "över 5 till 15 % frånvaro", "above 5 to 15 % absence"),
    Code("above_15", "över 15 till 30 % frånvaro", "above 15 to 30 % absence"),
    Code("above_30", "över 30 % frånvaro", "above 30 % absence"),
    Code("unknown", "okänd frånvaro", "unknown absence"),
)
"""Total absence of the term before, by the limits of :data:`schemas.rules.TOTAL_ABSENCE_LIMITS`."""

SUPPORT_AT_TERM_END = (
    Code("none", "har inte fått stöd", "had no support"),
    Code("ongoing", "stödet pågår", "support goes on"),
    Code("planned", "slutfört enligt plan", "completed as planned"),
    Code("neutral", "slutat av annat skäl", "ended for another reason"),
    Code("unplanned", "oplanerat avhopp", "unplanned dropout"),
    Code("unknown", "slutat av okänt skäl", "ended for an unknown reason"),
)
"""Where the support of a respondent that began last stood on the last day of the term."""

NON_RESPONSE_GROUPINGS = (
    Code("grade_level", "årskurs", "grade level"),
    Code("sex", "kön", "sex"),
    Code("absence_before", "frånvaro terminen före", "absence the term before"),
    Code("support", "stödet vid terminens slut", "support at the end of the term"),
)
"""What those who answered and those who did not are compared by."""

CATEGORY_KINDS = (
    Code("answer", "svar", "answer"),
    Code("missing", "inget svar", "no answer"),
    Code("invalid", "ogiltigt svar", "invalid answer"),
)
"""Where a question put to somebody is counted: in exactly one."""

CHANGE_MEASURES = (
    Code("score", "poäng", "score"),
    Code("top_two", "andel i skalans två bästa steg", "share of the two best answers"),
)

SURVEY_GAPS = (
    Code("too_few_answers", "för få frågor besvarade", "too few questions answered"),
    Code("too_few_pairs", "för få par", "too few pairs"),
    Code("too_few_respondents", "för få svarande", "too few respondents"),
    Code("single_item", "bara en fråga", "a single question"),
    Code("no_variation", "alla svar är lika", "all answers are equal"),
    Code("short_scale", "för kort skala", "too short a scale"),
    Code("no_answers", "inga svar", "no answers"),
)
"""Why a number of a survey is not given: unknown is never 0."""

DESCRIBES_ALL_FROM = 0.60
"""Share of those asked who must answer, lest a result describe the respondents only."""

FEWEST_PAIRS = 6
"""Pairs from which a change is given: fewer cannot reach p < 0.05 in an exact two-sided test."""

FEWEST_FOR_ALPHA = 30
"""Respondents from which reliability is given."""

FEWEST_STEPS = 4
"""Answers on a scale from which the two best are less than all but one."""


def instrument_key() -> Any:  # noqa: ANN401 - what pandera's fields are typed as
    """The questionnaire or rating scale a row is about."""
    return pa.Field(
        str_matches=NAME_PATTERN,
        title="Enkät, kod",
        description="Which questionnaire, and which edition of it.",
    )


def unit_key() -> Any:  # noqa: ANN401
    """The project a row is about, or everybody."""
    return pa.Field(
        str_matches=NAME_PATTERN,
        title="Projekt, kod",
        description=f"Project whose participants were asked, or `{EVERYBODY}`: everybody asked.",
    )


def coded(codes: tuple[Code, ...], title: str, description: str, **more: Any) -> Any:  # noqa: ANN401
    """A column that takes the values of a code list and no other."""
    return pa.Field(
        isin=values(codes), metadata={"codes": codes}, title=title, description=description, **more
    )


def count_of(title: str, description: str) -> Any:  # noqa: ANN401
    """A number of people, answers or pairs."""
    return pa.Field(ge=0, title=title, description=description)


def share_of(title: str, description: str) -> Any:  # noqa: ANN401
    """A share or one of its limits."""
    return pa.Field(ge=0, le=1, nullable=True, title=title, description=description)


def number_of(title: str, description: str) -> Any:  # noqa: ANN401
    """A number that may be missing."""
    return pa.Field(nullable=True, title=title, description=description)


def gap_of() -> Any:  # noqa: ANN401
    """Why a row has no value."""
    return coded(
        SURVEY_GAPS,
        "Orsak till att värde saknas",
        "Why there is no value; empty where there is one.",
        nullable=True,
    )


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


class SurveyAnswers(Contract):
    """A question put to a respondent, what was answered, and whether the answer counts.

    A respondent belongs to one project in each instrument and term. Grain: one row per
    ``instrument``, ``term``, ``school_id``, ``student_id`` and ``item_code``. Origin:
    ``core.survey_responses``, judged by the instruments declared; no row is left out.
    """

    instrument: str = instrument_key()
    term: str = term_column()
    project_id: str = pa.Field(
        str_matches=NAME_PATTERN,
        title="Projekt, kod",
        description=f"Project of the respondent, the first of several; `{NO_PROJECT}` for none.",
    )
    school_id: str = school_key()
    student_id: str = pa.Field(
        str_matches=STUDENT, title="Elev", description="Pupil who answers, or is answered about."
    )
    item_code: str = pa.Field(
        str_matches=NAME_PATTERN, title="Fråga, kod", description="Question of the instrument."
    )
    respondent: str = coded(ALL_RESPONDENTS, "Svarande", "Who answers this instrument.")
    subscale: str = pa.Field(
        nullable=True,
        title="Delskala",
        description="What the question measures; empty for an unknown one.",
    )
    answer: int = pa.Field(
        nullable=True, title="Svar", description="As given; empty where none is given."
    )
    turned: int = pa.Field(
        nullable=True,
        title="Vänt svar",
        description="The answer that counts, a reversed question turned; empty if none does.",
    )
    fault: str = coded(
        ANSWER_FAULTS,
        "Fel",
        "Why the answer does not count; empty where it does or is missing.",
        nullable=True,
    )

    class Config(Contract.Config):
        """Grain."""

        name = "survey.answers"
        unique = ["instrument", "term", "school_id", "student_id", "item_code"]

    @pa.dataframe_check
    @classmethod
    def an_answer_counts_or_has_a_fault(cls, data: IbisData) -> ibis.ir.BooleanValue:
        """What is answered either counts or says why not."""
        rows = data.table
        return rows.answer.isnull() | (rows.turned.isnull() == rows.fault.notnull())


class ResponseRates(Contract):
    """How many of those asked answered (svarsfrekvens), with Wilson limits.

    Grain: one row per ``instrument``, ``term`` and ``project_id``. Origin: ``survey.answers``.
    """

    instrument: str = instrument_key()
    term: str = term_column()
    project_id: str = unit_key()
    respondent: str = coded(ALL_RESPONDENTS, "Svarande", "Who answers this instrument.")
    asked: int = count_of("Tillfrågade", "Respondents asked [count].")
    answered: int = count_of("Svarande, antal", "With an answer that counts [count].")
    unusable: int = count_of("Bara ogiltiga svar", "Answered, but nothing that counts [count].")
    share: float = share_of("Svarsfrekvens", "Answered of asked.")
    lower: float = share_of("Undre gräns", "Lower 95 % limit.")
    upper: float = share_of("Övre gräns", "Upper 95 % limit.")
    describes_respondents_only: bool = pa.Field(
        title="Beskriver bara de svarande",
        description=f"Whether fewer than {DESCRIBES_ALL_FROM:.0%} answered.",
    )

    class Config(Contract.Config):
        """Grain."""

        name = "survey.response_rates"
        unique = ["instrument", "term", "project_id"]


class NonResponse(Contract):
    """How many answered in each group of those asked: who the non-respondents (bortfall) are.

    Grain: one row per ``instrument``, ``term``, ``project_id``, ``grouping`` and ``group``.
    Origin: ``survey.answers``, with what is known of the pupil it is about.
    """

    instrument: str = instrument_key()
    term: str = term_column()
    project_id: str = unit_key()
    grouping: str = coded(NON_RESPONSE_GROUPINGS, "Indelning", "What the groups are told by.")
    group: str = pa.Field(
        title="Grupp", description="Grade level, or a code; `unknown` where it is not known."
    )
    asked: int = count_of("Tillfrågade", "Respondents asked [count].")
    answered: int = count_of("Svarande, antal", "With an answer that counts [count].")
    share: float = share_of("Svarsfrekvens", "Answered of asked.")
    lower: float = share_of("Undre gräns", "Lower 95 % limit.")
    upper: float = share_of("Övre gräns", "Upper 95 % limit.")

    class Config(Contract.Config):
        """Grain."""

        name = "survey.non_response"
        unique = ["instrument", "term", "project_id", "grouping", "group"]


class Distributions(Contract):
    """How often each answer of a question was given; missing and invalid ones beside.

    The counts of a question add up to how often it was put. Answers stand as given: reversed
    questions are not turned. Grain: one row per ``instrument``, ``term``, ``project_id``,
    ``item_code`` and ``category``. Origin: ``survey.answers``.
    """

    instrument: str = instrument_key()
    term: str = term_column()
    project_id: str = unit_key()
    item_code: str = pa.Field(
        str_matches=NAME_PATTERN, title="Fråga, kod", description="Question of the instrument."
    )
    category: str = pa.Field(
        str_matches=r"^(\d{1,3}|missing|invalid)$",
        title="Svarsalternativ",
        description="The answer, or `missing` or `invalid`; every answer of the scale has a row.",
    )
    kind: str = coded(CATEGORY_KINDS, "Slag", "What the category is.")
    count: int = count_of("Antal", "Times it was given [count].")
    share: float = share_of("Andel", "Of the answers that count; empty for the others.")

    class Config(Contract.Config):
        """Grain."""

        name = "survey.distributions"
        unique = ["instrument", "term", "project_id", "item_code", "category"]


class ItemSummaries(Contract):
    """A question in short: how often put, answered, missing, invalid, and its two best answers.

    The two best are the two highest answers of the scale, of a reversed question the two lowest.
    Grain: one row per ``instrument``, ``term``, ``project_id`` and ``item_code``. Origin:
    ``survey.answers``.
    """

    instrument: str = instrument_key()
    term: str = term_column()
    project_id: str = unit_key()
    item_code: str = pa.Field(
        str_matches=NAME_PATTERN, title="Fråga, kod", description="Question of the instrument."
    )
    asked: int = count_of("Ställd", "Times the question was put [count].")
    answered: int = count_of("Besvarad", "Answers that count [count].")
    unanswered: int = count_of("Inget svar", "Times it was left empty [count].")
    invalid: int = count_of("Ogiltiga svar", "Answers that do not count [count].")
    top_two: int = pa.Field(
        nullable=True, ge=0, title="Två bästa, antal", description="The two best answers [count]."
    )
    share: float = share_of("Två bästa, andel", "The two best of the answers that count.")
    lower: float = share_of("Undre gräns", "Lower 95 % limit.")
    upper: float = share_of("Övre gräns", "Upper 95 % limit.")
    missing: str = gap_of()

    class Config(Contract.Config):
        """Grain."""

        name = "survey.items"
        unique = ["instrument", "term", "project_id", "item_code"]

    @pa.dataframe_check
    @classmethod
    def every_question_put_is_counted_once(cls, data: IbisData) -> ibis.ir.BooleanValue:
        """What was put was answered, left empty or answered invalidly."""
        rows = data.table
        return rows.asked == rows.answered + rows.unanswered + rows.invalid


class Scores(Contract):
    """A respondent's score on a subscale or total: reversed questions turned, prorated.

    A score is given if enough of the subscale is answered: of those answers the mean, or that
    times the number of questions, as the instrument says. A total is the sum of its subscales.
    Grain: one row per ``instrument``, ``term``, ``student_id`` and ``subscale``. Origin:
    ``survey.answers``.
    """

    instrument: str = instrument_key()
    term: str = term_column()
    project_id: str = pa.Field(
        str_matches=NAME_PATTERN,
        title="Projekt, kod",
        description=f"Project of the respondent; `{NO_PROJECT}` for none.",
    )
    student_id: str = pa.Field(
        str_matches=STUDENT, title="Elev", description="Pupil who answers, or is answered about."
    )
    subscale: str = pa.Field(title="Delskala", description="Subscale or total of the instrument.")
    items: int = count_of("Frågor", "Questions of the subscale [count].")
    answered: int = count_of("Besvarade", "Of them answered so that it counts [count].")
    score: float = number_of("Poäng", "On the instrument's own scale.")
    missing: str = gap_of()

    class Config(Contract.Config):
        """Grain."""

        name = "survey.scores"
        unique = ["instrument", "term", "student_id", "subscale"]

    @pa.dataframe_check
    @classmethod
    def has_a_score_or_a_reason(cls, data: IbisData) -> ibis.ir.BooleanValue:
        """A row without a score says why."""
        rows = data.table
        return rows.score.isnull() == rows.missing.notnull()


class SurveyChanges(Contract):
    """How respondents' first answers of an instrument differ from their last.

    Pairs only: who answered once is in none, and a respondent's pair belongs to the project of
    the first time. Without a comparison group a change is not an effect. Grain: one row per
    ``instrument``, ``project_id``, ``measure`` and ``name``. Origin: ``survey.scores`` and
    ``survey.answers``.
    """

    instrument: str = instrument_key()
    project_id: str = unit_key()
    measure: str = coded(CHANGE_MEASURES, "Mått", "What is compared.")
    name: str = pa.Field(title="Delskala eller fråga", description="Subscale, total or question.")
    pairs: int = count_of("Par", "Respondents with a first and a later term [count].")
    first: float = number_of("Första gången", "Mean score, or share, the first time.")
    last: float = number_of("Sista gången", "The same the last time.")
    shift: float = number_of("Förskjutning", "Hodges-Lehmann estimate of the change of the score.")
    shift_lower: float = number_of("Förskjutning, undre gräns", "Lower 95 % limit.")
    shift_upper: float = number_of("Förskjutning, övre gräns", "Upper 95 % limit.")
    effect: float = number_of(
        "Standardiserad förändring",
        "Mean change over the mean standard deviation, Hedges-corrected (d_av).",
    )
    up: int = pa.Field(
        nullable=True, ge=0, title="Antal högre", description="Pairs whose last is higher [count]."
    )
    down: int = pa.Field(
        nullable=True, ge=0, title="Antal lägre", description="Pairs whose last is lower [count]."
    )
    p_value: float = share_of(
        "p-värde", "Two-sided: exact signed rank test of a score, exact McNemar test of a share."
    )
    missing: str = gap_of()

    class Config(Contract.Config):
        """Grain."""

        name = "survey.changes"
        unique = ["instrument", "project_id", "measure", "name"]

    @pa.dataframe_check
    @classmethod
    def has_a_test_or_a_reason(cls, data: IbisData) -> ibis.ir.BooleanValue:
        """A row without a test says why."""
        rows = data.table
        return rows.p_value.isnull() == rows.missing.notnull()


class Reliability(Contract):
    """How well the questions of a subscale belong together: Cronbach's alpha, Feldt's limits.

    Of respondents who answered every question of the subscale (listwise). Grain: one row per
    ``instrument``, ``term`` and ``subscale``. Origin: ``survey.answers``.
    """

    instrument: str = instrument_key()
    term: str = term_column()
    subscale: str = pa.Field(title="Delskala", description="Subscale of the instrument.")
    items: int = count_of("Frågor", "Questions of the subscale, k [count].")
    respondents: int = count_of("Svarande", "Who answered all of them, n [count].")
    incomplete: int = count_of("Ofullständiga", "Who answered some but not all [count].")
    alpha: float = number_of("Cronbachs alfa", "k / (k - 1) (1 - sum of variances / variance).")
    lower: float = number_of("Undre gräns", "Lower 95 % limit.")
    upper: float = number_of("Övre gräns", "Upper 95 % limit.")
    inter_item_r: float = number_of(
        "Medelkorrelation", "Mean correlation between two questions; empty if one never varies."
    )
    missing: str = gap_of()

    class Config(Contract.Config):
        """Grain."""

        name = "survey.reliability"
        unique = ["instrument", "term", "subscale"]

    @pa.dataframe_check
    @classmethod
    def has_alpha_or_a_reason(cls, data: IbisData) -> ibis.ir.BooleanValue:
        """A row without alpha says why."""
        rows = data.table
        return rows.alpha.isnull() == rows.missing.notnull()
