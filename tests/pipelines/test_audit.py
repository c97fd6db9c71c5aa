"""The audit log: what is entered stays, and what cannot be entered does not happen."""

import hashlib
import json
import os
import stat
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipelines import audit
from pipelines.audit import AuditError, entries, log_path, record, verify
from pipelines.workspace import Workspace
from tests.pipelines.ingest.deliveries import number

DELIVERY = "ab" * 32
SUBJECT = {"delivery": DELIVERY, "records": ["3", "5-9"], "rule": "minuter: le", "count": 6}


@pytest.fixture
def workspace(tmp_path):
    return Workspace(tmp_path / "data")


@pytest.fixture
def three(workspace):
    """A log of three entries."""
    for reason in ("första", "andra", "tredje"):
        record(workspace, action="quarantine.waive", subject=SUBJECT, reason=reason)
    return workspace


def enter_ten(root):
    for _ in range(10):
        record(Workspace(root), action="test.enter", subject={}, reason="samtidigt")


def test_an_entry_says_who_when_what_and_why(workspace):
    entry = record(workspace, action="quarantine.waive", subject=SUBJECT, reason=" långt möte ")
    (line,) = log_path(workspace).read_text("utf-8").splitlines()
    written = json.loads(line)
    assert written["who"].endswith(f"({os.getuid()})")
    assert written["when"].endswith("+00:00")
    assert (written["action"], written["reason"]) == ("quarantine.waive", "långt möte")
    assert written["subject"] == SUBJECT
    assert verify(workspace).entries == (entry,)


def test_the_chain_is_what_its_description_says(three):
    before = "0" * 64
    for line in log_path(three).read_bytes().splitlines():
        written = json.loads(line)
        claimed = written.pop("sha256")
        plain = json.dumps(written, sort_keys=True, ensure_ascii=False).encode()
        assert written["previous"] == before
        assert hashlib.sha256(plain).hexdigest() == claimed
        before = claimed
    assert verify(three).head == before


def test_the_log_is_readable_by_the_operator_alone(three):
    path = log_path(three)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


@settings(deadline=None, max_examples=60, suppress_health_check=list(HealthCheck))
@given(place=st.integers(0, 10**6), byte=st.integers(0, 255))
def test_any_changed_byte_is_found_at_its_entry(three, place, byte):
    path = log_path(three)
    whole = path.read_bytes()
    place %= len(whole)
    changed = whole[:place] + bytes([byte]) + whole[place + 1 :]
    path.write_bytes(changed)
    at = whole[:place].count(b"\n") + 1
    if changed == whole:
        assert len(verify(three).entries) == 3
    else:
        with pytest.raises(AuditError, match=f"^entry {at} "):
            verify(three)
    path.write_bytes(whole)


@pytest.mark.parametrize("kept", [(0, 2), (1, 2), (0, 2, 1), (0, 0, 1, 2), (0, 1, 1, 2)])
def test_a_line_taken_out_repeated_or_moved_is_found(three, kept):
    path = log_path(three)
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join(lines[at] for at in kept))
    with pytest.raises(AuditError, match="is not what was entered"):
        verify(three)


def test_lines_missing_at_the_end_show_against_a_head_written_down(three):
    head = verify(three).head
    assert len(verify(three, head=head).entries) == 3
    path = log_path(three)
    path.write_bytes(b"".join(path.read_bytes().splitlines(keepends=True)[:2]))
    assert len(verify(three).entries) == 2
    with pytest.raises(AuditError, match="taken out"):
        verify(three, head=head)


def test_a_forged_entry_with_a_right_hash_of_its_own_breaks_the_next(three):
    path = log_path(three)
    lines = path.read_bytes().splitlines()
    forged = json.loads(lines[1]) | {"reason": "en annan"}
    del forged["sha256"]
    plain = json.dumps(forged, sort_keys=True, ensure_ascii=False).encode()
    forged["sha256"] = hashlib.sha256(plain).hexdigest()
    lines[1] = json.dumps(forged, sort_keys=True, ensure_ascii=False).encode()
    path.write_bytes(b"\n".join(lines) + b"\n")
    with pytest.raises(AuditError, match=r"^entry 3 "):
        verify(three)


def test_nothing_is_entered_after_a_damaged_entry(three):
    path = log_path(three)
    path.write_bytes(path.read_bytes().replace(b"andra", b"annat"))
    before = path.read_bytes()
    with pytest.raises(AuditError, match=r"^entry 2 "):
        record(three, action="quarantine.waive", subject=SUBJECT, reason="fjärde")
    assert path.read_bytes() == before


def test_a_line_that_a_crash_cut_off_is_told_and_the_log_goes_on(three):
    path = log_path(three)
    whole = path.read_bytes()
    path.write_bytes(whole + b'{"action": "quarant')
    with pytest.raises(AuditError, match=r"^entry 4 "):
        verify(three)
    record(three, action="quarantine.waive", subject=SUBJECT, reason="efter")
    found = verify(three)
    assert [entry.number for entry in found.entries] == [1, 2, 3, 5, 6]
    assert found.interrupted == 1
    path.write_bytes(path.read_bytes().replace(b'"quarant\n', b'"quaranT\n'))
    with pytest.raises(AuditError, match=r"^entry 4 "):
        verify(three)


@pytest.mark.parametrize("failing", ["write", "fsync"])
def test_a_disk_that_is_full_leaves_the_log_as_it_was(three, monkeypatch, failing):
    before = log_path(three).read_bytes()

    def full(*_):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(audit.os, failing, full)
        with pytest.raises(AuditError, match="nothing was done"):
            record(three, action="quarantine.waive", subject=SUBJECT, reason="fjärde")
    assert log_path(three).read_bytes() == before
    record(three, action="quarantine.waive", subject=SUBJECT, reason="fjärde")
    assert len(verify(three).entries) == 4


def test_half_a_line_on_a_full_disk_is_taken_back(three, monkeypatch):
    before = log_path(three).read_bytes()
    written = []

    def half(descriptor, content):
        if written:
            raise OSError(28, "No space left on device")
        written.append(content)
        return real(descriptor, content[:40])

    real = os.write
    with monkeypatch.context() as patch:
        patch.setattr(audit.os, "write", half)
        with pytest.raises(AuditError, match="nothing was done"):
            record(three, action="quarantine.waive", subject=SUBJECT, reason="fjärde")
    assert log_path(three).read_bytes() == before


def test_a_place_that_cannot_be_written_stops_the_action(tmp_path):
    (tmp_path / "data").write_text("not a folder")
    with pytest.raises(AuditError, match="nothing was done"):
        record(Workspace(tmp_path / "data"), action="test.enter", subject={}, reason="fjärde")


@pytest.mark.parametrize("written", ["{}", "{} efter samtal", "elev {}-{}", "{}+{}"])
def test_what_looks_like_an_identity_number_is_not_entered(workspace, written):
    whole = number(1)
    reason = written.format(whole) if written.count("{}") == 1 else written.format(
        whole[2:8], whole[8:]
    )  # fmt: skip
    with pytest.raises(AuditError, match="identity number") as refused:
        record(workspace, action="quarantine.waive", subject=SUBJECT, reason=reason)
    assert whole[2:] not in str(refused.value)
    with pytest.raises(AuditError, match="identity number"):
        record(workspace, action="quarantine.waive", subject={"to": whole}, reason="möte")
    assert not log_path(workspace).exists()


@settings(deadline=None, max_examples=100)
@given(delivery=st.binary(min_size=32, max_size=32))
def test_no_delivery_id_is_taken_for_an_identity_number(delivery):
    assert audit.LIKE_AN_IDENTITY.search(f'{{"delivery": "{delivery.hex()}"}}') is None


@pytest.mark.parametrize("reason", ["", "  ", "x" * 1001])
def test_a_reason_is_needed_and_is_short(workspace, reason):
    with pytest.raises(AuditError, match="a reason is needed"):
        record(workspace, action="quarantine.waive", subject=SUBJECT, reason=reason)


def test_two_writers_enter_one_after_the_other(tmp_path):
    root = tmp_path / "data"
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(enter_ten, [root, root]))
    assert len(verify(Workspace(root)).entries) == 20


def test_entries_are_found_by_their_action(three):
    record(three, action="delivery.release", subject={"delivery": DELIVERY}, reason="stämmer")
    assert [entry.reason for entry in entries(three, "delivery.release")] == ["stämmer"]
