"""The outbox: files for one school or project each, readable by the operator alone."""

import os
from collections.abc import Mapping
from pathlib import Path

TEMPLATES = "mallar"
FEEDBACK = "aterkoppling"
ATTENTION = "uppmarksamhet"


def write_to_outbox(outbox: Path, owner: str, folder: str, files: Mapping[str, bytes]) -> Path:
    """Put files in place, each whole or not at all, with mode 0600.

    Args:
        outbox: Where the folders of schools and projects are.
        owner: School, project, or another safe name.
        folder: ``mallar``, ``aterkoppling`` or ``uppmarksamhet``.
        files: Content by name.

    Returns:
        The folder they lie in.
    """
    place = outbox / owner / folder
    for made in (place.parent, place):
        made.mkdir(mode=0o700, parents=True, exist_ok=True)
    for name, content in files.items():
        write_alone(place / name, content)
    return place


def write_alone(path: Path, content: bytes) -> None:
    """Put a file in place, whole or not at all, readable by the operator alone (mode 0600)."""
    draft = path.with_name(f".{path.name}.part")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
    draft.replace(path)
