"""Design cards as a table to read: facets down, projects across, in Swedish words."""

import ibis
import pandas as pd
from ibis import _

from schemas.designs import ALL_FACETS, BETWEEN_CODES, DESIGN_CODES


def matrix_sv(side_by_side: ibis.Table, year: int) -> pd.DataFrame:
    """The facets of a year in Swedish words, a row for each and a column for each project.

    Args:
        side_by_side: :class:`schemas.designs.SideBySide`.
        year: Which.

    Returns:
        Columns ``Del``, ``Egenskap`` and one by project key; what is not said is empty.
    """
    rows = side_by_side.filter(_.year == year).select("facet", "project_id", "answer").execute()
    told = rows.assign(answer=[in_swedish(one) for one in rows.answer])
    wide: pd.DataFrame = told.pivot_table(
        "answer", "facet", "project_id", aggfunc="first", dropna=False
    )
    wide = wide.reindex([one.facet for one in ALL_FACETS])
    wide = wide.fillna("").rename_axis(columns=None).reset_index(drop=True)
    wide.insert(0, "Egenskap", [one.sv for one in ALL_FACETS])
    wide.insert(0, "Del", [one.group for one in ALL_FACETS])
    return wide


def in_swedish(answer: object) -> str:
    """An answer of a card in words: codes translated, a number with its decimal comma."""
    if not isinstance(answer, str):
        return ""
    words = {code.code: code.sv for code in DESIGN_CODES}
    return ", ".join(
        words.get(part, part.replace(".", ",")) for part in answer.split(BETWEEN_CODES)
    )
