"""Exchange files with bytes changed, cut, doubled or moved: read or refused, never an accident."""

import json
import os
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.ingest.formats.registry import load_containers
from pipelines.ingest.records import UnreadableError
from tests.pipelines.ingest.deliveries import profile
from tests.pipelines.ingest.formats import test_edfi as edfi
from tests.pipelines.ingest.formats import test_oneroster as oneroster
from tests.pipelines.ingest.formats import test_published as published
from tests.pipelines.ingest.formats import test_xml as xml

EXAMPLES = int(os.environ.get("SAMVERKAN_MUTATIONS", "150"))
GOOD = {
    "stockholm_grades": xml.document(xml.pupil(0, xml.mark("MA"), xml.mark("SV")), xml.pupil(1)),
    "oneroster": oneroster.export(),
    "edfi_attendance": json.dumps(edfi.GOOD).encode(),
    "skolverket_grade6": published.text_of([(*published.ROW, *published.CELLS)] * 3),
}
EDIT = st.tuples(
    st.sampled_from(["put", "cut", "double", "swap"]),
    st.floats(0, 1),
    st.integers(1, 40),
    st.binary(min_size=1, max_size=8),
)


def edited(content, edits):
    """A file with some stretches replaced, left out, written twice or moved to the end."""
    for kind, where, length, new in edits:
        at = int(where * len(content))
        before, here, after = content[:at], content[at : at + length], content[at + length :]
        content = {
            "put": before + new + after,
            "cut": before + after,
            "double": before + here + here + after,
            "swap": before + after + here,
        }[kind]
    return content


def read_whole(path, layout):
    """How many records a file has by a layout, and how many of them are faulty."""
    container = load_containers()[layout.container]
    container.headings(path, layout)
    blocks = list(container.records(path, layout, strictly=True))
    for records in blocks:
        assert {len(column) for column in records.columns.values()} == {len(records)}
        assert all(0 <= at < len(records) for at in records.faults)
        assert (records.lines >= 1).all()
    return sum(map(len, blocks)), sum(len(records.faults) for records in blocks)


@pytest.mark.parametrize("name", GOOD)
def test_the_file_before_it_is_broken_is_read_whole(name, tmp_path):
    path = tmp_path / "good"
    path.write_bytes(GOOD[name])
    records, faults = read_whole(path, profile(name))
    assert records > 0
    assert faults == 0


@pytest.mark.parametrize("name", GOOD)
@settings(max_examples=EXAMPLES, deadline=None)
@given(edits=st.lists(EDIT, min_size=1, max_size=3))
def test_a_broken_file_is_read_or_refused(name, edits, tmp_path_factory):
    path = tmp_path_factory.mktemp("b") / "broken"
    path.write_bytes(edited(GOOD[name], edits))
    with suppress(UnreadableError):
        read_whole(path, profile(name))


@settings(max_examples=EXAMPLES, deadline=None)
@given(
    member=st.sampled_from(sorted(oneroster.members())),
    edits=st.lists(EDIT, min_size=1, max_size=3),
)
def test_a_broken_file_in_a_sound_zip_is_read_or_refused(member, edits, tmp_path_factory):
    files = oneroster.members()
    files[member] = edited(files[member].encode(), edits)
    path = tmp_path_factory.mktemp("b") / "broken"
    path.write_bytes(oneroster.export(files))
    with suppress(UnreadableError):
        read_whole(path, profile("oneroster"))
