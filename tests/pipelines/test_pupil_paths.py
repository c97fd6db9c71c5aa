"""One pupil's path: to the very line, only with consent, and nothing of it in the log."""

import re
import sqlite3

import pytest

from pipelines.audit import AuditError, log_path, verify
from pipelines.explaining import UnknownError
from pipelines.ingest.identity import IdentityError
from pipelines.ingest.placing import archived
from pipelines.pupil_paths import LOOKED_UP, ConsentError, consented_pupil, pupil_path
from pipelines.workspace import Workspace
from tests.pipelines.explained import (
    FEW,
    LISTED,
    MINUTES_AWAY,
    SILENT,
    UNREGISTERED,
    explained_city,
    indicators,
)
from tests.pipelines.ingest.deliveries import number
from tests.pipelines.schools.conftest import OTHER, SCHOOL

HOURS = "unauthorised_absence_hours"
MARCH = "2016-03"
ABOUT = {"indicator": HOURS, "period": MARCH}
WHY = "the guardian asks what the figure rests on"


@pytest.fixture(scope="module")
def city(tmp_path_factory):
    return explained_city(tmp_path_factory.getbasetemp() / "explained")


def key(city, n):
    """The pseudonym of a pupil."""
    (student_id,) = city.vault.known_ids([number(n)])
    return student_id


def path(city, n, name=HOURS, period=MARCH):
    return pupil_path(city, key(city, n), indicators()[name], period)


def allowed(city, n, reason=WHY):
    return consented_pupil(city, number(n), is_identity=True, about=ABOUT, reason=reason)


def test_a_value_leads_to_the_pupils_own_row_and_line(city):
    (value,) = path(city, 0)
    assert (value.school_id, value.period) == (SCHOOL, MARCH)
    assert value.numerator == pytest.approx(MINUTES_AWAY / 60)
    (month,) = [row for row in value.rows if row.table == "core.attendance"]
    assert month.figures["unauthorised_absence_minutes"] == MINUTES_AWAY
    assert (month.file_name, month.record_no) == (f"narvaro_{SCHOOL}_{MARCH}.csv", 1)
    assert (month.version, month.status, month.line_no) == (1, "active", 2)


def test_every_row_of_every_pupil_stands_on_the_line_it_is_said_to(city):
    """The archived file itself has the pupil's identity number there."""
    found = 0
    for name in indicators():
        for n in (0, 2, UNREGISTERED, SILENT, *FEW):
            try:
                values = path(city, n, name, period=None)
            except UnknownError:
                continue
            for row in (row for value in values for row in value.rows):
                if row.table == "core.project_schools":
                    continue
                lines = archived(city, row.delivery_id).read_text(encoding="utf-8").splitlines()
                assert number(n) in lines[row.line_no - 1]
                found += 1
    assert found > 150


def test_a_month_of_lessons_leads_to_each_lesson(city):
    (value,) = path(city, FEW[0])
    lessons = [row for row in value.rows if row.table == "core.lessons"]
    assert [(row.record_no, row.line_no) for row in lessons] == [(1, 2), (2, 3)]
    assert {row.figures["starts_at"] for row in lessons} == {"08:10", "09:20"}
    assert value.school_id == OTHER


@pytest.mark.parametrize(
    ("n", "why"),
    [(UNREGISTERED, "register not filled in"), (SILENT, "no attendance report")],
)
def test_a_pupil_without_a_value_is_told_why(city, n, why):
    (value,) = path(city, n)
    assert (value.numerator, value.denominator, value.value) == (None, None, None)
    assert value.missing == why
    assert {row.table for row in value.rows} >= {"core.enrolments"}


def test_a_school_year_tells_every_month_of_it(city):
    months = [value.period for value in path(city, 0, period="2015/16")]
    assert months == sorted(months)
    assert {"2015-11", "2016-02", MARCH} <= set(months)


def test_a_pupil_of_whom_nothing_is_said_is_told_as_such(city):
    with pytest.raises(UnknownError, match="none is expected"):
        path(city, LISTED - 1, "merit_value_16", "2015/16")
    with pytest.raises(UnknownError, match=r"is by school_year"):
        path(city, 0, "merit_value_16", MARCH)


def test_no_row_of_another_pupil_is_told(city):
    others = {key(city, n) for n in range(1, LISTED)}
    told = repr(path(city, 0, period=None))
    assert not any(other in told for other in others)
    assert key(city, 0) not in told


def test_a_look_is_entered_with_its_reason_and_without_the_pupil(city):
    student_id = allowed(city, 0)
    assert student_id == key(city, 0)
    entry = verify(city).entries[-1]
    assert (entry.action, entry.reason) == (LOOKED_UP, WHY)
    assert {**entry.subject, "pupil": ""} == {**ABOUT, "by": "identity", "pupil": ""}
    path(city, 0)
    log = log_path(city).read_text(encoding="utf-8")
    for secret in (number(0), number(0)[2:], student_id):
        assert secret not in log
    assert not re.search(rf"(?<![0-9a-f]){MINUTES_AWAY}(?![0-9a-f])", log)


def test_two_looks_at_one_pupil_can_be_told_from_looks_at_two(city):
    for n in (1, 1, 2):
        consented_pupil(city, key(city, n), is_identity=False, about=ABOUT, reason=WHY)
    first, again, other = [entry.subject["pupil"] for entry in verify(city).entries[-3:]]
    assert first == again != other


def test_nobody_is_looked_up_without_the_key(tmp_path):
    keyless = Workspace(tmp_path / "data")
    keyless.make()
    with pytest.raises(ConsentError, match="key"):
        allowed(keyless, 0)
    assert not log_path(keyless).exists()
    assert not (keyless.vault.folder / "key").exists()


@pytest.mark.parametrize("reason", ["", "  ", f"about {number(3)}"])
def test_nobody_is_looked_up_without_a_reason_that_names_nobody(city, reason):
    before = log_path(city).read_bytes() if log_path(city).exists() else b""
    with pytest.raises(AuditError):
        allowed(city, 0, reason)
    assert (log_path(city).read_bytes() if log_path(city).exists() else b"") == before


def test_a_number_that_the_vault_does_not_know_is_entered_and_not_added(city):
    with sqlite3.connect(city.vault.folder / "link.sqlite") as link:
        before = link.execute("SELECT count(*) FROM link").fetchone()
        with pytest.raises(UnknownError, match="knows no pupil"):
            allowed(city, 500)
        assert link.execute("SELECT count(*) FROM link").fetchone() == before
    assert verify(city).entries[-1].subject["pupil"] == "unknown"


def test_what_is_no_number_is_refused_without_being_quoted(city):
    with pytest.raises(IdentityError) as raised:
        consented_pupil(city, "hemligt", is_identity=True, about=ABOUT, reason=WHY)
    assert "hemligt" not in str(raised.value)
