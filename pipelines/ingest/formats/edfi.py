"""Ed-Fi: attendance events of pupils, with their durations as minutes away.

An event says how long it lasted in minutes (``schoolAttendanceDuration``), in school days
(``eventDuration``), or not at all; the column ``minutesAway`` is made of that.

Settings: ``minutes_per_school_day``; ``not_away`` lists descriptors of presence, whose events
are never time away; ``without_duration`` says how many school days an event of a descriptor
lasts if it does not say so itself; ``joined`` and ``closed`` as in
:func:`pipelines.ingest.records.in_blocks`. A file without any event of presence lists
exceptions only: days at school would be missing from every rate, so it is refused.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from pathlib import Path

from pipelines.ingest.formats.json import judge_beginning, objects
from pipelines.ingest.profiles import Profile
from pipelines.ingest.records import SHARED_SETTINGS, Found, Records, UnreadableError, in_blocks

CATEGORY = "attendanceEventCategoryDescriptor"
MINUTES = "schoolAttendanceDuration"
DAYS = "eventDuration"
AWAY = "minutesAway"


@dataclass(frozen=True, slots=True)
class EdfiContainer:
    """Ed-Fi's ``studentSchoolAttendanceEvents`` as JSON, an array or one object per line."""

    settings = frozenset(
        {"minutes_per_school_day", "not_away", "without_duration", *SHARED_SETTINGS}
    )

    def headings(self, path: Path, profile: Profile) -> None:
        """None: an object names its own values; the document's beginning is judged.

        Raises:
            UnreadableError: If it is no JSON, or no list of attendance events.
        """
        judge_beginning(path, profile)

    def titles(self, path: Path, profile: Profile) -> str:
        """Nothing: a document has no lines above its header."""
        del path, profile
        return ""

    def records(self, path: Path, profile: Profile, *, strictly: bool) -> Iterator[Records]:
        """The events in order, each with the line it starts on.

        Raises:
            UnreadableError: If the document is not JSON to its end, or lists absences only.
        """
        del strictly
        with path.open("rb") as file:
            yield from in_blocks(_timed(objects(file, profile), profile), profile)


CONTAINER = EdfiContainer()


def _timed(events: Iterator[Found], profile: Profile) -> Iterator[Found]:
    present = frozenset(profile.settings["not_away"])
    is_complete = is_any = False
    for event in events:
        is_any = True
        is_complete = is_complete or event.values.get(CATEGORY) in present
        yield _with_minutes(event, profile)
    if is_any and not is_complete:
        raise UnreadableError(
            "exceptions_only", "the file lists absences only; export every school day of each pupil"
        )


def _with_minutes(event: Found, profile: Profile) -> Found:
    if event.fault is not None:
        return event
    try:
        minutes = _minutes_away(event, profile)
    except InvalidOperation:
        return Found(event.line, event.values, "a duration is no number")
    fault = "how long it lasted is not said" if minutes is None else None
    return Found(event.line, {**event.values, AWAY: str(minutes)}, fault)


def _minutes_away(event: Found, profile: Profile) -> int | None:
    """Whole minutes; None where neither the event nor the layout says.

    Raises:
        InvalidOperation: If a duration is no number.
    """
    category = event.values.get(CATEGORY, "")
    if category in profile.settings["not_away"]:
        return 0
    if event.values.get(MINUTES):
        return _rounded(Decimal(event.values[MINUTES]))
    days = event.values.get(DAYS) or profile.settings["without_duration"].get(category)
    if days is None:
        return None
    return _rounded(Decimal(str(days)) * profile.settings["minutes_per_school_day"])


def _rounded(minutes: Decimal) -> int:
    if not minutes.is_finite():
        raise InvalidOperation
    return int(minutes.quantize(Decimal(1), ROUND_HALF_UP))
