"""Withdrawing: releases that hold rows of a pupil who has since been protected are deleted."""

import re
import shutil
from collections.abc import Collection
from pathlib import Path

from pipelines.releases.release import current
from pipelines.releases.warehouse import WAREHOUSE, open_release
from pipelines.workspace import Workspace
from schemas.columns import STUDENT

WITH_PUPILS = """
    SELECT "schema", "table" FROM data_dictionary WHERE "column" = 'student_id' ORDER BY ALL
"""


def withdraw(workspace: Workspace) -> list[Path]:
    """Delete the releases that a new one without some pupils has taken the place of.

    Of releases as known on a date, which have a folder of their own, all go with the first. The
    release in force stays; if it still holds rows of somebody, the next call looks again.

    Args:
        workspace: Where everything lies.

    Returns:
        What was deleted.
    """
    register = workspace.vault.register
    students = register.published()
    if not students:
        return []
    in_force = current(workspace.releases)
    holding = [
        path.parent
        for path in sorted(workspace.releases.rglob(WAREHOUSE))
        if _holds_rows_of(path, students)
    ]
    gone = [_whole(workspace.releases, one) for one in holding if one != in_force]
    for folder in gone:
        shutil.rmtree(folder, ignore_errors=True)
    if in_force not in holding:
        register.withdrawn(students)
    return gone


def _whole(releases: Path, release: Path) -> Path:
    """The folder to delete: a release, or the folder of those as known on a date."""
    return release if release.parent == releases else release.parent


def _holds_rows_of(warehouse: Path, students: Collection[str]) -> bool:
    """Whether any table of a warehouse has a row of some pupils."""
    known = ", ".join(f"'{one}'" for one in sorted(students) if re.fullmatch(STUDENT, one))
    with open_release(warehouse) as opened:
        tables = opened.rows(WITH_PUPILS).itertuples(index=False, name=None)
        return any(
            len(opened.rows(f'SELECT 1 FROM "{s}"."{t}" WHERE student_id IN ({known}) LIMIT 1'))
            for s, t in tables
        )
