"""Repeats: records of one delivery that share a grain, found in bounded memory.

A record is known by a number of 64 bits. A file of fifty million records has 400 MB of them, so
beyond a size they are kept on disk and looked through in shares.
"""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

Keys = NDArray[np.uint64]
Numbers = NDArray[np.int64]
Flags = NDArray[np.bool_]

MOST_IN_MEMORY = 12_000_000
SHARE_BITS = 48  # the low ones say too little: a key is a sum of small numbers times odd factors


@dataclass(frozen=True, slots=True)
class Stretch:
    """Consecutive records whose keys were remembered.

    Attributes:
        first_no: Number of the first one in its file.
        clean: Which of them have a key, packed bits; None if all have.
        length: Records, with a key or not [count].
        start: Place of the first key among all of the delivery.
        stop: Place after the last one.
    """

    first_no: int
    clean: NDArray[np.uint8] | None
    length: int
    start: int
    stop: int

    def number(self, places: Numbers) -> Numbers:
        """Record numbers of some keys, by their place among the stretch's keys."""
        if self.clean is None:
            return self.first_no + places
        clean = np.unpackbits(self.clean, count=self.length).astype(bool)
        return self.first_no + np.flatnonzero(clean)[places]


@dataclass(slots=True)
class Repeats:
    """The keys of a delivery's records.

    Attributes:
        path: File for keys that do not fit into memory; made only if it is needed.
    """

    path: Path
    _stretches: list[Stretch] = field(default_factory=list)
    _keys: list[Keys] = field(default_factory=list)
    _count: int = 0

    def add(self, keys: Keys, clean: Flags, *, first_no: int) -> None:
        """Remember the keys of consecutive records, but of clean ones only.

        Args:
            keys: The same number for records of the same grain, shape (n,).
            clean: Records that count, shape (n,).
            first_no: Number of the first one in its file.
        """
        packed = None if clean.all() else np.packbits(clean)
        kept = keys if packed is None else keys[clean]
        stop = self._count + len(kept)
        self._stretches.append(Stretch(first_no, packed, len(keys), self._count, stop))
        self._keys.append(kept)
        self._count = stop
        if sum(map(len, self._keys)) > MOST_IN_MEMORY:
            self._spill()

    def groups(self) -> list[list[int]]:
        """Numbers of the records that share a key, in order, by key."""
        if self.path.exists():
            self._spill()
        twice = np.concatenate([_twice(share) for share in self._shares()])
        if len(twice) == 0:
            return []
        found: dict[int, list[int]] = {int(key): [] for key in twice}
        for stretch, keys in self._blocks():
            places = np.flatnonzero(np.isin(keys, twice))
            for key, number in zip(keys[places], stretch.number(places), strict=True):
                found[int(key)].append(int(number))
        return list(found.values())

    def _spill(self) -> None:
        self.path.parent.mkdir(exist_ok=True)
        with self.path.open("ab") as file:
            for keys in self._keys:
                file.write(np.ascontiguousarray(keys).data)
        self._keys.clear()

    def _shares(self) -> Iterator[Keys]:
        """The keys in shares that fit into memory; equal keys are in one share."""
        count = -(-self._count // MOST_IN_MEMORY) or 1
        if count == 1:
            yield np.concatenate([np.zeros(0, np.uint64), *self._keys])
            return
        for share in range(count):
            yield np.concatenate([keys[_share(keys, count) == share] for _, keys in self._blocks()])

    def _blocks(self) -> Iterator[tuple[Stretch, Keys]]:
        """Every stretch with its keys."""
        if self._keys:
            yield from zip(self._stretches, self._keys, strict=True)
            return
        for stretch in self._stretches:
            count, offset = stretch.stop - stretch.start, stretch.start * np.uint64().itemsize
            yield stretch, np.fromfile(self.path, np.uint64, count=count, offset=offset)


def _sort(keys: Keys) -> None:
    keys.sort(kind="stable")  # quick where a file is in order


def _share(keys: Keys, count: int) -> Keys:
    shares: Keys = (keys >> np.uint64(SHARE_BITS)) % np.uint64(count)
    return shares


def _twice(keys: Keys) -> Keys:
    """The keys that stand more than once; both halves are sorted side by side, then merged."""
    with ThreadPoolExecutor(max_workers=2) as pool:
        list(pool.map(_sort, np.array_split(keys, 2)))
    _sort(keys)
    repeated: Keys = np.unique(keys[1:][keys[1:] == keys[:-1]])
    return repeated
