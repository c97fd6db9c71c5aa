"""Families of indicators: a module is a definition, and its indicators are variants of it."""

import inspect
import re
import sys
from collections.abc import Iterable
from importlib import import_module
from types import ModuleType

from pipelines.indicators.registry import Indicator

_PACKAGE = "pipelines.indicators."


def families(indicators: Iterable[Indicator]) -> dict[ModuleType, list[Indicator]]:
    """The indicators of each module, in the order of the registry."""
    found: dict[ModuleType, list[Indicator]] = {}
    for indicator in indicators:
        found.setdefault(module_of(indicator), []).append(indicator)
    return found


def module_of(indicator: Indicator) -> ModuleType:
    """The module that holds the record; a variant's function may be made by another."""
    modules = [module for name, module in sys.modules.items() if name.startswith(_PACKAGE)]
    return next(
        module
        for module in modules
        if any(one.name == indicator.name for one in getattr(module, "INDICATORS", ()))
    )


def modules_referred_to(modules: Iterable[ModuleType]) -> list[ModuleType]:
    """Modules that hold a part of the definitions, each once."""
    referred = (re.findall(r":mod:`([\w.]+)`", meaning(module)) for module in modules)
    names = dict.fromkeys(name for found in referred for name in found)
    return [import_module(name) for name in names]


def meaning(module: ModuleType) -> str:
    """What a module says of itself."""
    return inspect.getdoc(module) or ""
