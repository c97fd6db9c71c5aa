"""Recognition: a file of any layout is of that layout and of no other."""

import re

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.ingest.formats.registry import load_containers
from pipelines.ingest.formats.vklass import ADDED, MONTH
from pipelines.ingest.profiles import load_profiles
from pipelines.ingest.recognition import recognise
from pipelines.ingest.records import UnreadableError, compare_headings
from tests.pipelines.ingest.deliveries import csv_text
from tests.pipelines.ingest.vklass_reports import OF_PERIOD, TITLES, legacy

LAYOUTS = load_profiles()


def csv_sample(layout, path):
    """A header, or one record of a layout without one, in the layout's own dialect."""
    fields = layout.columns if layout.header_line else ["1"] * len(layout.columns)
    rest = [""] if layout.trailing_delimiter else []
    line = csv_text([*fields, *rest], [], layout.delimiter)
    titles = "titel\n" * max(layout.header_line - 1, 0)
    path.write_bytes((titles + line).encode(layout.encoding))


def xlsx_sample(layout, path):
    book = openpyxl.Workbook()
    book.active.title = layout.sheet or "Blad1"
    book.active.append(list(layout.columns))
    book.save(path)
    book.close()


def vklass_sample(layout, path):
    headings = [name for name in layout.columns if name not in ADDED]
    titles = OF_PERIOD if MONTH in layout.columns else TITLES
    path.write_bytes(legacy([*titles, ["", *headings]]))


SAMPLES = {"csv": csv_sample, "xlsx": xlsx_sample, "vklass": vklass_sample}
SAMPLED = [layout for layout in LAYOUTS if layout.container in SAMPLES]


def fits(path, layout):
    """Whether a file, whatever its name, could be of a layout."""
    try:
        found = load_containers()[layout.container].headings(path, layout)
        if found is not None:
            compare_headings(found, layout)
    except UnreadableError:
        return False
    return True


def names_of(layout):
    """Names that fit the layout, of the letters that names are made of."""
    return st.from_regex(
        re.compile(layout.file_name.pattern, re.ASCII),
        fullmatch=True,
        alphabet=st.characters(codec="utf-8", exclude_categories=("Cs", "Cc")),
    )


@pytest.mark.parametrize("layout", SAMPLED, ids=lambda layout: layout.name)
@settings(max_examples=5, deadline=None)
@given(draw=st.data())
def test_a_sample_of_a_layout_is_of_that_layout_alone(layout, draw, tmp_path_factory):
    path = tmp_path_factory.mktemp("r") / "sample"
    SAMPLES[layout.container](layout, path)
    name = draw.draw(names_of(layout))
    if layout.named(name) is not None:
        assert recognise(path, name).name == layout.name


@pytest.mark.parametrize("layout", SAMPLED, ids=lambda layout: layout.name)
def test_no_other_layout_of_that_name_takes_a_sample(layout, tmp_path):
    path = tmp_path / "sample"
    SAMPLES[layout.container](layout, path)
    assert fits(path, layout)
    rivals = {one.name for one in LAYOUTS if one.name != layout.name and fits(path, one)}
    for name in rivals:
        rival = next(one for one in LAYOUTS if one.name == name)
        assert rival.file_name.pattern != layout.file_name.pattern


def test_layouts_that_share_a_header_never_share_a_name():
    headers = {}
    for layout in LAYOUTS:
        key = (layout.container, layout.header_line, frozenset(layout.columns))
        headers.setdefault(key, []).append(layout)
    for sharing in headers.values():
        patterns = [layout.file_name.pattern for layout in sharing]
        assert len(set(patterns)) == len(patterns)


def test_a_name_of_no_layout_is_refused(tmp_path):
    with pytest.raises(UnreadableError, match="no layout has files of this name"):
        recognise(tmp_path / "none", "something else.csv")
