"""The interim report from the command line, and free text that no release may hold."""

import datetime as dt

import duckdb
import pytest
from typer.testing import CliRunner

from assets.commands import app
from pipelines.ambitions.figures import figures
from pipelines.ambitions.outcomes import outcomes
from pipelines.ambitions.stated import stated_and_computed
from pipelines.judging import broken_rules
from pipelines.releases.contents import sources
from pipelines.releases.warehouse import build_warehouse, extents
from pipelines.workspace import VARIABLE, Workspace
from schemas.ambitions import Figures, Outcomes, StatedAndComputed, Targets
from schemas.form_answers import FormAnswers, FormTexts
from schemas.forms import FORMS
from tests.pipelines import invented
from tests.pipelines.ambitions import small_city


@pytest.fixture
def workspace(tmp_path, monkeypatch):
    monkeypatch.setenv(VARIABLE, str(tmp_path / "data"))
    return Workspace.from_environment()


def test_the_interim_report_is_written_for_the_administration_alone(workspace):
    told = CliRunner().invoke(app, ["interim", "2016"])
    assert told.exit_code == 1
    rows = figures(small_city.registers(), [dt.date(2015, 11, 1)])
    targets = invented.table(Targets, small_city.TARGETS)
    workspace.lake.write(Figures.table(), rows)
    workspace.lake.write(Outcomes.table(), outcomes(targets, small_city.no_answers(), rows))
    stated = stated_and_computed(small_city.stated(), rows)
    workspace.lake.write(StatedAndComputed.table(), stated)
    told = CliRunner().invoke(app, ["interim", "2016"])
    assert told.exit_code == 0, told.output
    (page,) = workspace.outbox.rglob("delredovisning_2016.html")
    assert page.stat().st_mode & 0o777 == 0o600
    text = page.read_text(encoding="utf-8")
    assert "stämmer inte" in text
    assert ">127<" in text


def test_no_release_holds_what_a_form_says_in_words(workspace, tmp_path):
    words = "Hemliga ord om en elev"
    said = [("p0", 2016, "work_plan", "anchored_text", words)]
    workspace.lake.write(FormTexts.table(), invented.table(FormTexts, said))
    answered = [("p0", 2016, "work_plan", "network", "yes")]
    workspace.lake.write(FormAnswers.table(), invented.table(FormAnswers, answered))
    found = sources(workspace.lake, {})
    path = tmp_path / "research.duckdb"
    origin = {"release_id": "r", "is_simulated": True}
    build_warehouse(path, found, expected=extents(found), origin=origin, indicators=())
    with duckdb.connect(str(path), read_only=True) as warehouse:
        assert warehouse.execute("SELECT key, answer FROM core.form_answers").fetchall() == [
            ("network", "yes")
        ]
        tables = warehouse.execute("SELECT table_name FROM information_schema.tables").fetchall()
    assert ("form_texts",) not in tables
    assert words.encode() not in path.read_bytes()


def test_an_answer_in_words_breaks_the_contract_of_answers():
    texts = [(form.name, q.key) for form in FORMS for q in form.questions if not q.is_for_research]
    rows = [("p0", 2016, name, key, "hemligt") for name, key in texts]
    assert texts
    for row in (*rows, ("p0", 2016, "work_plan", "no_such_question", "1")):
        assert broken_rules(invented.table(FormAnswers, [row]), FormAnswers)
    kept = ("p0", 2016, "work_plan", "fte_school", "1.5")
    assert broken_rules(invented.table(FormAnswers, [kept]), FormAnswers) == []
