"""Faulty answers and unknown themes are found in the file they stand in, and counted."""

from pipelines.crosschecks.findings import findings
from pipelines.crosschecks.registry import load_crosschecks
from tests.pipelines.experience.invented_answers import OTHER, SCHOOL, TERM, given, responses
from tests.pipelines.experience.invented_interviews import said, segments

NAMES = ("unknown_instrument", "unknown_question", "answer_out_of_scale", "answered_twice")
MINE = [load_crosschecks()[name] for name in NAMES]
OWN = "skolsituation-1"


def found(*rows):
    made = findings(MINE, {"core.survey_responses": responses(*rows)})
    return {
        (row.crosscheck, row.school_id): (row.part, row.period, row.severity, row.count)
        for row in made.itertuples()
    }


def test_each_fault_is_a_finding_against_its_school_term_and_instrument():
    rows = [given(n, "s1", 3, instrument=OWN) for n in range(1, 7)]
    rows += [
        given(7, "s1", 6, instrument=OWN),
        given(8, "s11", 3, instrument=OWN),
        given(9, "s1", 3, instrument="okand-1"),
        given(1, "s1", 4, instrument=OWN, school=OTHER),
        given(10, "s1", None, instrument=OWN),
    ]
    assert found(*rows) == {
        ("answer_out_of_scale", SCHOOL): (OWN, TERM, "warn", 1),
        ("unknown_question", SCHOOL): (OWN, TERM, "warn", 1),
        ("unknown_instrument", SCHOOL): ("okand-1", TERM, "warn", 1),
        ("answered_twice", SCHOOL): (OWN, TERM, "warn", 1),
        ("answered_twice", OTHER): (OWN, TERM, "warn", 1),
    }


def test_a_file_on_another_scale_holds_publication():
    rows = [given(n, "s1", 0 if n < 3 else 3, instrument=OWN) for n in range(10)]
    assert found(*rows)["answer_out_of_scale", SCHOOL][2] == "hold"


def test_good_answers_are_no_finding():
    assert found(given(1, "s1", 3, instrument=OWN), given(2, "s1", None, instrument=OWN)) == {}


def test_an_unknown_theme_is_found_by_project():
    rows = [said("i1", "luck"), said("i2", "luck"), said("i1", "joint_team"),
            said("i1", "luck", project="p2")]  # fmt: skip
    crosscheck = load_crosschecks()["unknown_theme"]
    made = findings([crosscheck], {"core.interview_segments": segments(*rows)})
    assert dict(zip(made.part, made["count"], strict=True)) == {"p1 luck": 2, "p2 luck": 1}
    assert set(made.severity) == {"warn"}
