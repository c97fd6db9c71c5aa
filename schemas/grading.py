"""Grade scales, subjects, stages and eligibility rules, as dated data.

A new scale, subject, stage or rule is a new row here: what judges marks reads the rows, and a
row that replaces another is a break in every series it concerns.

Sources: SkolL (2010:800) 10 kap. 17-18 §§ (scale, streck), 16 kap. 29-34 §§ (eligibility);
Skolverket's betygskatalog (subject codes); UHR, bedömningshandboken (points of the old scale).
"""

from typing import NamedTuple

from schemas.calendar import months_of_term, term_order
from schemas.rules import Rule


class Scale(NamedTuple):
    """A grade scale and the terms it is in use.

    Attributes:
        scale_id: Which scale.
        valid_from: First term; None if it was never in use in Sweden.
        valid_to: Last term; None while it is in use.
        is_swedish: Whether merit value and eligibility are defined for it.
        source: Law or publication that sets it.
    """

    scale_id: str
    valid_from: str | None
    valid_to: str | None
    is_swedish: bool
    source: str


SCALES = (
    Scale("G-MVG", "1998VT", "2012VT", True, "Lpo 94; UHR, bedömningshandboken"),
    Scale("A-F", "2012HT", None, True, "SkolL (2010:800) 10 kap. 17 §"),
    Scale("0-20", None, None, False, "Portuguese secondary schools, a public data set"),
)
"""The first final grades on A-F are those of spring 2013."""


class Mark(NamedTuple):
    """One mark of a grade scale.

    Attributes:
        scale_id: Which scale.
        mark: As written in every table.
        points: Betygsvärde in the merit value; None where the mark gives none.
        is_passing: Whether the subject is passed.
        is_counted: Whether the subject counts in goal attainment (an adapted study plan
            took the subject away, so it does not).
    """

    scale_id: str
    mark: str
    points: float | None
    is_passing: bool
    is_counted: bool


STREAK = "-"
ADAPTED = "adapted"

GRADE_SCALES = (
    Mark("A-F", "A", 20, True, True),
    Mark("A-F", "B", 17.5, True, True),
    Mark("A-F", "C", 15, True, True),
    Mark("A-F", "D", 12.5, True, True),
    Mark("A-F", "E", 10, True, True),
    Mark("A-F", "F", 0, False, True),
    Mark("A-F", STREAK, None, False, True),
    Mark("A-F", ADAPTED, None, False, False),
    Mark("G-MVG", "MVG", 20, True, True),
    Mark("G-MVG", "VG", 15, True, True),
    Mark("G-MVG", "G", 10, True, True),
    Mark("G-MVG", "IG", 0, False, True),
    Mark("G-MVG", STREAK, None, False, True),
    Mark("G-MVG", ADAPTED, None, False, False),
    *(Mark("0-20", str(mark), float(mark), mark >= 10, True) for mark in range(21)),
)
"""The marks of every scale in ``SCALES``; ``0-20`` passes at 10. ``-`` (streck) is no grade: no
basis for assessment because of absence. ``adapted``: the subject was not read (anpassad
studiegång)."""


def scale_in_use(term: str) -> Scale:
    """The Swedish grade scale of a term.

    Raises:
        LookupError: If no scale was in use.
    """
    for scale in SCALES:
        begins, ends = scale.valid_from, scale.valid_to
        has_begun = begins is not None and term_order(begins) <= term_order(term)
        if has_begun and (ends is None or term_order(term) <= term_order(ends)):
            return scale
    raise LookupError(f"no grade scale in use in {term}")


PASSING_MARKS = tuple(
    Rule(
        months_of_term(scale.valid_from)[0],
        sum(mark.is_passing for mark in GRADE_SCALES if mark.scale_id == scale.scale_id),
        scale.source,
    )
    for scale in SCALES
    if scale.valid_from
)
"""Marks that pass, of the grade scale in use: each number is a scale."""


class Subject(NamedTuple):
    """A subject of the grade catalogue and the terms its name is in use.

    Attributes:
        code: As written in every table, before the letters of a language.
        sv: Swedish name.
        en: English name.
        takes_language: Whether the three letters of a language may follow the code.
        valid_from: First term of the name; None if it has always been so called.
        valid_to: Last term of the name; None while it lasts.
        parts: Subjects that a block grade stands for.
    """

    code: str
    sv: str
    en: str
    takes_language: bool = False
    valid_from: str | None = None
    valid_to: str | None = None
    parts: tuple[str, ...] = ()


SUBJECT_NAMES = (
    Subject("BL", "bild", "art"),
    Subject("EN", "engelska", "English"),
    Subject("HKK", "hem- och konsumentkunskap", "home and consumer studies"),
    Subject("IDH", "idrott och hälsa", "physical education and health"),
    Subject("MA", "matematik", "mathematics"),
    Subject("MU", "musik", "music"),
    Subject("BI", "biologi", "biology"),
    Subject("FY", "fysik", "physics"),
    Subject("KE", "kemi", "chemistry"),
    Subject("GE", "geografi", "geography"),
    Subject("HI", "historia", "history"),
    Subject("RE", "religionskunskap", "religion"),
    Subject("SH", "samhällskunskap", "civics"),
    Subject("SL", "slöjd", "crafts"),
    Subject("SV", "svenska", "Swedish"),
    Subject("SVA", "svenska som andraspråk", "Swedish as a second language"),
    Subject("TK", "teknik", "technology"),
    Subject("TN", "teckenspråk", "sign language"),
    Subject("DA", "dans", "dance"),
    Subject("JU", "judiska studier", "Jewish studies"),
    Subject(
        "NO",
        "naturorienterande ämnen (blockbetyg)",
        "natural science, block grade",
        parts=("BI", "FY", "KE"),
    ),
    Subject(
        "SO",
        "samhällsorienterande ämnen (blockbetyg)",
        "social science, block grade",
        parts=("GE", "HI", "RE", "SH"),
    ),
    Subject(
        "M1",
        "moderna språk, elevens val",
        "modern language, pupil's choice",
        takes_language=True,
        valid_to="2024VT",
    ),
    Subject(
        "M1",
        "moderna språk, skolans val",
        "modern language, school's choice",
        takes_language=True,
        valid_from="2024HT",
    ),
    Subject("M2", "moderna språk, språkval", "modern language, language choice", True),
    Subject("ML", "modersmål", "mother tongue", True),
)
"""Subject codes of Skolverket's betygskatalog. A code that is called otherwise from some term on
has a row for each name: elevens val became skolans val (förordning 2023:945)."""

SUBJECTS = {subject.code: subject.sv for subject in SUBJECT_NAMES}
"""Today's Swedish names; M1, M2 and ML are followed by the language's three letters."""

SUBJECT_PATTERN = "^({})$".format(
    "|".join(
        f"{code}([A-Z]{{3}})?"
        if any(s.takes_language for s in SUBJECT_NAMES if s.code == code)
        else code
        for code in SUBJECTS
    )
)

BLOCK_GRADES = tuple(subject.code for subject in SUBJECT_NAMES if subject.parts)


def subject_name(code: str, term: str) -> Subject:
    """What a subject was called in a term; the letters of a language are left aside.

    Raises:
        LookupError: If the code was not in use.
    """
    order = term_order(term)
    for subject in SUBJECT_NAMES:
        is_it = subject.code == (code[:2] if subject.takes_language else code)
        has_begun = subject.valid_from is None or term_order(subject.valid_from) <= order
        lasts = subject.valid_to is None or order <= term_order(subject.valid_to)
        if is_it and has_begun and lasts:
            return subject
    raise LookupError(f"no subject {code} in {term}")


class OldLanguage(NamedTuple):
    """A language code that some systems still write.

    Attributes:
        code: The old letters.
        today: Those of ISO 639-3.
    """

    code: str
    today: str


OLD_LANGUAGES = (
    OldLanguage("FRE", "FRA"),
    OldLanguage("GER", "DEU"),
    OldLanguage("CHI", "ZHO"),
    OldLanguage("PER", "FAS"),
    OldLanguage("RUM", "RON"),
    OldLanguage("ARM", "HYE"),
)
"""A language under two codes is one subject. ``KUR`` and ``ROM`` are groups of languages in ISO
639-3 as well and stay as written."""

SWEDISH = ("SV", "SVA")
LANGUAGE_CHOICE = "M2"


FIRST_GRADE_LEVEL = (
    Rule("1962-07", 7, "Lgr 62: högstadiet is grades 7-9"),
    Rule("2028-07", 8, "Bet. 2024/25:UbU17: a ten-year school for education after 30 June 2028"),
)
"""First grade level of högstadiet, the stage that every indicator is about."""

FINAL_GRADE_LEVEL = (
    Rule("1962-07", 9, "SkolF (2011:185) 6 kap. 14 §: final grades at the end of grade 9"),
    Rule("2028-07", 10, "Bet. 2024/25:UbU17: the old grade 9 is grade 10"),
)
"""Last grade level, whose spring term ends with final grades (slutbetyg)."""

FIRST_MARKED_LEVEL = (
    Rule("1998-01", 8, "Before prop. 2009/10:219: grades from grade 8 (not verified)"),
    Rule("2012-08", 6, "SkolF (2011:185) 6 kap. 11 §; prop. 2009/10:219"),
    Rule("2028-07", 7, "Bet. 2024/25:UbU17 moves the levels by one; not yet confirmed for marks"),
)
"""First grade level that gets marks each term; marks may be given earlier of own choice."""

LAST_BLOCK_LEVEL = (
    Rule("1962-07", 6, "SCB, Instruktioner betyg årskurs 6: block grades only to grade 6"),
    Rule("2028-07", 7, "Bet. 2024/25:UbU17 moves the levels by one; not yet confirmed for marks"),
)
"""Last grade level that may have one mark for all of NO or of SO."""


class Programme(NamedTuple):
    """What a group of upper-secondary programmes asks for.

    Attributes:
        name: Identifier, part of the indicator's name.
        sv: Swedish name.
        en: English name.
        other_subjects: Passed subjects needed besides SV or SVA, EN and MA.
        required: Subjects that must be among them.
        valid_from: First term of the leavers it holds for.
        source: Law or publication that sets it.
    """

    name: str
    sv: str
    en: str
    other_subjects: int
    required: tuple[str, ...]
    valid_from: str = "2010HT"
    source: str = "SkolL (2010:800) 16 kap. 30-31 §§"


PROGRAMMES = (
    Programme("vocational", "yrkesprogram", "vocational programmes", 5, ()),
    Programme("arts", "estetiska programmet", "arts programme", 9, ()),
    Programme(
        "social_science",
        "ekonomi-, humanistiska och samhällsvetenskapsprogrammen",
        "economics, humanities and social science programmes",
        9,
        ("GE", "HI", "RE", "SH"),
    ),
    Programme(
        "natural_science",
        "naturvetenskaps- och teknikprogrammen",
        "natural science and technology programmes",
        9,
        ("BI", "FY", "KE"),
    ),
)
"""What is in force: from the leavers of spring 2011, so of the school year 2010/11."""

PROGRAMMES_BEFORE = tuple(
    programme._replace(
        other_subjects=0,
        required=(),
        valid_from="1998VT",
        source="Utbildningsförvaltningen Stockholm, 2011-11-09: SV or SVA, EN and MA before 2011",
    )
    for programme in PROGRAMMES
)
"""What was in force earlier: the three core subjects opened every national programme."""

CORE_SUBJECTS = ("EN", "MA")
"""Needed for every programme together with SV or SVA."""

SUBJECTS_FOR_VOCATIONAL = (
    Rule("1998-01", 3, PROGRAMMES_BEFORE[0].source),
    Rule("2010-08", 8, "SkolL (2010:800) 16 kap. 30 §"),
)
"""Passed subjects that open the vocational programmes, the core subjects among them."""

SUBJECTS_FOR_OTHERS = (
    Rule("1998-01", 3, PROGRAMMES_BEFORE[0].source),
    Rule("2010-08", 12, "SkolL (2010:800) 16 kap. 31 §"),
)
"""The same for every other programme; some of the subjects are named."""
