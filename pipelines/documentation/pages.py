"""Every written page and where it lies."""

from pathlib import Path

from pipelines.documentation.definitions import definition_pages
from pipelines.documentation.reference import reference_pages

DOCS = Path(__file__).parents[2] / "docs"
FOLDERS = ("definitions", "reference")
"""Folders of ``docs`` that hold written pages and nothing else."""


def written_pages() -> dict[str, str]:
    """Markdown of every written page by its path below ``docs``."""
    pages = {
        f"{folder}/{name}": text
        for folder, made in zip(FOLDERS, (definition_pages, reference_pages), strict=True)
        for name, text in made().items()
    }
    return {path: f"{text.strip()}\n" for path, text in pages.items()}


def write_pages(docs: Path = DOCS) -> list[Path]:
    """Write every page below ``docs``, delete those nobody writes any more, return the paths."""
    pages = {docs / path: text for path, text in written_pages().items()}
    for folder in FOLDERS:
        (docs / folder).mkdir(parents=True, exist_ok=True)
        for old in set((docs / folder).glob("*.md")) - set(pages):
            old.unlink()
    for path, text in pages.items():
        path.write_text(text, encoding="utf-8", newline="\n")
    return list(pages)
