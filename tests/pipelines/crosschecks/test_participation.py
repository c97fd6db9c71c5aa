"""Judgements of the pilot's registers, by hand."""

import ibis
import pytest

from pipelines.crosschecks.findings import findings, holding
from pipelines.crosschecks.registry import load_crosschecks
from pipelines.documentation.examples import drawn
from schemas.contract import load_contracts

SUPPORT = "student_id | project_id | school_id | term | start_date | end_date | end_reason"
ENROLLED = "student_id | school_id | term | grade_level | start_date | end_date"
NAMES = ("school_id", "part", "period", "count", "measure", "severity")


def table(name, *lines):
    contract = load_contracts()[name]
    made = drawn(contract, "\n".join(lines or [contract.columns()[0]]))
    return made.mutate(delivery_id=ibis.literal("a" * 64))


@pytest.fixture
def judged():
    """What one judgement finds in some rows of the registers."""

    def rows(name, *support, enrolled=(), contacts=()):
        one = load_crosschecks()[name]
        drawings = {
            "core.participation": (SUPPORT, *support),
            "core.enrolments": (ENROLLED, *enrolled),
            "core.support_contacts": ("student_id | project_id | month", *contacts),
            "core.projects": ("project_id", "north", "south"),
        }
        found = findings([one], {n: table(n, *drawings.get(n, ())) for n in one.reads})
        assert holding(found, ()).empty == (name != "unknown_code")
        return [tuple(row) for row in found[list(NAMES)].itertuples(index=False)]

    return rows


def test_two_participations_at_once_are_found_where_the_later_one_began(judged):
    found = judged(
        "overlapping_participation",
        "p1 | north | A | 2015HT | 2015-09-01 | 2015-10-01 | transferred",
        "p1 | south | B | 2015HT | 2015-10-01 | |",
        "p2 | north | A | 2015HT | 2015-09-01 | 2015-10-01 | transferred",
        "p2 | south | B | 2015HT | 2015-10-02 | |",
        "p3 | north | A | 2015HT | 2015-09-01 | |",
        "p3 | south | B | 2016VT | 2016-02-02 | |",
    )
    assert found == [("B", "north", "2015HT", 1, 1.0, "warn")]


def test_one_that_is_still_open_in_the_latest_register_overlaps_too(judged):
    found = judged(
        "overlapping_participation",
        "p1 | north | A | 2016VT | 2015-09-01 | |",
        "p1 | north | A | 2016VT | 2016-03-01 | |",
    )
    assert found == [("A", "north", "2016VT", 1, 1.0, "warn")]


def test_participants_whom_the_school_does_not_have_are_counted(judged):
    found = judged(
        "participant_not_enrolled",
        *(f"p{n} | north | A | 2016VT | 2016-02-10 | |" for n in range(1, 5)),
        "p5 | north | C | 2016VT | 2016-02-10 | |",
        enrolled=[
            "p1 | A | 2016VT | 8 | 2015-08-17 |",
            "p2 | B | 2016VT | 8 | 2015-08-17 |",
            "p3 | A | 2016VT | 8 | 2015-08-17 | 2016-02-09",
        ],
    )
    assert found == [
        ("A", "elsewhere", "2016VT", 1, 0.25, "warn"),
        ("A", "none", "2016VT", 2, 0.5, "warn"),
    ]


def test_more_than_a_tenth_of_the_ends_without_a_known_reason_warn(judged):
    ends = [f"p{n} | north | A | 2015HT | 2015-09-01 | 2015-11-01 | completed" for n in range(18)]
    unknown = [
        "q1 | north | A | 2015HT | 2015-09-01 | 2015-11-01 | unknown",
        "q2 | north | A | 2015HT | 2015-09-01 | |",
    ]
    later = "q3 | north | A | 2016VT | 2016-02-01 | |"
    assert judged("unknown_end_reason", *ends, *unknown, later) == []
    assert judged("unknown_end_reason", *ends[1:], *unknown, later) == [
        (None, "north", "2015/16", 2, pytest.approx(2 / 19), "warn")
    ]
    assert judged("unknown_end_reason", *ends[10:], *unknown[:1]) == []


def test_a_project_nobody_knows_holds_in_either_register(judged):
    found = judged(
        "unknown_code",
        "p1 | west | A | 2015HT | 2015-09-01 | |",
        contacts=["p1 | west | 2015-09", "p1 | north | 2015-09"],
    )
    assert {(row[1], row[2], row[3]) for row in found} == {
        ("project_id", "2015HT", 1), ("project_id", "2015-09", 1)
    }  # fmt: skip
