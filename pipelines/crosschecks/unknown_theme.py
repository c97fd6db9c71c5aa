"""Codings of interviews by a theme that no codebook has."""

import ibis
from ibis import _

from pipelines.crosschecks.registry import Crosscheck, found
from schemas.codebooks import load_themes


def unknown_theme(interview_segments: ibis.Table) -> ibis.Table:
    """Themes of the files of interviews that are not in a codebook, by project."""
    strange = interview_segments.filter(~_.theme.isin(sorted(load_themes())))
    counted = strange.group_by("project_id", "theme").agg(
        count=_.count(), delivery_id=_.delivery_id.max()
    )
    return found(
        counted,
        table_name="core.interview_segments",
        part=counted.project_id + " " + counted.theme,
        expected=0.0,
        measure=_["count"],
        basis=1,
    )


CROSSCHECKS = (
    Crosscheck(
        name="unknown_theme",
        title_sv="Intervjuer kodade med ett tema som ingen kodbok har",
        title_en="Interviews coded by a theme that no codebook has",
        advice_sv="Rätta temats kod i filen, eller lägg till temat i en kodbok i "
        "schemas/codebooks.",
        advice_en="Correct the code in the file, or add the theme to a codebook in "
        "schemas/codebooks.",
        table="checks.findings",
        period="whole",
        reads=("core.interview_segments",),
        judge=unknown_theme,
    ),
)
