"""Profiles: how a sender writes a file, declared; a new system's export is a new profile.

The project's own templates need no file: they follow from the contracts. Every other layout
is one TOML file in ``profiles/``. Nothing is guessed: a file is read by the one profile whose
name pattern and header fit it.
"""

import re
import tomllib
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from importlib.resources import files
from typing import Any, Literal

from schemas.contract import Delivered, load_contracts
from schemas.form_answers import FormAnswers, FormTexts
from schemas.forms import (
    ANSWER,
    FOR_RESEARCH,
    FORMS,
    HEADER_ROW,
    HEADINGS,
    KEPT_BACK,
    KEY,
    SHEET,
    USE,
    Form,
)

VERSION = r"(_v(?P<version>[1-9]\d?))?"
SCHOOL = r"(?P<school_id>[0-9A-Z]{2,12})"
PROJECT = r"(?P<project_id>[0-9a-z][0-9a-z-]*)"
INSTRUMENT = r"(?P<instrument>[0-9a-z][0-9a-z-]*)"
CODER = r"(?P<coder>[0-9a-z][0-9a-z-]*)"
MONTH = r"(?P<month>\d{4}-\d{2})"
TERM = r"(?P<term>\d{4}(HT|VT))"
SCHOOL_YEAR = r"(?P<school_year>\d{4}-\d{2})"
YEAR = r"(?P<year>20\d{2})"
DOCUMENT = r"(?P<document>[0-9a-z][0-9a-z-]*)"
TEMPLATE_NAMES = {
    "core.districts": "stadsdelar",
    "core.schools": "skolor",
    "core.projects": "projekt",
    "core.project_schools": "projektskolor",
    "core.enrolments": f"elever_{SCHOOL}_{TERM}",
    "core.attendance": f"narvaro_{SCHOOL}_{MONTH}",
    "core.school_absence": f"skolfranvaro_{SCHOOL}_{MONTH}",
    "core.grades": f"betyg_{SCHOOL}_{TERM}",
    "core.participation": f"deltagande_{PROJECT}_{TERM}",
    "core.support_contacts": f"kontakter_{PROJECT}_{MONTH}",
    "core.unnamed_reach": f"indirekt_{PROJECT}_{TERM}",
    "core.survey_responses": f"enkat_{INSTRUMENT}_{SCHOOL}_{TERM}",
    "core.costs": rf"kostnader_{PROJECT}_{SCHOOL_YEAR}",
    "core.joint_costs": rf"gemensamma_kostnader_{SCHOOL_YEAR}",
    "core.price_index": "prisindex",
    "core.applications": f"ansokningar_{YEAR}",
    "core.grants": f"bidragsbeslut_{YEAR}",
    "core.payments": f"utbetalningar_{YEAR}",
    "core.grant_conditions": f"bidragsvillkor_{YEAR}",
    "core.budgets": f"budget_{PROJECT}_{YEAR}",
    "core.accounts": f"redovisning_{PROJECT}_{YEAR}",
    "core.target_group_estimates": f"malgrupp_{SCHOOL}_{TERM}",
    "core.selection_criteria": f"urval_{SCHOOL}_{TERM}",
    "core.design_cards": f"designkort_{PROJECT}_{YEAR}",
    "core.targets": f"ambitioner_{PROJECT}_{YEAR}",
    "core.stated_figures": f"uppgifter_{DOCUMENT}",
    "core.interview_segments": f"intervjuer_{PROJECT}_{CODER}",
}
"""How a template's file is named; its groups are what the file is about."""


class ProfileError(ValueError):
    """No profile fits a file, or several do; says what was expected."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """Where the values of one column of a table come from and how they are written.

    Attributes:
        column: Column of the file; ``*`` is the column being unpivoted.
        constant: The same value in every row, instead of a column.
        from_name: Group of the file name, instead of a column.
        from_title: Pattern with one group, searched in the lines above the header.
        row_identity: The file has no pupil key: every record is a pupil of its own.
        missing: Spellings of a missing value.
        values: Spelling to value; anything else is a fault, or ``otherwise``.
        otherwise: Value of every spelling that ``values`` does not name.
        decimal: Decimal sign of numbers, if they are not whole.
        thousands: Sign between thousands.
        date_format: How dates are written, if not ISO.
    """

    column: str | None = None
    constant: str | None = None
    from_name: str | None = None
    from_title: str | None = None
    row_identity: bool = False
    missing: tuple[str, ...] = ("",)
    values: Mapping[str, str] = field(default_factory=dict)
    otherwise: str | None = None
    decimal: str | None = None
    thousands: str = ""
    date_format: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Unpivot:
    """One column of a wide file that becomes a row of a long table.

    Attributes:
        column: Column of the file.
        set: Values that the row gets because it is this column.
        append: Table column to the file's column whose capitals are added to ``set``.
    """

    column: str
    set: Mapping[str, str]
    append: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class TableMapping:
    """How the records of a file become rows of one table.

    Attributes:
        table: Table name; its contract judges the rows.
        cells: What fills each column of the contract.
        unpivot: Columns that become rows; none for a file that is already long.
        skip: Spellings of an unpivoted cell that stand for "no such row".
        only: Column of the file to the value it has in records of this table; other records
            become no row of it. Empty where every record does.
    """

    table: str
    cells: Mapping[str, Cell]
    unpivot: tuple[Unpivot, ...] = ()
    skip: frozenset[str] = frozenset()
    only: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """One declared layout.

    Attributes:
        name: Identifier.
        container: What kind of file: a module in ``formats/``.
        file_name: Pattern of the whole name; ``version`` tells corrections apart and the
            other groups are what the file is about.
        dataset: First part of a delivery's scope: layouts of one dataset replace each other.
        columns: The header, or the order of the columns where the file has none.
        ignored: Columns that are read past and never stored.
        tables: What the records become.
        encoding: ``utf-8`` (a byte order mark is allowed) or ``cp1252``.
        delimiter: Between fields of a CSV file.
        header_line: Line of the header; 0 where the file has none.
        ends_at_empty_line: Whether prose may follow after an empty line.
        trailing_delimiter: Whether every line ends with one more delimiter.
        sheet: Name of the sheet; the only one if left out.
        same_as_name: Columns whose value must be the file name's group of that name.
        trailer: Last line of a whole file, after the records; ``records`` is their number.
        settings: What the container alone must know, such as the name of a record's element.
        protection: Column that marks pupils with a protected identity; for the vault alone.
    """

    name: str
    container: str
    file_name: re.Pattern[str]
    dataset: str
    columns: tuple[str, ...]
    tables: tuple[TableMapping, ...]
    ignored: frozenset[str] = frozenset()
    encoding: Literal["utf-8", "cp1252"] = "utf-8"
    delimiter: str = ";"
    header_line: int = 1
    ends_at_empty_line: bool = False
    trailing_delimiter: bool = False
    sheet: str | None = None
    same_as_name: tuple[str, ...] = ()
    trailer: re.Pattern[str] | None = None
    settings: Mapping[str, Any] = field(default_factory=dict)
    protection: str | None = None

    def named(self, file_name: str) -> dict[str, str] | None:
        """What the file's name says it is about; None if the name does not fit."""
        found = self.file_name.fullmatch(unicodedata.normalize("NFC", file_name))
        if found is None:
            return None
        named = {group: value for group, value in found.groupdict().items() if value}
        if "school_year" in named:
            named["school_year"] = named["school_year"].replace("-", "/")
        return named

    def scope(self, file_name: str) -> tuple[str, int]:
        """What a delivery is about, and which version of that it is.

        Raises:
            ProfileError: If the name does not fit this profile.
        """
        named = self.named(file_name)
        if named is None:
            raise ProfileError(f"{file_name} does not fit the names of {self.name}")
        version = int(named.pop("version", "1"))
        return " ".join([self.dataset, *named.values()]), version


def as_heading(text: str) -> str:
    """A heading as it is compared: composed letters, no outer blanks, small letters."""
    return unicodedata.normalize("NFC", text).strip().casefold()


@lru_cache(maxsize=1)
def load_profiles() -> tuple[Profile, ...]:
    """The templates of every contract, every form, and one for each file in ``profiles/``."""
    folder = files("pipelines.ingest") / "profiles"
    declared = sorted(f.name for f in folder.iterdir() if f.name.endswith(".toml"))
    texts = ((folder / name).read_text("utf-8") for name in declared)
    return (
        *template_profiles(),
        *form_profiles(),
        *(layout for text in texts for layout in parse_profiles(text)),
    )


def template_profiles() -> list[Profile]:
    """The project's own template of each table a school or project fills in."""
    contracts = load_contracts()
    plain = [
        _template(contracts[table], pattern, container)
        for table, pattern in TEMPLATE_NAMES.items()
        for container in ("csv", "xlsx")
    ]
    return [*plain, *(marked for one in plain for marked in _marked(one))]


def form_profiles() -> list[Profile]:
    """The layout of each form that a project fills in."""
    return [_form_profile(form) for form in FORMS]


def _form_profile(form: Form) -> Profile:
    shared = {
        "project_id": Cell(from_name="project_id"),
        "year": Cell(from_name="year"),
        "form": Cell(constant=form.name),
        "key": Cell(column=KEY),
    }
    tables = (
        TableMapping(
            table=contract.table(),
            cells={**shared, column: Cell(column=ANSWER)},
            only={USE: use},
        )
        for contract, column, use in (
            (FormAnswers, "answer", FOR_RESEARCH),
            (FormTexts, "words", KEPT_BACK),
        )
    )
    return Profile(
        name=form.name,
        container="form",
        file_name=re.compile(rf"{form.file_stem}_{PROJECT}_{YEAR}{VERSION}\.xlsx"),
        dataset=form.name,
        columns=HEADINGS,
        header_line=HEADER_ROW,
        sheet=SHEET,
        tables=tuple(tables),
        settings={"form": form.name},
    )


def _marked(template: Profile) -> Iterator[Profile]:
    """The same template with one more column, where its contract lets the vault read one."""
    contract = load_contracts()[template.tables[0].table]
    metadata = getattr(contract.Config, "metadata", None) or {}
    for number, heading in enumerate(metadata.get("only_in_vault", ()), 1):
        name = f"{template.name}_marked_{number}"
        columns = (*template.columns, heading)
        yield replace(template, name=name, columns=columns, protection=heading)


def _template(contract: type[Any], pattern: str, container: str) -> Profile:
    assert issubclass(contract, Delivered)  # noqa: S101 - names in TEMPLATE_NAMES
    columns = contract.template_columns()
    name = contract.table().removeprefix("core.")
    file_name = re.compile(rf"{pattern}{VERSION}\.{container}")
    cells = {
        column: Cell(column=heading, values={c.sv: c.code for c in contract.codes(column)})
        for heading, column in columns.items()
    }
    return Profile(
        name=f"{name}_template_{container}",
        container=container,
        file_name=file_name,
        dataset=name,
        columns=tuple(columns),
        tables=(TableMapping(table=contract.table(), cells=cells),),
        same_as_name=tuple(g for g in file_name.groupindex if g in cells),
    )


def parse_profile(text: str) -> Profile:
    """Read the one layout of a TOML text.

    Raises:
        ProfileError: If it names a table, a column or a setting that does not exist, or if the
            text declares several variants.
    """
    found = parse_profiles(text)
    if len(found) != 1:
        raise ProfileError(f"{len(found)} variants where one layout is expected")
    return found[0]


def parse_profiles(text: str) -> tuple[Profile, ...]:
    """Read the layouts of a TOML text: one, or each of its ``variants``.

    A variant is the same layout but for what it declares itself: another name, and the lines,
    the container or the years that differ. ``cells`` outside any table are those of every table.

    Raises:
        ProfileError: If one names a table, a column or a setting that does not exist.
    """
    declared = tomllib.loads(text)
    variants = declared.pop("variants", [{}])
    return tuple(_parsed(declared | variant) for variant in variants)


def _parsed(declared: dict[str, Any]) -> Profile:
    try:
        profile = _profile(declared)
    except (KeyError, TypeError) as error:
        raise ProfileError(f"profile {declared.get('name')}: {error}") from None
    _check(profile)
    return profile


def _profile(declared: dict[str, Any]) -> Profile:
    shared = declared.pop("cells", {})
    typed = {
        "file_name": re.compile(declared["file_name"]),
        "columns": tuple(declared["columns"]),
        "ignored": frozenset(declared.get("ignored", ())),
        "same_as_name": tuple(declared.get("same_as_name", ())),
        "tables": tuple(_mapping(table, shared) for table in declared["tables"]),
        "trailer": re.compile(declared["trailer"]) if "trailer" in declared else None,
    }
    return Profile(**declared | typed)


def _mapping(declared: dict[str, Any], shared: dict[str, Any]) -> TableMapping:
    filled = shared | declared.get("cells", {})
    cells = {name: Cell(**_tuples(cell)) for name, cell in filled.items()}
    unpivot = tuple(Unpivot(**one) for one in declared.get("unpivot", ()))
    return TableMapping(
        table=declared["table"],
        cells=cells,
        unpivot=unpivot,
        skip=frozenset(declared.get("skip", ())),
        only={name: str(value) for name, value in declared.get("only", {}).items()},
    )


def _tuples(cell: dict[str, Any]) -> dict[str, Any]:
    return {k: tuple(v) if isinstance(v, list) else v for k, v in cell.items()}


def _check(profile: Profile) -> None:
    ending = profile.trailer
    if ending and "records" not in ending.groupindex:
        raise ProfileError(f"profile {profile.name}: a trailer needs a group `records`")
    contracts = load_contracts()
    if profile.protection not in (None, *profile.columns):
        raise ProfileError(f"profile {profile.name}: protection names no column of the file")
    known = {*profile.columns, "*"}
    for mapping in profile.tables:
        contract = contracts.get(mapping.table)
        if contract is None or not issubclass(contract, Delivered):
            raise ProfileError(f"profile {profile.name}: no table {mapping.table} to deliver to")
        filled = {*mapping.cells, *(name for one in mapping.unpivot for name in one.set)}
        missing = set(contract.template_columns().values()) - filled
        unknown = filled - set(contract.delivered_columns())
        read = _read_by(mapping)
        if missing or unknown or not set(read) <= known:
            raise ProfileError(
                f"profile {profile.name}, {mapping.table}: not filled {sorted(missing)}, "
                f"not in the table {sorted(unknown)}, not in the file {sorted(set(read) - known)}"
            )


def _read_by(mapping: TableMapping) -> list[str]:
    """Columns of the file that decide anything about the rows of a table."""
    cells = [cell.column for cell in mapping.cells.values() if cell.column]
    return [*cells, *_unpivoted(mapping.unpivot), *mapping.only]


def _unpivoted(unpivot: Sequence[Unpivot]) -> list[str]:
    return [one.column for one in unpivot] + [c for one in unpivot for c in one.append.values()]
