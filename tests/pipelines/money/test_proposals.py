"""The table of 2014 to the krona from a delivered file or a CSV, through the command."""

import io

import openpyxl
import pytest
from typer.testing import CliRunner

from assets.commands import app
from pipelines.workspace import VARIABLE, Workspace
from schemas.money import Applications
from tests.pipelines.ingest.deliveries import csv_text, ingested
from tests.pipelines.money.test_allocation import DECIDED, POOL

OF_2014 = [(name, 2014, "verksamhet", n, "", sek) for name, (n, sek, _) in DECIDED.items()]
EXTRA = [("alvsjo", 2014, "handledning", 1, "", 25_000), ("alvsjo", 2015, "verksamhet", 9, "", 9)]
FILES = {
    "ansokningar_2014.csv": csv_text(
        list(Applications.template_columns()), [*OF_2014, EXTRA[0]]
    ).encode("utf-8-sig"),
    "ansokningar_2015.csv": csv_text(list(Applications.template_columns()), EXTRA[1:]).encode(),
}
DECISION = ("--pool", POOL, "--exclude", "alvsjo")


def call(*arguments, code=0):
    """Call the command line; what it printed."""
    result = CliRunner().invoke(app, ["allocate", *map(str, arguments)])
    assert result.exit_code == code, result.output
    return " ".join(result.output.replace("\N{NO-BREAK SPACE}", " ").split())


def amounts(path):
    """Proposed kronor by project, from a written file."""
    if path.suffix == ".csv":
        lines = path.read_text("utf-8-sig").splitlines()
        rows = [line.split(";") for line in lines[1:]]
    else:
        book = openpyxl.load_workbook(io.BytesIO(path.read_bytes()))
        assert book.sheetnames == ["Fördelning", "Steg"]
        rows = [list(row) for row in book.worksheets[0].iter_rows(min_row=2, values_only=True)]
    return {row[0]: int(row[-1]) for row in rows}


@pytest.fixture
def workspace(tmp_path, monkeypatch):
    made = Workspace(tmp_path / "data")
    made.make()
    ingested(made, FILES)
    monkeypatch.setenv(VARIABLE, str(made.root))
    return made


@pytest.mark.usefixtures("workspace")
@pytest.mark.parametrize("ending", [".csv", ".xlsx"])
def test_the_delivered_applications_of_2014_give_the_table_of_2014(tmp_path, ending):
    written = tmp_path / f"fordelning{ending}"
    printed = call("2014", *DECISION, "--into", written)
    decided = {name: sek for name, (_, _, sek) in DECIDED.items()}
    assert amounts(written) == {**decided, "Summa": POOL}
    assert "2 952 604" in printed
    assert "Kvar i potten: 0 kr" in printed
    assert "undantas från fördelningen av återstoden" in printed
    assert "Föreslaget belopp: 1 476 302 kr." in printed


def test_a_file_with_three_columns_is_enough(tmp_path):
    lines = ["Projekt, kod;Skolor;Sökt belopp, kronor"]
    lines += [f"{name};{n};{sek:,}".replace(",", " ") for name, (n, sek, _) in DECIDED.items()]
    path, written = tmp_path / "a.csv", tmp_path / "ut.csv"
    path.write_text("\n".join(lines), encoding="utf-8")
    call("--applications", path, *DECISION, "--cap", 625_000, "--into", written)
    assert amounts(written)["enskede-arsta-vantor"] == 738_151


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("Projekt, kod;Skolor\na;1\n", "no column Sökt belopp, kronor"),
        ("Projekt, kod;Skolor;Sökt belopp, kronor\na;1;mycket\n", "line 2"),
        ("Projekt, kod;Skolor;Sökt belopp, kronor\na;1;5\na;1;6\n", "more than one"),
        (None, "cannot be read"),
    ],
)
def test_a_file_that_cannot_be_divided_by_is_refused_with_its_cause(tmp_path, content, says):
    path = tmp_path / "a.csv"
    if content is not None:
        path.write_text(content, encoding="utf-8")
    assert says in call("--applications", path, "--pool", 10, code=2)


@pytest.mark.usefixtures("workspace")
@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (("--pool", 10), 2, "either a year"),
        (("2012", "--pool", 10), 1, "no applications of 2012"),
        (("2014",), 2, "--pool"),
        (("2014", "--pool", 10, "--into", "a.txt"), 2, ".csv or .xlsx"),
        (("2014", "--pool", 10, "--exclude", "nobody"), 2, "excluded, but not applied: nobody"),
    ],
)
def test_a_call_that_says_too_little_is_told_what_is_missing(arguments, code, says):
    assert says in call(*arguments, code=code)
