"""Markdown from docstrings and rows."""

import re
import textwrap
from collections.abc import Iterable, Sequence

WRITTEN = "\nWritten by `make docs` from the code; do not edit.\n"

_VOCABULARY = re.compile(r":data:`schemas\.(codes|rules|grading)\.([A-Z_]+)`")
_PAGES = {"codes": "codes.md", "rules": "rules.md", "grading": "rules.md"}


def grid(heading: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    """A Markdown table; a bar inside a cell is escaped."""
    lines = [heading, ["---"] * len(heading), *rows]
    return ["| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines]


def markdown(docstring: str) -> str:
    """A docstring as Markdown: literals and references become code."""
    text = re.sub(r":\w+:`~?(?:[\w.]+\.)?(\w+)`", r"`\1`", textwrap.dedent(docstring).strip())
    return text.replace("``", "`")


def linked(docstring: str) -> str:
    """The same with links to the reference where a code list or a dated rule is named."""
    return markdown(_VOCABULARY.sub(_link, docstring))


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


def _link(found: re.Match[str]) -> str:
    module, name = found.groups()
    words = name.replace("_", " ").lower()
    return f"[{words}](../reference/{_PAGES[module]}#{anchor(words)})"
