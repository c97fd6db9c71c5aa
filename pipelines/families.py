"""Families of indicators: a module is a definition, and its indicators are variants of it."""

import inspect
import re
import sys
from collections.abc import Iterable
from importlib import import_module
from types import ModuleType

from pipelines.indicators.registry import Indicator

_PACKAGE = "pipelines.indicators."
_MODULE = re.compile(r":mod:`([\w.]+)`")
_TITLE = re.compile(r"(?P<en>[^:(]+) \((?P<sv>[^)]+)\)")


def families(indicators: Iterable[Indicator]) -> dict[ModuleType, list[Indicator]]:
    """The indicators of each module, in the order of the registry."""
    found: dict[ModuleType, list[Indicator]] = {}
    for indicator in indicators:
        found.setdefault(module_of(indicator), []).append(indicator)
    return found


def module_of(indicator: Indicator) -> ModuleType:
    """The module that holds the record; a variant's function may be made by another.

    Raises:
        LookupError: If it is not in the registry's folder.
    """
    modules = [module for name, module in sys.modules.items() if name.startswith(_PACKAGE)]
    for module in modules:
        if any(one.name == indicator.name for one in getattr(module, "INDICATORS", ())):
            return module
    raise LookupError(f"no module of pipelines.indicators holds {indicator.name}")


def modules_referred_to(modules: Iterable[ModuleType]) -> list[ModuleType]:
    """Modules that hold a part of the definitions, each once, and those that they refer to."""
    given = list(modules)
    found: list[ModuleType] = []
    waiting = [*given]
    while waiting:
        names = _MODULE.findall(meaning(waiting.pop(0)))
        new = [other for other in map(import_module, names) if other not in (*given, *found)]
        found += new
        waiting += new
    return found


def meaning(module: ModuleType) -> str:
    """What a module says of itself."""
    return inspect.getdoc(module) or ""


def titles_of(indicator: Indicator) -> tuple[str, str]:
    """What its family is called in Swedish and in English, as the module's first line says.

    An indicator without a family, or in one that does not say so, has its own titles.
    """
    try:
        found = _TITLE.match(meaning(module_of(indicator)))
    except LookupError:
        found = None
    if found is None:
        return indicator.title_sv, indicator.title_en
    return f"{found['sv'][:1].upper()}{found['sv'][1:]}", found["en"]
