"""The columns of a template as its contract declares them: what may be filled in, and how."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from pandera.api.ibis.components import Column

from pipelines.schools.places import Places
from schemas.codes import Code
from schemas.contract import Delivered
from schemas.feedback_words import PATTERN_WORDS
from schemas.grading import GRADE_SCALES, SUBJECTS, scale_in_use
from schemas.template_words import meaning_sv

Kind = Literal["text", "whole", "number", "date"]

KINDS: dict[str, Kind] = {"int64": "whole", "float64": "number", "date": "date"}
IDENTITY = "Tolv siffror, eller ÅÅÅÅMMDDTFNN för ett tillfälligt nummer."


@dataclass(frozen=True, slots=True)
class Choice:
    """A value that may be chosen.

    Attributes:
        value: As it is written in the cell.
        meaning: What it stands for, in Swedish.
    """

    value: str
    meaning: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TemplateColumn:
    """One column of a template.

    Attributes:
        name: Column of the contract.
        heading: Heading in the sheet.
        kind: What its cells hold.
        meaning: What it means, in Swedish.
        is_required: Whether it may not be empty.
        is_identity: Whether it holds identity numbers.
        given: The only value it may have, where the file's name says it.
        lowest: Smallest value allowed.
        highest: Largest value allowed.
        choices: Values to choose from; none where values are open.
        is_closed: Whether no other value than the choices is allowed.
        hint: How a value is written, where its pattern has words.
    """

    name: str
    heading: str
    kind: Kind
    meaning: str
    is_required: bool
    is_identity: bool
    given: str | None
    lowest: float | None
    highest: float | None
    choices: tuple[Choice, ...]
    is_closed: bool
    hint: str

    @property
    def how(self) -> str:
        """How a value is written, in Swedish."""
        if self.given is not None:
            return f"Alltid {self.given}"
        if self.is_identity:
            return IDENTITY
        if self.choices:
            return "Välj i listan (bladet Kodlistor)"
        if self.kind == "date":
            return "Datum, ÅÅÅÅ-MM-DD"
        return f"{self._number}{self._limits}" if self.kind != "text" else self.hint or "Text"

    @property
    def _number(self) -> str:
        return "Heltal" if self.kind == "whole" else "Tal"

    @property
    def _limits(self) -> str:
        if self.lowest is not None and self.highest is not None:
            return f", {_spaced(self.lowest)} till {_spaced(self.highest)}"
        return "" if self.lowest is None else f", minst {_spaced(self.lowest)}"


def template_columns(
    contract: type[Delivered], named: Mapping[str, str], places: Places
) -> list[TemplateColumn]:
    """The columns of a table's template, in order.

    Args:
        contract: Which table.
        named: What the file's name says it is about.
        places: What the registers know.
    """
    columns = contract.to_schema().columns
    return [
        _column(contract, columns[name], heading, named, places)
        for heading, name in contract.template_columns().items()
    ]


def _column(
    contract: type[Delivered],
    column: Column,
    heading: str,
    named: Mapping[str, str],
    places: Places,
) -> TemplateColumn:
    name = str(column.name)
    stated = _stated(column)
    closed = _closed(contract, name, stated, named)
    choices = closed or _from_registers(name, named, places)
    pattern = PATTERN_WORDS.get(str(stated.get("pattern")))
    return TemplateColumn(
        name=name,
        heading=heading,
        kind=KINDS.get(str(column.dtype), "text"),
        meaning=meaning_sv(contract, name) or str(column.description or ""),
        is_required=not column.nullable,
        is_identity="from_identity" in (column.metadata or {}),
        given=named.get(name),
        lowest=stated.get("min_value"),
        highest=stated.get("max_value"),
        choices=tuple(choices),
        is_closed=bool(closed),
        hint=pattern.sv_remedy if pattern else "",
    )


def _spaced(number: float) -> str:
    """A number with blanks between thousands: ``14 880``."""
    return f"{number:,.10g}".replace(",", " ")


def _stated(column: Column) -> dict[str, Any]:
    """What all checks of a column state, together."""
    return {
        key: value for check in column.checks for key, value in (check.statistics or {}).items()
    }


def _closed(
    contract: type[Delivered], name: str, stated: Mapping[str, Any], named: Mapping[str, str]
) -> list[Choice]:
    codes: Sequence[Code] = contract.codes(name)
    if codes:
        return [Choice(code.sv, "") for code in codes]
    allowed = [str(value) for value in stated.get("allowed_values", ())]
    in_force = {mark for pair in _scales_in_force(named) for mark in pair}
    kept = [value for value in allowed if value in in_force]
    order = [mark for pair in _scales_in_force(named) for mark in pair]
    return [Choice(value, "") for value in sorted(kept, key=order.index) or allowed]


def _scales_in_force(named: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Scale and mark of the grades that a term has; none where the file is about no term."""
    if "term" in named:
        scale = scale_in_use(named["term"]).scale_id
        yield from ((m.scale_id, m.mark) for m in GRADE_SCALES if m.scale_id == scale)


def _from_registers(name: str, named: Mapping[str, str], places: Places) -> list[Choice]:
    """Values that the registers know; others are possible."""
    if name == "subject_code":
        return [Choice(code, subject) for code, subject in SUBJECTS.items()]
    if name.endswith("district_id"):
        return [Choice(*pair) for pair in sorted(places.districts.items())]
    if name == "project_id":
        return [Choice(*pair) for pair in sorted(places.projects.items())]
    if name != "school_id":
        return []
    covered = places.schools_of(named.get("project_id", ""), named.get("term", "2000HT"))
    schools = covered or sorted(places.schools)
    return [Choice(school, places.name_of(school)) for school in schools]
