"""Sending: exports become files, some late, repeated, wrong first or broken, each accounted for."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np

from pipelines.simulation.days import term_bounds
from pipelines.simulation.exports import Export
from pipelines.simulation.history import Progress
from pipelines.simulation.layouts import BYTE_ORDER_MARK, DELIMITER, LAYOUTS, MONTH_REPORT
from pipelines.simulation.parameters import Parameters
from pipelines.simulation.trouble import (
    BROKEN,
    LATE_SHARE,
    Trouble,
    broken,
    misprinted,
    plan_trouble,
    spoiled,
)
from pipelines.simulation.workbooks import workbook_bytes

WORKERS = 2
SHEET = "Närvaro"
DAY_OF_DELIVERY = 3
FIRST_DELIVERY = "2011-08-03"
CORRECTION_WEEKS = (3, 7)


class Sent(NamedTuple):
    """One file sent, and where its records belong.

    Attributes:
        file_name: Name with ending.
        status: ``active``, ``superseded`` by its correction, or ``rejected`` as unreadable.
        records: Records in the file; 0 where it cannot be read.
        accepted: Records in force.
        quarantined: Records no reader may accept.
        duplicates: Exact repeats.
        superseded: Records that a correction replaced.
        delivered_on: Day it arrived.
    """

    file_name: str
    status: str
    records: int
    accepted: int
    quarantined: int
    duplicates: int
    superseded: int
    delivered_on: np.datetime64


@dataclass(frozen=True, slots=True)
class Sender:
    """Writes files into one folder.

    Attributes:
        folder: Where they go.
        parameters: The choices behind the city.
        plan: Trouble by name of export.
    """

    folder: Path
    parameters: Parameters
    plan: dict[str, list[Trouble]]

    def send(self, export: Export) -> list[Sent]:
        """Write an export, and before it the wrong or broken version that it corrects."""
        records = export.records()
        if not records:
            return []
        if export.layout.encoding == "cp1252":
            records = records.decode().encode("cp1252")
        rng = self.parameters.stream("sending", export.name)
        troubles = self.plan.get(export.name, [])
        day = _delivery_day(export.period, rng)
        if export.is_workbook:
            return [self._workbook(export, records, day)]
        first = self._sent_first(export, records, troubles, day)
        if first is not None:
            later = day + 7 * int(rng.integers(*CORRECTION_WEEKS))
            name = f"{export.name}_v2.csv"
            return [
                first,
                self._write(name, export.layout.header + records, _active(records, later)),
            ]
        whole = spoiled(export.layout, records, troubles, rng) if troubles else (records, 0, 0)
        sent = _active(records, day)._replace(
            records=whole[0].count(b"\n"), quarantined=whole[1], duplicates=whole[2]
        )
        return [self._write(f"{export.name}.csv", export.layout.header + whole[0], sent)]

    def _sent_first(
        self, export: Export, records: bytes, troubles: Sequence[Trouble], day: np.datetime64
    ) -> Sent | None:
        name = f"{export.name}.csv"
        unreadable = next((trouble for trouble in troubles if trouble in BROKEN), None)
        if unreadable is not None:
            sent = Sent(name, "rejected", 0, 0, 0, 0, 0, day)
            return self._write(name, broken(export.layout, records, unreadable), sent)
        wrong = misprinted(export.layout, records) if Trouble.MISPRINT in troubles else records
        if wrong == records:
            return None
        count = records.count(b"\n")
        sent = Sent(name, "superseded", count, 0, 0, 0, count, day)
        return self._write(name, export.layout.header + wrong, sent)

    def _workbook(self, export: Export, records: bytes, day: np.datetime64) -> Sent:
        header = export.layout.header.decode().strip(f"{BYTE_ORDER_MARK}\n").split(DELIMITER)
        texts = [line.split(DELIMITER) for line in records.decode().splitlines()]
        fixed = MONTH_REPORT.columns.index("month") + 1
        rows: list[list[str | int]] = [
            [*text[:fixed], *(int(minutes) for minutes in text[fixed:])] for text in texts
        ]
        content = workbook_bytes(SHEET, header, rows)
        return self._write(f"{export.name}.xlsx", content, _active(records, day))

    def _write(self, name: str, content: bytes, sent: Sent) -> Sent:
        self.folder.joinpath(name).write_bytes(content)
        return sent._replace(file_name=name)


def send_all(
    folder: Path, exports: Sequence[Export], parameters: Parameters, progress: Progress
) -> list[Sent]:
    """Send every export, with trouble on some, and account for each file in order of name."""
    names = [
        (export.name, export.layout)
        for export in exports
        if export.layout in LAYOUTS and not export.is_workbook
    ]
    plan = plan_trouble(names, parameters.stream("trouble"))
    sender = Sender(folder, parameters, plan)
    sent: list[Sent] = []
    with ThreadPoolExecutor(WORKERS) as pool:
        for done, files in enumerate(pool.map(sender.send, exports), start=1):
            sent.extend(files)
            progress("files", done, len(exports))
    return sorted(sent)


def _active(records: bytes, day: np.datetime64) -> Sent:
    count = records.count(b"\n")
    return Sent("", "active", count, count, 0, 0, 0, day)


def _delivery_day(period: str, rng: np.random.Generator) -> np.datetime64:
    """The 3rd of the month after the period, some one or two months later."""
    if not period:
        return np.datetime64(FIRST_DELIVERY)
    late = int(rng.integers(1, 3)) if rng.random() < LATE_SHARE else 0
    month = _last_month(period) + 1 + late
    first: np.datetime64 = month.astype("datetime64[D]")
    return first + (DAY_OF_DELIVERY - 1)


def _last_month(period: str) -> np.datetime64:
    if "/" in period:
        return np.datetime64(f"{int(period[:4]) + 1}-07")
    if period.endswith(("HT", "VT")):
        period = str(term_bounds(period)[1])[:7]
    return np.datetime64(period)
