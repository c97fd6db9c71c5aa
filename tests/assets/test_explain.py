"""The command `explain`: what it says, how it ends, and what it enters in the audit log."""

import json
import re

import pytest
from typer.testing import CliRunner

from assets.commands import app
from pipelines.audit import verify
from pipelines.indicators import registry
from pipelines.workspace import VARIABLE
from tests.pipelines.explained import LISTED, MINUTES_AWAY, explained_city, indicators
from tests.pipelines.ingest.deliveries import number
from tests.pipelines.schools.conftest import OTHER, SCHOOL

RATE = "unauthorised_absence_rate"
MARCH = ("--period", "2016-03")
HERE, THERE = ("--school", SCHOOL), ("--school", OTHER)
WHY = ("--reason", "the school asks why the figure moved")


@pytest.fixture(scope="module")
def city(tmp_path_factory):
    return explained_city(tmp_path_factory.getbasetemp() / "explained")


@pytest.fixture(autouse=True)
def at_city(city, monkeypatch):
    """The environment points to the schools, and the registry knows what they were made by."""
    monkeypatch.setenv(VARIABLE, str(city.root))
    monkeypatch.setattr(registry, "load_indicators", indicators)


def call(*words, code=0, typed=None):
    """Run `explain`; what it printed, without decoration."""
    runner = CliRunner(env={"COLUMNS": "250", "TERM": "dumb"})
    result = runner.invoke(app, ["explain", *map(str, words)], input=typed)
    assert result.exit_code == code, result.output
    return re.sub(r"\x1b\[[0-9;]*m", "", result.output)


def test_a_figure_is_told_from_the_published_down_to_the_file():
    printed = call(RATE, *HERE, "--period", "2015/16", "--rows")
    assert f"Björkskolan (school {SCHOOL}), 2015/16" in printed
    assert "published: shown" in printed
    assert "source: SkolL (2010:800) 7 kap. 17 §" in printed
    assert re.search(rf"narvaro_{SCHOOL}_2016-02_v2\.csv .* 2 .* active .* 1-13 .* 2-14", printed)
    assert "register not filled in <10" in printed


def test_small_numbers_are_told_with_a_reason_that_is_entered(city):
    hidden = call(RATE, *THERE, *MARCH)
    assert "figure: hidden; pupils: <10" in hidden
    entered = len(verify(city).entries)
    told = call(RATE, *THERE, *MARCH, "--internal", *WHY)
    assert "pupils: 3" in told
    (entry,) = verify(city).entries[entered:]
    assert (entry.action, entry.reason) == ("explain.internal", WHY[1])
    assert entry.subject == {
        "indicator": RATE, "level": "school", "unit_id": OTHER, "period": "2016-03"
    }  # fmt: skip


def test_machines_get_the_same_as_people():
    found = json.loads(call(RATE, *HERE, *MARCH, "--rows", "--json"))
    assert found["figure"]["students"] == 12
    assert found["definition"]["name"] == RATE
    assert found["inputs"][0]["lines"] == ["2-14"]


def test_a_pupils_path_is_told_to_whoever_says_why(city):
    (student_id,) = city.vault.known_ids([number(0)])
    by_key = call(RATE, "--pupil", student_id, *MARCH, *WHY)
    assert f"unauthorised_absence_minutes {MINUTES_AWAY}" in by_key
    by_number = call(RATE, "--identity", *MARCH, *WHY, typed=f"{number(0)}\n")
    assert by_key in by_number
    assert number(0) not in by_number
    assert json.loads(call(RATE, "--pupil", student_id, *MARCH, *WHY, "--json"))[0]["rows"]


@pytest.mark.parametrize(
    "words",
    [
        (RATE, *MARCH),
        (RATE, *HERE),
        (RATE, *HERE, "--unit", "city", *MARCH),
        (RATE, *HERE, *MARCH, "--internal"),
        (RATE, "--pupil", "0" * 32),
        (RATE, "--identity", *MARCH),
        (RATE, *HERE, "--period", "2019-01"),
        (RATE, "--unit", "project:nowhere", *MARCH),
        ("absence", *HERE, *MARCH),
    ],
)
def test_a_wrong_call_is_told_so_and_enters_nothing(city, words):
    before = verify(city).head
    assert "Traceback" not in call(*words, code=2)
    assert verify(city).head == before


def test_a_number_of_nobody_is_a_wrong_call_and_quoted_nowhere():
    for typed in (number(LISTED + 300), "hemligt"):
        printed = call(RATE, "--identity", *MARCH, *WHY, typed=f"{typed}\n", code=2)
        assert typed not in printed


def test_nothing_of_a_pupil_is_looked_up_without_the_key(city):
    key = city.vault.folder / "key"
    kept = key.rename(key.with_name("kept"))
    try:
        assert "vault's key" in call(RATE, "--pupil", "0" * 32, *MARCH, *WHY, code=1)
    finally:
        kept.rename(key)


def test_no_pupils_key_and_no_value_of_a_row_is_printed_of_a_unit(city):
    students = city.lake.read("core.enrolments", None).student_id.to_pyarrow().to_pylist()
    printed = call(RATE, *HERE, *MARCH, "--rows") + call(RATE, *HERE, *MARCH, "--json")
    assert not any(student in printed for student in students)
    assert not re.search(rf"(?<![\w.]){MINUTES_AWAY}(?![\w])", printed)
