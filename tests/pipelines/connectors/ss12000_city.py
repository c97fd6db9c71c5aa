"""A simulated city as SS 12000 entities: the truth that the server in the tests serves."""

import csv
import datetime as dt
import io
from collections import defaultdict
from dataclasses import dataclass, field
from functools import cache
from uuid import NAMESPACE_URL, uuid5

from pipelines.connectors.properties import LOCAL
from pipelines.simulation.exports import all_exports
from pipelines.simulation.history import live_through
from pipelines.simulation.parameters import Parameters
from pipelines.simulation.support import draw_costs
from pipelines.simulation.world import build_world

CITY = Parameters(seed=5, schools=4, years=2, pupils_per_grade=2, lesson_years=1)
MONTH, TERM = "2012-10", "2012HT"
KINDS = ("skolor", "elever", "lektioner", "betyg")
LONG_AGO = "2012-12-20T12:00:00+01:00"
WRITTEN = {"G": "validAbsenceMinutes", "O": "invalidAbsenceMinutes", "A": "otherAttendanceMinutes"}
"""Property for the minutes of each letter of the lesson export; lateness has none of its own."""


def uuid(kind: str, *about: str) -> str:
    return str(uuid5(NAMESPACE_URL, " ".join((kind, *about))))


@cache
def exported() -> dict[str, tuple[bytes, bytes]]:
    """Files of the month and its term as the schools' own exports have them: header, records."""
    world = build_world(CITY)
    history = live_through(world, lambda *_: None)
    costs = draw_costs(world.places, CITY.school_years, CITY.stream("costs"))
    return {
        f"{export.name}.csv": (export.layout.header, export.records())
        for export in all_exports(world, history, costs)
        if export.layout.kind in KINDS and export.period in (MONTH, TERM, "")
    }


def rows_of(kind: str, columns: str) -> list[dict[str, str]]:
    """Records of one kind of export, by short names of their columns."""
    names = columns.split()
    return [
        dict(zip(names, record, strict=True))
        for name, (_, text) in exported().items()
        if name.startswith(f"{kind}_") or name == f"{kind}.csv"
        for record in csv.reader(io.StringIO(text.decode()), delimiter=";")
    ]


@dataclass
class City:
    """Entities by collection and id, what was deleted, and changes made to them.

    Attributes:
        entities: By collection, then by id.
        deleted: Type, id and time of what was deleted.
    """

    entities: dict[str, dict[str, dict]] = field(default_factory=lambda: defaultdict(dict))
    deleted: list[tuple[str, str, dt.datetime]] = field(default_factory=list)

    def add(self, kind: str, key: str, **properties) -> str:
        """Put in an entity that has not changed for long."""
        meta = {"created": LONG_AGO, "modified": LONG_AGO}
        self.entities[kind][key] = {"id": key, "meta": meta, **properties}
        return key

    def change(self, kind: str, key: str, **properties) -> None:
        """Change properties of an entity now."""
        now = dt.datetime.now(dt.UTC).isoformat()
        entity = self.entities[kind][key]
        meta = entity["meta"] | {"modified": now}
        self.entities[kind][key] = entity | properties | {"meta": meta}

    def delete(self, kind: str, type_name: str, key: str) -> None:
        """Take an entity away now."""
        del self.entities[kind][key]
        self.deleted.append((type_name, key, dt.datetime.now(dt.UTC)))


def simulated_city() -> City:
    """A new copy of the city, its sums computed from its lessons."""
    city = City()
    _add_places(city)
    _add_pupils(city)
    _add_lessons(city)
    _add_sums(city)
    _add_grades(city)
    return city


def _add_places(city: City) -> None:
    owner = city.add(
        "organisations", uuid("owner"), displayName="Sjöstad", organisationType="Huvudman"
    )
    for row in rows_of("skolor", "code name district since until"):
        district = uuid("district", row["district"])
        city.add(
            "organisations",
            district,
            displayName=row["district"].title(),
            organisationType="Verksamhetsområde",
            organisationCode=row["district"].upper(),
            parentOrganisation={"id": owner},
        )
        city.add(
            "organisations",
            uuid("school", row["code"]),
            displayName=row["name"],
            organisationType="Skolenhet",
            schoolUnitCode=row["code"],
            schoolTypes=["GR"],
            parentOrganisation={"id": district},
            startDate=row["since"],
        )


def _add_pupils(city: City) -> None:
    columns = "pupil school term grade class since until residence new"
    for row in rows_of("elever", columns):
        key = uuid("pupil", row["pupil"])
        _join_class(city, key, row)
        enrolment = {
            "enroledAt": {"id": uuid("school", row["school"])},
            "schoolType": "GR",
            "schoolYear": int(row["grade"]),
            "startDate": row["since"],
        }
        if row["until"]:
            enrolment["endDate"] = row["until"]
        if key in city.entities["persons"]:
            city.entities["persons"][key]["enrolments"].append(enrolment)
            continue
        city.add(
            "persons",
            key,
            givenName="Påhittad",
            familyName="Hemlig",
            civicNo={"value": row["pupil"], "nationality": "SE"},
            securityMarking="Ingen",
            enrolments=[enrolment],
            emails=[{"value": "hemlig@example.org", "type": "Privat"}],
        )
    guardian = uuid("guardian")
    city.add("persons", guardian, givenName="Vård", familyName="Nadshavare")


def _join_class(city: City, pupil: str, row: dict[str, str]) -> None:
    key = uuid("class", row["school"], row["class"])
    if key not in city.entities["groups"]:
        city.add(
            "groups",
            key,
            displayName=row["class"],
            groupType="Klass",
            schoolType="GR",
            startDate="2012-08-01",
            endDate="2013-06-30",
            organisation={"id": uuid("school", row["school"])},
            groupMemberships=[],
        )
    member = {"person": {"id": pupil}, "startDate": row["since"]}
    if row["until"]:
        member["endDate"] = row["until"]
    city.entities["groups"][key]["groupMemberships"].append(member)


def _add_lessons(city: City) -> None:
    columns = "pupil school date start subject minutes away letter"
    for row in rows_of("lektioner", columns):
        activity = _activity(city, row["school"], row["subject"])
        starts = dt.datetime.fromisoformat(f"{row['date']}T{row['start']}").replace(tzinfo=LOCAL)
        minutes = int(row["minutes"])
        event = uuid("event", activity, row["date"], row["start"], row["minutes"])
        city.add(
            "calendarEvents",
            event,
            activity={"id": activity},
            startTime=starts.astimezone(dt.UTC).isoformat(),
            endTime=(starts + dt.timedelta(minutes=minutes + 5)).isoformat(),
            teachingLengthStudent=minutes,
        )
        away = int(row["away"])
        spent = dict.fromkeys(WRITTEN.values(), 0)
        if away:
            spent[WRITTEN.get(row["letter"], "invalidAbsenceMinutes")] = away
        city.add(
            "attendances",
            uuid("attendance", event, row["pupil"]),
            calendarEvent={"id": event},
            student={"id": uuid("pupil", row["pupil"])},
            isReported=row["letter"] != "R",
            attendanceMinutes=minutes - away,
            absenceReason="Hemlig sjukdom",
            **spent,
        )


def _activity(city: City, school: str, subject: str) -> str:
    syllabus = uuid("syllabus", subject)
    key = uuid("activity", school, subject)
    if key not in city.entities["activities"]:
        city.add(
            "syllabuses",
            syllabus,
            schoolType="GR",
            subjectName=subject,
            subjectDesignation=subject,
            official=True,
        )
        city.add(
            "activities",
            key,
            displayName=f"{subject} {school}",
            calendarEventsRequired=True,
            startDate="2012-08-01",
            endDate="2013-06-30",
            activityType="Undervisning",
            groups=[{"id": uuid("group", school, subject)}],
            syllabus={"id": syllabus},
            organisation={"id": uuid("school", school)},
        )
    return key


def _add_sums(city: City) -> None:
    for total in sums_of(city):
        key = " ".join((total["activity"]["id"], total["student"]["id"]))
        city.entities["aggregatedAttendance"][key] = total


def sums_of(city: City) -> list[dict]:
    """Aggregated attendance of the month, counted from the city's lessons."""
    found: dict[tuple[str, str], dict] = {}
    for one in city.entities["attendances"].values():
        event = city.entities["calendarEvents"][one["calendarEvent"]["id"]]
        about = event["activity"]["id"], one["student"]["id"]
        blank = {
            "activity": {"id": about[0]},
            "student": {"id": about[1]},
            "startDate": "2012-10-01",
            "endDate": "2012-10-31",
            **dict.fromkeys(
                ("attendanceSum", "validAbsenceSum", "invalidAbsenceSum", "otherAttendanceSum"), 0
            ),
            **dict.fromkeys(("reportedSum", "offeredSum"), 0),
        }
        total = found.setdefault(about, blank)
        length = event["teachingLengthStudent"]
        total["offeredSum"] += length
        if one["isReported"]:
            total["reportedSum"] += length
            total["attendanceSum"] += one["attendanceMinutes"]
            total["validAbsenceSum"] += one["validAbsenceMinutes"]
            total["invalidAbsenceSum"] += one["invalidAbsenceMinutes"]
            total["otherAttendanceSum"] += one["otherAttendanceMinutes"]
    return list(found.values())


def _add_grades(city: City) -> None:
    columns = "pupil school term subject scale mark final"
    for row in rows_of("betyg", columns):
        if row["mark"] == "adapted":
            continue
        activity = _activity(city, row["school"], row["subject"])
        city.add(
            "grades",
            uuid("grade", row["pupil"], row["subject"], row["term"]),
            student={"id": uuid("pupil", row["pupil"])},
            organisation={"id": uuid("school", row["school"])},
            registeredBy={"id": uuid("teacher")},
            registeredDate="2012-12-18",
            gradeValue=row["mark"],
            finalGrade=row["final"] == "ja",
            adaptedStudyPlan="",
            semester=row["term"][4:],
            year=int(row["term"][:4]),
            syllabus=city.entities["activities"][activity]["syllabus"],
        )
