"""Code lists and dated rules: the constants of ``schemas`` that are tuples of records."""

import ast
import inspect
from collections.abc import Iterator, Sequence
from functools import cache
from importlib import import_module
from pkgutil import iter_modules
from types import ModuleType
from typing import Any

from pipelines.documentation.markdown import WRITTEN, grid, markdown
from schemas.codes import Code
from schemas.rules import Rule

Lists = dict[str, tuple[ModuleType, Sequence[Any]]]


def vocabulary_page(title: str, lists: Lists) -> str:
    """A page of lists, each with its meaning and its records."""
    lines = [f"# {title}", WRITTEN]
    for name, (module, rows) in lists.items():
        meaning = markdown(_documented(module)[name])
        lines += [f"## {plain(name)}", ""]
        lines += [f"`{module.__name__}.{name}`", "", *([meaning, ""] if meaning else [])]
        lines += [*records_grid(rows), ""]
    return "\n".join(lines)


@cache
def code_lists() -> Lists:
    """The closed vocabularies by name, with the module that holds them."""
    return {n: (m, rows) for n, m, rows in _record_lists() if isinstance(rows[0], Code)}


@cache
def rule_lists() -> Lists:
    """The others: dated rules and scales."""
    return {n: (m, rows) for n, m, rows in _record_lists() if not isinstance(rows[0], Code)}


def rule_named(rule: tuple[Rule, ...]) -> tuple[str, str]:
    """What a dated rule is called, and what it means.

    Raises:
        LookupError: If it is no constant of ``schemas``.
    """
    for name, (module, rows) in rule_lists().items():
        if rows is rule:
            return plain(name), markdown(_documented(module)[name])
    raise LookupError("a dated rule is a constant of a module in schemas")


def plain(name: str) -> str:
    """A constant's name as words: ``MERIT_SUBJECTS`` is "Merit subjects"."""
    return name.replace("_", " ").capitalize()


def records_grid(rows: Sequence[Any]) -> list[str]:
    """A Markdown table of records, without the fields that are empty in all of them."""
    cells = [[_cell(value) for value in row] for row in rows]
    columns = {
        {"sv": "Swedish", "en": "English"}.get(field, field.replace("_", " ")): column
        for field, column in zip(rows[0]._fields, zip(*cells, strict=True), strict=True)
        if any(column)
    }
    return grid(list(columns), zip(*columns.values(), strict=True))


def _record_lists() -> Iterator[tuple[str, ModuleType, Sequence[Any]]]:
    """Every constant of ``schemas`` that is a tuple of records, where it is defined."""
    for module in iter_modules(import_module("schemas").__path__):
        home = import_module(f"schemas.{module.name}")
        for name in _documented(home):
            rows = getattr(home, name, None)
            if isinstance(rows, tuple) and rows and hasattr(rows[0], "_fields"):
                yield name, home, rows


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
