"""Forms that projects fill in by hand: work plan, interim report, annual report.

A form is sections of questions; each question has a key that stays the same over the years, so
that answers can be read back and compared with the application and the year before. What is
answered in free text (``free_text``) stays with the administration: it may name persons, so it
never goes into the researchers' warehouse.
"""

from typing import Literal, NamedTuple

from schemas.codes import COST_CATEGORIES, PROJECT_BASES, YES_NO, Code

Kind = Literal["whole", "number", "sek", "date", "choice", "text", "free_text"]

KIND_WORDS: dict[Kind, str] = {
    "whole": "Heltal",
    "number": "Tal, decimaler får anges",
    "sek": "Hela kronor, bara siffror",
    "date": "Datum, ÅÅÅÅ-MM-DD",
    "choice": "Välj i listan",
    "text": "Kort text, inga namn på personer",
    "free_text": "Fri text, inga namn på elever",
}
"""How an answer of each kind is written."""

SHEET = "Formulär"
"""Name of the sheet that is filled in."""

HEADINGS = ("Nyckel", "Fråga", "Svar", "Så svarar ni", "Användning")
KEY, ANSWER, USE = HEADINGS[0], HEADINGS[2], HEADINGS[4]
HEADER_ROW = 5
FOR_RESEARCH = "Ingår i uppföljning och forskningsdata"
KEPT_BACK = "Lämnas aldrig ut till forskningsdata"

COMPARED = (
    Code("above", "över", "above"),
    Code("level", "i nivå med", "level with"),
    Code("below", "under", "below"),
    Code("unknown", "går inte att säga", "cannot be said"),
)

REACHED = (
    Code("reached", "uppnått", "reached"),
    Code("partly", "delvis uppnått", "partly reached"),
    Code("not_reached", "inte uppnått", "not reached"),
    Code("unknown", "går inte att säga", "cannot be said"),
)


class Question(NamedTuple):
    """One question of a form.

    Attributes:
        key: Name of the answer, the same in every form and year that asks it.
        sv: The question.
        en: The same in English.
        kind: What the answer is.
        codes: What to choose from, if the kind is ``choice``.
        is_required: Whether it must be answered.
        highest: Largest answer allowed; the smallest is 0.
    """

    key: str
    sv: str
    en: str
    kind: Kind
    codes: tuple[Code, ...] = ()
    is_required: bool = True
    highest: int | None = None

    @property
    def is_for_research(self) -> bool:
        """Whether the answer may go into the researchers' warehouse: never free text."""
        return self.kind not in ("text", "free_text")


class Section(NamedTuple):
    """Questions under one heading.

    Attributes:
        sv: Heading.
        en: The same in English.
        questions: In order.
    """

    sv: str
    en: str
    questions: tuple[Question, ...]


class Form(NamedTuple):
    """A form.

    Attributes:
        name: Identifier.
        file_stem: First part of its files' names.
        sv: Title.
        en: The same in English.
        purpose: What it is for and when it is due, in Swedish.
        due_months: Months in which it goes out.
        sections: In order.
        source: Who asks for it.
    """

    name: str
    file_stem: str
    sv: str
    en: str
    purpose: str
    due_months: tuple[int, ...]
    sections: tuple[Section, ...]
    source: str

    @property
    def questions(self) -> tuple[Question, ...]:
        """Every question, in order."""
        return tuple(question for section in self.sections for question in section.questions)


def _yes_no(key: str, sv: str, en: str) -> Question:
    return Question(key, sv, en, "choice", YES_NO)


def _free(key: str, sv: str, en: str) -> Question:
    return Question(key, sv, en, "free_text", is_required=False)


def _by_category(prefix: str, sv: str, en: str) -> tuple[Question, ...]:
    return tuple(
        Question(f"{prefix}_{c.code}", f"{sv}: {c.sv}", f"{en}: {c.en}", "sek", highest=10**9)
        for c in COST_CATEGORIES
    )


def _people(suffix: str, sv: str, en: str) -> tuple[Question, ...]:
    asked = (
        ("pupils", "Antal elever som fått stöd", "Pupils who had support"),
        ("pupils_new", "varav nya under perioden", "of whom new in the period"),
        ("pupils_completed", "varav avslutade enligt plan", "of whom completed as planned"),
        ("pupils_dropout", "varav oplanerade avhopp", "of whom unplanned dropouts"),
        ("pupils_indirect", "Antal elever som nåtts indirekt", "Pupils reached indirectly"),
        ("schools", "Antal skolor som omfattats", "Schools covered"),
    )
    return tuple(
        Question(f"{key}{suffix}", f"{own_sv}{sv}", f"{own_en}{en}", "whole", highest=100_000)
        for key, own_sv, own_en in asked
    )


_RESULTS = (
    Question(
        "goal_attendance",
        "Har målet för närvaro uppnåtts?",
        "Was the aim for attendance reached?",
        "choice",
        REACHED,
    ),
    Question(
        "goal_eligibility",
        "Har målet för behörighet till gymnasieskolan uppnåtts?",
        "Was the aim for eligibility reached?",
        "choice",
        REACHED,
    ),
    _free("results_text", "Beskriv resultaten", "Describe the results"),
    _free("success_text", "Vad har bidragit mest till resultaten?", "What contributed most?"),
    _free("obstacles_text", "Vilka hinder har ni mött?", "Which obstacles did you meet?"),
)

WORK_PLAN = Form(
    name="work_plan",
    file_stem="arbetsplan",
    sv="Arbetsplan",
    en="Work plan",
    purpose="Planen för året. Den beslutas av styrgruppen innan pengar betalas ut.",
    due_months=(1, 12),
    sections=(
        Section(
            "Beslut",
            "Decision",
            (
                _yes_no(
                    "steering_group",
                    "Har styrgruppen beslutat om planen?",
                    "Has the steering group decided on the plan?",
                ),
                Question("decided_on", "Datum för beslutet", "Date", "date", is_required=False),
                _yes_no(
                    "network",
                    "Deltar projektet i det stadsgemensamma nätverket och utbildningarna?",
                    "Does the project take part in the city's network and training?",
                ),
            ),
        ),
        Section(
            "Målgrupp och mål",
            "Target group and aims",
            (
                Question("basis", "Elever tas emot efter", "Pupils by", "choice", PROJECT_BASES),
                Question(
                    "pupils_planned",
                    "Antal elever som ska få stöd under året",
                    "Pupils planned for the year",
                    "whole",
                    highest=100_000,
                ),
                Question(
                    "schools_planned",
                    "Antal skolor som ska omfattas",
                    "Schools planned",
                    "whole",
                    highest=1000,
                ),
                Question(
                    "absence_aim",
                    "Mål: minskning av ogiltig frånvaro bland elever i projektet, procent",
                    "Aim: less unauthorised absence among participants, per cent",
                    "number",
                    highest=100,
                ),
                Question(
                    "eligibility_aim",
                    "Mål: andel avgångselever i projektet som blir behöriga, procent",
                    "Aim: leaving participants who become eligible, per cent",
                    "number",
                    highest=100,
                ),
                _free("selection_text", "Hur väljs eleverna ut?", "How are pupils selected?"),
            ),
        ),
        Section(
            "Arbetssätt",
            "Working methods",
            (
                _yes_no("method_team", "Finns ett gemensamt team?", "Is there a joint team?"),
                _yes_no("method_home", "Görs hembesök?", "Are homes visited?"),
                _yes_no("method_study", "Får eleverna studiestöd?", "Is there study support?"),
                _yes_no("method_family", "Får vårdnadshavare stöd?", "Support to guardians?"),
                _yes_no(
                    "method_sip",
                    "Används samordnad individuell plan (SIP)?",
                    "Are co-ordinated individual plans (SIP) used?",
                ),
                _yes_no(
                    "method_bus",
                    "Används överenskommelsen om barn i behov av särskilt stöd (BUS)?",
                    "Is the agreement on children in need of special support (BUS) used?",
                ),
                _yes_no(
                    "method_health",
                    "Deltar elevhälsan i arbetet?",
                    "Does pupil health take part?",
                ),
                _yes_no(
                    "method_income",
                    "Samarbetar projektet med ekonomiskt bistånd?",
                    "Does the project work with income support?",
                ),
                _free(
                    "anchored_text",
                    "Hur är projektet förankrat i den ordinarie verksamheten?",
                    "How is the project anchored in ordinary work?",
                ),
            ),
        ),
        Section(
            "Personal",
            "Staff",
            (
                Question("fte_school", "Årsarbetare från skolan", "FTE, school", "number"),
                Question(
                    "fte_social",
                    "Årsarbetare från socialtjänsten",
                    "FTE, social services",
                    "number",
                ),
                Question("fte_other", "Årsarbetare från annan", "FTE, others", "number"),
            ),
        ),
        Section(
            "Budget",
            "Budget",
            (
                Question("applied_sek", "Sökt belopp", "Applied", "sek", highest=10**9),
                *_by_category("budget", "Budget", "Budget"),
                _yes_no(
                    "supervision_grant",
                    "Söker projektet bidrag till handledning?",
                    "Does the project apply for the supervision grant?",
                ),
            ),
        ),
    ),
    source="Conditions of the funds (mission, D2); framework questions (D5); templates (D1)",
)

INTERIM_REPORT = Form(
    name="interim_report",
    file_stem="delrapport",
    sv="Delrapport",
    en="Interim report",
    purpose="Läget efter årets första sju månader, jämfört med ansökan och med föregående "
    "år. Lämnas senast 31/7.",
    due_months=(7,),
    sections=(
        Section("Årets första sju månader", "January to July", _people("", "", "")),
        Section(
            "Samma period föregående år",
            "The same period the year before",
            _people("_before", ", föregående år", ", the year before"),
        ),
        Section(
            "Jämfört med ansökan",
            "Against the application",
            (
                Question(
                    "against_application",
                    "Antalet elever är, jämfört med ansökan",
                    "Pupils against the application",
                    "choice",
                    COMPARED,
                ),
                Question(
                    "against_before",
                    "Antalet elever är, jämfört med föregående år",
                    "Pupils against the year before",
                    "choice",
                    COMPARED,
                ),
                _free(
                    "difference_text",
                    "Förklara skillnader jämfört med ansökan och föregående år",
                    "Explain differences",
                ),
            ),
        ),
        Section("Resultat", "Results", _RESULTS),
        Section(
            "Ekonomi",
            "Finances",
            (
                Question(
                    "used_sek",
                    "Förbrukat under årets första sex månader",
                    "Used",
                    "sek",
                    highest=10**9,
                ),
                Question("forecast_sek", "Prognos för året", "Forecast", "sek", highest=10**9),
            ),
        ),
        Section(
            "Arbetssätt",
            "Working methods",
            (
                _free(
                    "changes_text",
                    "Vad har ändrats i arbetssättet sedan planen beslutades?",
                    "What has changed since the plan?",
                ),
            ),
        ),
    ),
    source="D5: interim report in July against application and previous year",
)

ANNUAL_REPORT = Form(
    name="annual_report",
    file_stem="arsredovisning",
    sv="Årsredovisning",
    en="Annual report",
    purpose="Årets utfall: ekonomi och resultat. Lämnas senast den 30 november. Pengar som inte "
    "förbrukats betalas tillbaka.",
    due_months=(11,),
    sections=(
        Section("Elever under året", "Pupils in the year", _people("", "", "")),
        Section("Resultat", "Results", _RESULTS),
        Section(
            "Ekonomi",
            "Finances",
            (
                Question("granted_sek", "Beviljat belopp", "Granted", "sek", highest=10**9),
                *_by_category("outcome", "Utfall", "Outcome"),
                Question(
                    "repaid_sek",
                    "Belopp att betala tillbaka",
                    "Amount to repay",
                    "sek",
                    highest=10**9,
                ),
                Question(
                    "supervision_sek",
                    "varav använt till handledning (bidraget)",
                    "of which used of the supervision grant",
                    "sek",
                    highest=10**9,
                ),
                _free("finances_text", "Kommentar till ekonomin", "Comment on the finances"),
            ),
        ),
        Section(
            "Villkor",
            "Conditions",
            (
                _yes_no(
                    "network",
                    "Har projektet deltagit i det stadsgemensamma nätverket och utbildningarna?",
                    "Did the project take part in the city's network and training?",
                ),
            ),
        ),
    ),
    source="D4: annual report on 30 November; D2: repayment of unused money",
)

FORMS = (WORK_PLAN, INTERIM_REPORT, ANNUAL_REPORT)
"""Every form, in the order of the year."""


def form_named(name: str) -> Form:
    """The form of a name.

    Raises:
        KeyError: If there is none.
    """
    return {form.name: form for form in FORMS}[name]
