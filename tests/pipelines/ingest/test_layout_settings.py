"""Settings of layouts: variants, cells shared by tables, kinds of records, and made columns."""

import pytest

from pipelines.ingest.profiles import ProfileError, parse_profile, parse_profiles
from pipelines.ingest.records import Found, in_blocks, known_names

DECLARED = """
name = "two_kinds"
container = "json"
dataset = "two_kinds"
file_name = 'a\\.json'
columns = ["kind", "Skola", "Namn", "Stad"]
[settings]
{settings}
[cells]
{cells}
[[tables]]
table = "core.districts"
only = {{kind = "d"}}
cells = {{district_name = {{column = "Namn"}}}}
[[tables]]
table = "core.projects"
only = {{kind = "p"}}
cells = {{project_id = {{column = "Skola"}}, project_name = {{column = "Namn"}}}}
"""
SHARED = 'district_id = {column = "Stad"}'


def layout(made="", cells=SHARED):
    """The layout with some settings."""
    return parse_profile(DECLARED.format(settings=made, cells=cells))


def columns_of(found, made=""):
    """The columns of records found, as lists."""
    (records,) = in_blocks(found, layout(made))
    return records, {name: column.to_pylist() for name, column in records.columns.items()}


def test_cells_outside_a_table_are_those_of_every_table():
    first, second = layout().tables
    assert first.cells["district_id"] == second.cells["district_id"]
    assert (first.only, second.only) == ({"kind": "d"}, {"kind": "p"})
    assert set(second.cells) == {"project_id", "project_name", "district_id"}


def test_a_tables_own_cell_wins_over_the_shared_one():
    text = DECLARED.replace(
        "{{district_name =", '{{district_id = {{constant = "x"}}, district_name ='
    )
    first, second = parse_profile(text.format(settings="", cells=SHARED)).tables
    assert first.cells["district_id"].constant == "x"
    assert second.cells["district_id"].column == "Stad"


def test_a_kind_is_told_by_a_column_that_the_file_has():
    text = DECLARED.replace('only = {{kind = "p"}}', 'only = {{sort = "p"}}')
    with pytest.raises(ProfileError, match=r"not in the file \['sort'\]"):
        parse_profile(text.format(settings="", cells=SHARED))


def test_variants_are_the_layout_but_for_what_they_say_themselves():
    text = DECLARED.format(settings="", cells=SHARED)
    text += """
[[variants]]
name = "of_2024"
file_name = '2024\\\\.json'
[[variants]]
name = "of_2025"
settings = {closed = {kind = ["p"]}}
"""
    text = text.replace("\\\\", "\\")
    first, second = parse_profiles(text)
    assert [first.name, second.name] == ["of_2024", "of_2025"]
    assert first.named("2024.json") == {}
    assert second.named("a.json") == {}
    assert (first.settings, second.settings) == ({}, {"closed": {"kind": ["p"]}})
    assert first.tables == second.tables
    with pytest.raises(ProfileError, match="2 variants"):
        parse_profile(text)


def test_a_column_is_made_of_several():
    rows = [Found(3, {"kind": "d", "a": "x", "b": "y"}), Found(9, {"kind": "p", "b": "z"})]
    made = 'joined = {Namn = ["a", "b"]}\njoin_with = "-"\nfirst_of = {Stad = ["a", "b"]}'
    records, found = columns_of(rows, f'{made}\nblank = ["x"]')
    assert found["Namn"] == ["x-y", "-z"]
    assert found["Stad"] == ["y", "z"]
    assert found["Skola"] == ["", ""]
    assert records.lines.tolist() == [3, 9]
    assert known_names(layout(made)) >= {"a", "b", "kind", "Namn"}


@pytest.mark.parametrize(
    ("values", "fault"),
    [
        ({"kind": "q"}, "record: kind is not one of its codes"),
        ({}, "record: kind is not one of its codes"),
        ({"kind": "d", "Namn": "a\0"}, "record: nul_byte"),
        ({"kind": "d", "Namn": "a" * 70_000}, "record: too_long"),
    ],
)
def test_nothing_but_its_fault_is_kept_of_a_faulty_record(values, fault):
    good = Found(1, {"kind": "p", "Namn": "b"})
    records, found = columns_of([good, Found(2, values)], 'closed = {kind = ["d", "p"]}')
    assert records.faults == {1: fault}
    assert found["Namn"] == ["b", ""]
    assert found["kind"] == ["p", ""]
