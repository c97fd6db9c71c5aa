"""Spells of support invented for tests, as a frame of their contract."""

import pandas as pd

from schemas.participation import Spells


def spell_frame(rows, outcomes=None):
    """Rows of (pupil, project, first day, last day) as spells; ended as planned if not said."""
    frame = pd.DataFrame(rows, columns=["student_id", "project_id", "start_date", "last_day"])
    outcome = pd.Series(outcomes if outcomes is not None else ["planned"] * len(rows), dtype=object)
    days = [(last - first).days + 1 for _, _, first, last in rows]
    given = {
        "school_id": "A",
        "end_date": frame.last_day.where(~outcome.isin(["open", "vanished"]), None),
        "outcome": outcome,
        "number": 1,
        "duration_days": days,
        "weeks": 1,
        "enrolment": "at_school",
    }
    flags = [n for n, c in Spells.to_schema().columns.items() if str(c.dtype) == "boolean"]
    full = frame.assign(**given, **dict.fromkeys(flags, False))
    return full.reindex(columns=Spells.columns()).astype(object).where(lambda f: f.notna(), None)
