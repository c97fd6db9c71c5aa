"""Public rules as a table: given marks, expected figures. One document of marks per row.

Sources: GyF (2010:2039) 7 kap. 4 §; SkolL (2010:800) 10 kap. 17-18 §§ and 16 kap. 29-34 §§;
Skolverket, Meritpoäng; SCB, Instruktioner betyg. Every row stands in one table, so that it is
judged among all the others.
"""

from random import Random
from typing import NamedTuple

import pytest

from pipelines.engine import engine
from pipelines.indicators.registry import load_indicators
from schemas.grades import Grades
from schemas.grading import PROGRAMMES
from schemas.pupils import Enrolments
from tests.reference.histories import arrow

INDICATORS = load_indicators()
SIXTEEN = [
    "BL",
    "EN",
    "HKK",
    "IDH",
    "MA",
    "MU",
    "BI",
    "FY",
    "KE",
    "GE",
    "HI",
    "RE",
    "SH",
    "SL",
    "SV",
    "TK",
]
CORE = "SV E, EN E, MA E"
FIVE = "BL E, SL E, MU E, IDH E, HKK E"
NINE = f"{FIVE}, TK E, BI E, GE E, HI E"


class Given(NamedTuple):
    """A document of marks, the term, and the expected numerator by indicator; None if none.

    Attributes:
        says: The rule that the row shows.
        marks: Subjects and marks.
        expected: By indicator: a number, a pair of numbers, or the reason why there is none.
        term: When.
    """

    says: str
    marks: str
    expected: dict
    term: str = "2016VT"


def all_in(mark, subjects=SIXTEEN):
    return ", ".join(f"{subject} {mark}" for subject in subjects)


def merit(with_16, with_17):
    return {"merit_value_16": with_16, "merit_value_17": with_17}


def opens(*names):
    return {f"eligibility_{p.name}": float(p.name in names) for p in PROGRAMMES}


TABLE = (
    Given("most points with 16", all_in("A"), merit(320, 320)),
    Given("most points with språkval", all_in("A") + ", M2FRA A", merit(320, 340)),
    Given("modersmål competes", all_in("E") + ", MLARA A, M2FRA C", merit(175, 185)),
    Given("only M2 is the 17th: M1", all_in("A") + ", M1SPA A", merit(320, 320)),
    Given("only M2 is the 17th: ML", all_in("A") + ", MLARA A", merit(320, 320)),
    Given("only M2 is the 17th: TN", all_in("A") + ", TN A", merit(320, 320)),
    Given("two språkval, the better", all_in("E") + ", M2FRA C, M2DEU D", merit(165, 175)),
    Given("a språkval under two codes", all_in("E") + ", M2FRE C, M2FRA D", merit(165, 175)),
    Given("a failed språkval", all_in("A") + ", M2FRA F", merit(320, 320)),
    Given("fewer than 16", "MA A, EN B, M2FRA C", merit(52.5, 52.5)),
    Given("2013: no 17th", all_in("A") + ", M2FRA A", merit(320, "not_yet_valid"), "2013VT"),
    Given("2014: a 17th", all_in("A") + ", M2FRA A", merit(320, 340), "2014VT"),
    Given("the old scale", "MA MVG, EN VG, SV G, BL IG", merit(45, "not_yet_valid"), "2012VT"),
    Given("only F is 0", "MA F, EN F", merit(0, 0)),
    Given("only streck is none", "MA -, EN -", merit("no_final_grades", "no_final_grades")),
    Given("nothing read", "MA adapted", merit("nothing_counted", "nothing_counted")),
    Given("streck and not read add nothing", "MA B, EN -, BL adapted", merit(17.5, 17.5)),
    Given("least merit", f"{CORE}, {FIVE}", merit(80, 80) | opens("vocational")),
    Given("five others are enough", f"{CORE}, {FIVE}", opens("vocational")),
    Given("four others are not", f"{CORE}, {FIVE[6:]}", opens()),
    Given("nine others are enough", f"{CORE}, {NINE}", opens("vocational", "arts")),
    Given("eight others are not", f"{CORE}, {NINE[6:]}", opens("vocational")),
    Given("SO for samhälls", f"{CORE}, {NINE}, RE E, SH E",
          opens("vocational", "arts", "social_science")),
    Given("NO for natur", f"{CORE}, {NINE}, FY E, KE E",
          opens("vocational", "arts", "natural_science")),
    Given("a whole block is not enough", f"{CORE}, BI E, FY E, KE E, BL E, SL E",
          opens("vocational")),
    Given("SVA is Swedish", f"SVA E, EN E, MA E, {FIVE}", opens("vocational")),
    Given("språkval and modersmål are others", f"{CORE}, BL E, SL E, MLARA E, M1SPA E, M2FRA E",
          opens("vocational")),
    Given("a core subject failed", f"SV E, EN F, MA E, {NINE}", opens()),
    Given("a core subject without basis", f"SV E, EN E, MA -, {NINE}", opens()),
    Given("a core subject not read", f"SV E, EN E, MA adapted, {NINE}", opens()),
    Given("only streck counts and is not eligible", "MA -", opens()),
    Given("2010: three subjects, any programme", "SV G, EN G, MA G",
          opens(*(p.name for p in PROGRAMMES)), "2010VT"),
    Given("2011: five others too", "SV G, EN G, MA G", opens(), "2011VT"),
    Given("2010: still the three", "SV G, EN G, MA IG", opens(), "2010VT"),
    Given("streck counts as not passed", "MA A, EN -, SV C", {"goal_attainment": (2, 3)}),
    Given("a subject not read does not count", "MA A, EN adapted", {"goal_attainment": (1, 1)}),
    Given("all passed", "MA A, EN E", {"all_subjects_passed": 1.0}),
    Given("not all passed", "MA A, EN -", {"all_subjects_passed": 0.0}),
    Given("streck among counted", "MA -, EN F, BL adapted", {"streck_share": (1, 2)}),
    Given("not read among all", "MA -, EN F, BL adapted", {"adapted_share": (1, 3)}),
    Given("eligible misses nothing", f"{CORE}, {FIVE}", {"subjects_missing_for_vocational": 0}),
    Given("one short of five", f"{CORE}, {FIVE[6:]}", {"subjects_missing_for_vocational": 1}),
    Given("nothing passed misses eight", "MA F", {"subjects_missing_for_vocational": 8}),
    *(
        Given(
            f"{reason}: {marks[:8]}",
            marks,
            {"goal_attainment": reason, "eligibility_arts": reason, **merit(reason, reason)},
        )
        for reason, marks in (
            ("swedish_twice", f"SV E, SVA E, EN E, MA E, {NINE}"),
            ("swedish_twice", f"SV -, SVA E, EN E, MA E, {NINE}"),
            ("block_grade", f"{CORE}, {FIVE}, NO C"),
            ("block_grade", f"{CORE}, {FIVE}, SO F"),
            ("two_scales", "MA A, EN MVG"),
        )
    ),
    Given("another scale passes at 10", "MA 10, EN 9", {"goal_attainment": (1, 2)}),
    Given("another scale has no points", "MA 20, EN 20",
          merit("other_scale", "other_scale") | {"streck_share": "other_scale"}),
)  # fmt: skip


def scale_of(mark, term):
    if mark.isdigit():
        return "0-20"
    if mark in {"-", "adapted"}:
        return "A-F" if term >= "2013" else "G-MVG"
    return "G-MVG" if mark in {"MVG", "VG", "G", "IG"} else "A-F"


def document(student, marks, term):
    return [
        {"student_id": f"{student:032x}", "school_id": "10000001", "term": term,
         "subject_code": subject, "scale_id": scale_of(mark, term), "mark": mark,
         "is_final": "yes", "delivery_id": "0" * 64, "record_no": 1}
        for subject, mark in (pair.split() for pair in marks.split(","))
    ]  # fmt: skip


def values_of(name, documents):
    """What an indicator says of each pupil: a number, a pair or a reason."""
    rows = [row for marks in documents for row in marks]
    tables = {
        "grades": engine().create_table("ruled", arrow(Grades, rows), overwrite=True),
        "enrolments": engine().create_table("unruled", arrow(Enrolments, []), overwrite=True),
    }
    found = INDICATORS[name].values(**tables).to_pyarrow().to_pylist()
    return {int(row["student_id"], 16): row for row in found}


@pytest.fixture(scope="module")
def judged():
    """By indicator, what it says of each row of the table."""
    documents = [document(n, given.marks, given.term) for n, given in enumerate(TABLE)]
    names = {name for given in TABLE for name in given.expected}
    return {name: values_of(name, documents) for name in names}


@pytest.mark.parametrize("number", range(len(TABLE)), ids=[given.says for given in TABLE])
def test_given_marks_the_rules_expect(judged, number):
    for name, expected in TABLE[number].expected.items():
        row = judged[name][number]
        if isinstance(expected, str):
            assert (row["missing"], row["numerator"]) == (expected, None), name
        elif isinstance(expected, tuple):
            assert (row["numerator"], row["denominator"]) == expected, name
        else:
            assert row["numerator"] == expected, name


def test_what_asks_for_more_is_open_to_fewer_and_takes_80_points():
    random = Random(16)  # noqa: S311  a seed, not a secret
    subjects = [*SIXTEEN, "M2FRA", "MLARA"]
    documents = [
        document(n, ", ".join(f"{s} {random.choice('AEEEEEF')}" for s in drawn), "2016VT")
        for n in range(400)
        for drawn in [random.sample(subjects, k=random.randrange(8, 19))]
    ]
    able = {
        programme.name: {
            student
            for student, row in values_of(f"eligibility_{programme.name}", documents).items()
            if row["numerator"]
        }
        for programme in PROGRAMMES
    }
    assert able["social_science"] | able["natural_science"] < able["arts"] < able["vocational"]
    assert able["social_science"] - able["natural_science"]
    points = values_of("merit_value_16", documents)
    assert min(points[student]["numerator"] for student in able["vocational"]) >= 80
