"""SS 12000: the zip a pull drops, its entities joined into records.

A record is an enrolment, a grade, a lesson of a pupil, a pupil's sums of a month at a school, or
a school unit; its ``kind`` says which. Columns of other kinds are empty. What the endpoint does
not say stays empty and is judged as missing: unknown minutes are not zero minutes.

Not records: a grade set in an examination (prövning), an event that was cancelled or that the
pupil does not take part in, and whatever is not teaching (activityType other than Undervisning).
Of a pupil whose identity is protected every record is ``marked``; the vault keeps those.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from pipelines.connectors.delivery import Manifest, read_entities, read_manifest
from pipelines.connectors.properties import (
    above,
    enrolled_at,
    enrolled_in,
    is_class_of,
    is_of_term,
    is_within,
    local_time,
    memberships,
    reference,
    unit_code,
)
from pipelines.ingest.profiles import Profile
from pipelines.ingest.records import (
    Found,
    Records,
    UnreadableError,
    compare_headings,
    in_blocks,
)
from schemas.calendar import months_of_term
from schemas.grading import scale_in_use

TEACHING = ("Undervisning", None)
UNPROTECTED = ("Ingen", None)
SUMS = {
    "offered": "offeredSum",
    "reported": "reportedSum",
    "valid": "validAbsenceSum",
    "invalid": "invalidAbsenceSum",
    "other": "otherAttendanceSum",
}
AWAY = {
    "authorised": "validAbsenceMinutes",
    "unauthorised": "invalidAbsenceMinutes",
    "other_activity": "otherAttendanceMinutes",
}
COLUMNS: Mapping[str, tuple[str, ...]] = {
    "month": (
        *("kind", "pupil", "marked", "school", "month", *SUMS),
        *("date", "start", "subject", "minutes", "status", "away"),
    ),
    "register": (
        *("kind", "pupil", "marked", "school", "term", "grade", "class", "from", "to"),
        *("subject", "scale", "mark", "final"),
    ),
    "schools": ("kind", "school", "name", "district", "from", "to"),
}
"""Columns of the records, by what a delivery holds."""

MIXED = "more than one kind of absence in one lesson"
UNDATED = "the grade does not say year and semester"


@dataclass(frozen=True, slots=True)
class Lookup:
    """What entities refer to.

    Attributes:
        path: The delivery.
        manifest: What it says of itself.
        organisations: Organisations by id.
        persons: Persons by id.
        activities: Activities by id.
        subjects: Subject code by id of the syllabus.
    """

    path: Path
    manifest: Manifest
    organisations: Mapping[str, dict[str, Any]]
    persons: Mapping[str, dict[str, Any]]
    activities: Mapping[str, dict[str, Any]]
    subjects: Mapping[str, str]

    @classmethod
    def of(cls, path: Path) -> "Lookup":
        """Read what a delivery's entities refer to."""
        kinds = ("organisations", "persons", "activities", "syllabuses")
        found = {kind: _by_id(path, kind) for kind in kinds}
        subjects = {
            key: _text(one, "subjectDesignation") for key, one in found.pop("syllabuses").items()
        }
        return cls(path, read_manifest(path), subjects=subjects, **found)

    def entities(self, kind: str) -> Iterator[tuple[int, dict[str, Any]]]:
        """Line and content of the entities of a kind."""
        return read_entities(self.path, kind)

    def row(self, line: int, student: str, values: Mapping[str, str], fault: str | None) -> Found:
        """A record about a pupil, who is marked if the identity is protected."""
        person = self.persons.get(student, {})
        marked = "" if person.get("securityMarking") in UNPROTECTED else "ja"
        number = person.get("civicNo")
        pupil = _text(number, "value") if isinstance(number, dict) else ""
        return Found(line, {**values, "pupil": pupil, "marked": marked}, fault)

    def school(self, organisation: str) -> str:
        """Code of the school unit an organisation is or lies within; empty if of none."""
        return unit_code(self.organisations, organisation)

    def enrolled_school(self, student: str, day: str) -> str:
        """The one school a pupil is enrolled at on a day; empty if there is none or are several."""
        own = enrolled_at(self.persons.get(student, {}), day)
        return self.school(own.pop()) if len(own) == 1 else ""

    def taught(self, activity: str) -> tuple[str, str]:
        """School and subject code of an activity, each empty if it has none."""
        found = self.activities.get(activity, {})
        subject = self.subjects.get(reference(found, "syllabus"), "")
        return self.school(reference(found, "organisation")), subject

    def is_teaching(self, activity: str) -> bool:
        """Whether an activity counts as teaching."""
        return self.activities.get(activity, {}).get("activityType") in TEACHING


def _by_id(path: Path, kind: str) -> dict[str, dict[str, Any]]:
    """Entities by what others refer to them by.

    Raises:
        UnreadableError: If one has no such name.
    """
    found = {}
    for line, one in read_entities(path, kind):
        if not isinstance(one.get("id"), str):
            raise UnreadableError("json", "this is no entity; pull it again", line)
        found[one["id"]] = one
    return found


class Lesson(NamedTuple):
    """An event as it was held for those who take part in it.

    Attributes:
        school: School of its activity; empty if that has none.
        subject: Subject code; empty if not told.
        date: Local date.
        start: Local time, ``HH:MM``.
        minutes: Teaching time; None if not told.
        exceptions: By pupil: its own minutes, None where it does not take part.
    """

    school: str
    subject: str
    date: str
    start: str
    minutes: int | None
    exceptions: Mapping[str, int | None]


@dataclass(frozen=True, slots=True)
class Ss12000Container:
    """Zips of SS 12000."""

    def headings(self, path: Path, profile: Profile) -> list[str] | None:
        """The columns of what the delivery holds.

        Raises:
            UnreadableError: If it is no such zip.
        """
        del profile
        return list(COLUMNS.get(read_manifest(path).holds, ()))

    def titles(self, path: Path, profile: Profile) -> str:
        """Nothing: the manifest is no prose."""
        del path, profile
        return ""

    def records(self, path: Path, profile: Profile, *, strictly: bool) -> Iterator[Records]:
        """The records, table by table.

        Raises:
            UnreadableError: If the zip cannot be read whole.
        """
        del strictly
        compare_headings(self.headings(path, profile) or [], profile)
        lookup = Lookup.of(path)
        tables = lookup.manifest.tables
        rows = (row for table in tables if table in ROWS for row in ROWS[table](lookup))
        yield from in_blocks(rows, profile)


CONTAINER = Ss12000Container()


def school_rows(lookup: Lookup) -> Iterator[Found]:
    """School units of the forms of schooling that count."""
    wanted = set(lookup.manifest.school_types)
    for line, unit in lookup.entities("organisations"):
        forms = set(unit.get("schoolTypes") or wanted)
        if not _text(unit, "schoolUnitCode") or not forms & wanted:
            continue
        own = above(lookup.organisations, unit["id"])
        kinds = (o for o in own if _is_district(o, lookup.manifest))
        values = {
            "kind": "school",
            "school": _text(unit, "schoolUnitCode"),
            "name": _text(unit, "displayName"),
            "district": _text(next(kinds, {}), "organisationCode").casefold(),
            "from": _text(unit, "startDate"),
            "to": _text(unit, "endDate"),
        }
        yield Found(line, values)


def enrolment_rows(lookup: Lookup) -> Iterator[Found]:
    """Enrolments that touch the term."""
    term = lookup.manifest.period
    classes = _classes(lookup)
    for line, person in lookup.entities("persons"):
        for one in enrolled_in(person, term):
            if one.get("schoolType") not in lookup.manifest.school_types:
                continue
            school = lookup.school(reference(one, "enroledAt"))
            values = {
                "kind": "enrolment",
                "term": term,
                "school": school,
                "grade": _text(one, "schoolYear"),
                "class": _class_name(classes.get((person["id"], school), ()), one, term),
                "from": _text(one, "startDate"),
                "to": _text(one, "endDate"),
            }
            yield lookup.row(line, person["id"], values, None)


class Membership(NamedTuple):
    """A pupil's time in a class.

    Attributes:
        name: Of the class, as written.
        dates: ``startDate`` and ``endDate``, ISO; empty where open.
    """

    name: str
    dates: Mapping[str, str]


def _classes(lookup: Lookup) -> Mapping[tuple[str, str], list[Membership]]:
    """The classes of the term that pupils are in, by pupil and school unit."""
    found: dict[tuple[str, str], list[Membership]] = {}
    for _, group in lookup.entities("groups"):
        if is_class_of(group, lookup.manifest.period):
            school = lookup.school(reference(group, "organisation"))
            for person, dates in memberships(group):
                own = found.setdefault((person, school), [])
                own.append(Membership(_text(group, "displayName"), dates))
    return found


def _class_name(own: Sequence[Membership], enrolment: Mapping[str, Any], term: str) -> str:
    """The class a pupil is in on the last day of an enrolment in a term, or was in last before.

    Empty if that is none, or two: nobody can say which.
    """
    months = months_of_term(term)
    last_day = min(_text(enrolment, "endDate") or "9999-12-31", f"{months[-1]}-31")
    first_day = max(_text(enrolment, "startDate"), f"{months[0]}-01")
    here = [one for one in own if is_within(one.dates, first_day, last_day)]
    until = max((min(one.dates["endDate"] or last_day, last_day) for one in here), default="")
    names = {o.name for o in here if min(o.dates["endDate"] or last_day, last_day) == until}
    return names.pop() if len(names) == 1 else ""


def grade_rows(lookup: Lookup) -> Iterator[Found]:
    """Grades of the term; of a grade and its correction, the later one."""
    term = lookup.manifest.period
    scale = scale_in_use(term).scale_id
    for line, grade in _latest(lookup.entities("grades")):
        final = grade.get("finalGrade")
        values = {
            "kind": "grade",
            "term": term,
            "school": lookup.school(reference(grade, "organisation")),
            "subject": lookup.subjects.get(reference(grade, "syllabus"), ""),
            "scale": scale,
            "mark": _text(grade, "gradeValue"),
            "final": {True: "yes", False: "no"}.get(final, "") if final is not None else "",
        }
        says_term = grade.get("year") and grade.get("semester") and is_of_term(grade, term)
        yield lookup.row(line, reference(grade, "student"), values, None if says_term else UNDATED)


def attendance_rows(lookup: Lookup) -> Iterator[Found]:
    """A pupil's sums at a school, over its activities; unknown where one of them is."""
    month = lookup.manifest.period
    sums: dict[tuple[str, str], tuple[int, dict[str, int | None]]] = {}
    for line, one in lookup.entities("aggregatedAttendance"):
        activity, student = reference(one, "activity"), reference(one, "student")
        if not lookup.is_teaching(activity):
            continue
        day = _text(one, "startDate")
        school = lookup.taught(activity)[0] or lookup.enrolled_school(student, day)
        own = {name: _whole(one.get(written)) for name, written in SUMS.items()}
        first, before = sums.get((student, school), (line, dict.fromkeys(SUMS, 0)))
        sums[student, school] = first, {name: _plus(before[name], own[name]) for name in SUMS}
    for (student, school), (line, total) in sums.items():
        values = {"kind": "attendance", "school": school, "month": month}
        yield lookup.row(line, student, values | {k: _written(v) for k, v in total.items()}, None)


def lesson_rows(lookup: Lookup) -> Iterator[Found]:
    """What became of every lesson for every pupil who was to be there."""
    lessons = dict(_lessons(lookup))
    for line, one in lookup.entities("attendances"):
        lesson = lessons.get(reference(one, "calendarEvent"))
        student = reference(one, "student")
        if lesson is None or lesson.exceptions.get(student, 0) is None:
            continue
        minutes = lesson.exceptions.get(student) or lesson.minutes
        status, away, fault = outcome(one, minutes)
        values = {
            "kind": "lesson",
            "school": lesson.school or lookup.enrolled_school(student, lesson.date),
            "month": lookup.manifest.period,
            "date": lesson.date,
            "start": lesson.start,
            "subject": lesson.subject,
            "minutes": _written(minutes),
            "status": status,
            "away": _written(away),
        }
        yield lookup.row(line, student, values, fault)


ROWS: Mapping[str, Callable[[Lookup], Iterable[Found]]] = {
    "schools": school_rows,
    "enrolments": enrolment_rows,
    "grades": grade_rows,
    "attendance": attendance_rows,
    "lessons": lesson_rows,
}
"""How the records of each table are made."""


def outcome(
    attendance: Mapping[str, Any], minutes: int | None
) -> tuple[str, int | None, str | None]:
    """Status of a lesson for a pupil, time away [minutes], and what is wrong with it.

    A lesson here has one status, so two kinds of absence in one lesson cannot be told. Version
    2.1 requires none of the minutes: a missing one is zero only if the others fill the lesson.

    Args:
        attendance: The entity.
        minutes: Length of the lesson for the pupil; None if unknown.
    """
    if attendance.get("isReported") is not True:
        return (
            ("unreported", 0, None) if attendance.get("isReported") is False else ("", None, None)
        )
    told = {status: _whole(attendance.get(written)) for status, written in AWAY.items()}
    known = {status: away for status, away in told.items() if away is not None}
    present = _whole(attendance.get("attendanceMinutes"))
    is_filled = present is not None and present + sum(known.values()) == minutes
    if len(known) < len(told) and not is_filled:
        return "", None, None
    away = [(status, time) for status, time in known.items() if time]
    if len(away) > 1:
        return "", None, MIXED
    return (*away[0], None) if away else ("present", 0, None)


def _lessons(lookup: Lookup) -> Iterator[tuple[str, Lesson]]:
    """Events that were held as teaching, by id."""
    for _, event in lookup.entities("calendarEvents"):
        starts, ends = local_time(event, "startTime"), local_time(event, "endTime")
        activity = reference(event, "activity")
        if event.get("cancelled") is True or starts is None or not lookup.is_teaching(activity):
            continue
        length = None if ends is None else int((ends - starts).total_seconds() // 60)
        minutes = _whole(event.get("teachingLengthStudent"))
        yield (
            event["id"],
            Lesson(
                *lookup.taught(activity),
                starts.date().isoformat(),
                f"{starts:%H:%M}",
                length if minutes is None else minutes,
                dict(_exceptions(event)),
            ),
        )


def _exceptions(event: Mapping[str, Any]) -> Iterator[tuple[str, int | None]]:
    """A pupil's own minutes, 0 for those of the event; None where the pupil does not take part."""
    for one in event.get("studentExceptions") or ():
        takes_part = one.get("participates") is not False
        yield (
            reference(one, "student"),
            (_whole(one.get("teachingLength")) or 0) if takes_part else None,
        )


def _latest(
    grades: Iterable[tuple[int, dict[str, Any]]],
) -> Iterator[tuple[int, dict[str, Any]]]:
    """Grades without examinations, and without those that a later correction replaces.

    Two grades of one pupil, subject and term of which neither says that it corrects the other
    both stay, and are held back as a conflict.
    """
    by_subject: dict[tuple[object, ...], list[tuple[int, dict[str, Any]]]] = {}
    for line, grade in grades:
        if grade.get("trial") is not True:
            about = (reference(grade, "student"), reference(grade, "syllabus"))
            when = (grade.get("year"), grade.get("semester"))
            by_subject.setdefault((*about, *when), []).append((line, grade))
    for found in by_subject.values():
        ordered = sorted(found, key=lambda one: _text(one[1], "registeredDate"))
        yield from ordered[-1:] if ordered[-1][1].get("correctionType") else ordered


def _is_district(organisation: Mapping[str, Any], manifest: Manifest) -> bool:
    return organisation.get("organisationType") == manifest.district_type


def _text(entity: Mapping[str, Any], name: str) -> str:
    """A property as text; empty where there is none, or where it is no single value."""
    value = entity.get(name)
    return str(value) if isinstance(value, str | int) and not isinstance(value, bool) else ""


def _whole(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _plus(one: int | None, other: int | None) -> int | None:
    return None if one is None or other is None else one + other


def _written(number: int | None) -> str:
    return "" if number is None else str(number)
