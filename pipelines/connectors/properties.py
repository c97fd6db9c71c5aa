"""What the properties of an SS 12000 entity mean here: to whom it refers, and when it holds."""

import datetime as dt
from collections.abc import Iterator, Mapping
from typing import Any
from zoneinfo import ZoneInfo

from schemas.calendar import months_of_term

LOCAL = ZoneInfo("Europe/Stockholm")
CLASS = "Klass"
"""The type of a group that is a class; other groups are taught together in one subject."""


def reference(entity: Mapping[str, Any], name: str) -> str:
    """The id an entity refers to under a name; empty if to nothing."""
    found = entity.get(name)
    identifier = found.get("id") if isinstance(found, dict) else None
    return identifier if isinstance(identifier, str) else ""


def grade_organisation(grade: Mapping[str, Any]) -> object:
    """The school of a grade.

    Slip of the specification: ``Grade.required`` lists ``schoolUnit``, which is no property of
    it; the property is ``organisation``. Servers follow one or the other.
    """
    return grade.get("organisation") or grade.get("schoolUnit")


def above(
    organisations: Mapping[str, Mapping[str, Any]], identifier: str
) -> Iterator[Mapping[str, Any]]:
    """An organisation and what it lies within, the nearest first."""
    seen: set[str] = set()
    while identifier in organisations and identifier not in seen:
        seen.add(identifier)
        found = organisations[identifier]
        yield found
        identifier = reference(found, "parentOrganisation")


def unit_code(organisations: Mapping[str, Mapping[str, Any]], identifier: str) -> str:
    """Code of the school unit an organisation is or lies within; empty if of none."""
    codes = (str(one.get("schoolUnitCode") or "") for one in above(organisations, identifier))
    return next(filter(None, codes), "")


def is_within(entity: Mapping[str, Any], first_day: str, last_day: str) -> bool:
    """Whether something with a start and an end, each included or open, touches some days, ISO."""
    starts, ends = (str(entity.get(name) or "") for name in ("startDate", "endDate"))
    return starts <= last_day and (not ends or ends >= first_day)


def is_class_of(group: Mapping[str, Any], term: str) -> bool:
    """Whether a group is a class that there is in a term."""
    months = months_of_term(term)
    return group.get("groupType") == CLASS and is_within(
        group, f"{months[0]}-01", f"{months[-1]}-31"
    )


def memberships(group: Mapping[str, Any]) -> Iterator[tuple[str, dict[str, str]]]:
    """Persons of a group, and from when to when; the group's own dates where theirs are open."""
    for one in group.get("groupMemberships") or ():
        dates = {name: one.get(name) or group.get(name) for name in ("startDate", "endDate")}
        yield reference(one, "person"), {name: str(day or "") for name, day in dates.items()}


def enrolled_in(person: Mapping[str, Any], term: str) -> Iterator[dict[str, Any]]:
    """The enrolments of a person that touch a term; one without dates touches every term."""
    months = months_of_term(term)
    for enrolment in person.get("enrolments") or ():
        starts, ends = (str(enrolment.get(name) or "") for name in ("startDate", "endDate"))
        if starts[:7] <= months[-1] and (not ends or ends[:7] >= months[0]):
            yield enrolment


def enrolled_at(person: Mapping[str, Any], day: str) -> set[str]:
    """The school units a person is enrolled at on a day, ISO."""
    return {
        reference(enrolment, "enroledAt")
        for enrolment in person.get("enrolments") or ()
        if str(enrolment.get("startDate") or "") <= day <= str(enrolment.get("endDate") or day)
    }


def is_of_term(grade: Mapping[str, Any], term: str) -> bool:
    """Whether a grade is of a term: as it says, or by its date where it does not say.

    It counts by its date alone only to be held back with a reason, not to be taken for granted.
    """
    if grade.get("year") and grade.get("semester"):
        return f"{grade['year']}{grade['semester']}" == term
    registered = str(grade.get("registeredDate") or "")
    return registered[:7] in months_of_term(term)


def local_time(entity: Mapping[str, Any], name: str) -> dt.datetime | None:
    """A point of time as the clock in Stockholm has it; None if it is not told with an offset."""
    try:
        moment = dt.datetime.fromisoformat(str(entity.get(name)))
    except ValueError:
        return None
    return moment.astimezone(LOCAL) if moment.tzinfo else None
