"""One small city for all tests of what it writes, and its files as plain rows."""

import csv
import io
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import openpyxl
import pandas as pd
import pytest

from pipelines.simulation.city import Parameters, Simulated, simulate
from pipelines.simulation.layouts import SCB_COLUMNS

SMALL = Parameters(schools=5, years=5, pupils_per_grade=24)
Row = dict[str, str]


class Delivered(NamedTuple):
    """What lies in the folders of a simulated city."""

    city: Simulated

    def truth(self, name: str) -> pd.DataFrame:
        """A table of planted figures; codes stay text."""
        kept = {"school_id": str, "term": str, "month": str}
        return pd.read_csv(self.city.truth / f"{name}.csv", dtype=kept)

    def rows(self, kind: str) -> Iterator[Row]:
        """Records in force of a kind of file: no repeats, nobody born in 1990."""
        sent = self.truth("deliveries")
        names = sent.file_name[(sent.status == "active") & sent.file_name.str.match(rf"{kind}[_.]")]
        for name in names:
            seen: set[tuple[str, ...]] = set()
            for row in _read(self.city.deliveries / name):
                record = tuple(row.values())
                if record not in seen and not any(is_nobody(v) for v in record):
                    yield row
                seen.add(record)


@pytest.fixture(scope="session")
def small(tmp_path_factory: pytest.TempPathFactory) -> Delivered:
    """A city of five schools over five years."""
    return Delivered(simulate(tmp_path_factory.mktemp("city") / "small", parameters=SMALL))


def is_nobody(value: str) -> bool:
    """Whether a field is an identity number of the year nobody was born in."""
    return len(value) == 12 and value.startswith("1990")


def _read(path: Path) -> Iterator[Row]:
    if path.suffix == ".xlsx":
        header, *rows = openpyxl.load_workbook(path).active.iter_rows(values_only=True)
        yield from (dict(zip(header, map(str, row), strict=True)) for row in rows)
        return
    is_scb = path.name.startswith("slutbetyg")
    text = path.read_bytes().decode("cp1252" if is_scb else "utf-8-sig")
    columns = SCB_COLUMNS if is_scb else None
    yield from csv.DictReader(io.StringIO(text), columns, delimiter=";")
