"""Reference pages written from the contracts, the registry and the dated rules themselves.

``python -m pipelines.documentation`` rewrites ``docs/reference``; a test fails when the pages
there no longer say what the code says. Nothing on these pages is written by hand.
"""

import ast
import inspect
import re
import sys
import textwrap
from collections.abc import Iterable, Iterator, Sequence
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules
from types import ModuleType
from typing import Any

from pipelines.indicators.registry import Indicator, load_indicators
from schemas.codes import Code
from schemas.contract import Contract, load_contracts
from schemas.indicators import IndicatorValues
from schemas.results import Results

REFERENCE = Path(__file__).parents[1] / "docs" / "reference"
WRITTEN = "\nWritten by `make docs` from the code; do not edit.\n"
KINDS = {
    "share": "share: each pupil counts 0 or 1",
    "ratio": "ratio of sums; one pupil's amounts belong together",
    "mean": "mean per pupil",
}
YEARLY = {
    "sum": "numerators and denominators are summed",
    "spring": "only the spring term",
    "any": "the largest of its periods",
}


def write_reference(folder: Path = REFERENCE) -> list[Path]:
    """Write every reference page into ``folder`` and return their paths."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for name, text in reference_pages().items():
        path = folder / name
        path.write_text(text, encoding="utf-8", newline="\n")
        paths.append(path)
    return paths


def reference_pages() -> dict[str, str]:
    """Markdown of every reference page by file name."""
    pages = {
        "tables.md": _tables_page(),
        "indicators.md": _indicators_page(),
        "codes.md": _vocabulary_page("Codes", _code_lists()),
        "rules.md": _vocabulary_page("Dated rules and scales", _rule_lists()),
    }
    return {name: f"{text.strip()}\n" for name, text in pages.items()}


def _tables_page() -> str:
    contracts = load_contracts()
    named = [(f"`{name}`", contract) for name, contract in contracts.items()]
    named += [("`indicator.<name>`", IndicatorValues), ("`result.<name>`", Results)]
    return "\n".join(
        [
            "# Tables",
            WRITTEN,
            "A table is named `layer.table` in the lake, in Dagster and in `research.duckdb`.",
            "",
            *(line for name, contract in named for line in _contract_section(name, contract)),
        ]
    )


def _contract_section(name: str, contract: type[Contract]) -> list[str]:
    rows = [
        (
            f"`{row['column']}`",
            row["heading_sv"],
            row["type"],
            "yes" if row["nullable"] else "",
            f"`{row['rules']}`" if row["rules"] else "",
            row["description"],
        )
        for row in contract.data_dictionary().to_dict("records")
    ]
    heading = ("column", "Swedish heading", "type", "may be empty", "rule", "meaning")
    partition = contract.partition()
    return [
        f"## {name}",
        "",
        _markdown(inspect.getdoc(contract) or ""),
        "",
        f"One file per `{partition}`." if partition else "One file.",
        "",
        *_grid(heading, rows),
        *_row_rules(contract),
        "",
    ]


def _row_rules(contract: type[Contract]) -> list[str]:
    names = [str(check.name) for check in contract.to_schema().checks]
    rules = [f"- `{name}`: {inspect.getdoc(getattr(contract, name))}" for name in names]
    return ["", "Rules within a row:", "", *rules] if rules else []


def _indicators_page() -> str:
    lines = ["# Indicators", WRITTEN]
    lines += ["A value is numerator ÷ denominator, kept per pupil, school and period.", ""]
    modules = _by_module(load_indicators().values())
    for module, indicators in modules.items():
        lines += [_markdown_titled(inspect.getdoc(module) or ""), ""]
        lines += [line for one in indicators for line in _indicator_section(one)]
    for name in _modules_referred_to(modules):
        lines += [_markdown_titled(inspect.getdoc(import_module(name)) or ""), ""]
    return "\n".join(lines)


def _modules_referred_to(modules: Iterable[ModuleType]) -> list[str]:
    """Modules that hold a part of the definitions, each once."""
    referred = (re.findall(r":mod:`([\w.]+)`", inspect.getdoc(module) or "") for module in modules)
    return list(dict.fromkeys(name for names in referred for name in names))


def _by_module(indicators: Iterable[Indicator]) -> dict[ModuleType, list[Indicator]]:
    found: dict[ModuleType, list[Indicator]] = {}
    for indicator in indicators:
        found.setdefault(_module_of(indicator), []).append(indicator)
    return found


def _module_of(indicator: Indicator) -> ModuleType:
    """The module that holds the record; a variant's function may be made by another."""
    package = "pipelines.indicators."
    modules = [module for name, module in sys.modules.items() if name.startswith(package)]
    return next(m for m in modules if indicator in getattr(m, "INDICATORS", ()))


def _indicator_section(indicator: Indicator) -> list[str]:
    facts = [
        ("Swedish", indicator.title_sv),
        ("unit", f"{indicator.unit_en} ({indicator.unit_sv})"),
        ("kind", KINDS[indicator.kind]),
        ("higher is", indicator.higher_is),
        ("period", indicator.period.replace("_", " ")),
        ("over a school year", YEARLY[indicator.yearly]),
        ("scale", f"times {indicator.per:g}" if indicator.per != 1 else ""),
        ("computed from", ", ".join(f"`{table}`" for table in indicator.reads)),
        ("source", indicator.source),
        *(("break", f"{b.school_year}: {b.en}") for b in indicator.breaks),
    ]
    rows = [(fact, text) for fact, text in facts if text]
    return [f"### {indicator.title_en} (`{indicator.name}`)", "", *_grid(("", ""), rows), ""]


Lists = dict[str, tuple[ModuleType, Sequence[Any]]]


def _code_lists() -> Lists:
    return {n: (m, rows) for n, m, rows in _record_lists() if isinstance(rows[0], Code)}


def _rule_lists() -> Lists:
    return {n: (m, rows) for n, m, rows in _record_lists() if not isinstance(rows[0], Code)}


def _record_lists() -> Iterator[tuple[str, ModuleType, Sequence[Any]]]:
    """Every constant of ``schemas`` that is a tuple of records, where it is defined."""
    for module in iter_modules(import_module("schemas").__path__):
        home = import_module(f"schemas.{module.name}")
        for name in _documented(home):
            rows = getattr(home, name, None)
            if isinstance(rows, tuple) and rows and hasattr(rows[0], "_fields"):
                yield name, home, rows


def _vocabulary_page(title: str, lists: Lists) -> str:
    lines = [f"# {title}", WRITTEN]
    for name, (module, rows) in lists.items():
        meaning = _markdown(_documented(module)[name])
        lines += [f"## {name.replace('_', ' ').capitalize()}", ""]
        lines += [f"`{module.__name__}.{name}`", "", *([meaning, ""] if meaning else [])]
        lines += [*_records_grid(rows), ""]
    return "\n".join(lines)


def _records_grid(rows: Sequence[Any]) -> list[str]:
    """A Markdown table of records, without the fields that are empty in all of them."""
    cells = [[_cell(value) for value in row] for row in rows]
    columns = {
        {"sv": "Swedish", "en": "English"}.get(field, field.replace("_", " ")): column
        for field, column in zip(rows[0]._fields, zip(*cells, strict=True), strict=True)
        if any(column)
    }
    return _grid(list(columns), zip(*columns.values(), strict=True))


def _cell(value: object) -> str:
    if isinstance(value, tuple):
        return ", ".join(str(one) for one in value)
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:g}"
    return "" if value is None else str(value)


def _documented(module: ModuleType) -> dict[str, str]:
    """Constants assigned in a module, with the text that stands below each."""
    statements = ast.parse(inspect.getsource(module)).body
    following = [*statements[1:], ast.Pass()]
    return {
        str(target.id): inspect.cleandoc(_literal_text(after))
        for statement, after in zip(statements, following, strict=True)
        if isinstance(statement, ast.Assign)
        for target in statement.targets
        if isinstance(target, ast.Name)
    }


def _literal_text(statement: ast.stmt) -> str:
    value = statement.value if isinstance(statement, ast.Expr) else None
    return value.value if isinstance(value, ast.Constant) and isinstance(value.value, str) else ""


def _grid(heading: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    """A Markdown table; a bar inside a cell is escaped."""
    lines = [heading, ["---"] * len(heading), *rows]
    return ["| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines]


def _markdown_titled(docstring: str) -> str:
    """A docstring whose first line becomes a heading."""
    title, _, rest = docstring.partition("\n")
    name, colon, definition = title.partition(": ")
    lead = [f"{definition[:1].upper()}{definition[1:]}", ""] if colon else []
    return "\n".join([f"## {name.rstrip('.')}", "", *lead, _markdown(rest)]).rstrip()


def _markdown(docstring: str) -> str:
    """A docstring as Markdown: literals and references become code."""
    text = re.sub(r":\w+:`~?(?:[\w.]+\.)?(\w+)`", r"`\1`", textwrap.dedent(docstring).strip())
    return text.replace("``", "`")


if __name__ == "__main__":
    write_reference()
