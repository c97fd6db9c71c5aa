"""Grade scales, subjects and eligibility rules, as dated data.

Sources: SkolL (2010:800) 10 kap. 17-18 §§ (scale, streck), 16 kap. 29-34 §§ (eligibility);
Skolverket's betygskatalog (subject codes); UHR, bedömningshandboken (points of the old scale).
"""

from typing import NamedTuple


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
"""``A-F`` from autumn 2012, ``G-MVG`` up to spring 2012; ``0-20`` (pass at 10) is the
Portuguese scale of a public data set. ``-`` (streck) is no grade: no basis for assessment
because of absence. ``adapted``: the subject was not read (anpassad studiegång)."""

FIRST_TERM_OF_A_TO_F = "2012HT"

SUBJECT_PATTERN = (
    r"^(BL|EN|HKK|IDH|MA|MU|BI|FY|KE|GE|HI|RE|SH|SL|SV|SVA|TK|TN|DA|JU|NO|SO"
    r"|M1([A-Z]{3})?|M2([A-Z]{3})?|ML([A-Z]{3})?)$"
)

SUBJECTS = {
    "BL": "bild",
    "EN": "engelska",
    "HKK": "hem- och konsumentkunskap",
    "IDH": "idrott och hälsa",
    "MA": "matematik",
    "MU": "musik",
    "BI": "biologi",
    "FY": "fysik",
    "KE": "kemi",
    "GE": "geografi",
    "HI": "historia",
    "RE": "religionskunskap",
    "SH": "samhällskunskap",
    "SL": "slöjd",
    "SV": "svenska",
    "SVA": "svenska som andraspråk",
    "TK": "teknik",
    "TN": "teckenspråk",
    "DA": "dans",
    "JU": "judiska studier",
    "NO": "naturorienterande ämnen (blockbetyg)",
    "SO": "samhällsorienterande ämnen (blockbetyg)",
    "M1": "moderna språk, elevens eller skolans val",
    "M2": "moderna språk, språkval",
    "ML": "modersmål",
}
"""Subject codes; M1, M2 and ML are followed by the language's three letters."""

SWEDISH = ("SV", "SVA")
LANGUAGE_CHOICE = "M2"


class Programme(NamedTuple):
    """What a group of upper-secondary programmes asks for.

    Attributes:
        name: Identifier, part of the indicator's name.
        sv: Swedish name.
        en: English name.
        other_subjects: Passed subjects needed besides SV or SVA, EN and MA.
        required: Subjects that must be among them.
    """

    name: str
    sv: str
    en: str
    other_subjects: int
    required: tuple[str, ...]


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
"""SkolL 16 kap. 30-31 §§, from the leavers of spring 2011."""

CORE_SUBJECTS = ("EN", "MA")
"""Needed for every programme together with SV or SVA."""
