"""OneRoster 1.2 CSV: a zip of linked files, of which results and enrolments are records.

Records are every line of ``results.csv`` (kind ``result``), and of ``enrollments.csv`` those that
place a student in a homeroom class (kind ``enrollment``); teachers and subject classes are passed
over. Both get the columns they point at in the other files. A record's line is that of its own
file. OneRoster has no attendance.

Settings: ``identity_type`` is the type of the identity number among a user's ``userIds``
(``{type:number}``); without one of that type ``identifier`` is read. ``joined`` and ``closed`` as
in :func:`pipelines.ingest.records.in_blocks`.
"""

import csv
import io
import re
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from pipelines.ingest.formats.workbooks import MOST_BYTES, MOST_RATIO
from pipelines.ingest.profiles import Profile
from pipelines.ingest.records import SHARED_SETTINGS, Found, Records, UnreadableError, in_blocks

VERSION = "1.2"
FIRST_AUTUMN_MONTH = 7
MANIFEST = "manifest"
FILES = (
    "academicSessions", "categories", "classes", "classResources", "courses", "courseResources",
    "demographics", "enrollments", "lineItemLearningObjectiveIds", "lineItems",
    "lineItemScoreScales", "orgs", "resources", "resultLearningObjectiveIds", "results",
    "resultScoreScales", "roles", "scoreScales", "userProfiles", "userResources", "users",
)  # fmt: skip
READ = {
    MANIFEST: ("propertyName", "value"),
    "academicSessions": ("sourcedId", "startDate"),
    "categories": ("sourcedId", "title"),
    "classes": (
        "sourcedId", "title", "courseSourcedId", "classType", "schoolSourcedId", "subjectCodes",
    ),
    "courses": ("sourcedId", "subjectCodes"),
    "enrollments": (
        "sourcedId", "status", "classSourcedId", "schoolSourcedId", "userSourcedId", "role",
        "beginDate", "endDate",
    ),
    "lineItems": ("sourcedId", "classSourcedId", "categorySourcedId", "gradingPeriodSourcedId"),
    "orgs": ("sourcedId", "identifier"),
    "results": (
        "sourcedId", "status", "lineItemSourcedId", "studentSourcedId", "scoreStatus", "textScore",
    ),
    "users": ("sourcedId", "userIds", "identifier", "grades"),
}  # fmt: skip
"""The columns that are read of each file; all others are passed over and never stored."""
UNPACKING = (zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError)
"""What unpacking raises; the last of a member packed in a way that the library does not know."""
NEEDED = {
    "results": ("lineItems", "classes", "categories", "academicSessions", "orgs", "users"),
    "enrollments": ("classes", "orgs", "users"),
}

Row = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class OneRosterContainer:
    """OneRoster 1.2 zip files, bulk."""

    settings = frozenset({"identity_type", *SHARED_SETTINGS})

    def headings(self, path: Path, profile: Profile) -> None:
        """None: the standard names the columns; the manifest and each header are judged.

        Raises:
            UnreadableError: If it is no safe zip, or not a whole bulk export of version 1.2.
        """
        del profile
        with _opened(path) as archive:
            for name in _declared(archive):
                next(_lines(archive, name), None)

    def titles(self, path: Path, profile: Profile) -> str:
        """Nothing: there are no lines above a header."""
        del path, profile
        return ""

    def records(self, path: Path, profile: Profile, *, strictly: bool) -> Iterator[Records]:
        """Results first, then enrolments.

        Raises:
            UnreadableError: If a file cannot be read whole.
        """
        del strictly
        with _opened(path) as archive:
            yield from in_blocks(_found(archive, profile), profile)


CONTAINER = OneRosterContainer()


class _ReferenceError(Exception):
    """A record points at a line that is not there; says in which file."""


@dataclass(slots=True)
class _Linked:
    """The files that records point at, by ``sourcedId``; read when first asked for.

    Attributes:
        archive: The zip file.
        identity_type: Type of the identity number among a user's.
    """

    archive: zipfile.ZipFile
    identity_type: str
    _files: dict[str, dict[str, Row]] = field(default_factory=dict)

    def row(self, name: str, sourced_id: str) -> Row:
        """The line of a file that a record points at.

        Raises:
            _ReferenceError: If there is none.
        """
        if name not in self._files:
            lines = (line for _, line in _lines(self.archive, name))
            self._files[name] = {line["sourcedId"]: line for line in lines if line is not None}
        try:
            return self._files[name][sourced_id]
        except KeyError:
            raise _ReferenceError(name) from None

    def person(self, sourced_id: str) -> dict[str, str]:
        """A user's identity number and grade level."""
        user = self.row("users", sourced_id)
        pattern = rf"\{{{re.escape(self.identity_type)}:([^{{}}]*)\}}"
        found = re.search(pattern, user["userIds"])
        return {
            "identity": found[1] if found else user["identifier"],
            "gradeLevel": user["grades"],
        }

    def school(self, sourced_id: str) -> dict[str, str]:
        """A school's unit code."""
        return {"school": self.row("orgs", sourced_id)["identifier"]}

    def subject(self, lesson_group: Row) -> str:
        """The subject code of a class, or of its course where the class has none."""
        own = lesson_group["subjectCodes"]
        return own or self.row("courses", lesson_group["courseSourcedId"])["subjectCodes"]


def _found(archive: zipfile.ZipFile, profile: Profile) -> Iterator[Found]:
    linked = _Linked(archive, profile.settings["identity_type"])
    declared = _declared(archive)
    for name, read in (("results", _result), ("enrollments", _enrolment)):
        for line, row in _lines(archive, name) if name in declared else ():
            if row is None:
                yield Found(line, {}, f"another number of fields than the header of {name}.csv")
                continue
            try:
                values = read(row, linked)
            except _ReferenceError as missing:
                yield Found(line, {}, f"it points at a line that is not in {missing}.csv")
                continue
            if values is not None:
                is_gone = row["status"] not in ("", "active")
                fault = "it is marked as deleted, in a bulk export" if is_gone else None
                yield Found(line, values, fault)


def _result(row: Row, linked: _Linked) -> dict[str, str]:
    item = linked.row("lineItems", row["lineItemSourcedId"])
    lesson_group = linked.row("classes", item["classSourcedId"])
    session = linked.row("academicSessions", item["gradingPeriodSourcedId"])
    return {
        "kind": "result",
        **linked.person(row["studentSourcedId"]),
        **linked.school(lesson_group["schoolSourcedId"]),
        "subject": linked.subject(lesson_group),
        "term": _term(session["startDate"]),
        "category": linked.row("categories", item["categorySourcedId"])["title"],
        "scoreStatus": row["scoreStatus"],
        "textScore": row["textScore"],
    }


def _enrolment(row: Row, linked: _Linked) -> dict[str, str] | None:
    lesson_group = linked.row("classes", row["classSourcedId"])
    if row["role"] != "student" or lesson_group["classType"] != "homeroom":
        return None
    return {
        "kind": "enrollment",
        **linked.person(row["userSourcedId"]),
        **linked.school(row["schoolSourcedId"]),
        "class": lesson_group["title"],
        "beginDate": row["beginDate"],
        "endDate": row["endDate"],
        "scoreStatus": "fully graded",
    }


def _term(start: str) -> str:
    """The term (``2015HT``) in which a session starts; its text where it is no date."""
    found = re.fullmatch(r"(\d{4})-(\d{2})-\d{2}", start)
    if found is None:
        return start
    return f"{found[1]}{'HT' if int(found[2]) >= FIRST_AUTUMN_MONTH else 'VT'}"


@contextmanager
def _opened(path: Path) -> Iterator[zipfile.ZipFile]:
    """A zip file that is safe to read.

    Raises:
        UnreadableError: If it is none, or breaks while it is read.
    """
    if path.stat().st_size == 0:
        raise UnreadableError("empty", "the file is empty; export it again")
    try:
        with zipfile.ZipFile(path) as archive:
            _refuse_unsafe(archive.infolist())
            yield archive
    except UNPACKING:
        raise UnreadableError("format", "this is no whole zip file; export it again") from None


def _refuse_unsafe(members: list[zipfile.ZipInfo]) -> None:
    names = [member.filename for member in members]
    allowed = {f"{name}.csv" for name in (MANIFEST, *FILES)}
    if len(set(names)) < len(names) or not set(names) <= allowed:
        raise UnreadableError("members", "the zip has files that OneRoster does not; remove them")
    size = sum(member.file_size for member in members)
    packed = max(sum(member.compress_size for member in members), 1)
    if size > MOST_BYTES or size / packed > MOST_RATIO:
        raise UnreadableError("bomb", "the zip unpacks to far more than an export holds")
    if any(member.flag_bits & 1 for member in members):
        raise UnreadableError("encrypted", "the zip is encrypted; send it without a password")


def _declared(archive: zipfile.ZipFile) -> frozenset[str]:
    """The files that the manifest says are there.

    Raises:
        UnreadableError: If it is of another version, or is not what the zip holds.
    """
    names = {name.removesuffix(".csv") for name in archive.namelist()}
    if MANIFEST not in names:
        raise UnreadableError("manifest", "the zip has no manifest.csv")
    rows = (line for _, line in _lines(archive, MANIFEST) if line is not None)
    said = {row["propertyName"]: row["value"] for row in rows}
    if said.get("oneroster.version") != VERSION:
        raise UnreadableError("version", f"the manifest does not say OneRoster {VERSION}")
    modes = {name: said.get(f"file.{name}", "absent") for name in FILES}
    if "delta" in modes.values():
        raise UnreadableError("delta", "the export holds changes only; send a bulk export")
    declared = frozenset(name for name, mode in modes.items() if mode == "bulk")
    if declared != names - {MANIFEST}:
        raise UnreadableError("manifest", "the zip does not hold the files its manifest lists")
    _refuse_incomplete(declared)
    return declared


def _refuse_incomplete(declared: frozenset[str]) -> None:
    kinds = [name for name in NEEDED if name in declared]
    if not kinds:
        raise UnreadableError("no_records", "the zip has neither results.csv nor enrollments.csv")
    missing = sorted({name for kind in kinds for name in NEEDED[kind]} - declared)
    if missing:
        raise UnreadableError("incomplete", f"{', '.join(missing)}.csv is missing from the zip")


def _lines(archive: zipfile.ZipFile, name: str) -> Iterator[tuple[int, Row | None]]:
    """Each record of a file with its line, its read columns by name; None for a ragged one.

    Raises:
        UnreadableError: If it lacks a column, is not UTF-8, or a quotation mark is not closed.
    """
    with archive.open(f"{name}.csv") as member:
        text = io.TextIOWrapper(member, encoding="utf-8-sig", newline="")
        reader, line = csv.reader(text, strict=True), 1
        try:
            header = next(reader, [])
            places = _places(name, header)
            line = reader.line_num + 1
            for fields in reader:
                if fields:
                    is_whole = len(fields) == len(header)
                    values = {key: fields[at].strip() for key, at in places} if is_whole else None
                    yield line, values
                line = reader.line_num + 1
        except UnicodeDecodeError:
            raise UnreadableError("encoding", f"{name}.csv is not UTF-8") from None
        except csv.Error:
            raise UnreadableError("quote", f"{name}.csv has a stray quotation mark", line) from None


def _places(name: str, header: list[str]) -> list[tuple[str, int]]:
    """Where the columns stand that are read of a file.

    Raises:
        UnreadableError: If one is missing or a heading stands twice.
    """
    read = READ.get(name, ())
    missing = [column for column in read if column not in header]
    if missing or len(set(header)) < len(header):
        raise UnreadableError(
            "header", f"{name}.csv: {', '.join(missing) or 'a heading twice'}; export it again", 1
        )
    return [(column, header.index(column)) for column in read]
