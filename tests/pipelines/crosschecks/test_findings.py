"""What a finding says, which limit it exceeds, and who has accepted it."""

import pandas as pd
import pytest

from pipelines.audit import AuditError
from pipelines.crosschecks.accepting import accept, accepted
from pipelines.crosschecks.findings import finding_id, findings, holding
from pipelines.crosschecks.reading import tables_of_periods, whole_tables
from pipelines.crosschecks.registry import FOUND, load_crosschecks
from pipelines.crosschecks.sums import sources_of
from pipelines.workspace import Workspace
from schemas.contract import load_contracts
from schemas.crosschecks import FINDING_SEVERITIES, LIMITS, Findings
from schemas.quarantine import Mended
from tests.pipelines.crosschecks.town import as_table, town

FILE = "a" * 64


@pytest.fixture
def workspace(tmp_path):
    made = Workspace(tmp_path / "workspace")
    made.make()
    return made


def test_every_judgement_has_a_limit_and_every_limit_a_judgement():
    assert {limit.crosscheck for limit in LIMITS} == set(load_crosschecks())
    assert {limit.severity for limit in LIMITS} == {code.code for code in FINDING_SEVERITIES}
    assert all(limit.source for limit in LIMITS)


def test_what_holds_is_never_below_what_warns():
    by_check = {}
    for limit in LIMITS:
        by_check.setdefault(limit.crosscheck, {})[limit.severity] = limit.above
    both = [levels for levels in by_check.values() if len(levels) == 2]
    assert both
    assert all(levels["hold"] >= levels["warn"] for levels in both)


@pytest.mark.parametrize("crosscheck", load_crosschecks().values(), ids=lambda one: one.name)
def test_a_judgement_says_in_both_languages_what_to_do_and_reads_tables_that_exist(crosscheck):
    texts = (crosscheck.title_sv, crosscheck.title_en, crosscheck.advice_sv, crosscheck.advice_en)
    assert all(len(text) > 10 for text in texts)
    assert sources_of(crosscheck.reads) <= set(load_contracts())
    assert crosscheck.table in load_contracts()


@pytest.mark.parametrize("crosscheck", load_crosschecks().values(), ids=lambda one: one.name)
def test_a_judgement_of_empty_tables_finds_nothing(crosscheck, workspace):
    tables = whole_tables(workspace, [crosscheck])
    found = findings([crosscheck], tables)
    assert found.empty
    assert list(found.columns) == Findings.columns()


def ledger_of(*deliveries):
    rows = [
        {"delivery_id": one, "file_name": "x", "received_at": "2016-04-01", "scope": scope,
         "version": 1, "status": status, "records": records, "accepted": records,
         "quarantined": 0, "duplicates": 0, "superseded": 0}
        for one, scope, status, records in deliveries
    ]  # fmt: skip
    return as_table("raw.deliveries", pd.DataFrame(rows))


def quarantine(delivery_id, reason, count, *, first=1):
    return pd.DataFrame(
        {"delivery_id": delivery_id, "record_no": range(first, first + count), "line_no": 1,
         "reasons": reason}
    )  # fmt: skip


def mended(*records):
    rows = [
        {"delivery_id": FILE, "record_no": number, "mended_by": "c" * 64, "status": status,
         "mended_record_no": place, "mended_at": "2016-04-02", "audit_entry": 1}
        for place, (number, status) in enumerate(records, 1)
    ]  # fmt: skip
    return as_table("quarantine.mended", pd.DataFrame(rows, columns=Mended.columns()))


def held_back(records, deliveries, corrections=()):
    tables = {
        "raw.deliveries": deliveries,
        "quarantine.records": as_table("quarantine.records", pd.concat(records)),
        "quarantine.mended": mended(*corrections),
    }
    known = load_crosschecks()
    return findings([known["codes_held_back"], known["wrong_month"]], tables)


def test_records_held_back_are_counted_by_column_and_severity_follows_their_share():
    records = [
        quarantine(FILE, "mark: not one of the codes (Ma); mark: not one of the codes (En)", 40),
        quarantine(FILE, "month: not the one in the file name", 5, first=41),
        quarantine("b" * 64, "status: not one of the codes", 9),
    ]
    ledger = ledger_of(
        (FILE, "grades 99000101 2016VT", "active", 100),
        ("b" * 64, "lessons 99000101 2016-03", "superseded", 10),
    )
    found = held_back(records, ledger)
    assert found[["crosscheck", "severity", "part", "count"]].to_numpy().tolist() == [
        ["codes_held_back", "hold", "mark", 40],
        ["wrong_month", "hold", "month", 5],
    ]
    assert set(found.school_id) == {"99000101"}
    assert set(found.period) == {"2016VT"}


@pytest.mark.parametrize("records_in_file", [240, 40])
def test_a_few_records_of_another_month_only_warn(records_in_file):
    records = [quarantine(FILE, "month: not the one in the file name", 3)]
    ledger = ledger_of((FILE, "attendance 99000101 2016-03", "active", records_in_file))
    assert held_back(records, ledger).severity.tolist() == ["warn"]


def test_a_record_whose_correction_is_in_force_is_held_back_no_more():
    records = [quarantine(FILE, "month: not the one in the file name", 3)]
    ledger = ledger_of((FILE, "attendance 99000101 2016-03", "active", 240))
    found = held_back(records, ledger, [(1, "active"), (2, "superseded")])
    assert found["count"].tolist() == [2]
    assert held_back(records, ledger, [(n, "active") for n in (1, 2, 3)]).empty


def test_a_finding_keeps_its_name_until_its_file_or_its_count_changes():
    row = dict.fromkeys(FOUND, None) | {"crosscheck": "x", "count": 3, "delivery_id": FILE}
    assert finding_id(row) == finding_id({**row, "limit": 9, "severity": "hold"})
    assert finding_id(row) != finding_id({**row, "count": 4})
    assert finding_id(row) != finding_id({**row, "delivery_id": "b" * 64})


def test_what_somebody_accepted_with_a_reason_no_longer_holds(workspace):
    rows = pd.DataFrame({"finding_id": ["a1", "b2", "c3"], "severity": ["hold", "hold", "warn"]})
    assert accepted(workspace) == frozenset()
    accept(workspace, ["a1"], reason="the school has split in two")
    assert holding(rows, accepted(workspace)).finding_id.tolist() == ["b2"]


def test_nothing_is_accepted_without_a_reason(workspace):
    with pytest.raises(AuditError):
        accept(workspace, ["a1"], reason=" ")
    assert accepted(workspace) == frozenset()


def test_a_run_of_some_months_finds_what_the_whole_finds_of_them(workspace, monkeypatch):
    city = town()
    school = sorted(set(city.attendance.school_id))[3]
    rows = (city.attendance.school_id == school) & (city.attendance.month == "2013-02")
    spoiled = city.attendance[~(rows & (city.attendance.index % 3 > 0))]
    tables = city.but(attendance=spoiled).tables()
    for name in ("core.attendance", "core.enrolments"):
        column = load_contracts()[name].partition()
        table = tables[name]
        periods = sorted(set(table[column].execute()))
        workspace.lake.write_partitions(name, table, table[column], periods)
    monkeypatch.setattr(
        "pipelines.crosschecks.reading.core_table",
        lambda workspace, contract, periods: workspace.lake.read(
            contract.table(), contract, partitions=periods
        ),
    )
    mine = [one for one in load_crosschecks().values() if one.period == "month"]
    whole = findings(mine, whole_tables(workspace, mine))
    months = ["2013-01", "2013-02"]
    some = findings(mine, tables_of_periods(workspace, mine, months, "month"), periods=months)
    expected = whole[whole.period.isin(months)].reset_index(drop=True)
    assert "volume_jump" in set(expected.crosscheck)
    pd.testing.assert_frame_equal(some, expected)
