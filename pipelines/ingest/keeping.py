"""Keeping apart: records about pupils whose identity is protected go to the vault, nowhere else.

A record kept apart is accepted: its sender has nothing to correct and is told nothing. What it
says is stored nowhere; the vault's register counts it.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from pyarrow import compute

from pipelines.ingest.register import Register
from schemas.pupils import UNPROTECTED

if TYPE_CHECKING:
    from pipelines.ingest.blocks import Block, TableRows

Flags = NDArray[np.bool_]

PUPIL = "student_id"


def about_protected(block: "Block", tables: Sequence["TableRows"], register: Register) -> Flags:
    """Which records of a block are about pupils whose rows the vault keeps, shape (n,).

    Pupils whom a file marks are entered in the register first, so that all their records count;
    a record that is marked counts too if it does not tell who the pupil is.

    Args:
        block: The records.
        tables: The rows they become.
        register: The vault's; changed.
    """
    about = [rows for rows in tables if PUPIL in rows.parts]
    marked = _marked(block)
    found = marked.copy()
    if marked.any():
        _enter(block, about, marked, register)
    protected = pa.array(sorted(register.protected()), pa.string())
    for rows in about if len(protected) or marked.any() else ():
        part = rows.parts[PUPIL]
        is_protected = compute.is_in(part.verdicts.values, value_set=protected).to_numpy(
            zero_copy_only=False
        )
        own = part.indices[:: rows.width]
        found &= part.verdicts.missing[own]
        found |= is_protected[own]
    return found


def says_protected(text: str) -> bool:
    """Whether what stands in a file's own column says that an identity is protected.

    So does whatever is not known to say the opposite.
    """
    return text.strip().casefold() not in UNPROTECTED


def _marked(block: "Block") -> Flags:
    """Records that a file's own column marks, shape (n,)."""
    name = block.profile.protection
    if name is None:
        return np.zeros(len(block.records), dtype=bool)
    column = block.records.columns[name]
    says = np.array([says_protected(text) for text in column.dictionary.to_pylist()], dtype=bool)
    flags: Flags = says[column.indices.to_numpy()]
    return flags


def _enter(block: "Block", about: Sequence["TableRows"], marked: Flags, register: Register) -> None:
    for span in block.spans:
        places = span.start + np.flatnonzero(marked[span.start : span.stop])
        for rows in about:
            part = rows.parts[PUPIL]
            students = part.verdicts.values.take(pa.array(part.indices[places * rows.width]))
            register.mark(students.drop_null().to_pylist(), span.delivery.delivery_id)
