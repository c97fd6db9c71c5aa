"""Faults in words: each reason that judging gives, told to the person who can mend it.

A fault names the row and the column and says the rule and the remedy; it never holds a value.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal

import ibis
from ibis.expr.operations import Field
from openpyxl.utils import get_column_letter
from pandera import Check

from pipelines.ingest.profiles import Cell, Profile, as_heading
from pipelines.judging import verdict
from schemas.contract import Delivered, load_contracts
from schemas.feedback_words import (
    CAUSE_WORDS,
    CHECK_WORDS,
    OTHERWISE,
    PATTERN_WORDS,
    RECORD_WORDS,
    RULE_WORDS,
    VALUE_WORDS,
    Phrase,
)
from schemas.forms import Question, form_named

Language = Literal["sv", "en"]

BETWEEN = "; "
SHAPE = "record: "
SHEETS = "xls"
FORM = "form"
ANSWER_COLUMN = "C"
MOST_PLACES = 15
MOST_CHOICES = 40
DETAILS = {
    "missing_column": r"the heading (.+) is missing",
    "extra_column": r"column ([\d, ]+) is not",
    "sheet": r"has no sheet ([^;]+)",
    "dialect": r"must be '(.+)'",
    "encoding": r"not ([\w-]+);",
}
UNNAMED = {"sv": "(okänt)", "en": "(unknown)"}
ELSEWHERE = {"sv": "filens namn", "en": "the file's name"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One thing to correct.

    Attributes:
        line: Line of the file or row of the sheet; None if it is about the whole file.
        column: Headings as the file has them; empty if it is about the whole record.
        cell: Where it stands in a sheet, such as ``F5``; empty in a text file.
        rule: The reason as judging gave it.
        text: What is wrong, in words.
        remedy: What to do, in words.
    """

    line: int | None
    column: str
    cell: str
    rule: str
    text: str
    remedy: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FaultGroup:
    """The same fault in one or many records.

    Attributes:
        column: Headings as the file has them.
        letters: The columns' letters in a sheet.
        text: What is wrong, in words.
        remedy: What to do, in words.
        records: Records that have it [count].
        places: Their lines, such as ``3, 7-9``; shortened where there are many.
    """

    column: str
    letters: str
    text: str
    remedy: str
    records: int
    places: str


@dataclass(frozen=True, slots=True)
class _Told:
    """A reason in words, and the columns it is about."""

    headings: tuple[str, ...]
    text: str
    remedy: str


def fault_of_file(cause: str, language: Language) -> Fault:
    """Why a file cannot be read or used, in words.

    Args:
        cause: As the ledger has it, ``cause: line N: message``; or ``held``.
        language: Of the words.
    """
    kind, _, message = cause.partition(": ")
    where = re.match(r"line (\d+): ", message)
    phrase = CAUSE_WORDS.get(kind, OTHERWISE)
    named = re.search(DETAILS[kind], message) if kind in DETAILS else None
    detail = named[1] if named else UNNAMED[language]
    told = _worded(phrase, language, detail=detail if phrase is not OTHERWISE else kind)
    return Fault(
        line=int(where[1]) if where else None,
        column=detail if named and kind == "missing_column" else "",
        cell="",
        rule=kind,
        text=told[0],
        remedy=told[1],
    )


def faults_of_records(
    held: Iterable[tuple[int, str]],
    profile: Profile,
    headings: Sequence[str],
    language: Language = "sv",
) -> list[Fault]:
    """What to correct in records held back, in words.

    Args:
        held: Line and reasons of each record, as in ``quarantine.records``.
        profile: The file's layout.
        headings: Headings in the file's own order; empty where it has none.
        language: Of the words.
    """
    letters = _letters(profile, headings)
    told: dict[str, _Told] = {}
    faults = []
    for line, reasons in held:
        for reason in _plain_reasons(reasons, profile):
            if reason not in told:
                told[reason] = _told(reason, profile, language)
            one = told[reason]
            cells = [f"{letters[h]}{line}" for h in one.headings if h in letters]
            faults.append(
                Fault(
                    line=line,
                    column=" + ".join(one.headings),
                    cell=", ".join(cells),
                    rule=reason,
                    text=one.text,
                    remedy=one.remedy,
                )
            )
    return faults


def grouped(faults: Iterable[Fault]) -> list[FaultGroup]:
    """Faults of records by what they are, the most frequent first."""
    lines: dict[tuple[str, str, str, str], list[int]] = {}
    for fault in faults:
        if fault.line is not None:
            letters = re.sub(r"\d+", "", fault.cell)
            key = (fault.column, letters, fault.text, fault.remedy)
            lines.setdefault(key, []).append(fault.line)
    groups = [
        FaultGroup(
            column=column,
            letters=letters,
            text=text,
            remedy=remedy,
            records=len(found),
            places=_places(found),
        )
        for (column, letters, text, remedy), found in lines.items()
    ]
    return sorted(groups, key=lambda group: -group.records)


def _places(lines: Iterable[int]) -> str:
    """Lines in order, consecutive ones as a range, at most some of them."""
    ordered = sorted(set(lines))
    ranges: list[list[int]] = []
    for line in ordered:
        if ranges and line == ranges[-1][1] + 1:
            ranges[-1][1] = line
        else:
            ranges.append([line, line])
    shown = [str(a) if a == b else f"{a}-{b}" for a, b in ranges[:MOST_PLACES]]
    return ", ".join(shown) + (" ..." if len(ranges) > MOST_PLACES else "")


def _plain_reasons(reasons: str, profile: Profile) -> list[str]:
    """The reasons against a record; of one whose shape is wrong, nothing else can be believed."""
    each = reasons.split(BETWEEN)
    shape = [reason for reason in each if reason.startswith(SHAPE)]
    return shape if shape and profile.container == "csv" else each


def _letters(profile: Profile, headings: Sequence[str]) -> dict[str, str]:
    """Column letters by heading, of a layout that is a sheet; a form's headings are questions."""
    if profile.container == FORM:
        return {question.sv: ANSWER_COLUMN for question in _questions(profile).values()}
    if not profile.container.startswith(SHEETS):
        return {}
    spelling = {as_heading(name): name for name in profile.columns}
    return {
        spelling.get(as_heading(name), name): get_column_letter(place)
        for place, name in enumerate(headings, 1)
    }


def _told(reason: str, profile: Profile, language: Language) -> _Told:
    plain, unpivoted = _without_heading(reason, profile)
    column, _, fault = plain.partition(": ")
    if column == "record" and fault:
        return _of_record(fault, language)
    if not fault:
        return _of_rule(plain, profile, language)
    question = _questions(profile).get(column)
    if question is not None:
        return _of_question(fault, question, language)
    cell = _cell(profile, column)
    headings = (unpivoted,) if unpivoted else _headings(cell) or _named(profile, column)
    phrase, facts = _phrase(fault, column, profile, cell)
    facts["heading"] = " + ".join(headings) or ELSEWHERE[language]
    return _Told(headings, *_worded(phrase, language, **facts))


def _questions(profile: Profile) -> dict[str, Question]:
    """The questions of a layout that is a form, by key."""
    if profile.container != FORM:
        return {}
    return {question.key: question for question in form_named(profile.settings[FORM]).questions}


def _of_question(fault: str, question: Question, language: Language) -> _Told:
    phrase = _fitting(VALUE_WORDS, fault) or CHECK_WORDS.get(fault, OTHERWISE)
    facts = {
        "heading": question.sv,
        "choices": _listed(code.sv for code in question.codes),
        "limit": f"0-{question.highest}",
        "detail": fault,
    }
    return _Told((question.sv,), *_worded(phrase, language, **facts))


def _without_heading(reason: str, profile: Profile) -> tuple[str, str]:
    """A reason without the unpivoted heading at its end, and that heading."""
    for mapping in profile.tables:
        for one in mapping.unpivot:
            if reason.endswith(f" ({one.column})"):
                return reason.removesuffix(f" ({one.column})"), one.column
    return reason, ""


def _of_record(fault: str, language: Language) -> _Told:
    phrase = _fitting(RECORD_WORDS, fault) or OTHERWISE
    return _Told((), *_worded(phrase, language, detail=fault))


def _of_rule(rule: str, profile: Profile, language: Language) -> _Told:
    words = _worded(RULE_WORDS.get(rule, OTHERWISE), language, detail=rule)
    for mapping in profile.tables:
        columns = _looked_at(load_contracts()[mapping.table], rule)
        headings = [h for name in columns for h in _headings(mapping.cells.get(name, Cell()))]
        if columns:
            return _Told(tuple(dict.fromkeys(headings)), *words)
    return _Told((), *words)


@cache
def _looked_at(contract: type[Delivered], rule: str) -> tuple[str, ...]:
    """The columns that a rule across columns looks at, in the contract's order."""
    schema = contract.to_schema()
    types = {name: column.dtype.type for name, column in schema.columns.items()}
    rows = ibis.table(types, name="judged")
    checks = [check for check in schema.checks if str(check.name) == rule]
    found = {f.name for check in checks for f in verdict(check, rows).op().find(Field)}
    return tuple(name for name in schema.columns if name in found)


def _cell(profile: Profile, column: str) -> Cell:
    """Where a column's values come from."""
    cells = (mapping.cells.get(column) for mapping in profile.tables)
    return next((cell for cell in cells if cell is not None), Cell())


def _headings(cell: Cell) -> tuple[str, ...]:
    return (cell.column,) if cell.column and cell.column != "*" else ()


def _named(profile: Profile, column: str) -> tuple[str, ...]:
    """A reason may name the file's own heading instead of a column of a table."""
    return (column,) if column in profile.columns else ()


def _phrase(fault: str, column: str, profile: Profile, cell: Cell) -> tuple[Phrase, dict[str, str]]:
    """Words for what is wrong with a value, and what they name."""
    plain = _fitting(VALUE_WORDS, fault)
    if plain is not None:
        return plain, {"choices": _listed(dict.fromkeys(filter(None, cell.values)))}
    check = _check(profile, column, fault)
    if check is None:
        return OTHERWISE, {"detail": fault}
    stated: Mapping[str, Any] = check.statistics or {}
    phrase = PATTERN_WORDS.get(str(stated.get("pattern"))) or CHECK_WORDS.get(str(check.name))
    allowed = list(cell.values) or [str(v) for v in stated.get("allowed_values", ())]
    limits = [str(value) for key, value in stated.items() if key in ("min_value", "max_value")]
    facts = {"choices": _listed(allowed), "limit": "-".join(limits), "detail": fault}
    return phrase or OTHERWISE, facts


def _check(profile: Profile, column: str, error: str) -> Check | None:
    """The check of a contract that words a fault so."""
    for mapping in profile.tables:
        columns = load_contracts()[mapping.table].to_schema().columns
        checks: Sequence[Check] = columns[column].checks if column in columns else ()
        for check in checks:
            if str(check.error) == error:
                return check
    return None


def _fitting(words: Mapping[str, Phrase], fault: str) -> Phrase | None:
    return next((p for pattern, p in words.items() if re.fullmatch(pattern, fault)), None)


def _listed(choices: Iterable[str]) -> str:
    names = list(choices)
    return ", ".join(names[:MOST_CHOICES]) + (" ..." if len(names) > MOST_CHOICES else "")


def _worded(phrase: Phrase, language: Language, **facts: str) -> tuple[str, str]:
    said = phrase[:2] if language == "sv" else phrase[2:]
    return said[0].format_map(_Facts(facts)), said[1].format_map(_Facts(facts))


class _Facts(dict[str, str]):
    """What words may name; a fact nobody gave reads as a dash."""

    def __missing__(self, key: str) -> str:
        """A dash."""
        del key
        return "-"
