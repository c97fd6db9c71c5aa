"""Judging a delivery: every record ends as accepted, held back, or an exact repeat.

One pass over the file: a block of records is judged by its distinct values, the accepted rows
are written as Parquet under their pseudonyms, and only the place and the reasons of the others
are kept. A fault inside a record holds that record back; a fault of the file refuses it whole.
"""

import datetime as dt
import re
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from pyarrow import compute, parquet

from pipelines.ingest.formats.registry import load_containers
from pipelines.ingest.ledger import Judged
from pipelines.ingest.profiles import Cell, Profile, TableMapping, Unpivot
from pipelines.ingest.records import NotPlainError, Records, UnreadableError
from pipelines.ingest.vault import Vault
from pipelines.ingest.verdicts import (
    ColumnJudge,
    Flags,
    IdentityJudge,
    Verdicts,
    arrow_type,
    broken_rows,
    judged_together,
)
from pipelines.lake import WHOLE
from schemas.contract import Delivered, load_contracts
from schemas.deliveries import Quarantine

Indices = NDArray[np.int32]
Numbers = NDArray[np.int64]
Keys = NDArray[np.uint64]

PUPIL_BITS = 28
KEY_BITS = 64
ROWS_AT_ONCE = 500_000
CONFLICT = "record: the same pupil and time again with other values"


@dataclass(frozen=True, slots=True)
class Part:
    """One column of a block: which distinct value each row has, and the answers for those.

    Attributes:
        indices: Place of each row's value among the distinct ones, shape (n,).
        verdicts: Answers for the distinct values, length m.
    """

    indices: Indices
    verdicts: Verdicts

    def typed(self, rows: Numbers | None) -> pa.Array:
        """The values of some rows, or of all, in the contract's type."""
        indices = self.indices if rows is None else self.indices[rows]
        values = self.verdicts.values
        if not pa.types.is_string(values.type):
            return values.take(pa.array(indices))
        missing = values.is_null().to_numpy(zero_copy_only=False)
        mask = missing[indices] if missing.any() else None
        return pa.DictionaryArray.from_arrays(pa.array(indices, mask=mask), values.fill_null(""))

    def occurring(self, rows: Numbers | None) -> list[object]:
        """The distinct values that some rows, or all, really have."""
        indices = self.indices if rows is None else self.indices[rows]
        counts = np.bincount(indices, minlength=len(self.verdicts.values))
        values: list[object] = self.verdicts.values.take(np.flatnonzero(counts)).to_pylist()
        return values


@dataclass(slots=True)
class Reasons:
    """What speaks against each record of a block.

    Attributes:
        kinds: Per record the place of its text in ``texts``; 0 where nothing does, shape (n,).
        texts: Every combination of reasons met, each reason once.
    """

    kinds: Indices
    texts: list[tuple[str, ...]] = field(default_factory=lambda: [()])

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
    """

    vault: Vault
    identity: IdentityJudge
    _columns: dict[tuple[str, str, str], ColumnJudge] = field(default_factory=dict)

    @classmethod
    def of(cls, vault: Vault, *, today: dt.date) -> "Judges":
        """Judges that keep pseudonyms in a vault; ``today`` decides ten-digit centuries."""
        return cls(vault, IdentityJudge(vault, today))

    def column(self, profile: Profile, table: str, name: str, cell: Cell) -> ColumnJudge:
        """The judge of one column of one layout."""
        kind = name if cell.column else f"{name} as constant"
        key = (profile.name, table, kind)
        if key not in self._columns:
            self._columns[key] = ColumnJudge(contract_of(table), name, cell)
        return self._columns[key]


@dataclass(frozen=True, slots=True)
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

    @property
    def named(self) -> Mapping[str, str]:
        """What the file's name says it is about."""
        return self.profile.named(self.file_name) or {}


@dataclass(frozen=True, slots=True)
class TableJudge:
    """Turns the records of a delivery into rows of one table.

    Attributes:
        delivery: Whose records.
        mapping: How its columns fill the table.
        judges: Who answers for values.
        titles: The lines above the header.
    """

    delivery: Delivery
    mapping: TableMapping
    judges: Judges
    titles: str

    @property
    def contract(self) -> type[Delivered]:
        """The table's contract."""
        return contract_of(self.mapping.table)

    def parts(self, records: Records, first_no: int, one: Unpivot | None) -> dict[str, Part]:
        """Every delivered column of the contract for a block of records.

        Args:
            records: The block.
            first_no: Number of its first record.
            one: Which column of a wide file becomes rows here, if any.
        """
        found: dict[str, Part] = {}
        for name, cell in self.mapping.cells.items():
            found |= self._filled(name, cell, records, first_no, one)
        for name, text in (one.set if one else {}).items():
            found[name] = self._appended(name, text, records, one)
        for name, column in self.contract.to_schema().columns.items():
            constant = (column.metadata or {}).get("constant")
            if constant is not None:
                found[name] = self._constant(name, str(constant), Cell(), len(records))
        return found

    def _filled(
        self, name: str, cell: Cell, records: Records, first_no: int, one: Unpivot | None
    ) -> dict[str, Part]:
        if cell.row_identity:
            return {name: self._row_identities(len(records), first_no)}
        if cell.column is None:
            return {name: self._constant(name, self._stated(cell), cell, len(records))}
        column = records.columns[one.column if one and cell.column == "*" else cell.column]
        texts, indices = column.dictionary.to_pylist(), column.indices.to_numpy()
        if name == "student_id":
            answers = self.judges.identity.judge(texts)
            return {
                filled: Part(indices, answers[part])
                for filled, part in _from_identity(self.contract).items()
            }
        judge = self.judges.column(self.delivery.profile, self.mapping.table, name, cell)
        return {name: Part(indices, judge.judge(texts))}

    def _stated(self, cell: Cell) -> str:
        if cell.constant is not None:
            return cell.constant
        if cell.from_name is not None:
            return self.delivery.named.get(cell.from_name, "")
        titles = self.titles.replace("\r", "")
        found = re.search(cell.from_title or "", titles, re.MULTILINE)
        if found is None:
            raise UnreadableError("title", f"no line above the header fits {cell.from_title}")
        return found[1]

    def _constant(self, name: str, text: str, cell: Cell, length: int) -> Part:
        judge = self.judges.column(self.delivery.profile, self.mapping.table, name, cell)
        return Part(np.zeros(length, np.int32), judge.judge([text]))

    def _appended(self, name: str, text: str, records: Records, one: Unpivot | None) -> Part:
        heading = one.append.get(name) if one else None
        if heading is None:
            return self._constant(name, text, Cell(), len(records))
        column = records.columns[heading]
        texts = [text + suffix.strip().upper() for suffix in column.dictionary.to_pylist()]
        judge = self.judges.column(self.delivery.profile, self.mapping.table, name, Cell())
        return Part(column.indices.to_numpy(), judge.judge(texts))

    def _row_identities(self, length: int, first_no: int) -> Part:
        sha = self.delivery.delivery_id
        pupils = [f"row|{sha}|{number}" for number in range(first_no, first_no + length)]
        values = pa.array(self.judges.vault.student_ids(pupils), pa.string())
        codes = np.arange(first_no, first_no + length)
        return Part(
            np.arange(length, dtype=np.int32),
            Verdicts(values=values, reasons=(None,) * length, codes=codes),
        )


def contract_of(table: str) -> type[Delivered]:
    """The contract of a table that files are delivered to."""
    contract = load_contracts()[table]
    if not issubclass(contract, Delivered):
        raise TypeError(f"{table} is not delivered, it is computed")
    return contract


def _from_identity(contract: type[Delivered]) -> dict[str, str]:
    columns = contract.to_schema().columns
    parts = {name: (column.metadata or {}).get("from_identity") for name, column in columns.items()}
    return {name: part for name, part in parts.items() if part}


@dataclass(frozen=True, slots=True)
class Long:
    """Rows of one table that a block becomes: all of a long file, one column of a wide one.

    Attributes:
        judge_of: The table.
        one: The column that becomes rows; None for a file that is already long.
        parts: The contract's delivered columns.
        records: The block.
    """

    judge_of: TableJudge
    one: Unpivot | None
    parts: Mapping[str, Part]
    records: Records

    @property
    def present(self) -> Flags:
        """Which records have such a row at all, shape (n,)."""
        skip = self.judge_of.mapping.skip
        if self.one is None or not skip:
            return np.ones(len(self.records), dtype=bool)
        column = self.records.columns[self.one.column]
        kept = np.array([text.strip() not in skip for text in column.dictionary.to_pylist()])
        flags: Flags = kept[column.indices.to_numpy()]
        return flags

    def judge_values(self, reasons: Reasons) -> None:
        """Hold against a record what speaks against its values, and its place in this file."""
        where = f" ({self.one.column})" if self.one else ""
        present = self.present
        for name, part in self.parts.items():
            against = [*part.verdicts.reasons]
            if name in self._named:
                expected = self._named[name]
                against = [
                    r or self._elsewhere(name, v, expected)
                    for r, v in zip(against, part.verdicts.values.to_pylist(), strict=True)
                ]
            for reason in {text for text in against if text}:
                is_broken = np.array([text == reason for text in against])
                reasons.add(is_broken[part.indices] & present, reason + where)

    def keys(self) -> Keys:
        """The same number for records of the same grain, another for others, shape (n,).

        Columns that unpivoting fills are left out: a record is known by the others.
        """
        grain = self.judge_of.contract.grain()
        names = [name for name in grain if self.one is None or name not in self.one.set]
        codes = [self.parts[name].verdicts.codes.astype(np.uint64) for name in names]
        width = (KEY_BITS - PUPIL_BITS) // max(len(names) - 1, 1)
        keys = np.zeros(len(self.records), np.uint64)
        shift = 0
        for name, code in zip(names, codes, strict=True):
            keys |= (code << np.uint64(shift))[self.parts[name].indices]
            shift += width if shift else PUPIL_BITS
        return keys

    def typed(self, names: Sequence[str], rows: Numbers | None) -> pa.Table:
        """Some columns of some rows, or of all, in the contract's types."""
        return pa.table({name: self._typed(name, rows) for name in names})

    def rows(self, good: Flags, numbers: Numbers) -> pa.Table:
        """The accepted rows as they are stored."""
        kept = good & self.present
        chosen = None if kept.all() else np.flatnonzero(kept)
        length = len(kept) if chosen is None else len(chosen)
        delivery = pa.DictionaryArray.from_arrays(
            pa.array(np.zeros(length, np.int32)), [self.judge_of.delivery.delivery_id]
        )
        where = {"delivery_id": delivery, "record_no": numbers[kept]}
        columns = self.typed(self.judge_of.contract.delivered_columns(), chosen)
        return pa.table({**where, **dict(zip(columns.column_names, columns.columns, strict=True))})

    def periods(self, good: Flags) -> set[str]:
        """The partitions of the table that the accepted rows belong to."""
        partition = self.judge_of.contract.partition()
        if partition is None:
            return {WHOLE}
        source = self.judge_of.contract.month_of() or partition
        values = self.parts[source].occurring(np.flatnonzero(good & self.present))
        return {_month(value) for value in values}

    @property
    def _named(self) -> dict[str, str]:
        delivery = self.judge_of.delivery
        month_of = self.judge_of.contract.month_of()
        named = {g: delivery.named[g] for g in delivery.profile.same_as_name if g in delivery.named}
        if month_of and "month" in named:
            named[month_of] = named.pop("month")
        return {name: value for name, value in named.items() if name in self.parts}

    @staticmethod
    def _elsewhere(name: str, value: object, expected: str) -> str | None:
        if value is None or _month(value) == expected:
            return None
        return f"{name}: not the one in the file name"

    def _typed(self, name: str, rows: Numbers | None) -> pa.Array:
        if name in self.parts:
            return self.parts[name].typed(rows)
        length = len(self.records) if rows is None else len(rows)
        return pa.nulls(length, _stored_type(self.judge_of.contract, name))


def _judge_rows(longs: Sequence[Long], reasons: Reasons) -> None:
    """Hold against records the rules across columns that one of their rows breaks."""
    contract = longs[0].judge_of.contract
    names = judged_together(contract)
    if not names:
        return
    broken = broken_rows(pa.concat_tables([long.typed(names, None) for long in longs]), contract)
    for rule, flags in broken.items():
        for long, of_long in zip(longs, np.split(flags, len(longs)), strict=True):
            is_clean = reasons.kinds == 0
            reasons.add(of_long & long.present & is_clean, rule)


def _month(value: object) -> str:
    return value.strftime("%Y-%m") if isinstance(value, dt.date) else str(value)


@dataclass(slots=True)
class DeliveryJudge:
    """Judges one delivery into drafts that the caller puts in place.

    Attributes:
        delivery: What is judged.
        judges: Who answers for values.
        folder: Where drafts are written.
    """

    delivery: Delivery
    judges: Judges
    folder: Path
    accepted: int = 0
    _seen: int = 0
    _keys: list[Keys] = field(default_factory=list)
    _numbers: list[Numbers] = field(default_factory=list)
    _held: list[pa.Table] = field(default_factory=list)
    _content: dict[str, set[str]] = field(default_factory=dict)
    _strictly: bool = False

    def judge(self) -> Judged:
        """Judge every record.

        Raises:
            UnreadableError: If the file cannot be read whole; nothing of it is kept.
        """
        try:
            self._pass(strictly=False)
        except NotPlainError:
            self._forget()
            self._strictly = True
            self._pass(strictly=True)
        if self._seen == 0:
            raise UnreadableError("no_records", "the file has a header and nothing under it")
        duplicates = self._settle_repeats()
        self._write_held()
        scope, version = self.delivery.profile.scope(self.delivery.file_name)
        return Judged(
            delivery_id=self.delivery.delivery_id,
            profile=self.delivery.profile.name,
            scope=scope,
            version=version,
            records=self._seen,
            accepted=self.accepted,
            quarantined=sum(len(held) for held in self._held),
            duplicates=duplicates,
            content={table: frozenset(periods) for table, periods in self._content.items()},
        )

    def draft(self, table: str) -> Path:
        """Where the accepted rows of a table are drafted."""
        return self.folder / f"{table}.parquet"

    def _forget(self) -> None:
        self.accepted = self._seen = 0
        self._keys, self._numbers, self._held, self._content = [], [], [], {}

    def _pass(self, *, strictly: bool) -> None:
        profile = self.delivery.profile
        container = load_containers()[profile.container]
        titles = container.titles(self.delivery.path, profile)
        tables = [TableJudge(self.delivery, m, self.judges, titles) for m in profile.tables]
        blocks = container.records(self.delivery.path, profile, strictly=strictly)
        with ExitStack() as stack:
            writers: dict[str, parquet.ParquetWriter] = {}
            for records in _ahead(blocks):
                for table, rows in self._block(records, tables):
                    if table not in writers:
                        writers[table] = stack.enter_context(_writer(self.draft(table), table))
                    writers[table].write_table(rows)

    def _block(
        self, records: Records, tables: Sequence[TableJudge]
    ) -> Iterator[tuple[str, pa.Table]]:
        """Judge one block: remember what is held back, give the accepted rows by table."""
        numbers = np.arange(self._seen + 1, self._seen + 1 + len(records))
        reasons = Reasons(np.zeros(len(records), np.int32))
        for at, fault in records.faults.items():
            reasons.add(np.arange(len(records)) == at, fault)
        longs = [
            Long(table, one, table.parts(records, int(numbers[0]), one), records)
            for table in tables
            for one in table.mapping.unpivot or (None,)
        ]
        for long in longs:
            long.judge_values(reasons)
        for table in tables:
            _judge_rows([long for long in longs if long.judge_of is table], reasons)
        good = reasons.kinds == 0
        self._seen += len(records)
        self.accepted += int(good.sum())
        self._held.append(_held(reasons, numbers, records.lines, self.delivery.delivery_id))
        self._numbers.append(numbers[good])
        self._keys.append(longs[0].keys()[good])
        for long in longs:
            rows = long.rows(good, numbers)
            self._content.setdefault(long.judge_of.mapping.table, set()).update(long.periods(good))
            yield long.judge_of.mapping.table, rows

    def _settle_repeats(self) -> int:
        """Take repeats out of the drafts; say how many were exact.

        Of exact repeats the first stays. Records of one grain with different values are held
        back together: nobody can say which is right.
        """
        repeated = _repeated(self._keys, self._numbers)
        if not repeated:
            return 0
        texts = self._texts(set(chain.from_iterable(repeated)))
        duplicates: list[int] = []
        conflicts: list[int] = []
        for numbers in repeated:
            if len({texts[number][1] for number in numbers}) == 1:
                duplicates += numbers[1:]
            else:
                conflicts += numbers
        self._drop(sorted(duplicates + conflicts))
        reasons = Reasons(np.zeros(len(conflicts), np.int32))
        reasons.add(np.ones(len(conflicts), dtype=bool), CONFLICT)
        lines = np.array([texts[number][0] for number in conflicts], np.int64)
        numbers_held = np.array(conflicts, np.int64)
        self._held.append(_held(reasons, numbers_held, lines, self.delivery.delivery_id))
        return len(duplicates)

    def _texts(self, wanted: set[int]) -> dict[int, tuple[int, tuple[str, ...]]]:
        """Line and text of some records, read again."""
        container = load_containers()[self.delivery.profile.container]
        number = 0
        found = {}
        blocks = container.records(
            self.delivery.path, self.delivery.profile, strictly=self._strictly
        )
        for records in blocks:
            here = [n - number - 1 for n in wanted if number < n <= number + len(records)]
            taken = {
                name: c.take(pa.array(here)).to_pylist() for name, c in records.columns.items()
            }
            for at, place in enumerate(here):
                text = tuple(values[at] for values in taken.values())
                found[number + place + 1] = int(records.lines[place]), text
            number += len(records)
        return found

    def _drop(self, numbers: Sequence[int]) -> None:
        """Write the drafts again without some records."""
        self.accepted -= len(numbers)
        dropped = pa.array(numbers, pa.int64())
        for table in self._content:
            draft = self.draft(table)
            whole = draft.with_suffix(".whole")
            draft.replace(whole)
            text = [f.name for f in parquet.read_schema(whole) if pa.types.is_string(f.type)]
            with (
                _writer(draft, table) as writer,
                parquet.ParquetFile(whole, read_dictionary=text) as source,
            ):
                for batch in source.iter_batches(ROWS_AT_ONCE):
                    kept = compute.invert(compute.is_in(batch["record_no"], value_set=dropped))
                    writer.write_batch(batch.filter(kept))
            whole.unlink()

    def _write_held(self) -> None:
        held = pa.concat_tables(self._held).sort_by("record_no")
        self._held = [held]
        if len(held):
            parquet.write_table(held, self.draft(Quarantine.table()))


def _held(reasons: Reasons, numbers: Numbers, lines: Numbers, delivery_id: str) -> pa.Table:
    """Where the records held back stood, and why; no value of theirs."""
    places = np.flatnonzero(reasons.kinds)
    texts = ["; ".join(text) for text in reasons.texts]
    return pa.table(
        {
            "delivery_id": pa.array([delivery_id] * len(places), pa.string()),
            "record_no": numbers[places],
            "line_no": lines[places],
            "reasons": pa.array(texts, pa.string()).take(pa.array(reasons.kinds[places])),
        }
    )


def _repeated(keys: Sequence[Keys], numbers: Sequence[Numbers]) -> list[list[int]]:
    """Record numbers that share a key, in order, by key."""
    ordered = np.sort(np.concatenate(keys), kind="stable")  # quick where a file is in order
    twice = np.unique(ordered[1:][ordered[1:] == ordered[:-1]])
    if len(twice) == 0:
        return []
    found: dict[int, list[int]] = {int(key): [] for key in twice}
    for block_keys, block_numbers in zip(keys, numbers, strict=True):
        for place in np.flatnonzero(np.isin(block_keys, twice)):
            found[int(block_keys[place])].append(int(block_numbers[place]))
    return list(found.values())


def _stored_type(contract: type[Delivered], name: str) -> pa.DataType:
    """Text as a dictionary, so that each distinct value is written once."""
    kind = arrow_type(contract, name)
    return pa.dictionary(pa.int32(), kind) if pa.types.is_string(kind) else kind


def _writer(path: Path, table: str) -> parquet.ParquetWriter:
    contract = contract_of(table)
    schema = pa.schema([(name, _stored_type(contract, name)) for name in contract.columns()])
    return parquet.ParquetWriter(
        path,
        schema,
        use_dictionary=[name for name in contract.columns() if name != "record_no"],
        column_encoding={"record_no": "DELTA_BINARY_PACKED"},
        store_schema=False,
    )


def _ahead(blocks: Iterator[Records]) -> Iterator[Records]:
    """The blocks, each read while the one before is judged."""
    with ThreadPoolExecutor(max_workers=1) as reader:
        coming = reader.submit(next, blocks, None)
        while (records := coming.result()) is not None:
            coming = reader.submit(next, blocks, None)
            yield records
