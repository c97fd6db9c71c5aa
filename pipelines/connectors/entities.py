"""What is kept of an SS 12000 entity: the properties this project reads, and no others.

Names, addresses, telephone numbers, guardians, photographs and the free text about an absence
are dropped before anything is written to disk. The specification's ``required`` lists are not
enforced here, because they have slips (see :data:`DELETED_AS` and
:mod:`pipelines.connectors.properties`);
a property that is missing is missing, and judged with the rows.
"""

import datetime as dt
import json
from collections.abc import Mapping
from typing import Any

from pipelines.connectors.endpoint import PullError
from pipelines.connectors.journal import Entity
from pipelines.connectors.properties import grade_organisation, reference

REFERENCE = {"id": True}
KEPT: Mapping[str, Mapping[str, Any]] = {
    "organisations": {
        "id": True,
        "displayName": True,
        "organisationType": True,
        "organisationCode": True,
        "schoolUnitCode": True,
        "schoolTypes": True,
        "parentOrganisation": REFERENCE,
        "startDate": True,
        "endDate": True,
    },
    "syllabuses": {"id": True, "subjectDesignation": True, "languageCode": True},
    "activities": {
        "id": True,
        "activityType": True,
        "organisation": REFERENCE,
        "syllabus": REFERENCE,
    },
    "groups": {
        "id": True,
        "displayName": True,
        "groupType": True,
        "organisation": REFERENCE,
        "startDate": True,
        "endDate": True,
        "groupMemberships": {"person": REFERENCE, "startDate": True, "endDate": True},
    },
    "persons": {
        "id": True,
        "civicNo": {"value": True},
        "securityMarking": True,
        "enrolments": {
            "enroledAt": REFERENCE,
            "schoolType": True,
            "schoolYear": True,
            "startDate": True,
            "endDate": True,
        },
    },
    "calendarEvents": {
        "id": True,
        "activity": REFERENCE,
        "startTime": True,
        "endTime": True,
        "cancelled": True,
        "teachingLengthStudent": True,
        "studentExceptions": {"student": REFERENCE, "participates": True, "teachingLength": True},
    },
    "attendances": {
        "id": True,
        "calendarEvent": REFERENCE,
        "student": REFERENCE,
        "isReported": True,
        "attendanceMinutes": True,
        "validAbsenceMinutes": True,
        "invalidAbsenceMinutes": True,
        "otherAttendanceMinutes": True,
    },
    "aggregatedAttendance": {
        "activity": REFERENCE,
        "student": REFERENCE,
        "startDate": True,
        "endDate": True,
        "attendanceSum": True,
        "validAbsenceSum": True,
        "invalidAbsenceSum": True,
        "otherAttendanceSum": True,
        "reportedSum": True,
        "offeredSum": True,
    },
    "grades": {
        "id": True,
        "student": REFERENCE,
        "organisation": REFERENCE,
        "syllabus": REFERENCE,
        "registeredDate": True,
        "gradeValue": True,
        "finalGrade": True,
        "trial": True,
        "correctionType": True,
        "semester": True,
        "year": True,
    },
}
"""Properties kept of each kind; a mapping keeps those within, of an object or of each in a list."""

DELETED_AS: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "organisations": ("Organisation", ("organisations",)),
    "syllabuses": ("Syllabus", ("syllabuses",)),
    "activities": ("Activity", ("activitites", "activities")),  # codespell:ignore
    "groups": ("Group", ("groups",)),
    "persons": ("Person", ("persons",)),
    "calendarEvents": ("CalendarEvent", ("calendarEvents",)),
    "attendances": ("Attendance", ("attendances",)),
    "grades": ("Grade", ("grades",)),
}
"""How ``/deletedEntities`` is asked for a kind and under which keys it answers.

Slips of the specification: it answers with a misspelt key for activities, and
the names of one thing differ between paths, enumeration and answer; so they stand here one by one.
"""


def entity_of(kind: str, written: object) -> Entity:
    """What is kept of an entity as the endpoint wrote it.

    Raises:
        PullError: If it is no object, or nothing says which one it is.
    """
    if not isinstance(written, dict):
        raise PullError(f"/{kind}: a page holds something that is no entity")
    if kind == "grades":
        written = written | {"organisation": grade_organisation(written)}
    kept = _kept(written, KEPT[kind])
    key = _period_key(kept) if kind == "aggregatedAttendance" else kept.get("id")
    if not isinstance(key, str) or not key:
        raise PullError(f"/{kind}: an entity has no id; the endpoint breaks the specification")
    meta = written.get("meta")
    modified = meta.get("modified") if isinstance(meta, dict) else None
    body = json.dumps(kept, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return Entity(kind, key, _as_utc(modified), body)


def _kept(written: Mapping[str, Any], shape: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: value if shape[name] is True else _within(value, shape[name])
        for name, value in written.items()
        if name in shape and value is not None
    }


def _within(value: object, shape: Mapping[str, Any]) -> object:
    if isinstance(value, list):
        return [_kept(one, shape) for one in value if isinstance(one, dict)]
    return _kept(value, shape) if isinstance(value, dict) else {}


def _period_key(kept: Mapping[str, Any]) -> str:
    """What a sum is known by: it has no id of its own."""
    about = [reference(kept, "activity"), reference(kept, "student")]
    dates = [str(kept.get(name, "")) for name in ("startDate", "endDate")]
    return " ".join(about + dates) if all(about) else ""


def _as_utc(written: object) -> str:
    """A point of time that can be compared as text; empty if it is none."""
    try:
        moment = dt.datetime.fromisoformat(str(written))
    except ValueError:
        return ""
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=dt.UTC)
    return moment.astimezone(dt.UTC).isoformat(timespec="microseconds")
