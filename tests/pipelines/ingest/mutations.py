"""Whole files of every layout, and ways to spoil them; a recipe makes the same file again.

A recipe names a sample and the operations done to it, each with the seed of its random numbers,
so that a failure can be told without telling any content.
"""

import csv
import io
import json
import re
import zipfile
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import openpyxl

from pipelines.connectors.delivery import KINDS, Manifest, write_delivery
from pipelines.ingest.blocks import contract_of
from pipelines.ingest.profiles import Profile, load_profiles
from pipelines.ingest.recognition import recognise
from pipelines.ingest.records import UnreadableError
from pipelines.schools.forms import form_book, form_name
from schemas.forms import WORK_PLAN
from tests.pipelines.ingest import vklass_reports as vklass
from tests.pipelines.ingest.deliveries import SCHOOL, number
from tests.pipelines.ingest.formats import test_edfi as edfi
from tests.pipelines.ingest.formats import test_oneroster as oneroster
from tests.pipelines.ingest.formats import test_ss12000 as ss12000
from tests.pipelines.ingest.formats import test_xml as grades_xml

Sample = tuple[str, bytes]
Operation = Callable[[bytes, np.random.Generator], bytes]

ROWS = 8
VERSION = r"(_v(?P<version>[1-9]\d?))?"
GROUPS = {
    r"(?P<school_id>[0-9A-Z]{2,12})": SCHOOL,
    r"(?P<month>\d{4}-\d{2})": "2016-03",
    r"(?P<term>\d{4}(HT|VT))": "2016VT",
    r"(?P<term>\d{4}VT)": "2016VT",
    r"(?P<project_id>[0-9a-z][0-9a-z-]*)": "stod",
    r"(?P<instrument>[0-9a-z][0-9a-z-]*)": "trygghet",
    r"(?P<school_year>\d{4}-\d{2})": "2015-16",
    r"(?P<year>\d{4})": "2023",
    r"(?P<year>20\d{2})": "2016",
    r"(?P<document>[0-9a-z][0-9a-z-]*)": "rapport-2016",
    r"(?P<coder>[0-9a-z][0-9a-z-]*)": "k1",
    r"(?P<year>(?!2024)\d{4})": "2023",
    r"(?P<year>2024)": "2024",
    r"(?P<region>[a-z-]+)": "norr",
    r"(?P<course>mat|por)": "mat",
    r"(?P<subject>ela|math)": "ela",
    r"\.(csv|xlsx)": ".csv",
    VERSION: "",
}
VALUES = {
    "school_id": SCHOOL, "month": "2016-03", "term": "2016VT", "subject_code": "MA",
    "scale_id": "A-F", "mark": "C", "grade_level": "9", "class_name": "9A", "pupils": "20",
    "start_date": "2016-01-10", "planned_end_date": "2016-06-01", "end_date": "2016-06-01",
    "residence_district_id": "centrum", "lesson_date": "2016-03-07", "school_day": "2016-03-07",
    "starts_at": "08:1{}", "project_id": "stod", "school_year": "2015/16", "valid_to": "",
    "scheduled_minutes": "60", "reported_minutes": "60", "valid_from": "2010-07-01",
    "first_term": "2015HT", "last_term": "", "instrument": "trygghet", "area_code": "{:04d}",
    "district_id": "d{}", "item_code": "f{}", "answer": "3", "year": "2016",
    "kind": "verksamhet", "movement": "utbetalning", "paid_on": "2016-03-0{}",
    "decided_on": "2016-02-0{}", "condition": "plan beslutad av styrgruppen", "schools": "2",
    "met_on": "2016-02-01", "category": "personal", "facet": "Hembesök", "code": "ja", "value": "",
    "measure": "Elever med stöd", "document": "rapport-2016", "as_of": "2016-09-0{}",
    "informant": "u{}", "segment_no": "1", "coder": "k1",
}  # fmt: skip
UNIQUE = {
    "core.schools": {"school_id": "1000000{}"}, "core.projects": {"project_id": "stod-{}"},
    "core.project_schools": {"school_id": "1000000{}"},
    "core.school_absence": {"grade_level": "{}"},
}  # fmt: skip
TOKENS = [
    "", "-", "..", "NULL", "NaN", "1e309", "-1", "0", "1 234", "1,5", "1.5", "93,5 %", '"', '""',
    ";", "\t", "\r", "\n", "\r\n", "\0", "\u00c3\u00a5", "\u00e5", "a\u030a", "\u202e", "\u200b",
    "\U0001f600", "=1+1", "<x>", "&a;", "]]>", "{", "}", "[", "null", "true",
    "99999999999999999999", "2016-02-30", "01/02/2016", "2016-03-07T08:10:00Z", "\ufeff",
    "A" * 70_000, "Robert'); DROP",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Recipe:
    """How a spoilt file is made.

    Attributes:
        sample: Place of the whole file among the samples.
        operations: Name and seed of each operation, in order.
    """

    sample: int
    operations: tuple[tuple[str, int], ...]

    def made(self, samples: list[Sample]) -> Sample:
        """The file's name and content."""
        name, content = samples[self.sample]
        for operation, seed in self.operations:
            content = OPERATIONS[operation](content, np.random.default_rng(seed))
        return name, content

    def simpler(self) -> list["Recipe"]:
        """The same with one operation less."""
        done = self.operations
        return [Recipe(self.sample, done[:at] + done[at + 1 :]) for at in range(len(done))]


def recipes(count: int, *, seed: int, samples: int) -> list[Recipe]:
    """So many recipes, the samples in turn."""
    rng = np.random.default_rng(seed)
    names = sorted(OPERATIONS)
    return [
        Recipe(
            n % samples,
            tuple(
                (names[rng.integers(len(names))], int(rng.integers(2**31)))
                for _ in range(rng.integers(1, 4))
            ),
        )
        for n in range(count)
    ]


def whole_files(folder: Path) -> list[Sample]:
    """A file of every layout that has one made here."""
    samples = [
        (f"{vklass.PUPILS_NAME}.xlsx", vklass.modern(_vklass_pupils())),
        (f"{vklass.PUPILS_NAME}.xls", vklass.legacy(_vklass_pupils())),
        (f"{vklass.PUPILS_NAME}.xls", vklass.legacy(_vklass_pupils(vklass.OF_PERIOD))),
        (f"{vklass.SCHOOLS_NAME}.xlsx", vklass.modern(_vklass_schools())),
        (edfi.NAME, json.dumps(edfi.GOOD, indent=1).encode()),
        (oneroster.NAME, oneroster.export()),
        (grades_xml.NAME, _grade_document()),
        (form_name(WORK_PLAN, "stod", 2016), form_book(WORK_PLAN, "stod", "Alnäs", 2016)),
        ("norr-grade9-schools_2015-16.json", _merit_document()),
        *(_pull(folder, holds) for holds in ("month", "register", "schools")),
    ]
    for profile in load_profiles():
        if profile.container in ("csv", "published"):
            samples.append((name_of(profile), _delimited(profile)))
        elif profile.container == "xlsx":
            samples += [(name_of(profile), _workbook(profile, shared=s)) for s in (False, True)]
    return [sample for sample in samples if _is_recognised(folder / "sample", *sample)]


def _is_recognised(path: Path, name: str, content: bytes) -> bool:
    path.write_bytes(content)
    try:
        return name != "" and recognise(path, name) is not None
    except UnreadableError:
        return False


def name_of(profile: Profile) -> str:
    """A name that a layout's files have; empty if none is known here."""
    pattern = profile.file_name.pattern
    for group, value in GROUPS.items():
        pattern = pattern.replace(group, value)
    name = re.sub(r"\\(.)", r"\1", pattern)
    return name if profile.named(name) is not None else ""


def _rows(profile: Profile) -> list[list[str]]:
    return [[_value(profile, heading, n) for heading in profile.columns] for n in range(ROWS)]


def _value(profile: Profile, heading: str, n: int) -> str:
    for mapping in profile.tables:
        is_unpivoted = any(one.column == heading for one in mapping.unpivot)
        for name, cell in mapping.cells.items():
            if cell.column == heading or (is_unpivoted and cell.column == "*" and cell.values):
                spells = cell.values and name != "student_id"
                return _spelt(cell.values, name) if spells else _plain(mapping.table, name, n)
        if any(heading in one.append.values() for one in mapping.unpivot):
            return "FRA"
    return "12"


def _spelt(values: Mapping[str, str], name: str) -> str:
    """A spelling of a column that a layout has its own spellings for."""
    spelt = [text for text, code in values.items() if code in ("present", "no", VALUES.get(name))]
    return next(iter(spelt or values), "")


def _plain(table: str, name: str, n: int) -> str:
    if name == "student_id":
        return number(n)
    kind = str(contract_of(table).to_schema().columns[name].dtype)
    known = UNIQUE.get(table, {}).get(name, VALUES.get(name, ""))
    if name in ("valid_to", "last_term"):
        return ""
    return known.format(n + 1) or {"int64": "0", "float64": "10"}.get(kind, f"x{n}")


def _delimited(profile: Profile) -> bytes:
    text = io.StringIO(newline="")
    writer = csv.writer(text, delimiter=profile.delimiter, lineterminator="\n")
    titles = ["Titel", "Valt år: 2023", "Valt läsår: 2022/23", *[""] * 20]
    for line in titles[: max(profile.header_line - 1, 0)]:
        text.write(f"{line}\n")
    more = [""] if profile.trailing_delimiter else []
    if profile.header_line:
        writer.writerow([*profile.columns, *more])
    writer.writerows([*row, *more] for row in _rows(profile))
    return text.getvalue().encode(profile.encoding)


def _workbook(profile: Profile, *, shared: bool) -> bytes:
    book = openpyxl.Workbook()
    if profile.sheet:
        book.active.title = profile.sheet
    for row in (profile.columns, *_rows(profile)):
        book.active.append([int(text) if text == "60" else text for text in row])
    content = io.BytesIO()
    book.save(content)
    book.close()
    return with_shared_strings(content.getvalue()) if shared else content.getvalue()


def with_shared_strings(workbook: bytes) -> bytes:
    """The same workbook with its texts in one place, as Excel writes it."""
    found: dict[bytes, int] = {}

    def shared(cell: re.Match[bytes]) -> bytes:
        place = found.setdefault(cell[2], len(found))
        return b"<c " + cell[1] + b't="s"><v>%d</v></c>' % place

    def change(name: str, member: bytes) -> bytes:
        if name.endswith("sheet1.xml"):
            pattern = rb'<c ([^>]*)t="inlineStr"><is><t[^>]*>(.*?)</t></is></c>'
            return re.sub(pattern, shared, member)
        if name == "[Content_Types].xml":
            kind = b"application/vnd.openxmlformats-officedocument.spreadsheetml.sharedStrings+xml"
            part = b'<Override PartName="/xl/sharedStrings.xml" ContentType="' + kind + b'"/>'
            return member.replace(b"</Types>", part + b"</Types>")
        return member

    members = {name: change(name, member) for name, member in unzipped(workbook).items()}
    texts = b"".join(b"<si><t>" + text + b"</t></si>" for text in found)
    space = b"http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    members["xl/sharedStrings.xml"] = b'<sst xmlns="' + space + b'">' + texts + b"</sst>"
    return zipped(members)


def unzipped(content: bytes) -> dict[str, bytes]:
    """The members of a zip file."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def zipped(members: dict[str, bytes]) -> bytes:
    """Members as a zip file, which is the same at any time of day."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, member in members.items():
            archive.writestr(zipfile.ZipInfo(name, (2016, 1, 1, 0, 0, 0)), member)
    return content.getvalue()


def _vklass_pupils(titles=vklass.TITLES) -> list[list[object]]:
    pupils = [vklass.pupil(n) for n in range(ROWS)]
    blocks = [vklass.class_block("9A", *pupils[:4]), vklass.class_block("9B", *pupils[4:])]
    return vklass.report(*blocks, titles=titles)


def _vklass_schools() -> list[list[object]]:
    line = ["Hemlig Skola", "5 400", 60, 0, "3,5 %", "0,7 %", "86,3", "3,2", "0,6"]
    return vklass.school_report(line)


def _grade_document() -> bytes:
    marks = [grades_xml.mark("MA", "A"), grades_xml.mark("M2", "-", "FRA")]
    return grades_xml.document(*(grades_xml.pupil(n, *marks) for n in range(ROWS)))


def _merit_document() -> bytes:
    schools = [
        {"schoolUnitCode": f"{n:08d}", "name": "Skola", "averageMeritGrade9": 220.5}
        for n in range(ROWS)
    ]
    return json.dumps({"schools": schools}).encode()


def _pull(folder: Path, holds: str) -> Sample:
    period = {"month": "2016-03", "register": "2016VT", "schools": ""}[holds]
    tables = {
        "month": ("lessons", "attendance"), "register": ("enrolments", "grades"),
        "schools": ("schools",),
    }[holds]  # fmt: skip
    found = {
        "organisations": ss12000.places(),
        "syllabuses": [{"id": "ma", "subjectDesignation": "MA"}],
        "activities": [ss12000.teaching()],
        "persons": [ss12000.person(n) for n in range(ROWS)],
        "calendarEvents": [ss12000.event()],
        "attendances": [ss12000.attendance(n) for n in range(ROWS)],
        "aggregatedAttendance": [ss12000.sums(n) for n in range(ROWS)],
        "grades": [ss12000.grade(n) for n in range(ROWS)],
    }
    bodies = {kind: [json.dumps(one) for one in found.get(kind, [])] for kind in KINDS}
    manifest = Manifest(
        holds=holds,
        source="stad",
        period=period,
        version=1,
        tables=tables,
        school_types=("GR",),
        district_type="Verksamhetsområde",
        entities={kind: len(ones) for kind, ones in bodies.items()},
    )
    path = folder / f"ss12000_stad_{period or 'skolor'}_v1.zip"
    write_delivery(path, manifest, bodies)
    return path.name, path.read_bytes()


def _flip(content: bytes, rng: np.random.Generator) -> bytes:
    changed = bytearray(content)
    for _ in range(rng.integers(1, 4)):
        if changed:
            changed[rng.integers(len(changed))] ^= 1 << rng.integers(8)
    return bytes(changed)


def _cut_off(content: bytes, rng: np.random.Generator) -> bytes:
    return content[: rng.integers(len(content) + 1)]


def _drop(content: bytes, rng: np.random.Generator) -> bytes:
    start = rng.integers(len(content) + 1)
    return content[:start] + content[start + rng.integers(1, 40) :]


def _repeat(content: bytes, rng: np.random.Generator) -> bytes:
    start = rng.integers(len(content) + 1)
    stop = start + rng.integers(1, 200)
    return content[:stop] + content[start:]


def _insert(content: bytes, rng: np.random.Generator) -> bytes:
    at = rng.integers(len(content) + 1)
    return content[:at] + rng.bytes(rng.integers(1, 6)) + content[at:]


def _token(content: bytes, rng: np.random.Generator) -> bytes:
    at = rng.integers(len(content) + 1)
    return content[:at] + TOKENS[rng.integers(len(TOKENS))].encode() + content[at:]


def _field(content: bytes, rng: np.random.Generator) -> bytes:
    """Another text between two signs that may divide fields."""
    signs = [found.start() for found in re.finditer(rb"[;,\n<>\":\t]", content)]
    if len(signs) < 2:
        return content
    at = rng.integers(len(signs) - 1)
    token = TOKENS[rng.integers(len(TOKENS))].encode()
    return content[: signs[at] + 1] + token + content[signs[at + 1] :]


def _lines(content: bytes, rng: np.random.Generator) -> bytes:
    """A line twice, gone, or elsewhere."""
    lines = content.split(b"\n")
    at, to = rng.integers(len(lines)), rng.integers(len(lines))
    line = lines[at] if rng.random() < 0.5 else lines.pop(at)
    if rng.random() < 0.7:
        lines.insert(to, line)
    return b"\n".join(lines)


def _signs(content: bytes, rng: np.random.Generator) -> bytes:
    """One sign for another, everywhere or a few times."""
    old, new = rng.choice([b";", b",", b"\n", b"\r\n", b'"', b"0", b"1", b" "], 2)
    return content.replace(bytes(old), bytes(new), int(rng.integers(1, 9)))


def _encoding(content: bytes, rng: np.random.Generator) -> bytes:
    spoilt = [
        b"\xef\xbb\xbf" + content,
        content.decode("utf-8", "replace").encode("utf-16"),
        content.decode("utf-8", "replace").encode("latin-1", "replace"),
        content.decode("latin-1").encode(),
        content + b"\0" * 64,
    ]
    return spoilt[rng.integers(len(spoilt))]


PLAIN: dict[str, Operation] = {
    "flip": _flip,
    "cut off": _cut_off,
    "drop": _drop,
    "repeat": _repeat,
    "insert": _insert,
    "token": _token,
    "field": _field,
    "lines": _lines,
    "signs": _signs,
    "encoding": _encoding,
}


def _inside(operation: Operation) -> Operation:
    """The operation on a member of a zip file, most often on its largest; else on the whole."""

    def spoilt(content: bytes, rng: np.random.Generator) -> bytes:
        try:
            members = unzipped(content)
        except (zipfile.BadZipFile, zlib.error, ValueError, EOFError, OSError, RuntimeError):
            return operation(content, rng)
        names = sorted(members, key=lambda name: -len(members[name]))
        sheets = [name for name in names if "sheet" in name.casefold()] or names
        chosen = sheets if rng.random() < 0.6 else names
        name = chosen[rng.integers(len(chosen))]
        return zipped(members | {name: operation(members[name], rng)})

    return spoilt


OPERATIONS = {name: _inside(operation) for name, operation in PLAIN.items()} | {
    "the container itself": _flip,
    "the container cut off": _cut_off,
}
"""Ways to spoil a file, by name."""
