"""Codebooks (kodböcker): the themes that interviews are coded by, declared.

Each is one TOML file in ``codebooks/``; a theme's code is used in one codebook only. Themes of the
framework (ramverk) say which existing structure they are about.
"""

import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.abc import Traversable
from importlib.resources import files
from typing import Any

from schemas.codes import Code, values
from schemas.contract import NAME_PATTERN
from schemas.declared import DeclarationError, declared_files, words

THEME_KINDS = (
    Code("success_factor", "framgångsfaktor", "success factor"),
    Code("obstacle", "hinder", "obstacle"),
    Code("method", "arbetssätt", "working method"),
    Code("selection", "urval av målgruppen", "selection of the target group"),
)

STRUCTURES = (
    Code("sip", "samordnad individuell plan (SIP)", "co-ordinated individual plan (SIP)"),
    Code("bus", "barn i behov av särskilt stöd (BUS)", "children in need of special support (BUS)"),
    Code("pupil_health", "elevhälsa", "pupil health"),
    Code("income_support", "ekonomiskt bistånd", "income support"),
)
"""Existing structures that the framework relates the pilot to."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Theme:
    """What a part of an interview may be about.

    Attributes:
        code: Its name in delivered files.
        words: What it says, by language.
        kind: A code of :data:`THEME_KINDS`.
        structure: A code of :data:`STRUCTURES`, if it is about one.
    """

    code: str
    words: Mapping[str, str]
    kind: str
    structure: str | None


@cache
def load_themes() -> dict[str, Theme]:
    """Every theme of the codebooks that come with the program, by code."""
    return read_themes(files("schemas") / "codebooks")


def read_themes(folder: Traversable) -> dict[str, Theme]:
    """Every theme declared in a folder, by code.

    Raises:
        DeclarationError: If a file cannot be read; names the file and, if it is one, the theme.
    """
    found: dict[str, Theme] = {}
    for file_name, text in declared_files(folder):
        for theme in parse_themes(file_name, text):
            if theme.code in found:
                raise DeclarationError(f"{file_name}: theme {theme.code} stands twice")
            found[theme.code] = theme
    return found


def parse_themes(file_name: str, text: str) -> list[Theme]:
    """The themes a TOML text declares, in order.

    Args:
        file_name: What errors name.
        text: The declaration.

    Raises:
        DeclarationError: If something is missing or unknown.
    """
    try:
        declared = tomllib.loads(text)
        languages = list(declared["languages"])
        return [_theme(file_name, one, languages) for one in declared["themes"]]
    except DeclarationError:
        raise
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise DeclarationError(f"{file_name}: {type(error).__name__}: {error}") from None


def _theme(file_name: str, declared: dict[str, Any], languages: Iterable[str]) -> Theme:
    code = declared.get("code", "without code")
    try:
        theme = Theme(
            code=declared["code"],
            words=words(declared, languages),
            kind=declared["kind"],
            structure=declared.get("structure"),
        )
    except KeyError as error:
        raise DeclarationError(f"{file_name}: theme {code}: {error.args[0]} is missing") from None
    faults = "; ".join(_faults(theme))
    if faults:
        raise DeclarationError(f"{file_name}: theme {code}: {faults}")
    return theme


def _faults(theme: Theme) -> Iterator[str]:
    if not re.match(NAME_PATTERN, theme.code):
        yield "the code may hold a-z, 0-9, - and _"
    if theme.kind not in values(THEME_KINDS):
        yield f"kind {theme.kind} is not one of {', '.join(values(THEME_KINDS))}"
    if theme.structure not in (None, *values(STRUCTURES)):
        yield f"structure {theme.structure} is not one of {', '.join(values(STRUCTURES))}"
