"""The clock of a run: now, unless the run is told another moment.

A run that repeats the past, or a test that lives through a year, carries its moment as a tag;
nothing else in the program asks what time it is for a figure.
"""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

AT_TAG = "samverkan/at"
AT_ONCE_TAG = "samverkan/at_once"
SETTLE = timedelta(minutes=2)
"""How long a file has not changed before it is taken for whole."""


def moment_of(tags: Mapping[str, str]) -> datetime:
    """The moment of a run, from its tags; now, if they name none."""
    told = tags.get(AT_TAG)
    return datetime.now(UTC) if told is None else datetime.fromisoformat(told)


def settled_before(tags: Mapping[str, str]) -> datetime | None:
    """When a file must have changed last to be whole; None where an operator vouches for it."""
    return None if AT_ONCE_TAG in tags else datetime.now(UTC) - SETTLE


def tags_at(at: datetime | None) -> dict[str, str]:
    """Tags of a run at a moment; none for one that happens now."""
    return {} if at is None else {AT_TAG: at.astimezone(UTC).isoformat(timespec="seconds")}
