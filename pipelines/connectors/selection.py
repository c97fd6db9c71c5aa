"""Which of the entities that came belong to a delivery: those its tables rest on, no others.

So a pupil who is read but has neither lessons, sums, grades nor an enrolment in the period is
not kept, and a pull of what changed ends in the same entities as a pull of everything.
"""

import json
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from pipelines.connectors.journal import Journal
from pipelines.connectors.properties import (
    enrolled_in,
    is_class_of,
    is_of_term,
    is_within,
    local_time,
    memberships,
    reference,
    unit_code,
)
from pipelines.connectors.ss12000 import Asked

Keys = dict[str, set[str]]


@dataclass(frozen=True, slots=True)
class Selection:
    """The entities of a delivery.

    Attributes:
        journal: Where they stand.
        keys: Which, by kind.
        silent: Pupils enrolled in the month of whom nothing is told, by school unit [count].
    """

    journal: Journal
    keys: Keys
    silent: Mapping[str, int] = field(default_factory=dict)

    def bodies(self, kind: str) -> Iterator[str]:
        """Canonical JSON of the entities of a kind, in order of key."""
        wanted = self.keys[kind]
        return (body for key, body in self.journal.bodies(kind) if key in wanted)

    def counts(self) -> dict[str, int]:
        """How many entities of each kind there are [count]."""
        return {kind: len(wanted) for kind, wanted in self.keys.items()}


def of_month(journal: Journal, asked: Asked, fetch: Callable[[str, str], None]) -> Selection:
    """What attendance of the month rests on: sums, or lessons and their registers.

    Args:
        journal: What came.
        asked: Month and tables.
        fetch: Reads one entity that is referred to and did not come.
    """
    keys: Keys = {kind: set() for kind in ("organisations", "activities", "persons")}
    if "attendance" in asked.source.deliver:
        sums = ((k, e) for k, e in _read(journal, "aggregatedAttendance") if _is_of_month(e, asked))
        keys["aggregatedAttendance"] = _referring(
            keys, sums, activities="activity", persons="student"
        )
    if "lessons" in asked.source.deliver:
        keys["syllabuses"] = set()
        events = ((k, e) for k, e in _read(journal, "calendarEvents") if _starts(e) == asked.month)
        held = keys["calendarEvents"] = _referring(keys, events, activities="activity")
        own = _read(journal, "attendances")
        own = ((key, one) for key, one in own if reference(one, "calendarEvent") in held)
        keys["attendances"] = _referring(keys, own, persons="student")
    told = frozenset(keys["persons"])
    return replace(_completed(journal, keys, fetch), silent=_silent(journal, asked, told))


def of_register(journal: Journal, asked: Asked, fetch: Callable[[str, str], None]) -> Selection:
    """What the term's register rests on: pupils enrolled in it, and its grades."""
    keys: Keys = {kind: set() for kind in ("organisations", "persons")}
    if "enrolments" in asked.source.deliver:
        own = _read(journal, "persons")
        keys["persons"] = {key for key, one in own if any(enrolled_in(one, asked.term))}
        groups = _read(journal, "groups")
        keys["groups"] = {
            key
            for key, one in groups
            if is_class_of(one, asked.term)
            and not keys["persons"].isdisjoint(person for person, _ in memberships(one))
        }
    if "grades" in asked.source.deliver:
        keys["syllabuses"] = set()
        grades = ((k, e) for k, e in _read(journal, "grades") if is_of_term(e, asked.term))
        keys["grades"] = _referring(keys, grades, persons="student", syllabuses="syllabus")
    return _completed(journal, keys, fetch)


def _silent(journal: Journal, asked: Asked, told: Collection[str]) -> dict[str, int]:
    """How many enrolled pupils of each school unit nothing is told of in the month."""
    units = dict(_read(journal, "organisations"))
    found: Counter[str] = Counter()
    for key, person in _read(journal, "persons"):
        if key in told:
            continue
        found.update(
            {
                unit_code(units, reference(one, "enroledAt"))
                for one in person.get("enrolments") or ()
                if one.get("schoolType") in asked.source.school_types
                and is_within(one, asked.first_day, asked.last_day)
            }
        )
    return dict(sorted(found.items()))


def of_schools(journal: Journal) -> Selection:
    """Every organisation."""
    return Selection(journal, {"organisations": journal.keys("organisations")})


def _starts(event: dict[str, Any]) -> str:
    start = local_time(event, "startTime")
    return start.strftime("%Y-%m") if start else ""


def _is_of_month(total: dict[str, Any], asked: Asked) -> bool:
    starts, ends = str(total.get("startDate") or ""), str(total.get("endDate") or "")
    return asked.first_day <= starts[:10] and ends[:10] <= asked.last_day


def _completed(journal: Journal, keys: Keys, fetch: Callable[[str, str], None]) -> Selection:
    """The selection with what its entities refer to, read one by one where it did not come."""
    _fetch(journal, keys, "activities", fetch)
    if "syllabuses" in keys and "activities" in keys:
        own = ((k, e) for k, e in _read(journal, "activities") if k in keys["activities"])
        _referring(keys, own, syllabuses="syllabus")
    for kind in ("syllabuses", "persons"):
        _fetch(journal, keys, kind, fetch)
    keys["organisations"] = journal.keys("organisations")
    return Selection(journal, keys)


def _fetch(journal: Journal, keys: Keys, kind: str, fetch: Callable[[str, str], None]) -> None:
    if kind not in keys:
        return
    for identifier in sorted(keys[kind] - journal.keys(kind) - {""}):
        fetch(kind, identifier)
    keys[kind] &= journal.keys(kind)


def _referring(
    keys: Keys, entities: Iterator[tuple[str, dict[str, Any]]], **names: str
) -> set[str]:
    """The keys of entities, read one by one; what they refer to is added to ``keys`` by kind."""
    own = set()
    for key, entity in entities:
        own.add(key)
        for kind, name in names.items():
            keys[kind].add(reference(entity, name))
    return own


def _read(journal: Journal, kind: str) -> Iterator[tuple[str, dict[str, Any]]]:
    return ((key, json.loads(body)) for key, body in journal.bodies(kind))
