"""Verdicts: what a contract says of each distinct value of a column, judged once.

A month of lessons has millions of rows and a few thousand distinct values. So a value is
normalised by its profile, judged by the contract's own expression and cast once; rows only
gather the answers by index. Identity numbers are answered by the vault in the same way.
"""

import datetime as dt
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache, cached_property

import ibis
import numpy as np
import pyarrow as pa
from ibis.expr.operations import Field
from numpy.typing import NDArray
from pandera.api.ibis.components import Column

from pipelines.engine import engine
from pipelines.ingest.identity import TEMPORARY_SIGN, identities_of
from pipelines.ingest.profiles import Cell
from pipelines.ingest.vault import STUDENT_BYTES, Vault, at_school
from pipelines.judging import verdict
from schemas.contract import Delivered

WRITTEN_AS = {
    "int64": r"^-?\d{1,18}$",
    "float64": r"^-?\d{1,15}(\.\d+)?$",
    "date": r"^\d{4}-\d{2}-\d{2}$",
}
VALUES = "delivered_values"
ROWS = "delivered_rows"
NOBODY = "0" * 2 * STUDENT_BYTES
NOBODY_YET = pa.schema(
    [
        ("student_id", pa.string()),
        ("birth_year", pa.int64()),
        ("sex", pa.string()),
        ("reason", pa.string()),
        ("temporary", pa.bool_()),
    ]
)

Written = str | tuple[str, str]
"""An identity number as delivered; a school's temporary number with the school's code."""
NOBODYS = "a school's temporary number says whose it is only beside the school"

Flags = NDArray[np.bool_]
Codes = NDArray[np.int64]


class Unspeakable(str):
    """A delivered text that could not be brought to the form a contract judges."""

    __slots__ = ()


@dataclass(frozen=True, kw_only=True)
class Verdicts:
    """Answers for the distinct values of one column of one block.

    Attributes:
        values: In the contract's type, NULL where missing or refused, length m.
        reasons: Why a value is refused, None where it is accepted, length m.
        codes: Equal for equal values over the whole delivery, shape (m,).
    """

    values: pa.Array
    reasons: tuple[str | None, ...]
    codes: Codes

    @cached_property
    def missing(self) -> Flags:
        """Which values are NULL, shape (m,)."""
        flags: Flags = self.values.is_null().to_numpy(zero_copy_only=False)
        return flags

    @cached_property
    def texts(self) -> pa.DictionaryArray:
        """Text values as a dictionary may hold them: without NULL, and each once.

        Arrow makes the page for a dictionary as large as all its entries together, writes equal
        ones once, and leaves the rest of the page as it finds it: whatever lay in memory there,
        an identity number for one, would stand in the file.
        """
        return self.values.fill_null("").dictionary_encode()


@dataclass(slots=True)
class ColumnJudge:
    """Judges the values of one column, and remembers.

    Attributes:
        contract: Whose column it is.
        name: The column.
        cell: How the sender writes it.
    """

    contract: type[Delivered]
    name: str
    cell: Cell
    _place: dict[str, int] = field(default_factory=dict)
    _values: list[object] = field(default_factory=list)
    _reasons: list[str | None] = field(default_factory=list)
    _codes: list[int] = field(default_factory=list)
    _code_of: dict[object, int] = field(default_factory=dict)

    def judge(self, texts: Sequence[str]) -> Verdicts:
        """Answer for distinct texts, in order."""
        new = list(dict.fromkeys(text for text in texts if text not in self._place))
        if new:
            self._learn(new)
        places = [self._place[text] for text in texts]
        values = [self._values[place] for place in places]
        return Verdicts(
            values=pa.array(values, arrow_type(self.contract, self.name)),
            reasons=tuple(self._reasons[place] for place in places),
            codes=np.array([self._codes[place] for place in places], dtype=np.int64),
        )

    def _learn(self, texts: Sequence[str]) -> None:
        written = [self._normal(text) for text in texts]
        for text, value, reason in zip(texts, *self._verdicts(written), strict=True):
            self._place[text] = len(self._values)
            self._values.append(value)
            self._reasons.append(reason)
            self._codes.append(self._code_of.setdefault(value, len(self._code_of)))

    def _verdicts(self, written: Sequence[str | None]) -> tuple[list[object], list[str | None]]:
        speakable = [None if isinstance(text, Unspeakable) else text for text in written]
        query = _value_query(self.contract, self.name)
        answers = engine().con.execute(query, [speakable]).to_arrow_table()
        reasons = [
            f"{self.name}: {text}" if isinstance(text, Unspeakable) else reason
            for text, reason in zip(written, answers["reason"].to_pylist(), strict=True)
        ]
        return answers["value"].to_pylist(), reasons

    def _normal(self, text: str) -> str | None:
        """The text in the form the contract judges; None if it spells a missing value."""
        cell = self.cell
        text = unicodedata.normalize("NFC", text).strip()
        if text in cell.missing:
            return None
        if cell.values:
            return cell.values.get(text, cell.otherwise or Unspeakable("not one of the codes"))
        if cell.decimal or cell.thousands:
            return _plain_number(text, cell)
        if cell.date_format:
            return _iso_date(text, cell.date_format)
        return text


@dataclass(slots=True)
class IdentityJudge:
    """Judges identity numbers and answers with pseudonyms.

    A school's temporary number is nobody's until it is known whose school gave it.

    Attributes:
        vault: Where pseudonyms are kept.
        today: Decides the century of ten-digit numbers.
        has_temporary: Whether it met a temporary number.
    """

    vault: Vault
    today: dt.date
    has_temporary: bool = False
    _place: dict[Written, int] = field(default_factory=dict)
    _known: pa.Table = field(default_factory=NOBODY_YET.empty_table)
    _codes: Codes = field(default_factory=lambda: np.zeros(0, np.int64))

    def judge(self, texts: Sequence[Written]) -> dict[str, Verdicts]:
        """Answer for distinct texts, by the part of the identity a column is filled from."""
        places = self._places(texts)
        found = self._known.take(pa.array(places))
        silent = (None,) * len(texts)
        return {
            name: Verdicts(
                values=_whole(found[name]),
                reasons=tuple(found["reason"].to_pylist()) if name == "student_id" else silent,
                codes=self._codes[places],
            )
            for name in ("student_id", "birth_year", "sex")
        }

    def temporary(self, texts: Sequence[Written]) -> Flags:
        """Which of distinct texts are temporary numbers, shape (m,)."""
        found = self._known["temporary"].take(pa.array(self._places(texts)))
        flags: Flags = found.to_numpy(zero_copy_only=False)
        return flags

    def _places(self, texts: Sequence[Written]) -> Codes:
        new = [text for text in texts if text not in self._place]
        if new:
            self._learn(new)
        return np.fromiter(map(self._place.__getitem__, texts), np.int64, len(texts))

    def _learn(self, texts: Sequence[Written]) -> None:
        plain = [text if isinstance(text, str) else text[0] for text in texts]
        found = identities_of(plain, today=self.today)
        good = np.ones(len(texts), dtype=bool)
        good[list(found.faults)] = False
        self.has_temporary |= bool(found.is_temporary.any())
        numbers = {
            place: _looked_up(texts[place], found.numbers[place])
            for place in np.flatnonzero(good).tolist()
        }
        students: list[str | None] = [None] * len(texts)
        places = [place for place, number in numbers.items() if number is not None]
        asked = self.vault.student_ids([numbers[place] or "" for place in places])
        for place, student in zip(places, asked, strict=True):
            students[place] = student
        reasons: list[str | None] = [None] * len(texts)
        for place, number in numbers.items():
            reasons[place] = None if number else f"student_id: {NOBODYS}"
        for place, rule in found.faults.items():
            reasons[place] = f"student_id: {rule}"
        sexes = pa.array(np.where(found.is_female, "female", "male"), pa.string(), mask=~good)
        learned = {
            "student_id": pa.array(students, pa.string()),
            "birth_year": pa.array(found.birth_years, pa.int64(), mask=~good),
            "sex": sexes,
            "reason": pa.array(reasons, pa.string()),
            "temporary": pa.array(found.is_temporary),
        }
        self._place.update({text: place for place, text in enumerate(texts, len(self._codes))})
        self._known = pa.concat_tables([self._known, pa.table(learned)]).combine_chunks()
        self._codes = np.concatenate([self._codes, _codes_of(students)])


def judged_together(contract: type[Delivered]) -> tuple[str, ...]:
    """The columns that the contract's rules across columns look at."""
    return _row_query(contract)[1]


def broken_rows(rows: pa.Table, contract: type[Delivered]) -> dict[str, Flags]:
    """Which rows break which rule across columns, by the rule's name; only broken rules.

    Args:
        rows: The columns of :func:`judged_together`, typed, length n.
        contract: Whose rules.

    Returns:
        Flags of shape (n,).
    """
    query, _ = _row_query(contract)
    kept = engine().con.from_arrow(rows).query(ROWS, query).to_arrow_table()
    flags = {name: ~kept[name].fill_null(fill_value=True).to_numpy() for name in kept.column_names}
    return {name: broken for name, broken in flags.items() if broken.any()}


def arrow_type(contract: type[Delivered], name: str) -> pa.DataType:
    """The Arrow type of a contract's column."""
    return contract.to_schema().columns[name].dtype.type.to_pyarrow()


@cache
def _value_query(contract: type[Delivered], name: str) -> str:
    """One column's verdict on a list of texts, compiled once per contract and column."""
    column = contract.to_schema().columns[name]
    delivered = ibis.table({"delivered": "string"}, name=VALUES)
    judged = delivered.select(delivered.delivered, **{name: _believed(delivered.delivered, column)})
    reason = ibis.literal("; ").join(list(_reasons(judged, name, column))).nullif("")
    query = ibis.to_sql(judged.select(value=judged[name], reason=reason), dialect="duckdb")
    source = "(SELECT UNNEST($1::VARCHAR[]) AS delivered)"
    return str(query).replace(f'"{VALUES}"', source)


@cache
def _row_query(contract: type[Delivered]) -> tuple[str, tuple[str, ...]]:
    """The verdict of every rule across columns, and the columns it takes."""
    schema = contract.to_schema()
    types = {name: column.dtype.type for name, column in schema.columns.items()}
    rows = ibis.table(types, name=ROWS)
    kept = {str(check.name): verdict(check, rows) for check in schema.checks}
    if not kept:
        return "", ()
    judged = rows.select(**kept)
    columns = sorted({field.name for field in judged.op().find(Field)} & set(types))
    return str(ibis.to_sql(judged, dialect="duckdb")), tuple(columns)


def _believed(text: ibis.ir.StringValue, column: Column) -> ibis.Value:
    """Cast what is written as the type is written; a bare cast would read 36.5 as 37."""
    pattern = WRITTEN_AS.get(str(column.dtype))
    if pattern is not None:
        text = ibis.ifelse(text.re_search(pattern), text, ibis.null("string"))
    return text.try_cast(column.dtype.type)


def _reasons(rows: ibis.Table, name: str, column: Column) -> Iterator[ibis.ir.StringValue]:
    """One text per rule of a column, NULL where the rule is kept or has nothing to judge."""
    if not column.nullable:
        yield _unless(rows.delivered.notnull(), f"{name}: missing")
    believed = rows[name].notnull() | rows.delivered.isnull()
    yield _unless(believed, f"{name}: not {column.dtype}")
    for check in column.checks:
        yield _unless(verdict(check, rows, name), f"{name}: {check.error}")


def _unless(kept: ibis.ir.BooleanValue, reason: str) -> ibis.ir.StringValue:
    return ibis.ifelse(~kept, reason, ibis.null("string"))


def _looked_up(text: Written, number: str) -> str | None:
    """What the vault is asked for; None for a temporary number without its school."""
    if TEMPORARY_SIGN not in number:
        return number
    return None if isinstance(text, str) else at_school(number, text[1])


def _codes_of(students: Sequence[str | None]) -> Codes:
    """A number for each pupil: the first half of the random ``student_id``; 0 for nobody."""
    drawn = bytes.fromhex("".join(student or NOBODY for student in students))
    return np.frombuffer(drawn, np.int64)[::2]


def _whole(column: pa.ChunkedArray) -> pa.Array:
    whole = column.combine_chunks()
    return whole.chunk(0) if isinstance(whole, pa.ChunkedArray) else whole


def _plain_number(text: str, cell: Cell) -> str:
    for sign in filter(None, (cell.thousands, "\u00a0" if cell.thousands == " " else "")):
        text = text.replace(sign, "")
    if cell.decimal and "." in text:
        return Unspeakable("number_format")
    return text.replace(cell.decimal or ".", ".")


def _iso_date(text: str, date_format: str) -> str:
    try:
        return dt.datetime.strptime(text, date_format).date().isoformat()  # noqa: DTZ007
    except ValueError:
        return Unspeakable("not a date as this sender writes them")
