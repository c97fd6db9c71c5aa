"""Forms (formulär): a sheet of questions and answers, each found by the key of its question.

The setting ``form`` names the form in :mod:`schemas.forms`. Answers leave here in the form in
which they are stored: the code of a choice, a number with decimal point, an ISO date. Whether an
answer may be for research is said by the form's own declaration, never by the file.
"""

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from pipelines.ingest.formats.xlsx import CONTAINER as SHEETS
from pipelines.ingest.profiles import Profile
from pipelines.ingest.records import Records, encoded
from schemas.forms import (
    ANSWER,
    FOR_RESEARCH,
    HEADER_ROW,
    HEADINGS,
    KEPT_BACK,
    KEY,
    USE,
    Form,
    Question,
    form_named,
)

UNKNOWN_KEY = "record: no question of the form has this key"
NO_KEY = "record: an answer without the key of a question"


@dataclass(frozen=True, slots=True)
class Written:
    """One row of the sheet, or a question that the sheet lacks.

    Attributes:
        line: Its row; that of the header for a question the sheet lacks.
        key: As written.
        text: The answer as written.
        fault: What is wrong with the row's shape; None if nothing.
    """

    line: int
    key: str
    text: str
    fault: str | None = None


@dataclass(frozen=True, slots=True)
class FormContainer:
    """Workbooks with one question per row."""

    settings = frozenset({"form"})

    def headings(self, path: Path, profile: Profile) -> list[str] | None:
        """The cells of the header's row.

        Raises:
            UnreadableError: If it is no safe workbook or has no such sheet.
        """
        return SHEETS.headings(path, profile)

    def titles(self, path: Path, profile: Profile) -> str:
        """Nothing: what stands above the header is for the person who answers."""
        del path, profile
        return ""

    def records(self, path: Path, profile: Profile, *, strictly: bool) -> Iterator[Records]:
        """One record per question, answered or not, and one per row that answers none.

        Raises:
            UnreadableError: If the workbook cannot be read whole.
        """
        form = form_named(profile.settings["form"])
        found = [
            row
            for records in SHEETS.records(path, profile, strictly=strictly)
            for row in _rows(records)
        ]
        told = {row.key for row in found}
        lacking = [Written(HEADER_ROW, q.key, "") for q in form.questions if q.key not in told]
        yield _gathered([*found, *lacking], form)


CONTAINER = FormContainer()


def judged_answer(question: Question, text: str) -> tuple[str, str | None]:
    """An answer as it is stored, and what is wrong with it; None if nothing.

    Args:
        question: What is asked.
        text: What is written; empty if nothing is.
    """
    text = text.strip()
    if text == "":
        return "", "missing" if question.is_required else None
    if question.kind == "choice":
        codes = {code.sv: code.code for code in question.codes}
        return codes.get(text, ""), None if text in codes else "not one of the codes"
    if question.kind == "date":
        return _date(text)
    if question.kind in ("text", "free_text"):
        return text, None
    return _number(question, text)


def _rows(records: Records) -> Iterator[Written]:
    """The rows of a sheet but its headings of sections."""
    keys, texts = (records.columns[name].to_pylist() for name in (KEY, ANSWER))
    for at, (key, text) in enumerate(zip(keys, texts, strict=True)):
        fault = records.faults.get(at)
        if fault or key.strip() or text.strip():
            yield Written(int(records.lines[at]), key.strip(), text, fault)


def _gathered(rows: list[Written], form: Form) -> Records:
    """Rows judged: of a faulty one the key and the answer stand as they are written."""
    questions = {question.key: question for question in form.questions}
    columns: dict[str, list[str]] = {name: [] for name in HEADINGS}
    faults = {}
    for at, row in enumerate(rows):
        answer, fault = _judged(row, questions)
        if fault is not None:
            faults[at] = fault
        use = "" if fault else _use(questions[row.key])
        told = {KEY: row.key, ANSWER: row.text if fault else answer, USE: use}
        for name in HEADINGS:
            columns[name].append(told.get(name, ""))
    lines = np.array([row.line for row in rows], np.int64)
    return Records(
        lines=lines,
        columns={name: encoded(texts) for name, texts in columns.items()},
        faults=faults,
    )


def _judged(row: Written, questions: dict[str, Question]) -> tuple[str, str | None]:
    if row.fault is not None:
        return "", row.fault
    if row.key not in questions:
        return "", UNKNOWN_KEY if row.key else NO_KEY
    answer, wrong = judged_answer(questions[row.key], row.text)
    return answer, wrong and f"{row.key}: {wrong}"


def _use(question: Question) -> str:
    return FOR_RESEARCH if question.is_for_research else KEPT_BACK


def _date(text: str) -> tuple[str, str | None]:
    try:
        return dt.date.fromisoformat(text).isoformat(), None
    except ValueError:
        return "", "not date"


def _number(question: Question, text: str) -> tuple[str, str | None]:
    try:
        number = float(text.replace(",", "."))
    except ValueError:
        number = float("nan")
    is_whole = question.kind != "number"
    if not np.isfinite(number) or (is_whole and not number.is_integer()):
        return "", "not int64" if is_whole else "not float64"
    if number < 0 or number > (question.highest or 10**9):
        return "", "in_range"
    return (str(int(number)) if number.is_integer() else f"{number:.9f}".rstrip("0")), None
