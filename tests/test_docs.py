"""The documentation says what the code does: references are fresh, links lead somewhere."""

import re
from importlib import import_module
from pathlib import Path

import pytest
from typer import Typer
from typer.main import get_command

from pipelines.documentation.markdown import anchor
from pipelines.documentation.pages import FOLDERS, write_pages, written_pages
from pipelines.indicators.registry import load_indicators
from schemas.contract import load_contracts

REPOSITORY = Path(__file__).parents[1]
PAGES = sorted([*REPOSITORY.glob("*.md"), *(REPOSITORY / "docs").rglob("*.md")])
SECTION = re.compile(r"^## `([\w.]+)`\n(.*?)(?=^## |\Z)", flags=re.MULTILINE | re.DOTALL)
HEADING = re.compile(r"^#+ (.*)$", flags=re.MULTILINE)
LINK = re.compile(r"!?\[[^\]]*\]\((?!https?:)([^)\s]+)\)")


@pytest.fixture(scope="module")
def written():
    """The written pages as the code would write them now, by path below docs."""
    return written_pages()


@pytest.fixture(scope="module")
def reference(written):
    """Those of the reference by file name."""
    return {Path(path).name: text for path, text in written.items() if "reference/" in path}


@pytest.fixture(scope="module")
def commands():
    """The commands of the command line by name."""
    module = import_module("assets.commands")
    app = next(value for value in vars(module).values() if isinstance(value, Typer))
    return get_command(app).commands


@pytest.mark.parametrize("folder", FOLDERS)
def test_the_written_pages_are_what_the_code_says(written, folder):
    docs = REPOSITORY / "docs"
    stored = {
        path.relative_to(docs).as_posix(): path.read_text(encoding="utf-8")
        for path in (docs / folder).glob("*.md")
    }
    now = {path: text for path, text in written.items() if path.startswith(f"{folder}/")}
    differing = {path for path in now.keys() | stored.keys() if now.get(path) != stored.get(path)}
    assert differing == set(), "docs are out of date: run `make docs`"


def test_every_table_has_a_section_with_all_its_columns(reference):
    sections = dict(SECTION.findall(reference["tables.md"]))
    for name, contract in load_contracts().items():
        columns = re.findall(r"^\| `(\w+)`", sections[name], flags=re.MULTILINE)
        assert columns == contract.columns()


def test_every_indicator_is_described_once(reference):
    described = re.findall(r"^### .*\(`(\w+)`\)$", reference["indicators.md"], flags=re.MULTILINE)
    assert sorted(described) == sorted(load_indicators())


def test_every_indicator_has_a_definition_that_the_index_leads_to(written):
    pages = {path for path in written if path.startswith("definitions/")}
    named = {f"definitions/{name}.md" for name in load_indicators()}
    assert pages == named | {"definitions/README.md"}
    assert named == {f"definitions/{t}" for t in LINK.findall(written["definitions/README.md"])
                     if not t.startswith("..")}  # fmt: skip


def test_a_written_page_has_no_row_with_a_cell_too_many(written):
    for text in written.values():
        for table in re.findall(r"(?:^\|.*\n)+", text, flags=re.MULTILINE):
            bars = {len(re.findall(r"(?<!\\)\|", line)) for line in table.splitlines()}
            assert len(bars) == 1


def test_a_written_page_links_to_headings_that_exist(written):
    docs = REPOSITORY / "docs"
    headings = {
        (docs / path).resolve(): {anchor(line) for line in HEADING.findall(text)}
        for path, text in written.items()
    }
    for path, text in written.items():
        for link in LINK.findall(text):
            page, mark, name = link.partition("#")
            target = (docs / path).resolve() if not page else (docs / path).parent / page
            known = headings.get(target.resolve()) or {
                anchor(line) for line in HEADING.findall(target.read_text("utf-8"))
            }
            assert not mark or name in known, f"{path}: {link}"


def test_writing_the_pages_twice_gives_the_same_files_and_leaves_no_old_one(tmp_path):
    first = {path: path.read_bytes() for path in write_pages(tmp_path)}
    (tmp_path / "definitions" / "of_an_indicator_that_is_gone.md").touch()
    assert {path: path.read_bytes() for path in write_pages(tmp_path)} == first
    assert {*tmp_path.rglob("*.md")} == set(first)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(REPOSITORY)))
def test_every_link_to_a_file_leads_to_a_file(page):
    targets = [link.split("#")[0] for link in LINK.findall(page.read_text(encoding="utf-8"))]
    assert [t for t in targets if t and not (page.parent / t).exists()] == []


def test_every_target_of_make_that_the_pages_name_exists():
    makefile = (REPOSITORY / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z]+):", makefile, flags=re.MULTILINE))
    named = {t for page in PAGES for t in re.findall(r"`make ([a-z]+)`", page.read_text("utf-8"))}
    assert {"demo", "test"} <= named <= targets


def test_every_decision_says_its_context_what_follows_and_when_to_look_again():
    decisions = sorted((REPOSITORY / "docs" / "decisions").glob("[0-9]*.md"))
    numbers = [path.name[:4] for path in decisions]
    assert numbers == [f"{number:04d}" for number in range(1, len(decisions) + 1)]
    for path in decisions:
        headings = re.findall(r"^## (.*)$", path.read_text(encoding="utf-8"), flags=re.MULTILINE)
        assert headings == ["Context", "Decision", "Consequences", "When to revisit"], path.name


def test_every_command_is_described_for_the_operator(commands):
    text = (REPOSITORY / "docs" / "operation.md").read_text(encoding="utf-8")
    assert [name for name in commands if f"`samverkan {name}" not in text] == []


def test_the_pages_name_no_command_that_does_not_exist(commands):
    text = "\n".join(page.read_text(encoding="utf-8") for page in PAGES)
    named = set(re.findall(r"(?:`|^ *|\$ )samverkan ([a-z]+)", text, flags=re.MULTILINE))
    assert named <= set(commands)


def test_every_option_that_the_pages_name_exists(commands):
    text = "\n".join(page.read_text(encoding="utf-8") for page in PAGES)
    for name, rest in re.findall(r"samverkan ([a-z]+)([^`\n]*)", text):
        if name in commands:
            known = {option for p in commands[name].params for option in p.opts}
            assert set(re.findall(r"(?<= )--[a-z-]+", rest)) - {"--help"} <= known, name
