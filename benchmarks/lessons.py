"""Lesson files of any size for the benchmarks: invented pupils, plausible weeks."""

from pathlib import Path

import numpy as np
import pyarrow as pa
from pyarrow import csv

HEADER = "personnummer;skolenhetskod;datum;start;amne;minuter;franvaro_min;franvarotyp\n"
STARTS = np.array(["08:20", "09:30", "10:40", "12:30", "13:40", "14:30"])
SUBJECTS = np.array(["MA", "SV", "EN", "BI", "IDH", "SO"])
MINUTES = np.array(["60", "60", "60", "50", "40", "60"])
TYPES = np.array(["", "G", "O", "S", "R"])
DAYS, LESSONS = 20, 6
PUPILS_AT_ONCE = 4_000
FAULTY_SHARE = 0.001


def write_lessons(path: Path, *, rows: int, seed: int) -> None:
    """Write a file of the lesson export with a thousandth of faulty records.

    Args:
        path: Where.
        rows: About how many lessons; a whole number of pupil-months.
        seed: Of the random numbers.
    """
    rng = np.random.default_rng(seed)
    pupils = max(rows // (DAYS * LESSONS), 1)
    with path.open("wb") as file:
        file.write(HEADER.encode())
        for first in range(0, pupils, PUPILS_AT_ONCE):
            numbers = identity_numbers(np.arange(first, min(first + PUPILS_AT_ONCE, pupils)))
            options = csv.WriteOptions(include_header=False, delimiter=";", quoting_style="none")
            csv.write_csv(_lessons(numbers, rng), file, options)


def identity_numbers(pupils: np.ndarray) -> np.ndarray:
    """Twelve digits with a right check digit for each pupil, shape (n,)."""
    born = np.datetime64("2000-01-01") + (pupils // 999).astype("timedelta64[D]")
    dates = np.char.replace(born.astype(str), "-", "")
    serial = pupils % 999 + 1
    digits = np.array([f"{d[2:]}{s:03d}" for d, s in zip(dates, serial, strict=True)])
    parts = digits.view("U1").reshape(len(digits), 9).astype(int) * np.array([2, 1] * 4 + [2])
    check = -(parts // 10 + parts % 10).sum(axis=1) % 10
    return np.array([f"20{d}{c}" for d, c in zip(digits, check, strict=True)])


def _lessons(numbers: np.ndarray, rng: np.random.Generator) -> pa.Table:
    per_pupil = DAYS * LESSONS
    size = len(numbers) * per_pupil
    lesson = np.tile(np.arange(LESSONS), len(numbers) * DAYS)
    day = np.tile(np.repeat(np.arange(DAYS), LESSONS), len(numbers))
    dates = np.busday_offset("2016-03-01", np.arange(DAYS)).astype(str)
    kind = rng.choice(len(TYPES), size, p=[0.9, 0.05, 0.03, 0.01, 0.01])
    away = np.isin(kind, [1, 2, 3])
    minutes = MINUTES[lesson]
    faulty = rng.random(size) < FAULTY_SHARE
    minutes = np.where(faulty, "sextio", minutes)
    return pa.table(
        {
            "personnummer": np.repeat(numbers, per_pupil),
            "skolenhetskod": np.full(size, "10000001"),
            "datum": dates[day],
            "start": STARTS[lesson],
            "amne": SUBJECTS[lesson],
            "minuter": minutes,
            "franvaro_min": np.where(away, MINUTES[lesson], "0"),
            "franvarotyp": TYPES[kind],
        }
    )
