"""Delimited text: two readers that must agree, with the standard library as the third."""

import csv
import io

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.ingest.formats import csv as our_csv
from pipelines.ingest.formats.csv import CONTAINER, LONGEST_FIELD
from pipelines.ingest.profiles import parse_profile
from pipelines.ingest.records import NotPlainError, UnreadableError

LAYOUT = """
name = "three"
container = "csv"
dataset = "three"
file_name = 'three\\.csv'
delimiter = ","
columns = ["Kod", "Namn", "Rest"]
ignored = ["Rest"]
[[tables]]
table = "core.districts"
[tables.cells]
district_id = {column = "Kod"}
district_name = {column = "Namn"}
"""
THREE = parse_profile(LAYOUT)
ALL_READ = parse_profile(LAYOUT.replace('ignored = ["Rest"]', ""))
TOLD_TO_NOBODY = "Hemlig"

CELLS = st.text(alphabet='ab å,;"\n \u00e9\u2028', max_size=5)
TABLES = st.lists(st.lists(CELLS, min_size=3, max_size=3), max_size=8)


def change(**settings_of):
    changed = LAYOUT
    for name, value in settings_of.items():
        lines = [line for line in changed.splitlines() if not line.startswith(f"{name} =")]
        changed = "\n".join([f"{name} = {value}", *lines])
    return parse_profile(changed)


def file(tmp_path, content):
    path = tmp_path / "three.csv"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def read(path, profile, *, strictly):
    """Records as rows of text, with the line each starts on and the faults by place."""
    rows, lines, faults = [], [], {}
    for records in CONTAINER.records(path, profile, strictly=strictly):
        columns = [column.to_pylist() for column in records.columns.values()]
        faults |= {len(rows) + at: fault for at, fault in records.faults.items()}
        rows += [list(row) for row in zip(*columns, strict=True)]
        lines += records.lines.tolist()
        assert len(records) == len(records.lines)
    return rows, lines, faults


def refusal(path, profile, *, strictly=True):
    with pytest.raises(UnreadableError) as error:
        read(path, profile, strictly=strictly)
    assert TOLD_TO_NOBODY not in str(error.value)
    return error.value


def starts(text):
    """The line each record starts on, told by the standard library."""
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    found = []
    while True:
        line = reader.line_num + 1
        if next(reader, None) is None:
            return found[1:]
        found.append(line)


@settings(max_examples=120, deadline=None)
@given(
    table=TABLES,
    quoting=st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]),
    line_end=st.sampled_from(["\n", "\r\n"]),
    ends=st.tuples(st.booleans(), st.booleans()),
)
def test_every_writing_of_a_table_is_read_as_it_was(
    tmp_path_factory, table, quoting, line_end, ends
):
    has_mark, has_last_end = ends
    text = io.StringIO(newline="")
    writer = csv.writer(text, quoting=quoting, lineterminator=line_end)
    writer.writerows([["Kod", "Namn", "Rest"], *table])
    written = text.getvalue()
    if not has_last_end:
        written = written.removesuffix(line_end)
    content = ("\ufeff" if has_mark else "") + written
    path = file(tmp_path_factory.mktemp("csv"), content)
    strict = read(path, ALL_READ, strictly=True)
    assert strict == (table, starts(written), {})
    try:
        plain = read(path, ALL_READ, strictly=False)
    except NotPlainError:
        assert '"' in written
    else:
        assert plain == strict


@settings(max_examples=300, deadline=None)
@given(st.lists(st.sampled_from(['"', ",", "\n", "a", "\r\n", "å"]), max_size=14).map("".join))
def test_whatever_the_plain_reader_reads_the_strict_one_reads_alike(tmp_path_factory, body):
    path = file(tmp_path_factory.mktemp("csv"), f"Kod,Namn,Rest\n{body}")
    try:
        plain = read(path, ALL_READ, strictly=False)
    except NotPlainError:
        return
    assert read(path, ALL_READ, strictly=True) == plain
    oracle = list(csv.reader(io.StringIO(body, newline=""), strict=True))
    assert plain[0] == oracle


@pytest.mark.parametrize("size", [1, 7, 16, 64])
@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
def test_a_file_of_many_blocks_is_the_same_file(tmp_path, monkeypatch, size, line_end):
    rows = [[f"k{n}", f"å{'x' * (n % 11)}", str(n)] for n in range(40)]
    text = line_end.join(",".join(row) for row in [["Kod", "Namn", "Rest"], *rows])
    path = file(tmp_path, text)
    monkeypatch.setattr(our_csv, "BLOCK_BYTES", size)
    monkeypatch.setattr(our_csv, "SPLIT_AT_ONCE", 3)
    plain = read(path, ALL_READ, strictly=False)
    assert plain == (rows, list(range(2, 42)), {})
    assert read(path, ALL_READ, strictly=True) == plain


def test_columns_are_known_by_name_and_ignored_ones_are_not_read(tmp_path):
    path = file(tmp_path, " rest ,NAMN,kod\nx,Älvby,a1\n")
    for strictly in (True, False):
        (records,) = CONTAINER.records(path, THREE, strictly=strictly)
        assert {name: column.to_pylist() for name, column in records.columns.items()} == {
            "Namn": ["Älvby"],
            "Kod": ["a1"],
        }


def test_composed_and_decomposed_headings_are_the_same(tmp_path):
    profile = parse_profile(LAYOUT.replace("Namn", "Område"))
    path = file(tmp_path, "Kod,Omra\u030ade,Rest\na,b,c\n")
    assert read(path, profile, strictly=False)[0] == [["a", "b"]]


def test_each_distinct_value_is_stored_once(tmp_path):
    path = file(tmp_path, "Kod,Namn,Rest\n" + "a,Bö,c\n" * 50)
    for strictly in (True, False):
        (records,) = CONTAINER.records(path, THREE, strictly=strictly)
        assert records.columns["Namn"].dictionary.to_pylist() == ["Bö"]


WHOLE_FILE_FAULTS = {
    "empty": (b"", "empty", None),
    "only blanks": (b" \r\n\n", "empty", None),
    "another delimiter": (f"Kod;Namn;Rest\na;{TOLD_TO_NOBODY};c\n", "dialect", 1),
    "tabs": (f"Kod\tNamn\tRest\na\t{TOLD_TO_NOBODY}\tc\n", "dialect", 1),
    "a missing heading": (f"Kod,Rest\na,{TOLD_TO_NOBODY}\n", "missing_column", 1),
    "no header": (f"a,{TOLD_TO_NOBODY},c\n", "missing_column", 1),
    "an extra heading": (f"Kod,Namn,Rest,{TOLD_TO_NOBODY}\na,b,c,d\n", "extra_column", 1),
    "a heading twice": (f"Kod,Namn,Rest,kod\na,{TOLD_TO_NOBODY},c,d\n", "duplicate_header", 1),
    "a Cyrillic letter in a heading": ("Kod,N\u0430mn,Rest\na,b,c\n", "header_script", 1),
    "UTF-16 with a mark": (
        f"Kod,Namn,Rest\na,{TOLD_TO_NOBODY},c\n".encode("utf-16"),
        "format",
        None,
    ),
    "UTF-16 without a mark": ("Kod,Namn,Rest\n".encode("utf-16-be"), "missing_column", 1),
    "Latin-1 in the header": ("Kod,Nämn,Rest\n".encode("latin-1"), "encoding", 1),
    "a workbook": (b"PK\x03\x04" + b"\0" * 99, "format", None),
    "an old workbook": (b"\xd0\xcf\x11\xe0" + b"\0" * 99, "format", None),
    "bare returns": (f"Kod,Namn,Rest\ra,{TOLD_TO_NOBODY},c\r", "line_ends", 1),
    "a header without end": (b"K" * (70 << 10), "header", None),
}


@pytest.mark.parametrize("strictly", [True, False])
@pytest.mark.parametrize(("content", "cause", "line"), WHOLE_FILE_FAULTS.values(),
                         ids=WHOLE_FILE_FAULTS)  # fmt: skip
def test_a_file_whose_head_is_wrong_is_refused_by_both_readers(
    tmp_path, content, cause, line, strictly
):
    error = refusal(file(tmp_path, content), THREE, strictly=strictly)
    assert (error.cause, error.line) == (cause, line)
    assert str(error).startswith(f"line {line}: " if line else "")


def test_titles_that_stop_before_the_header_are_named(tmp_path):
    error = refusal(file(tmp_path, "one title\n"), change(header_line=3))
    assert (error.cause, str(error)) == ("no_header", "no header on line 3")


GOOD = "Kod,Namn,Rest\n" + "".join(f"k{n},{TOLD_TO_NOBODY},c\n" for n in range(5))
BODY_FAULTS = {
    "Latin-1": (GOOD.encode() + "k,å,c\n".encode("latin-1"), "encoding", 7),
    "a byte that is nothing": (GOOD.encode() + b"k,\xff,c\n" + GOOD.encode(), "encoding", 7),
    "letters encoded twice": (GOOD + "k,\u00c3\u00a5,c\n", "mojibake", 7),
    "an open quotation mark": (GOOD + f'k,"{TOLD_TO_NOBODY},c\nl,m,n\n', "quote", 7),
    "text behind a quotation mark": (GOOD + f'k,"{TOLD_TO_NOBODY}"x,c\n', "quote", 7),
    "a record cut short": (GOOD + f"k,{TOLD_TO_NOBODY}", "truncated", 7),
    "a record cut in a quoted line end": (GOOD + f'"k\n{TOLD_TO_NOBODY}",m', "truncated", 7),
    "a tail of zeros": (GOOD.encode() + b"\0" * 512, "binary_tail", None),
}


@pytest.mark.parametrize(("content", "cause", "line"), BODY_FAULTS.values(), ids=BODY_FAULTS)
def test_a_file_whose_body_is_wrong_is_left_to_the_strict_reader_which_refuses_it(
    tmp_path, content, cause, line
):
    path = file(tmp_path, content)
    with pytest.raises(NotPlainError):
        read(path, THREE, strictly=False)
    error = refusal(path, THREE)
    assert (error.cause, error.line) == (cause, line)


def test_a_last_record_in_quotes_needs_no_line_end(tmp_path):
    path = file(tmp_path, GOOD + 'k,l,"m\nn"')
    rows, lines, faults = read(path, ALL_READ, strictly=True)
    assert rows[-1] == ["k", "l", "m\nn"]
    assert (lines[-1], faults) == (7, {})


RECORD_FAULTS = {
    "too many fields": ("x,y,z,w", "record: 4 fields instead of 3"),
    "too few fields": ("x,y", "record: 2 fields instead of 3"),
    "one field": ("x", "record: 1 fields instead of 3"),
    "no field": ("", "record: 0 fields instead of 3"),
    "a zero byte": ("x,y\0,z", "record: nul_byte"),
    "a return in quotes": ('x,"y\rw",z', "record: carriage return inside a field"),
    "a field without end": (f"x,{'y' * (LONGEST_FIELD + 1)},z", "record: too_long"),
    "a field beyond all": (f"x,{'y' * 200_000},z", "record: too_long"),
}


@pytest.mark.parametrize(("record", "fault"), RECORD_FAULTS.values(), ids=RECORD_FAULTS)
def test_a_wrong_record_is_held_back_and_its_neighbours_stand(tmp_path, record, fault):
    path = file(tmp_path, f"Kod,Namn,Rest\na,b,c\n{record}\nd,e,f\n")
    with pytest.raises(NotPlainError):
        read(path, ALL_READ, strictly=False)
    rows, lines, faults = read(path, ALL_READ, strictly=True)
    assert (rows[0], rows[2]) == (["a", "b", "c"], ["d", "e", "f"])
    assert faults == {1: fault}
    assert len(rows) == len(lines) == 3
    assert lines[:2] == [2, 3]


def test_a_bare_return_makes_two_short_records_of_one(tmp_path):
    rows, _, faults = read(file(tmp_path, "Kod,Namn,Rest\na,b\rb,c\n"), ALL_READ, strictly=True)
    assert len(rows) == 2
    assert set(faults) == {0, 1}


@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
def test_an_empty_line_is_left_to_the_strict_reader(tmp_path, line_end):
    for content in (["", ""], ["a,b,c", "", ""]):
        path = file(tmp_path, line_end.join(["Kod,Namn,Rest", *content]))
        with pytest.raises(NotPlainError):
            read(path, ALL_READ, strictly=False)
        assert len(read(path, ALL_READ, strictly=True)[0]) == len(content) - 2


def test_empty_lines_at_the_end_are_no_records_and_between_records_they_are(tmp_path):
    path = file(tmp_path, "Kod,Namn,Rest\na,b,c\n\n\nd,e,f\n\n\n")
    rows, lines, faults = read(path, ALL_READ, strictly=True)
    assert lines == [2, 3, 4, 5]
    assert sorted(faults) == [1, 2]
    assert rows[3] == ["d", "e", "f"]


FOOTED = change(ends_at_empty_line="true", trailing_delimiter="true", header_line=3)


@pytest.mark.parametrize("last", ["", "\n", "\nFotnot, med, komman, och \u00e5", "\nFotnot\n\n"])
@pytest.mark.parametrize("strictly", [True, False])
def test_titles_and_footers_are_no_records(tmp_path, last, strictly):
    text = f"Titel\nValt \u00e5r: 2024\nKod,Namn,Rest,\na,b,c,\nd,e,f,\n{last}"
    path = file(tmp_path, text)
    assert read(path, FOOTED, strictly=strictly) == ([["a", "b"], ["d", "e"]], [4, 5], {})
    assert CONTAINER.titles(path, FOOTED) == "Titel\nValt \u00e5r: 2024\n"


def test_a_file_cut_within_its_records_is_refused_where_a_footer_may_follow(tmp_path):
    text = "Titel\nValt\nKod,Namn,Rest,\na,b,c,\nd,e"
    assert refusal(file(tmp_path, text), FOOTED).cause == "truncated"


def test_a_trailing_delimiter_is_read_plainly_too(tmp_path):
    profile = change(trailing_delimiter="true")
    path = file(tmp_path, "Kod,Namn,Rest,\na,b,c,\nd,e,f,\n")
    plain = read(path, profile, strictly=False)
    assert plain == read(path, profile, strictly=True) == ([["a", "b"], ["d", "e"]], [2, 3], {})


@pytest.mark.parametrize("mark", [b"", our_csv.BOM])
def test_a_file_without_header_is_known_by_the_order_of_its_columns(tmp_path, mark):
    profile = change(header_line=0)
    path = file(tmp_path, mark + "a,Å,c\nd,e,f\n".encode())
    assert CONTAINER.headings(path, profile) is None
    assert CONTAINER.titles(path, profile) == ""
    for strictly in (True, False):
        rows, lines, _ = read(path, profile, strictly=strictly)
        assert (rows, lines) == ([["a", "Å"], ["d", "e"]], [1, 2])


def test_swedish_windows_text_is_read_by_the_profile_that_says_so(tmp_path):
    profile = change(encoding='"cp1252"')
    path = file(tmp_path, "Kod,Namn,Rest\na,Åsele \u2013 \u00d6,c\n".encode("cp1252"))
    for strictly in (True, False):
        assert read(path, profile, strictly=strictly)[0] == [["a", "Åsele \u2013 \u00d6"]]


def test_a_byte_that_windows_text_lacks_is_refused_with_its_line(tmp_path):
    path = file(tmp_path, b"Kod,Namn,Rest\na,b,c\nd,\x81,f\n")
    profile = change(encoding='"cp1252"')
    with pytest.raises(NotPlainError):
        read(path, profile, strictly=False)
    assert (refusal(path, profile).cause, refusal(path, profile).line) == ("encoding", 3)


def test_a_header_and_nothing_else_has_no_records(tmp_path):
    for content in ("Kod,Namn,Rest", "Kod,Namn,Rest\n"):
        for strictly in (True, False):
            assert read(file(tmp_path, content), THREE, strictly=strictly) == ([], [], {})


def test_a_large_block_is_read_by_several_threads_alike(tmp_path, monkeypatch):
    rows = [[f"k{n}", "b", str(n)] for n in range(300)]
    path = file(tmp_path, "\n".join(",".join(row) for row in [["Kod", "Namn", "Rest"], *rows]))
    monkeypatch.setattr(our_csv, "PARSED_AT_ONCE", 256)
    found, lines, _ = read(path, ALL_READ, strictly=False)
    assert found == rows
    assert np.array_equal(lines, np.arange(2, 302))


def test_a_reader_that_finds_another_number_of_records_is_not_believed(tmp_path, monkeypatch):
    path = file(tmp_path, GOOD)
    read_csv = our_csv.arrow_csv.read_csv
    monkeypatch.setattr(our_csv.arrow_csv, "read_csv", lambda *a, **k: read_csv(*a, **k)[1:])
    with pytest.raises(NotPlainError):
        read(path, THREE, strictly=False)
