"""Judging deliveries: every record ends as accepted, held back, or an exact repeat.

One pass over a file: a block of records is judged by its distinct values, the accepted rows are
written as Parquet under their pseudonyms, and only the place and the reasons of the others are
kept. Small files of one layout are judged together. A fault inside a record holds that record
back; a fault of the file refuses it whole.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from typing import TypeVar

import numpy as np
import pyarrow as pa
from pyarrow import compute, parquet

from pipelines.ingest.blocks import (
    Block,
    Delivery,
    JudgedBlock,
    Judges,
    Numbers,
    Reasons,
    Span,
    contract_of,
    elsewhen,
    first_month,
    judge_block,
    stored_type,
    trimmed,
)
from pipelines.ingest.formats.registry import load_containers
from pipelines.ingest.ledger import Judged
from pipelines.ingest.records import NotPlainError, Records, UnreadableError
from pipelines.ingest.repeats import Repeats
from pipelines.ingest.supplements import is_supplement
from pipelines.ingest.vault import VaultError
from pipelines.storage import lacks_memory, lacks_room
from schemas.deliveries import Quarantine
from schemas.rules import OTHER_MONTH_SHARE, OTHER_PERIOD_LEAST, OTHER_TERM_SHARE, value_in

Item = TypeVar("Item")

SMALL_BYTES = 8 << 20
ROWS_AT_ONCE = 500_000
OTHER_PERIOD_SHARE = {"month": OTHER_MONTH_SHARE, "term": OTHER_TERM_SHARE}
CONFLICT = "record: the same pupil and time again with other values"


@dataclass(frozen=True, slots=True)
class Outcome:
    """The verdict on a delivery and the files it left.

    Attributes:
        judged: The verdict.
        drafts: Files to put in place, by table; none if the file was refused.
        kept: Records accepted that the vault keeps instead, by pupil [count].
    """

    judged: Judged
    drafts: dict[str, Path]
    kept: Mapping[str, int] = field(default_factory=dict)


@dataclass(slots=True)
class Tally:
    """What has been found of one delivery so far.

    Attributes:
        delivery: Whose.
        folder: Where its drafts are written.
        strictly: Whether it had to be split record by record.
    """

    delivery: Delivery
    folder: Path
    strictly: bool = False
    _seen: int = 0
    _accepted: int = 0
    _kept: Counter[str] = field(default_factory=Counter)
    _elsewhen: list[Numbers] = field(default_factory=list)
    _held: list[pa.Table] = field(default_factory=list)
    _content: dict[str, set[str]] = field(default_factory=dict)
    _writers: dict[str, parquet.ParquetWriter] = field(default_factory=dict)
    _repeats: Repeats = field(init=False)

    def __post_init__(self) -> None:
        """Keep what does not fit into memory beside the drafts."""
        self._repeats = Repeats(self.folder / "keys")

    @property
    def next_no(self) -> int:
        """Number of the record that comes next."""
        return self._seen + 1

    def take(self, judged: JudgedBlock, span: Span) -> None:
        """Write the accepted rows of a stretch of a block, remember what is held back."""
        here = slice(span.start, span.stop)
        kinds, clean = judged.reasons.kinds[here], judged.clean[here]
        self._seen += len(kinds)
        kept = judged.kept_by_pupil(span)
        self._kept += kept
        self._accepted += int(clean.sum()) + kept.total()
        lines = judged.block.records.lines[here]
        self._hold(Reasons(kinds, judged.reasons.texts), span.numbers, lines)
        if self._period is not None:
            flags = elsewhen(judged.reasons.texts, self._period, self.delivery.profile)
            self._elsewhen.append(lines[flags[kinds]])
        self._repeats.add(judged.keys[here], clean, first_no=span.first_no)
        for rows in judged.tables:
            accepted = rows.accepted(span, judged.clean)
            table = rows.mapping.table
            self._content.setdefault(table, set()).update(rows.periods(accepted))
            self._writer(table).write_table(rows.stored(span, accepted))

    def finish(self) -> Outcome:
        """Take repeats out and give the verdict.

        Raises:
            UnreadableError: If there was no record at all, or too many are of another period.
        """
        self.close()
        if self._seen == 0:
            raise UnreadableError("no_records", "the file has a header and nothing under it")
        self._refuse_other_period()
        duplicates = self._settle_repeats()
        held = pa.concat_tables(self._held) if self._held else None
        if held is not None:
            parquet.write_table(held.sort_by("record_no"), self._draft(Quarantine.table()))
        scope, version = self.delivery.profile.scope(self.delivery.file_name)
        judged = Judged(
            delivery_id=self.delivery.delivery_id,
            profile=self.delivery.profile.name,
            scope=scope,
            version=version,
            records=self._seen,
            accepted=self._accepted,
            quarantined=0 if held is None else len(held),
            duplicates=duplicates,
            content={table: frozenset(periods) for table, periods in self._content.items()},
        )
        tables = [*self._content, *([Quarantine.table()] if held is not None else [])]
        return Outcome(judged, {table: self._draft(table) for table in tables}, self._kept)

    def close(self) -> None:
        """Close the drafts."""
        for writer in self._writers.values():
            writer.close()
        self._writers.clear()

    def _writer(self, table: str) -> parquet.ParquetWriter:
        if table not in self._writers:
            self.folder.mkdir(exist_ok=True)
            self._writers[table] = _new_writer(self._draft(table), table)
        return self._writers[table]

    def _draft(self, table: str) -> Path:
        return self.folder / f"{table}.parquet"

    def _hold(self, reasons: Reasons, numbers: Numbers, lines: Numbers) -> None:
        """Remember where records held back stood, and why; no value of theirs."""
        places = np.flatnonzero(reasons.kinds)
        if len(places) == 0:
            return
        texts = pa.array(["; ".join(text) for text in reasons.texts], pa.string())
        held = {
            "delivery_id": pa.array([self.delivery.delivery_id] * len(places), pa.string()),
            "record_no": numbers[places],
            "line_no": lines[places],
            "reasons": texts.take(pa.array(reasons.kinds[places])),
        }
        self._held.append(pa.table(held))

    @property
    def _period(self) -> str | None:
        """What kind of period the file's name states for its records, if any."""
        stated = self.delivery.profile.same_as_name
        return next((kind for kind in OTHER_PERIOD_SHARE if kind in stated), None)

    def _refuse_other_period(self) -> None:
        """Refuse a file of which too many records are of another period than its name says.

        Mended records are judged one by one: they are few.
        """
        period = self._period
        if period is None or is_supplement(self.delivery.file_name):
            return
        lines = np.concatenate(self._elsewhen)
        month = first_month(self.delivery.named[period]) or ""
        most = value_in(OTHER_PERIOD_SHARE[period], month, before=1) * self._seen
        least = min(value_in(OTHER_PERIOD_LEAST, month, before=1), self._seen)
        if len(lines) > most and len(lines) >= least:
            raise UnreadableError(
                "other_period",
                f"{len(lines)} of {self._seen} records are of another {period} than the file's "
                "name says; correct them, or the name",
                int(lines[0]),
            )

    def _settle_repeats(self) -> int:
        """Take repeats out of the drafts; say how many were exact.

        Of exact repeats the first stays. Records of one grain with different values are held
        back together: nobody can say which is right.
        """
        repeated = self._repeats.groups()
        if not repeated:
            return 0
        texts = _texts(self.delivery, set(chain.from_iterable(repeated)), strictly=self.strictly)
        duplicates: list[int] = []
        conflicts: list[int] = []
        for numbers in repeated:
            if len({texts[number][1] for number in numbers}) == 1:
                duplicates += numbers[1:]
            else:
                conflicts += numbers
        self._drop(duplicates + conflicts)
        reasons = Reasons(np.zeros(len(conflicts), np.int32))
        reasons.add(np.ones(len(conflicts), dtype=bool), CONFLICT)
        lines = np.array([texts[number][0] for number in conflicts], np.int64)
        self._hold(reasons, np.array(conflicts, np.int64), lines)
        return len(duplicates)

    def _drop(self, numbers: Sequence[int]) -> None:
        """Write the drafts again without some records."""
        self._accepted -= len(numbers)
        dropped = pa.array(numbers, pa.int64())
        for table in self._content:
            draft = self._draft(table)
            whole = draft.with_suffix(".whole")
            draft.replace(whole)
            text = [f.name for f in parquet.read_schema(whole) if pa.types.is_string(f.type)]
            with (
                _new_writer(draft, table) as writer,
                parquet.ParquetFile(whole, read_dictionary=text) as source,
            ):
                for batch in source.iter_batches(ROWS_AT_ONCE):
                    kept = compute.invert(compute.is_in(batch["record_no"], value_set=dropped))
                    writer.write_batch(_kept(batch, kept))
            whole.unlink()


def judge_all(deliveries: Sequence[Delivery], judges: Judges, folder: Path) -> Iterator[Outcome]:
    """Judge deliveries of one layout, small ones together; a verdict on each, in order.

    Args:
        deliveries: All of one profile.
        judges: Who answers for values.
        folder: Where drafts go; the caller moves them before asking for the next outcome.

    Raises:
        VaultError: If pupils cannot be given pseudonyms, which is no fault of any file.
    """
    for batch in _batches(deliveries):
        if batch[0].path.stat().st_size > SMALL_BYTES:
            yield _guarded(batch[0], judges, folder)
            continue
        try:
            yield from list(_judge_together(batch, judges, folder))
        except VaultError:
            raise
        except Exception:  # noqa: BLE001 - whichever file it was, the others must not suffer
            yield from (_guarded(one, judges, folder / "alone") for one in batch)


def refused(delivery_id: str, profile: str | None, error: Exception) -> Outcome:
    """The verdict on a file that cannot be read whole.

    The text of an unforeseen error may quote a row, so only its kind is passed on.

    Raises:
        Exception: The error itself, if it is no file's fault: nothing can be written now.
    """
    if lacks_room(error):
        raise error
    if isinstance(error, UnreadableError):
        cause = f"{error.cause}: {error}"
    else:
        kind = MemoryError if lacks_memory(error) else type(error)
        cause = f"internal: {kind.__name__}; report it with the delivery's id"
    judged = Judged(delivery_id=delivery_id, profile=profile, scope=None, cause=cause, content={})
    return Outcome(judged, {})


def _batches(deliveries: Sequence[Delivery]) -> Iterator[list[Delivery]]:
    """Small files in their order, up to a size together; each large file alone."""
    batch: list[Delivery] = []
    size = 0
    for delivery in deliveries:
        own = delivery.path.stat().st_size
        if batch and size + own > SMALL_BYTES:
            yield batch
            batch, size = [], 0
        batch.append(delivery)
        size += own
    if batch:
        yield batch


def _guarded(delivery: Delivery, judges: Judges, folder: Path) -> Outcome:
    """Judge one delivery block by block; a verdict in any case."""
    folder.mkdir(exist_ok=True)
    try:
        return _judge_blockwise(delivery, judges, folder)
    except VaultError:
        raise
    except Exception as error:  # noqa: BLE001 - one file never stops the others
        return refused(delivery.delivery_id, delivery.profile.name, error)


def _judge_blockwise(delivery: Delivery, judges: Judges, folder: Path) -> Outcome:
    for strictly in (False, True):
        tally = Tally(delivery, folder / delivery.delivery_id, strictly=strictly)
        try:
            for judged, span in _ahead(_judged_blocks(delivery, judges, strictly=strictly)):
                tally.take(judged, span)
            return tally.finish()
        except NotPlainError:
            continue
        finally:
            tally.close()
    raise UnreadableError("format", "the file is neither plain nor strict CSV; export it again")


def _judged_blocks(
    delivery: Delivery, judges: Judges, *, strictly: bool
) -> Iterator[tuple[JudgedBlock, Span]]:
    """The blocks of one file, each read while the one before is judged."""
    first_no = 1
    for records in _ahead(_read(delivery, strictly=strictly)):
        span = Span(delivery, 0, len(records), first_no)
        first_no += len(records)
        yield judge_block(Block(records, (span,)), judges), span


def _judge_together(
    deliveries: Sequence[Delivery], judges: Judges, folder: Path
) -> Iterator[Outcome]:
    """Judge the whole of many small files as one block."""
    whole: list[tuple[Tally, Records]] = []
    for delivery in deliveries:
        try:
            whole.append(_read_whole(delivery, folder))
        except UnreadableError as error:
            yield refused(delivery.delivery_id, delivery.profile.name, error)
    if not whole:
        return
    stops = np.cumsum([len(records) for _, records in whole]).tolist()
    spans = tuple(
        Span(tally.delivery, stop - len(records), stop, tally.next_no)
        for (tally, records), stop in zip(whole, stops, strict=True)
    )
    block = Block(_joined([records for _, records in whole]), spans)
    judged = judge_block(block, judges)
    with ExitStack() as stack:
        for (tally, _), span in zip(whole, spans, strict=True):
            stack.callback(tally.close)
            tally.take(judged, span)
            yield _finished(tally)


def _finished(tally: Tally) -> Outcome:
    """The verdict on a file of many, that must not make the others be judged again."""
    try:
        return tally.finish()
    except UnreadableError as error:
        return refused(tally.delivery.delivery_id, tally.delivery.profile.name, error)


def _read_whole(delivery: Delivery, folder: Path) -> tuple[Tally, Records]:
    """All records of a small file.

    Raises:
        UnreadableError: If it cannot be read whole, has no record, or lacks a title it needs.
    """
    for mapping in delivery.profile.tables:
        for cell in mapping.cells.values():
            if cell.from_title is not None:
                delivery.stated(cell)
    tally = Tally(delivery, folder / delivery.delivery_id)
    try:
        found = list(_read(delivery, strictly=False))
    except NotPlainError:
        tally.strictly = True
        found = list(_read(delivery, strictly=True))
    if not found:
        raise UnreadableError("no_records", "the file has a header and nothing under it")
    return tally, _joined(found)


def _read(delivery: Delivery, *, strictly: bool) -> Iterator[Records]:
    container = load_containers()[delivery.profile.container]
    return container.records(delivery.path, delivery.profile, strictly=strictly)


def _joined(parts: Sequence[Records]) -> Records:
    """Records one after the other, each distinct value still once."""
    if len(parts) == 1:
        return parts[0]
    starts = np.cumsum([0, *(len(part) for part in parts[:-1])]).tolist()
    columns = {}
    for name in parts[0].columns:
        chunks = pa.chunked_array([part.columns[name] for part in parts])
        joined = chunks.unify_dictionaries().combine_chunks()
        columns[name] = joined.chunk(0) if isinstance(joined, pa.ChunkedArray) else joined
    faults = {
        start + at: fault
        for start, part in zip(starts, parts, strict=True)
        for at, fault in part.faults.items()
    }
    lines = np.concatenate([part.lines for part in parts])
    return Records(lines=lines, columns=columns, faults=faults)


def _texts(
    delivery: Delivery, wanted: set[int], *, strictly: bool
) -> dict[int, tuple[int, tuple[str, ...]]]:
    """Line and text of some records, read again."""
    seen = 0
    found = {}
    for records in _read(delivery, strictly=strictly):
        here = [number - seen - 1 for number in wanted if seen < number <= seen + len(records)]
        places = pa.array(here, pa.int64())
        taken = [column.take(places).to_pylist() for column in records.columns.values()]
        for at, place in enumerate(here):
            text = tuple(values[at] for values in taken)
            found[seen + place + 1] = int(records.lines[place]), text
        seen += len(records)
    return found


def _kept(batch: pa.RecordBatch, kept: pa.BooleanArray) -> pa.RecordBatch:
    """Some rows of a batch, and no value of the others in any dictionary."""
    columns = [
        trimmed(column) if pa.types.is_dictionary(column.type) else column
        for column in batch.filter(kept).columns
    ]
    return pa.RecordBatch.from_arrays(columns, schema=batch.schema)


def _new_writer(path: Path, table: str) -> parquet.ParquetWriter:
    contract = contract_of(table)
    schema = pa.schema([(name, stored_type(contract, name)) for name in contract.columns()])
    return parquet.ParquetWriter(
        path,
        schema,
        use_dictionary=[name for name in contract.columns() if name != "record_no"],
        column_encoding={"record_no": "DELTA_BINARY_PACKED"},
        write_statistics=False,  # a delivery is read whole; they would cost a third of the writing
        store_schema=False,
    )


def _ahead(items: Iterable[Item]) -> Iterator[Item]:
    """The items, each made in another thread while the one before is worked on."""
    source = iter(items)
    with ThreadPoolExecutor(max_workers=1) as maker:
        coming = maker.submit(next, source, None)
        while (item := coming.result()) is not None:
            coming = maker.submit(next, source, None)
            yield item
