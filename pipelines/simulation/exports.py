"""What the senders export: the simulated history in each supplier's layout, before any fault."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from itertools import chain
from types import MappingProxyType

import numpy as np
import pandas as pd
import pyarrow as pa

from pipelines.simulation.absence import MINUTES, Register
from pipelines.simulation.days import term_bounds
from pipelines.simulation.history import History
from pipelines.simulation.identities import TEMPORARY_SIGN
from pipelines.simulation.layouts import (
    COST_ACCOUNT,
    DISTRICT_LIST,
    FINAL_GRADES,
    GRADE_LIST,
    LESSON_REPORT,
    MONTH_REPORT,
    PROJECT_LIST,
    PROJECT_SCHOOL_LIST,
    PUPIL_REGISTER,
    SCHOOL_LIST,
    SUPPORT_REGISTER,
    TOLD,
    Layout,
    Lines,
    lines_of,
)
from pipelines.simulation.lesson_reports import lesson_records
from pipelines.simulation.marks import (
    MARKS,
    NO_MARK,
    SUBJECTS,
    TermMarks,
)
from pipelines.simulation.parameters import Days, Ints
from pipelines.simulation.places import (
    DISTRICTS,
    PILOT_FROM,
    RESIDENCE_DISTRICT,
    RESIDENCE_FROM,
    project_id,
    project_ids,
    project_name,
    serves_residents,
)
from pipelines.simulation.pupils import CLASSES, LANGUAGES, MOTHER_TONGUES
from pipelines.simulation.world import World
from schemas.calendar import school_year_of_month, school_year_of_term, term_before
from schemas.codes import COST_CATEGORIES, END_REASONS, PROJECT_BASES, Code
from schemas.contract import load_contracts

NOTHING: Mapping[str, pd.DataFrame] = MappingProxyType({})
STILL_ADAPTING_YEARS = 4
SCB_CODES = ("F", "E", "D", "C", "B", "A", "9", "3", "2")
"""How SCB writes a mark, by code; the last one for a subject that is not graded."""
SCB_NOT_GRADED = "2"


@dataclass(frozen=True, slots=True)
class Export:
    """One file as its sender means it.

    Attributes:
        name: File name without ending.
        layout: How it is laid out.
        period: Last month, term or school year it tells of, or empty.
        records: Makes the records, each with its line end, UTF-8.
        is_workbook: Whether it is sent as a workbook instead of text.
    """

    name: str
    layout: Layout
    period: str
    records: Callable[[], bytes]
    is_workbook: bool = False


def all_exports(
    world: World, history: History, costs: pa.Table, told: Mapping[str, pd.DataFrame] = NOTHING
) -> Iterator[Export]:
    """Everything that is sent over the years, in order of kind and time.

    Args:
        world: The city.
        history: What happened in it.
        costs: What projects spent in each school year.
        told: What is told of the pilot, by core table.
    """
    yield from _place_lists(world)
    for term in world.parameters.terms:
        yield from _pupil_registers(world, term)
    for register in history.registers:
        if register.lessons:
            yield from _lesson_reports(world, register)
        else:
            yield from _month_reports(world, register)
    for marks in history.marks:
        yield from _grade_lists(world, marks)
        yield from _final_grades(world, marks)
    for term in world.parameters.terms:
        yield from _support_registers(world, history, term)
    yield from _cost_accounts(costs)
    yield from chain.from_iterable(_told(table, rows) for table, rows in told.items())


def sv(codes: tuple[Code, ...], code: str) -> str:
    """What a school writes for a code."""
    return next(known.sv for known in codes if known.code == code)


def _export(layout: Layout, about: str, period: str, lines: Lines, rows: slice) -> Export:
    name = f"{layout.kind}_{about}" if about else layout.kind
    return Export(name, layout, period, partial(lines.between, rows.start, rows.stop))


def _by_school(world: World, school: Ints) -> Iterator[tuple[int, str, slice]]:
    """Index and code of each school, and its rows in arrays sorted by school."""
    edges = np.searchsorted(school, np.arange(len(world.places.codes) + 1))
    for index, code in enumerate(world.places.codes):
        yield index, code, slice(int(edges[index]), int(edges[index + 1]))


def _codes(world: World, school: Ints) -> pa.Array:
    return pa.array(world.places.codes).take(pa.array(school))


def _looked_up(texts: tuple[str, ...] | list[str], index: Ints) -> pa.Array:
    """The text of each index; missing where the index is negative."""
    return pa.array(texts, pa.string()).take(pa.array(index, mask=index < 0))


def _dates(days: Days, *, unknown: np.ndarray | None = None) -> pa.Array:
    return pa.array(days, pa.date32(), mask=unknown)


def _place_lists(world: World) -> Iterator[Export]:
    places = world.places
    ids = [district for district, _ in DISTRICTS]
    districts = {"district_id": ids, "district_name": [name for _, name in DISTRICTS]}
    schools = {
        "school_id": list(places.codes),
        "school_name": list(places.names),
        "district_id": [ids[index] for index in places.district],
        "valid_from": ["2008-07-01"] * len(places.codes),
        "valid_to": [None] * len(places.codes),
    }
    projects = {
        "project_id": [project_id(index) for index in places.projects],
        "project_name": [project_name(index) for index in places.projects],
        "district_id": [ids[index] for index in places.projects],
    }
    lists: list[tuple[Layout, Mapping[str, list[str | None] | list[str]]]] = [
        (DISTRICT_LIST, districts),
        (SCHOOL_LIST, schools),
        (PROJECT_LIST, projects),
        (PROJECT_SCHOOL_LIST, _project_schools(world)),
    ]
    for layout, columns in lists:
        lines = lines_of(layout, {name: pa.array(c, pa.string()) for name, c in columns.items()})
        yield _export(layout, "", "", lines, slice(0, len(lines.offsets) - 1))


def _project_schools(world: World) -> dict[str, list[str | None]]:
    rows: list[tuple[str | None, ...]] = []
    changes = serves_residents(world.parameters.terms[-1])
    school_basis, residence_basis = (sv(PROJECT_BASES, code) for code in ("school", "residence"))
    for index in np.flatnonzero(world.places.is_pilot):
        district = int(world.places.district[index])
        key = project_id(district), world.places.codes[index]
        ends = changes and district == RESIDENCE_DISTRICT
        rows.append((*key, PILOT_FROM, term_before(RESIDENCE_FROM) if ends else None, school_basis))
        if ends:
            rows.append((*key, RESIDENCE_FROM, None, residence_basis))
    names = ("project_id", "school_id", "first_term", "last_term", "basis")
    return {name: list(column) for name, column in zip(names, zip(*rows, strict=True), strict=True)}


def _pupil_registers(world: World, term: str) -> Iterator[Export]:
    pupils, spells = world.pupils, world.spells
    first, last = term_bounds(term)
    autumn = int(school_year_of_term(term)[:4])
    rows = spells.touching(first, last)
    grade = pupils.grade(spells.pupil[rows], autumn)
    rows = rows[
        np.lexsort((spells.first_day[rows], spells.pupil[rows], grade, spells.school[rows]))
    ]
    pupil, school = spells.pupil[rows], spells.school[rows]
    grade = pupils.grade(pupil, autumn)
    lines = lines_of(
        PUPIL_REGISTER,
        {
            "student_id": pupils.identity.take(pa.array(pupil)),
            "school_id": _codes(world, school),
            "term": term,
            "grade_level": pa.array(grade),
            "class_name": _class_names(world, pupil, grade),
            "start_date": _dates(spells.first_day[rows]),
            "end_date": _dates(spells.last_day[rows], unknown=spells.last_day[rows] >= last),
            "residence_district_id": _looked_up([d for d, _ in DISTRICTS], spells.residence[rows]),
            "newly_arrived": _newly_arrived(world, pupil, autumn),
        },
    )
    for _, code, part in _by_school(world, school):
        yield _export(PUPIL_REGISTER, f"{code}_{term}", term, lines, part)


def _class_names(world: World, pupil: Ints, grade: Ints) -> pa.Array:
    names = [f"{level}{letter}" for level in range(10) for letter in CLASSES]
    return _looked_up(names, grade * len(CLASSES) + world.pupils.class_letter[pupil])


def _newly_arrived(world: World, pupil: Ints, autumn: int) -> pa.Array:
    """Yes for four years; unknown for who has no number of the population register."""
    arrived = world.pupils.arrived[pupil]
    is_new = (arrived >= 0) & (autumn - arrived < STILL_ADAPTING_YEARS)
    identities = world.pupils.identity.take(pa.array(pupil))
    is_unknown = pa.compute.match_substring(identities, TEMPORARY_SIGN).to_numpy(
        zero_copy_only=False
    )
    return _looked_up(["nej", "ja", "okänt"], np.where(is_unknown, 2, is_new.astype(np.int64)))


def _month_reports(world: World, register: Register) -> Iterator[Export]:
    listed, month = register.listed, register.listed.period
    columns: dict[str, pa.Array | str] = {
        "student_id": world.pupils.identity.take(pa.array(listed.pupil)),
        "school_id": _codes(world, listed.school),
        "month": month,
    }
    columns |= {name: pa.array(register.minutes[:, place]) for place, name in enumerate(MINUTES)}
    lines = lines_of(MONTH_REPORT, columns)
    in_workbooks = school_year_of_month(month) == world.parameters.workbook_year
    for index, code, part in _by_school(world, listed.school):
        text = _export(MONTH_REPORT, f"{code}_{month}", month, lines, part)
        is_workbook = in_workbooks and index == 0
        yield Export(text.name, text.layout, month, text.records, is_workbook)


def _lesson_reports(world: World, register: Register) -> Iterator[Export]:
    month = register.listed.period
    for school, blocks in register.lessons.items():
        name = f"{LESSON_REPORT.kind}_{world.places.codes[school]}_{month}"
        yield Export(
            name, LESSON_REPORT, month, partial(lesson_records, world, school, month, blocks)
        )


def _grade_lists(world: World, marks: TermMarks) -> Iterator[Export]:
    """All marks of a term but final grades on A-F, which go to SCB's file."""
    rows = np.flatnonzero(~marks.is_final | (marks.scale != "A-F"))
    row, subject = np.nonzero(marks.codes[rows] != NO_MARK)
    row = rows[row]
    pupil, school = marks.pupil[row], marks.school[row]
    lines = lines_of(
        GRADE_LIST,
        {
            "student_id": world.pupils.identity.take(pa.array(pupil)),
            "school_id": _codes(world, school),
            "term": marks.term,
            "subject_code": _subject_codes(world, pupil, subject),
            "scale_id": marks.scale,
            "mark": _looked_up(MARKS[marks.scale], marks.codes[row, subject].astype(np.int64)),
            "is_final": _looked_up(["nej", "ja"], marks.is_final[row].astype(np.int64)),
        },
    )
    for _, code, part in _by_school(world, school):
        yield _export(GRADE_LIST, f"{code}_{marks.term}", marks.term, lines, part)


def _subject_codes(world: World, pupil: Ints, subject: Ints) -> pa.Array:
    second, own = len(SUBJECTS), len(SUBJECTS) + 1 + len(LANGUAGES)
    texts = [*SUBJECTS, "SVA", *(f"M2{c}" for c in LANGUAGES), *(f"ML{c}" for c in MOTHER_TONGUES)]
    index = subject.copy()
    index[(subject == SUBJECTS.index("SV")) & world.pupils.takes_sva[pupil]] = second
    has_language, has_own = (subject == SUBJECTS.index(s) for s in ("M2", "ML"))
    index[has_language] = second + 1 + world.pupils.language[pupil][has_language]
    index[has_own] = own + world.pupils.mother_tongue[pupil][has_own]
    return _looked_up(texts, index)


def _final_grades(world: World, marks: TermMarks) -> Iterator[Export]:
    rows = np.flatnonzero(marks.is_final & (marks.scale == "A-F"))
    if len(rows) == 0:
        return
    pupil, school = marks.pupil[rows], marks.school[rows]
    columns: dict[str, pa.Array | str] = {
        "System": "Simulerad",
        "Datum": f"{marks.term[:4]}-06-10",
        "Version": "1.0",
        "PersonNr": world.pupils.identity.take(pa.array(pupil)),
        "Skolenhetskod": _codes(world, school),
        "Klass": _class_names(world, pupil, marks.grade[rows]),
        "Fornamn": "Elev",
        "Efternamn": "Påhittad",
    }
    lines = lines_of(FINAL_GRADES, columns | _scb_marks(world, marks, rows))
    for _, code, part in _by_school(world, school):
        yield _export(FINAL_GRADES, f"{code}_{marks.term}", marks.term, lines, part)


def _scb_marks(world: World, marks: TermMarks, rows: Ints) -> dict[str, pa.Array | str]:
    pupils, pupil = world.pupils, marks.pupil[rows]
    written = {
        subject: _looked_up(list(SCB_CODES), _scb_place(marks.codes[rows, place]))
        for place, subject in enumerate(SUBJECTS)
    }
    columns: dict[str, pa.Array | str] = {
        subject.capitalize(): column for subject, column in written.items()
    }
    takes_sva = pa.array(pupils.takes_sva[pupil])
    columns["Sv"] = pa.compute.if_else(takes_sva, SCB_NOT_GRADED, written["SV"])
    columns["Sva"] = pa.compute.if_else(takes_sva, written["SV"], SCB_NOT_GRADED)
    columns |= {"M1 språk": "", "M1 betyg": SCB_NOT_GRADED}
    columns |= {"M2 språk": _looked_up(LANGUAGES, pupils.language[pupil])}
    columns |= {"M2 betyg": written["M2"], "ML betyg": written["ML"]}
    columns |= {"ML språk": _looked_up(MOTHER_TONGUES, pupils.mother_tongue[pupil])}
    return columns | {"Tn": SCB_NOT_GRADED, "OVR": SCB_NOT_GRADED}


def _scb_place(codes: np.ndarray) -> Ints:
    return np.where(codes == NO_MARK, len(SCB_CODES) - 1, codes).astype(np.int64)


def _support_registers(world: World, history: History, term: str) -> Iterator[Export]:
    supported, (first, last) = history.supported, term_bounds(term)
    rows = supported.touching(first, last)
    rows = rows[np.lexsort((supported.pupil[rows], supported.start[rows], supported.project[rows]))]
    goes_on = supported.end[rows] > last
    reasons = [reason.sv for reason in END_REASONS]
    lines = lines_of(
        SUPPORT_REGISTER,
        {
            "student_id": world.pupils.identity.take(pa.array(supported.pupil[rows])),
            "project_id": pa.array(project_ids(supported.project[rows]), pa.string()),
            "school_id": _codes(world, supported.school[rows]),
            "term": term,
            "start_date": _dates(supported.start[rows]),
            "planned_end_date": _dates(supported.planned_end[rows]),
            "end_date": _dates(supported.end[rows], unknown=goes_on),
            "end_reason": _looked_up(reasons, np.where(goes_on, -1, supported.reason[rows])),
        },
    )
    edges = np.searchsorted(supported.project[rows], np.arange(len(DISTRICTS) + 1))
    for project in world.places.projects:
        part = slice(int(edges[project]), int(edges[project + 1]))
        yield _export(SUPPORT_REGISTER, f"{project_id(project)}_{term}", term, lines, part)


def _cost_accounts(costs: pa.Table) -> Iterator[Export]:
    columns = {name: costs[name].combine_chunks() for name in costs.column_names}
    written = [sv(COST_CATEGORIES, category) for category in costs["category"].to_pylist()]
    lines = lines_of(COST_ACCOUNT, columns | {"category": pa.array(written, pa.string())})
    keys = list(zip(costs["project_id"].to_pylist(), costs["school_year"].to_pylist(), strict=True))
    for project, year in dict.fromkeys(keys):
        first = keys.index((project, year))
        part = slice(first, first + keys.count((project, year)))
        about = f"{project}_{year.replace('/', '-')}"
        yield _export(COST_ACCOUNT, about, year, lines, part)


def _told(table: str, rows: pd.DataFrame) -> Iterator[Export]:
    """A file for each of what its name states, with the words a sender writes for codes."""
    layout, keys = TOLD[table]
    contract = load_contracts()[table]
    texts = pd.DataFrame(index=range(len(rows)))
    for column in layout.columns:
        words = {code.code: code.sv for code in contract.codes(column)}
        said = [None if pd.isna(v) else words.get(v, _text(v)) for v in rows[column]]
        texts[column] = pd.Series(said, dtype=object)
    stated = ["_".join(map(str, key)) for key in rows[list(keys)].itertuples(index=False)]
    for name, part in texts.groupby(np.array(stated, dtype=object), sort=False):
        about = str(name)
        columns = {column: pa.array(part[column], pa.string()) for column in layout.columns}
        period = _period_of(about)
        everything = slice(0, len(part))
        yield _export(
            layout, about.replace("/", "-"), period, lines_of(layout, columns), everything
        )


def _text(value: object) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)


def _period_of(about: str) -> str:
    """The period a file's name ends with, of a calendar year its last month; of others none."""
    last = about.rpartition("_")[2]
    if year := re.fullmatch(r"(?:[a-z]+-)?([0-9]{4})", last):
        return f"{year[1]}-11"
    return last if last[:4].isdigit() else ""
