"""Supplements: deliveries that add mended records to the one they come from.

A supplement is a plain CSV file with the columns of the layout its records came in, named after
the file they stood in. Its scope is its own, so it supersedes nothing; and it is in force only
while the delivery that it mends is.
"""

import re
import sqlite3
from collections.abc import Iterable, Mapping
from dataclasses import replace
from functools import cache

from pipelines.ingest.profiles import Cell, Profile, TableMapping, load_profiles

DELIVERY = "rättar leverans"
RECORD = "rättar post"
WORD = "mended"
MENDED = re.compile(rf".+_{WORD}_[0-9a-f]{{4}}(-[0-9a-f]{{4}}){{2}}_[1-9]\d*\.csv")
ENDING = rf"_(?P<kind>{WORD})_(?P<mends>[0-9a-f]{{4}}(?:-[0-9a-f]{{4}}){{2}})_(?P<round>[1-9]\d*)"
SUFFIX = "_mended"
WITH_IT = "in force with the delivery that it mends"
WITHOUT_IT = "the delivery that it mends is not in force"

WITH_SUPPLEMENTS = f"""
    SELECT DISTINCT scope FROM delivery
    WHERE substr(scope, 1, length(?1) + 8) = ?1 || ' {WORD} '
"""
FOLLOWING = f"""
    SELECT delivery_id, status, EXISTS (
        SELECT 1 FROM delivery AS whole
        WHERE whole.status = 'active' AND substr(whole.delivery_id, 1, 12)
            = replace(substr(delivery.scope, instr(delivery.scope, ' {WORD} ') + 8, 14), '-', '')
    )
    FROM delivery WHERE scope = ? AND status IN ('active', 'superseded')
"""  # " mended " has 8 letters, the id that follows it 14


def is_supplement(file_name: str) -> bool:
    """Whether a file is named as a supplement."""
    return MENDED.fullmatch(file_name) is not None


@cache
def supplement_layouts() -> tuple[Profile, ...]:
    """The layouts of supplements, one for each layout."""
    return tuple(layout_of(profile) for profile in load_profiles())


def layout_of(profile: Profile) -> Profile:
    """The layout of supplements to files of a layout: CSV, with the same columns.

    What the lines above the header say there stands in columns of its own here, and two more
    tell which record is mended.
    """
    columns = (*read_columns(profile), *titled(profile), DELIVERY, RECORD)
    return Profile(
        name=f"{profile.name}{SUFFIX}",
        container="csv",
        file_name=re.compile(rf"(?:{profile.file_name.pattern}){ENDING}\.csv"),
        dataset=profile.dataset,
        columns=columns,
        tables=tuple(_mapping(mapping) for mapping in profile.tables),
        ignored=frozenset({DELIVERY, RECORD}),
        same_as_name=profile.same_as_name,
        protection=profile.protection,
    )


def read_columns(profile: Profile) -> list[str]:
    """The columns of a file that are read."""
    return [name for name in profile.columns if name not in profile.ignored]


def titled(profile: Profile) -> Mapping[str, Cell]:
    """Cells whose value stands above the header, by the heading they have in a supplement."""
    return {
        _heading(mapping, name): cell
        for mapping in profile.tables
        for name, cell in mapping.cells.items()
        if cell.from_title is not None
    }


def name_of(file_name: str, delivery_id: str, place: int) -> str:
    """What a supplement is called.

    Args:
        file_name: The file that it mends.
        delivery_id: SHA-256 of that file.
        place: 1 for the first supplement to it.
    """
    mends = "-".join(delivery_id[at : at + 4] for at in (0, 4, 8))
    return f"{file_name}_{WORD}_{mends}_{place}.csv"


def scopes_following(ledger: sqlite3.Connection, scopes: Iterable[str]) -> set[str]:
    """Scopes of the supplements to deliveries of some scopes."""
    found = (ledger.execute(WITH_SUPPLEMENTS, (scope,)) for scope in scopes)
    return {scope for rows in found for (scope,) in rows}


def follow(ledger: sqlite3.Connection, scopes: Iterable[str]) -> dict[str, str]:
    """Put supplements in force, or out of it, with the deliveries they mend.

    Args:
        ledger: The open ledger, when the deliveries that they mend are in order.
        scopes: Which; those that are no supplement's are left alone.

    Returns:
        Why each stands where it stands, by delivery.
    """
    whys: dict[str, str] = {}
    for scope in sorted(scope for scope in scopes if f" {WORD} " in scope):
        for delivery_id, status, is_in_force in ledger.execute(FOLLOWING, (scope,)).fetchall():
            follows = "active" if is_in_force else "superseded"
            whys[delivery_id] = WITH_IT if is_in_force else WITHOUT_IT
            if status != follows:
                query = "UPDATE delivery SET status = ?, cause = NULL WHERE delivery_id = ?"
                ledger.execute(query, (follows, delivery_id))
    return whys


def _mapping(mapping: TableMapping) -> TableMapping:
    cells = {
        name: replace(cell, column=_heading(mapping, name), from_title=None)
        if cell.from_title is not None
        else cell
        for name, cell in mapping.cells.items()
    }
    return replace(mapping, cells=cells)


def _heading(mapping: TableMapping, name: str) -> str:
    return f"{mapping.table} {name}"
