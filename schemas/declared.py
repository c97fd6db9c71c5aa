"""What declarative files (TOML) of this package have in common."""

from collections.abc import Iterable, Iterator, Mapping
from importlib.abc import Traversable
from typing import Any


class DeclarationError(ValueError):
    """A declarative file cannot be used; names the file and the entry."""


def declared_files(folder: Traversable) -> Iterator[tuple[str, str]]:
    """Name and text of every TOML file in a folder, in order of name."""
    found = {one.name: one for one in folder.iterdir() if one.name.endswith(".toml")}
    for name in sorted(found):
        yield name, found[name].read_text("utf-8")


def words(declared: Mapping[str, Any], languages: Iterable[str]) -> dict[str, str]:
    """What is said in each language.

    Raises:
        KeyError: If a language is missing.
    """
    return {language: str(declared[language]) for language in languages}
