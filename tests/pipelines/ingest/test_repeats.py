"""Repeats: every pair of equal keys is found, in memory and on disk."""

from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.ingest import repeats
from pipelines.ingest.repeats import Repeats

BLOCKS = st.lists(
    st.lists(st.tuples(st.integers(0, 40), st.booleans()), min_size=1, max_size=30), max_size=8
)


def repeated(blocks, path):
    """Record numbers by key as Python counts them, and as the class finds them."""
    found = Repeats(path)
    numbers = {}
    first_no = 1
    for block in blocks:
        keys = np.array([key << 40 for key, _ in block], np.uint64)
        clean = np.array([is_clean for _, is_clean in block])
        found.add(keys, clean, first_no=first_no)
        for number, (key, is_clean) in enumerate(block, first_no):
            if is_clean:
                numbers.setdefault(key, []).append(number)
        first_no += len(block)
    expected = [group for _, group in sorted(numbers.items()) if len(group) > 1]
    return sorted(expected), sorted(found.groups())


@settings(max_examples=60, deadline=None)
@given(blocks=BLOCKS)
def test_records_that_share_a_key_are_found_together(blocks, tmp_path_factory):
    expected, found = repeated(blocks, tmp_path_factory.mktemp("keys") / "keys")
    assert found == expected


@settings(max_examples=60, deadline=None)
@given(blocks=BLOCKS)
def test_on_disk_the_same_records_are_found(blocks, tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(repeats, "MOST_IN_MEMORY", 20)
        expected, found = repeated(blocks, tmp_path_factory.mktemp("keys") / "keys")
    assert found == expected


def test_more_keys_than_fit_into_memory_lie_in_a_file(tmp_path, monkeypatch):
    monkeypatch.setattr(repeats, "MOST_IN_MEMORY", 10)
    many = Repeats(tmp_path / "drafts" / "keys")
    for first in range(1, 41, 8):
        many.add(np.arange(8, dtype=np.uint64), np.ones(8, dtype=bool), first_no=first)
    assert (tmp_path / "drafts" / "keys").stat().st_size >= 8 * np.uint64().itemsize
    assert Counter(map(len, many.groups())) == {5: 8}
