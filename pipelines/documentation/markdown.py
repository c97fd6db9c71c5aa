"""Markdown from docstrings and rows."""

import re
import textwrap
from collections.abc import Container, Iterable, Sequence

WRITTEN = "\nWritten by `make docs` from the code; do not edit.\n"

_VOCABULARY = re.compile(r":data:`schemas\.(codes|rules|grading)\.([A-Z_]+)`")
_MODULE = re.compile(r":mod:`pipelines\.(?:\w+\.)*(\w+)`")
_PAGES = {"codes": "codes.md", "rules": "rules.md", "grading": "rules.md"}


def grid(heading: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    """A Markdown table; a bar inside a cell is escaped."""
    lines = [heading, ["---"] * len(heading), *rows]
    return ["| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines]


def markdown(docstring: str) -> str:
    """A docstring as Markdown: literals and references become code."""
    text = re.sub(r":\w+:`~?(?:[\w.]+\.)?(\w+)`", r"`\1`", textwrap.dedent(docstring).strip())
    return text.replace("``", "`")


def linked(docstring: str, listed: Container[str]) -> str:
    """The same with links: from a constant to the reference, from a module to its part below.

    Args:
        docstring: With references to constants of ``schemas`` and to modules.
        listed: Constants that have a list in the reference; others are named in words.
    """

    def link(found: re.Match[str]) -> str:
        words = found[2].replace("_", " ").lower()
        page = f"../reference/{_PAGES[found[1]]}#{anchor(words)}"
        return f"[{words}]({page})" if found[2] in listed else words

    return markdown(_VOCABULARY.sub(link, _MODULE.sub(_link_below, docstring)))


def titled(docstring: str) -> tuple[str, str]:
    """The title in a docstring's first line, and the rest of it as a text that stands alone."""
    first, _, rest = docstring.partition("\n")
    title, colon, lead = first.partition(": ")
    opening = f"{lead[:1].upper()}{lead[1:]}" if colon else ""
    return title.rstrip("."), f"{opening}\n{rest}".strip() if opening else rest.strip()


def anchor(heading: str) -> str:
    """The name a heading is linked by."""
    kept = re.sub(r"[^\w\- ]", "", heading.lower())
    return kept.replace(" ", "-")


def _link_below(found: re.Match[str]) -> str:
    words = found[1].replace("_", " ")
    return f"[{words}](#{anchor(words)})"
