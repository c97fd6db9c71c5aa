"""Blocks: consecutive records of one layout, judged together by their distinct values.

A block holds a part of one large file or the whole of many small ones. What speaks against a
record is found column by column and rule by rule for the whole block at once.
"""

import datetime as dt
import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from pipelines.ingest.formats.registry import load_containers
from pipelines.ingest.keeping import PUPIL, about_protected
from pipelines.ingest.profiles import Cell, Profile, TableMapping
from pipelines.ingest.records import Records, UnreadableError
from pipelines.ingest.vault import Vault
from pipelines.ingest.verdicts import (
    ColumnJudge,
    Flags,
    IdentityJudge,
    Verdicts,
    Written,
    arrow_type,
    broken_rows,
    judged_together,
)
from pipelines.ingest.waivers import Waivers
from pipelines.lake import WHOLE
from schemas.calendar import months_of_term
from schemas.contract import MONTH_PATTERN, TERM_PATTERN, Delivered, load_contracts
from schemas.rules import OLDEST_PUPIL, YOUNGEST_PUPIL, value_in

Indices = NDArray[np.int32]
Numbers = NDArray[np.int64]
Keys = NDArray[np.uint64]

GRAIN_FACTOR = 0x9E3779B97F4A7C15  # 2**64 over the golden ratio, odd
ROWLESS_FACTOR = 0xD1342543DE82EF95  # another odd one, that mixes as well
AS_IT_IS = Cell()
SCHOOL = "school_id"
BORN = "birth_year"  # a part of every table with identity numbers, for ages; stored only in some
TOO_YOUNG_OR_OLD = "student_id: age outside that of pupils"


@dataclass(frozen=True)
class Delivery:
    """A file in the archive and the layout it is read by.

    Attributes:
        delivery_id: SHA-256 of the file.
        path: Where it lies.
        file_name: Its name when it was dropped.
        profile: Its layout.
    """

    delivery_id: str
    path: Path
    file_name: str
    profile: Profile

    @cached_property
    def named(self) -> Mapping[str, str]:
        """What the file's name says it is about."""
        return self.profile.named(self.file_name) or {}

    @cached_property
    def titles(self) -> str:
        """The lines above its header."""
        container = load_containers()[self.profile.container]
        return container.titles(self.path, self.profile).replace("\r", "")

    def stated(self, cell: Cell) -> str:
        """The value of a cell that is the same in the whole file.

        Raises:
            UnreadableError: If the lines above the header do not say it.
        """
        if cell.constant is not None:
            return cell.constant
        if cell.from_name is not None:
            return self.named.get(cell.from_name, "")
        found = re.search(cell.from_title or "", self.titles, re.MULTILINE)
        if found is None:
            raise UnreadableError("title", f"no line above the header fits {cell.from_title}")
        return found[1]


@dataclass(frozen=True, slots=True)
class Span:
    """The records of one delivery within a block.

    Attributes:
        delivery: Whose they are.
        start: Place of the first one in the block.
        stop: Place after the last one.
        first_no: Number of the first one in its file.
    """

    delivery: Delivery
    start: int
    stop: int
    first_no: int

    @property
    def numbers(self) -> Numbers:
        """Record numbers in the file, shape (stop - start,)."""
        return np.arange(self.first_no, self.first_no + self.stop - self.start)


@dataclass(frozen=True, slots=True)
class Block:
    """Records to judge together.

    Attributes:
        records: The records, n of them.
        spans: Which delivery each stretch of them belongs to, in order.
    """

    records: Records
    spans: tuple[Span, ...]

    @property
    def profile(self) -> Profile:
        """The one layout of all of them."""
        return self.spans[0].delivery.profile

    @property
    def owners(self) -> Indices:
        """Place of each record's span, shape (n,)."""
        lengths = [span.stop - span.start for span in self.spans]
        return np.repeat(np.arange(len(self.spans), dtype=np.int32), lengths)


@dataclass(frozen=True, slots=True)
class Part:
    """One column of a block: which distinct value each row has, and the answers for those.

    Attributes:
        indices: Place of each row's value among the distinct ones, shape (rows,).
        verdicts: Answers for the distinct values, length m.
    """

    indices: Indices
    verdicts: Verdicts

    def typed(self, rows: slice | Numbers) -> pa.Array:
        """The values of some rows in the contract's type; text as a dictionary."""
        indices = self.indices[rows]
        values = self.verdicts.values
        if not pa.types.is_string(values.type):
            return values.take(pa.array(indices))
        missing, texts = self.verdicts.missing, self.verdicts.texts
        mask = missing[indices] if missing.any() else None
        if len(texts.dictionary) < len(texts):
            indices = texts.indices.to_numpy()[indices]
        column = pa.DictionaryArray.from_arrays(pa.array(indices, mask=mask), texts.dictionary)
        return column if len(indices) == len(self.indices) else trimmed(column)

    def occurring(self, rows: slice | Numbers) -> list[object]:
        """The distinct values that some rows really have."""
        counts = np.bincount(self.indices[rows], minlength=len(self.verdicts.values))
        values: list[object] = self.verdicts.values.take(np.flatnonzero(counts)).to_pylist()
        return values

    def texts_at(self, rows: Numbers) -> list[str]:
        """The values of some rows, of a column of text without NULL there."""
        found: list[str] = self.verdicts.values.take(pa.array(self.indices[rows])).to_pylist()
        return found

    def spread(self, width: int) -> "Part":
        """The same column with each row ``width`` times."""
        return self if width == 1 else Part(np.repeat(self.indices, width), self.verdicts)


@dataclass(slots=True)
class Reasons:
    """What speaks against each record of a block.

    Attributes:
        kinds: Per record the place of its text in ``texts``; 0 where nothing does, shape (n,).
        texts: Every combination of reasons met, each reason once.
    """

    kinds: Indices
    texts: list[tuple[str, ...]] = field(default_factory=lambda: [()])

    @property
    def clean(self) -> Flags:
        """Records that nothing speaks against, shape (n,)."""
        flags: Flags = self.kinds == 0
        return flags

    def add(self, broken: Flags, reason: str) -> None:
        """Hold a reason against the records flagged."""
        for kind in np.unique(self.kinds[broken]):
            text = self.texts[kind]
            if reason not in text:
                self.kinds[broken & (self.kinds == kind)] = self._place((*text, reason))

    def _place(self, text: tuple[str, ...]) -> int:
        if text not in self.texts:
            self.texts.append(text)
        return self.texts.index(text)


@dataclass(slots=True)
class Judges:
    """The judges of one ingest run; what they learn of a value holds for every delivery.

    Attributes:
        vault: Where pseudonyms are kept.
        identity: Judge of identity numbers.
        waivers: Rules that do not count against some records.
    """

    vault: Vault
    identity: IdentityJudge
    waivers: Waivers = field(default_factory=Waivers)
    _columns: dict[tuple[str, str, str, int], ColumnJudge] = field(default_factory=dict)

    @classmethod
    def of(cls, vault: Vault, *, today: dt.date) -> "Judges":
        """Judges that keep pseudonyms in a vault; ``today`` decides ten-digit centuries."""
        return cls(vault, IdentityJudge(vault, today))

    def column(self, profile: Profile, table: str, name: str, cell: Cell) -> ColumnJudge:
        """The judge of one column of one layout."""
        key = (profile.name, table, name, id(cell))  # its judge keeps the cell alive
        if key not in self._columns:
            self._columns[key] = ColumnJudge(contract_of(table), name, cell)
        return self._columns[key]


@dataclass(frozen=True, slots=True)
class TableRows:
    """The rows of one table that a block becomes.

    Each record becomes ``width`` rows: one in a long file, one per unpivoted column in a wide one.

    Attributes:
        mapping: Which table, and how.
        parts: The contract's delivered columns, each of n * width rows.
        present: Which of these rows exist at all, shape (n * width,).
        width: Rows per record.
    """

    mapping: TableMapping
    parts: Mapping[str, Part]
    present: Flags
    width: int

    @property
    def contract(self) -> type[Delivered]:
        """The table's contract."""
        return contract_of(self.mapping.table)

    @property
    def has_record(self) -> Flags:
        """Which records have a row here, shape (n,)."""
        has: Flags = np.asarray(self.present.reshape(-1, self.width).any(axis=1))
        return has

    def keys(self) -> Keys:
        """The same number for records of the same grain, another for others, shape (n,).

        Columns that unpivoting fills are left out: a record is known by the others. Each column
        has an odd factor of its own, so that different codes give different sums as good as ever.
        """
        filled = {name for one in self.mapping.unpivot for name in one.set}
        keys = np.zeros(len(self.present) // self.width, np.uint64)
        factor = 1
        for name in self.contract.grain():
            if name not in filled:
                codes = self.parts[name].verdicts.codes.astype(np.uint64) * np.uint64(factor)
                keys += codes[self.parts[name].indices[:: self.width]]
                factor = factor * GRAIN_FACTOR % 2**64
        return keys

    def accepted(self, span: Span, clean: Flags) -> slice | Numbers:
        """The rows of one delivery's records that nothing speaks against."""
        whole = slice(span.start * self.width, span.stop * self.width)
        kept = np.repeat(clean[span.start : span.stop], self.width) & self.present[whole]
        return whole if kept.all() else whole.start + np.flatnonzero(kept)

    def stored(self, span: Span, rows: slice | Numbers) -> pa.Table:
        """Some rows of a delivery as they are stored, in the contract's order."""
        places = np.arange(rows.start, rows.stop) if isinstance(rows, slice) else rows
        delivery = pa.DictionaryArray.from_arrays(
            pa.array(np.zeros(len(places), np.int32)), [span.delivery.delivery_id]
        )
        where = {
            "delivery_id": delivery,
            "record_no": span.numbers[places // self.width - span.start],
        }
        names = self.contract.delivered_columns()
        return pa.table(
            {**where, **{name: self._column(name, rows, len(places)) for name in names}}
        )

    def periods(self, rows: slice | Numbers) -> set[str]:
        """The partitions of the table that some rows belong to."""
        partition = self.contract.month_of() or self.contract.partition()
        if partition is None:
            return {WHOLE}
        return {month_or_text(value) for value in self.parts[partition].occurring(rows)}

    def typed(self, names: Sequence[str]) -> pa.Table:
        """Some columns of all rows, in the contract's types."""
        length = len(self.present)
        return pa.table({name: self._column(name, slice(0, length), length) for name in names})

    def _column(self, name: str, rows: slice | Numbers, length: int) -> pa.Array:
        if name in self.parts:
            return self.parts[name].typed(rows)
        return pa.nulls(length, stored_type(self.contract, name))


@dataclass(frozen=True, slots=True)
class JudgedBlock:
    """A block with the verdict on every record.

    Attributes:
        block: What was judged.
        reasons: What speaks against each record.
        tables: The rows it becomes, table by table.
        keys: The same number for records of the same grain, shape (n,).
        clean: Records that nothing speaks against and that go to the lake, shape (n,).
        apart: Records that nobody but the vault may show, shape (n,).
    """

    block: Block
    reasons: Reasons
    tables: tuple[TableRows, ...]
    keys: Keys
    clean: Flags
    apart: Flags

    def kept_by_pupil(self, span: Span) -> Counter[str]:
        """Records of one delivery that the vault keeps and else would be clean, by pupil."""
        here = slice(span.start, span.stop)
        places = span.start + np.flatnonzero(self.apart[here] & (self.reasons.kinds[here] == 0))
        parts = ((rows.parts.get(PUPIL), rows.width) for rows in self.tables)
        found = (part.texts_at(places * width) for part, width in parts if part is not None)
        return Counter(next(found, []))


def judge_block(block: Block, judges: Judges) -> JudgedBlock:
    """Judge every record of a block.

    Raises:
        UnreadableError: If what a file's own title should say is missing.
    """
    reasons = Reasons(np.zeros(len(block.records), np.int32))
    for fault in sorted(set(block.records.faults.values())):
        places = [at for at, text in block.records.faults.items() if text == fault]
        reasons.add(np.isin(np.arange(len(block.records)), places), fault)
    tables = tuple(_rows_of(block, mapping, judges) for mapping in block.profile.tables)
    for rows in tables:
        _judge_values(rows, reasons)
        _judge_place(rows, block, reasons)
        _judge_ages(rows, reasons)
    judges.waivers.lift(block.spans, reasons)
    for rows in tables:
        _judge_rows(rows, reasons)
    apart = about_protected(block, tables, judges.vault.register)
    keys = _keys(tables, _numbers(block))
    return JudgedBlock(block, reasons, tables, keys, reasons.clean & ~apart, apart)


def trimmed(column: pa.DictionaryArray) -> pa.DictionaryArray:
    """The same column, whose dictionary has only values that occur in it.

    Parquet stores a dictionary as it is: else a file would hold values of records that are held
    back, and of other files judged in the same block.
    """
    occurs = np.zeros(len(column.dictionary), dtype=bool)
    occurs[column.indices.drop_null().to_numpy()] = True
    if occurs.all():
        return column
    places = pa.array(np.cumsum(occurs, dtype=np.int32) - np.int32(1))
    return pa.DictionaryArray.from_arrays(
        places.take(column.indices), column.dictionary.filter(pa.array(occurs))
    )


def contract_of(table: str) -> type[Delivered]:
    """The contract of a table that files are delivered to.

    Raises:
        TypeError: If the table is computed, not delivered.
    """
    contract = load_contracts()[table]
    if not issubclass(contract, Delivered):
        raise TypeError(f"{table} is not delivered, it is computed")
    return contract


def stored_type(contract: type[Delivered], name: str) -> pa.DataType:
    """The Arrow type a column is written from: text as a dictionary."""
    kind = arrow_type(contract, name)
    return pa.dictionary(pa.int32(), kind) if pa.types.is_string(kind) else kind


def first_month(period: str) -> str | None:
    """The month a period starts with; None for what is neither a month nor a term."""
    if re.fullmatch(MONTH_PATTERN, period):
        return period
    return months_of_term(period)[0] if re.fullmatch(TERM_PATTERN, period) else None


def elsewhen(texts: Sequence[tuple[str, ...]], kind: str, profile: Profile) -> Flags:
    """Which combinations of reasons say that a record is of another period than its file.

    What is no month or term at all is of no other one either.

    Args:
        texts: Combinations of reasons, length m.
        kind: ``month`` or ``term``.
        profile: Layout of the file.

    Returns:
        Flags of shape (m,).
    """
    columns = {_column_of(kind, contract_of(mapping.table)) for mapping in profile.tables}
    alone = {name: [_not_as_named(name)] for name in columns}
    said = [
        any([one for one in text if one.startswith(f"{name}: ")] == alone[name] for name in columns)
        for text in texts
    ]
    return np.array(said, dtype=bool)


def month_or_text(value: object) -> str:
    """A date's month, any other value as text."""
    return value.strftime("%Y-%m") if isinstance(value, dt.date) else str(value)


def _rows_of(block: Block, mapping: TableMapping, judges: Judges) -> TableRows:
    width = max(len(mapping.unpivot), 1)
    parts: dict[str, Part] = {}
    for name, cell in mapping.cells.items():
        parts |= _filled(block, mapping, judges, name, cell)
    for name in mapping.unpivot[0].set if mapping.unpivot else ():
        parts[name] = _set_by_unpivot(block, mapping, judges, name)
    contract = contract_of(mapping.table)
    for name, column in contract.to_schema().columns.items():
        constant = (column.metadata or {}).get("constant")
        if constant is not None:
            judge = judges.column(block.profile, mapping.table, name, AS_IT_IS)
            indices = np.zeros(len(block.records), np.int32)
            parts[name] = Part(indices, judge.judge([str(constant)])).spread(width)
    return TableRows(mapping, parts, _present(block, mapping), width)


def _filled(
    block: Block, mapping: TableMapping, judges: Judges, name: str, cell: Cell
) -> dict[str, Part]:
    """What one declared cell fills: a column, or for an identity number all it tells."""
    width = max(len(mapping.unpivot), 1)
    if cell.row_identity:
        return {name: _row_identities(block, judges.vault).spread(width)}
    judge = judges.column(block.profile, mapping.table, name, cell)
    if cell.column is None:
        texts = [span.delivery.stated(cell) for span in block.spans]
        return {name: Part(block.owners, judge.judge(texts)).spread(width)}
    if cell.column == "*":
        texts, indices = _interleaved(block, [one.column for one in mapping.unpivot])
        return {name: Part(indices, judge.judge(texts))}
    column = block.records.columns[cell.column]
    texts, indices = column.dictionary.to_pylist(), column.indices.to_numpy()
    if name != "student_id":
        return {name: Part(indices, judge.judge(texts)).spread(width)}
    answers = judges.identity.judge(texts)
    if judges.identity.has_temporary and SCHOOL in mapping.cells:
        school = _filled(block, mapping, judges, SCHOOL, mapping.cells[SCHOOL])[SCHOOL]
        schools = Part(school.indices[::width], school.verdicts)
        written, indices = _with_schools(texts, indices, schools, judges.identity)
        answers = judges.identity.judge(written)
    told = {BORN: BORN, **_from_identity(contract_of(mapping.table))}
    return {filled: Part(indices, answers[part]).spread(width) for filled, part in told.items()}


def _with_schools(
    texts: Sequence[str], indices: Indices, schools: Part, identity: IdentityJudge
) -> tuple[list[Written], Indices]:
    """Temporary numbers with the school of their record, where it is known; others as they are."""
    known = ~schools.verdicts.missing[schools.indices]
    places = np.flatnonzero(identity.temporary(texts)[indices] & known)
    both = np.stack([indices[places], schools.indices[places]], axis=1)
    pairs, own = np.unique(both, axis=0, return_inverse=True)
    codes = schools.verdicts.values.to_pylist()
    with_school = indices.copy()
    with_school[places] = len(texts) + own.ravel()
    return [*texts, *((texts[text], codes[school]) for text, school in pairs)], with_school


def _interleaved(
    block: Block, names: Sequence[str], change: Callable[[str, int], str] | None = None
) -> tuple[list[str], Indices]:
    """Columns side by side as one: all columns of the first record, then of the second."""
    texts: list[str] = []
    indices = []
    for place, name in enumerate(names):
        column = block.records.columns[name]
        indices.append(column.indices.to_numpy() + len(texts))
        own = column.dictionary.to_pylist()
        texts += own if change is None else [change(text, place) for text in own]
    return texts, np.stack(indices, axis=1).ravel().astype(np.int32)


def _set_by_unpivot(block: Block, mapping: TableMapping, judges: Judges, name: str) -> Part:
    judge = judges.column(block.profile, mapping.table, name, AS_IT_IS)
    fixed = [one.set[name] for one in mapping.unpivot]
    appended = [one.append.get(name) for one in mapping.unpivot]
    if not any(appended):
        indices = np.tile(np.arange(len(fixed), dtype=np.int32), len(block.records))
        return Part(indices, judge.judge(fixed))
    headings = [own or one.column for own, one in zip(appended, mapping.unpivot, strict=True)]

    def extended(text: str, place: int) -> str:
        return fixed[place] + (text.strip().upper() if appended[place] else "")

    texts, indices = _interleaved(block, headings, extended)
    return Part(indices, judge.judge(texts))


def _row_identities(block: Block, vault: Vault) -> Part:
    pupils = [
        f"row|{span.delivery.delivery_id}|{number}"
        for span in block.spans
        for number in span.numbers
    ]
    length = len(pupils)
    values = pa.array(vault.student_ids(pupils), pa.string())
    verdicts = Verdicts(values=values, reasons=(None,) * length, codes=_numbers(block))
    return Part(np.arange(length, dtype=np.int32), verdicts)


def _present(block: Block, mapping: TableMapping) -> Flags:
    """Which rows exist: of records of the table's kind, all but unpivoted cells to skip."""
    kept = np.ones(len(block.records), dtype=bool)
    for name, value in mapping.only.items():
        column = block.records.columns[name]
        is_value = np.array([text.strip() == value for text in column.dictionary.to_pylist()])
        kept &= is_value[column.indices.to_numpy()]
    present = np.repeat(kept, max(len(mapping.unpivot), 1))
    if not mapping.skip:
        return present
    texts, indices = _interleaved(block, [one.column for one in mapping.unpivot])
    is_row = np.array([text.strip() not in mapping.skip for text in texts])
    present &= is_row[indices]
    return present


def _from_identity(contract: type[Delivered]) -> dict[str, str]:
    columns = contract.to_schema().columns
    parts = {name: (column.metadata or {}).get("from_identity") for name, column in columns.items()}
    return {name: part for name, part in parts.items() if part}


def _numbers(block: Block) -> Numbers:
    return np.concatenate([span.numbers for span in block.spans])


def _keys(tables: Sequence[TableRows], numbers: Numbers) -> Keys:
    """Each record's grain as a number, by the first table that it is a row of, shape (n,).

    A record that is a row of none repeats nothing: its number in the file is its grain.
    """
    keys = tables[0].keys()
    taken = tables[0].has_record
    for place, rows in enumerate(tables[1:], 1):
        own = rows.has_record & ~taken
        if own.any():
            keys[own] = rows.keys()[own] + np.uint64(place * GRAIN_FACTOR % 2**64)
            taken |= own
    nobody = ~taken
    keys[nobody] = numbers[nobody].astype(np.uint64) * np.uint64(ROWLESS_FACTOR)
    return keys


def _judge_values(rows: TableRows, reasons: Reasons) -> None:
    """Hold against a record what speaks against its values."""
    for part in rows.parts.values():
        for reason in sorted({text for text in part.verdicts.reasons if text}):
            is_broken = np.array([text == reason for text in part.verdicts.reasons])
            _add_by_column(rows, is_broken[part.indices] & rows.present, reason, reasons)


def _judge_place(rows: TableRows, block: Block, reasons: Reasons) -> None:
    """Hold against a record a school or a month that is not the one in the file's name."""
    for group in block.profile.same_as_name:
        name = _column_of(group, rows.contract)
        if name not in rows.parts:
            continue
        part = rows.parts[name]
        expected = [span.delivery.named.get(group, "") for span in block.spans]
        found = [v if v is None else month_or_text(v) for v in part.verdicts.values.to_pylist()]
        if len(set(expected)) == 1 and set(found) <= {expected[0], None}:
            continue
        place = {text: at for at, text in enumerate(dict.fromkeys([*expected, *found]))}
        owners = np.repeat(block.owners, rows.width)
        is_other = (
            np.array([place[text] for text in found])[part.indices]
            != np.array([place[text] for text in expected])[owners]
        )
        known = ~part.verdicts.missing[part.indices]
        _add(rows, is_other & known & rows.present, _not_as_named(name), reasons)


def _judge_ages(rows: TableRows, reasons: Reasons) -> None:
    """Hold against a record that by its year of birth the pupil cannot be in school then."""
    name = rows.contract.month_of() or rows.contract.partition() or ""
    born, when = rows.parts.get(BORN), rows.parts.get(name)
    if born is None or when is None:
        return
    years = born.verdicts.values.fill_null(0).to_numpy()
    known = years[~born.verdicts.missing]
    first, last = _years_of_birth(when.verdicts.values.to_pylist())
    if len(known) == 0 or (known.min() >= first.max() and known.max() <= last.min()):
        return
    year = years[born.indices]
    is_outside = (year < first[when.indices]) | (year > last[when.indices])
    is_known = ~born.verdicts.missing[born.indices]
    _add(rows, is_outside & is_known & rows.present, TOO_YOUNG_OR_OLD, reasons)


def _years_of_birth(periods: Sequence[object]) -> tuple[Numbers, Numbers]:
    """The first and the last year that pupils of each period can be born in, shape (m,)."""
    months = [first_month(month_or_text(period)) for period in periods]
    first = [
        0 if month is None else int(month[:4]) - value_in(OLDEST_PUPIL, month, before=9999)
        for month in months
    ]
    last = [
        9999 if month is None else int(month[:4]) - value_in(YOUNGEST_PUPIL, month, before=-9999)
        for month in months
    ]
    return np.array(first, np.int64), np.array(last, np.int64)


def _not_as_named(column: str) -> str:
    """The reason against a value that the file's name contradicts."""
    return f"{column}: not the one in the file name"


def _column_of(group: str, contract: type[Delivered]) -> str:
    """The column that a group of the file's name is about."""
    return contract.month_of() or group if group == "month" else group


def _judge_rows(rows: TableRows, reasons: Reasons) -> None:
    """Hold against records, as yet clean, the rules across columns that their rows break."""
    names = judged_together(rows.contract)
    if not names:
        return
    for rule, broken in broken_rows(rows.typed(names), rows.contract).items():
        clean = np.repeat(reasons.clean, rows.width)
        _add(rows, broken & rows.present & clean, rule, reasons)


def _add_by_column(rows: TableRows, broken: Flags, reason: str, reasons: Reasons) -> None:
    """Hold a reason against records, naming the unpivoted column it is about."""
    if not rows.mapping.unpivot:
        _add(rows, broken, reason, reasons)
        return
    by_record = broken.reshape(-1, rows.width)
    for place in np.flatnonzero(by_record.any(axis=0)):
        heading = rows.mapping.unpivot[place].column
        reasons.add(by_record[:, place], f"{reason} ({heading})")


def _add(rows: TableRows, broken: Flags, reason: str, reasons: Reasons) -> None:
    by_record: Flags = np.asarray(broken.reshape(-1, rows.width).any(axis=1))
    reasons.add(by_record, reason)
