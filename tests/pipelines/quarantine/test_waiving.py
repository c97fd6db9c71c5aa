"""Waiving: a rule of plausibility, for named records, by a decision that stands in the log."""

import shutil

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines import audit
from pipelines.audit import AuditError, entries
from pipelines.ingest import inbox
from pipelines.ingest.child import judged_by_children
from pipelines.ingest.inbox import ingest
from pipelines.ingest.ledger import outdated_by
from pipelines.ingest.waivers import (
    WAIVE,
    WITHDRAW,
    Waivers,
    shortened,
    spelled_out,
    unexcused,
    without,
)
from pipelines.judging import broken_rules
from pipelines.lake import raw_table
from pipelines.quarantine import waiving
from pipelines.quarantine.listing import QuarantineError, held_records, waiver_rows
from pipelines.quarantine.waiving import waive, withdraw
from schemas.attendance import Attendance, Lessons
from schemas.contract import load_contracts
from schemas.deliveries import Quarantine
from schemas.quarantine import WAIVABLE
from schemas.rules import MOST_LESSON_MINUTES
from tests.pipelines.ingest.deliveries import (
    ATTENDANCE_NAME,
    LESSONS_NAME,
    attendance,
    lesson_row,
    lessons,
    month_row,
    one,
)
from tests.pipelines.quarantine.round_trip import mended, places

RULE = f"scheduled_minutes: less_than_or_equal_to({MOST_LESSON_MINUTES})"
AWAY = f"absence_minutes: less_than_or_equal_to({MOST_LESSON_MINUTES})"
LONG = {"minuter": "720"}


@pytest.fixture
def camp(workspace):
    """Six lessons; four are longer than lessons are, one of those is wrong in other ways too."""
    rows = [
        lesson_row(0),
        lesson_row(1, **LONG),
        lesson_row(2, **LONG),
        lesson_row(3, **LONG, amne="XX"),
        lesson_row(4, **LONG, franvaro_min="700", franvarotyp="O"),
        lesson_row(5, minuter=""),
    ]
    one(workspace, LESSONS_NAME, lessons(rows))
    return workspace


def delivery(workspace):
    """The id of the only delivery."""
    (row,) = workspace.ledger.rows()
    return row["delivery_id"]


def held(workspace):
    return {one.record_no: one.reasons for one in held_records(workspace)}


@pytest.mark.parametrize("waivable", WAIVABLE, ids=lambda one: f"{one.table} {one.rule[:20]}")
def test_every_waivable_rule_is_one_of_its_contract_and_a_plain_limit(waivable):
    column, _, rule = waivable.rule.partition(": ")
    checks = load_contracts()[waivable.table].to_schema().columns[column].checks
    assert rule in {str(check.error) for check in checks}
    assert rule.startswith(("less_than_or_equal_to", "greater_than_or_equal_to"))
    assert column not in load_contracts()[waivable.table].grain()


def test_waived_records_are_accepted_and_the_others_stay(camp):
    assert set(held(camp)) == {2, 3, 4, 5, 6}
    done = waive(camp, delivery(camp)[:12], [2, 5], rule=RULE, reason="lägerskola")
    assert (done.accepted, done.held) == (1, 1)
    assert set(held(camp)) == {3, 4, 5, 6}
    assert held(camp)[5] == (AWAY,)
    assert sorted(no for _, no in places(camp, "core.lessons")) == [1, 2]
    (row,) = camp.ledger.rows()
    assert (row["status"], row["accepted"], row["quarantined"]) == ("active", 2, 4)
    done = waive(camp, delivery(camp), [5], rule=AWAY, reason="lägerskola")
    assert (done.accepted, done.held) == (1, 0)
    assert sorted(no for _, no in places(camp, "core.lessons")) == [1, 2, 5]


def test_a_record_with_another_fault_is_held_for_that_one(camp):
    done = waive(camp, delivery(camp), [4], rule=RULE, reason="lägerskola")
    assert (done.accepted, done.held) == (0, 1)
    assert all("subject_code" in reason for reason in held(camp)[4])


def test_the_rules_across_columns_still_hold_for_a_waived_record(workspace):
    rows = [lesson_row(0), lesson_row(1, **LONG, franvaro_min="721", franvarotyp="O")]
    one(workspace, LESSONS_NAME, lessons(rows))
    waive(workspace, delivery(workspace), [2], rule=RULE, reason="lägerskola")
    waive(workspace, delivery(workspace), [2], rule=AWAY, reason="lägerskola")
    assert held(workspace) == {2: ("absence_within_lesson",)}


def test_the_contract_knows_the_waiver_and_nothing_else(camp):
    waive(camp, delivery(camp), [2], rule=RULE, reason="lägerskola")
    waivers = Waivers.of(camp)
    rows = camp.lake.read(raw_table(Lessons.table()), Lessons)
    assert broken_rules(rows, Lessons) == [RULE]
    assert unexcused(rows, Lessons, waivers) == []
    assert unexcused(rows, Lessons, Waivers()) == [RULE]
    spoilt = rows.mutate(scheduled_minutes=rows.scheduled_minutes + 600)
    assert unexcused(spoilt, Lessons, waivers) == [RULE]
    negative = rows.mutate(absence_minutes=rows.absence_minutes - 1)
    assert unexcused(negative, Lessons, waivers) == ["absence_minutes: greater_than_or_equal_to(0)"]
    other = Waivers({delivery(camp): {AWAY: frozenset({2})}})
    assert unexcused(rows, Lessons, other) == [RULE]


def test_a_file_whose_last_record_is_let_through_has_no_quarantine_left(workspace):
    one(workspace, LESSONS_NAME, lessons([lesson_row(0), lesson_row(1, **LONG)]))
    waive(workspace, delivery(workspace), [2], rule=RULE, reason="lägerskola")
    assert workspace.lake.paths(Quarantine.table()) == []
    (row,) = workspace.ledger.rows()
    assert (row["accepted"], row["quarantined"]) == (2, 0)


def test_a_waiver_outlives_a_lost_lake(camp):
    waive(camp, delivery(camp), [2, 3], rule=RULE, reason="lägerskola")
    before = camp.ledger.rows(), sorted(places(camp, "core.lessons"))
    camp.ledger.forget_verdicts()
    shutil.rmtree(camp.lake.folder)
    camp.make()
    ingest(camp, [])
    assert (camp.ledger.rows(), sorted(places(camp, "core.lessons"))) == before


def test_children_know_the_waivers(camp, monkeypatch):
    monkeypatch.setattr(inbox, "judged_by_children", judged_by_children)
    waive(camp, delivery(camp), [2], rule=RULE, reason="lägerskola")
    assert 2 not in held(camp)


def test_the_waiver_is_in_the_audit_log_and_in_its_table(camp):
    waive(camp, delivery(camp), [3, 2, 2], rule=RULE, reason="lägerskola")
    (entry,) = entries(camp, WAIVE)
    assert entry.reason == "lägerskola"
    assert entry.subject == {
        "delivery": delivery(camp), "records": ["2-3"], "count": 2, "rule": RULE
    }  # fmt: skip
    assert [(row["record_no"], row["rule"]) for row in waiver_rows(camp)] == [(2, RULE), (3, RULE)]
    assert Waivers.of(camp).of_delivery(delivery(camp)) == {(2, RULE), (3, RULE)}


@pytest.mark.parametrize(
    "rule",
    [
        "scheduled_minutes: missing",
        "scheduled_minutes: not int64",
        "student_id: wrong check digit",
        "subject_code: not one of the codes",
        "absence_within_lesson",
        "record: the same pupil and time again with other values",
        "scheduled_minutes: less_than_or_equal_to(14880)",
        "",
    ],
)
def test_no_other_rule_may_be_waived(camp, rule):
    with pytest.raises(QuarantineError, match="the rule may not be waived"):
        waive(camp, delivery(camp), [6], rule=rule, reason="ändå")
    assert list(entries(camp, WAIVE)) == []


@pytest.mark.parametrize("records", [[1], [6], [7], [2, 6], []])
def test_only_a_record_that_the_rule_holds_back_is_let_through(camp, records):
    before = camp.ledger.rows()
    with pytest.raises(QuarantineError, match=r"not held back by that rule|at least one"):
        waive(camp, delivery(camp), records, rule=RULE, reason="lägerskola")
    assert camp.ledger.rows() == before


def test_a_mended_record_is_not_let_through_too(camp):
    mended(camp, {2: {"minuter": "60"}})
    (original, *_) = camp.ledger.rows()
    with pytest.raises(QuarantineError, match="record 2 is mended already"):
        waive(camp, original["delivery_id"], [2], rule=RULE, reason="lägerskola")
    waive(camp, original["delivery_id"], [3], rule=RULE, reason="lägerskola")
    assert len(places(camp, "core.lessons")) == 3


@pytest.mark.parametrize("words", ["ab", "", "zzzzzzzz"])
def test_a_delivery_is_named_by_enough_of_its_id(camp, words):
    with pytest.raises(QuarantineError, match="give at least 6 characters"):
        waive(camp, words, [2], rule=RULE, reason="lägerskola")


def test_without_a_reason_or_an_audit_log_nothing_is_waived(camp, monkeypatch):
    before = camp.ledger.rows()
    with pytest.raises(AuditError, match="a reason is needed"):
        waive(camp, delivery(camp), [2], rule=RULE, reason=" ")

    def full(*_):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(audit.os, "fsync", full)
        with pytest.raises(AuditError, match="nothing was done"):
            waive(camp, delivery(camp), [2], rule=RULE, reason="lägerskola")
    assert camp.ledger.rows() == before
    assert 2 in held(camp)


def test_a_month_of_unusually_much_teaching_is_let_through(workspace):
    much = {"Schemalagd tid, minuter": "15000"}
    one(workspace, ATTENDANCE_NAME, attendance([month_row(0), month_row(1, **much)]))
    ((reason,),) = held(workspace).values()
    waive(workspace, delivery(workspace), [2], rule=reason, reason="sommarskola")
    rows = workspace.lake.read(raw_table(Attendance.table()), Attendance)
    assert unexcused(rows, Attendance, Waivers.of(workspace)) == []
    assert len(places(workspace, "core.attendance")) == 2


def everything_is_made(workspace):
    for kind, periods in workspace.ledger.pending().items():
        workspace.ledger.done(kind, periods)


def test_what_was_let_through_is_held_back_again_when_the_waiver_is_withdrawn(camp):
    before = held(camp)
    waive(camp, delivery(camp), [2, 3], rule=RULE, reason="lägerskola")
    done = withdraw(camp, delivery(camp)[:12], [3], rule=RULE, reason="skolan tog miste")
    assert (done.accepted, done.held) == (0, 1)
    assert set(held(camp)) == {3, 4, 5, 6}
    withdraw(camp, delivery(camp), [2], rule=RULE, reason="skolan tog miste")
    assert held(camp) == before
    assert sorted(no for _, no in places(camp, "core.lessons")) == [1]
    (row,) = camp.ledger.rows()
    assert (row["status"], row["accepted"], row["quarantined"]) == ("active", 1, 5)
    assert waiver_rows(camp) == []
    entered = [(e.reason, e.subject["records"]) for e in entries(camp, WITHDRAW)]
    assert entered == [("skolan tog miste", ["3"]), ("skolan tog miste", ["2"])]


def test_a_waiver_withdrawn_can_be_granted_again(camp):
    waive(camp, delivery(camp), [2], rule=RULE, reason="lägerskola")
    withdraw(camp, delivery(camp), [2], rule=RULE, reason="skolan tog miste")
    waive(camp, delivery(camp), [2], rule=RULE, reason="lägerskola ändå")
    assert 2 not in held(camp)
    assert [row["audit_entry"] for row in waiver_rows(camp)] == [3]


def test_a_period_that_loses_its_last_row_is_made_anew(workspace):
    far = {"datum": "2016-04-11"}
    one(
        workspace,
        LESSONS_NAME.replace("2016-03", "2016-04"),
        lessons([lesson_row(1, **LONG, **far)]),
    )
    waive(workspace, delivery(workspace), [1], rule=RULE, reason="lägerskola")
    ((period,),) = [set(entry) for entry in tables(workspace)]
    everything_is_made(workspace)
    withdraw(workspace, delivery(workspace), [1], rule=RULE, reason="skolan tog miste")
    assert tables(workspace) == []
    outdated = workspace.ledger.pending()
    assert {(kind, p) for kind, found in outdated.items() for p in found} >= outdated_by([period])


def tables(workspace):
    """Periods of each table of the only delivery."""
    (entry,) = workspace.ledger.entries([delivery(workspace)]).values()
    return list(entry.tables.values())


@pytest.mark.parametrize("records", [[1], [3], [2, 6], []])
def test_only_a_waiver_that_was_granted_is_withdrawn(camp, records):
    waive(camp, delivery(camp), [2], rule=RULE, reason="lägerskola")
    before = camp.ledger.rows(), verified(camp)
    with pytest.raises(QuarantineError, match=r"not pass by a waiver|at least one"):
        withdraw(camp, delivery(camp), records, rule=RULE, reason="miste")
    with pytest.raises(QuarantineError, match="record 2 does not pass by a waiver"):
        withdraw(camp, delivery(camp), [2], rule=AWAY, reason="miste")
    assert (camp.ledger.rows(), verified(camp)) == before


def verified(workspace):
    return audit.verify(workspace).entries


def test_a_withdrawal_cut_off_before_it_took_effect_can_be_made_again(camp, monkeypatch):
    waive(camp, delivery(camp), [2], rule=RULE, reason="lägerskola")

    def killed(*_):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(waiving, "ingest", killed)
        patch.setattr(type(camp.ledger), "forget_verdicts", killed)
        with pytest.raises(KeyboardInterrupt):
            withdraw(camp, delivery(camp), [2], rule=RULE, reason="skolan tog miste")
    assert 2 not in held(camp)
    withdraw(camp, delivery(camp), [2], rule=RULE, reason="skolan tog miste")
    assert 2 in held(camp)
    with pytest.raises(QuarantineError, match="does not pass"):
        withdraw(camp, delivery(camp), [2], rule=RULE, reason="skolan tog miste")


@settings(max_examples=50)
@given(numbers=st.sets(st.integers(1, 400), min_size=1))
def test_ranges_say_the_same_numbers(numbers):
    ranges = shortened(numbers)
    assert spelled_out(ranges) == sorted(numbers)
    assert len(ranges) == sum(n - 1 not in numbers for n in numbers)


def test_a_rule_is_taken_out_of_the_reasons_of_its_column():
    assert without(("a: x; a: y", "b: z"), "a: x") == ("a: y", "b: z")
    assert without(("a: x",), "a: x") == ()
    assert without(("a: x",), "a: y") == ("a: x",)
