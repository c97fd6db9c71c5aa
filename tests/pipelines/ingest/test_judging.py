"""Judging: every record in exactly one bin, whichever way the file was read."""

import csv
import datetime as dt
import io
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from pyarrow import parquet

from pipelines.ingest import judging, recognition
from pipelines.ingest.blocks import Judges
from pipelines.ingest.formats import csv as our_csv
from pipelines.ingest.formats import xlsx as our_xlsx
from pipelines.ingest.judging import CONFLICT
from pipelines.ingest.profiles import parse_profile
from pipelines.ingest.recognition import judge_files
from pipelines.ingest.records import NotPlainError
from pipelines.ingest.vault import Vault, VaultError
from tests.pipelines.ingest.bad_input import PUPIL_HEADINGS, PUPILS_NAME
from tests.pipelines.ingest.deliveries import (
    ATTENDANCE_HEADINGS,
    ATTENDANCE_NAME,
    LESSONS_NAME,
    MONTH,
    SCHOOL,
    attendance,
    csv_text,
    lesson_row,
    lessons,
    month_row,
    number,
    one,
    profile,
    reasons,
    stored_texts,
    workbook,
)
from tests.pipelines.ingest.pupils import pupil_row

TODAY = dt.date(2016, 6, 15)
TOLD_TO_NOBODY = "Hemlig"


def refuse_to_be_plain(*_, **__):
    raise NotPlainError
    yield


WAYS = {
    "together": {},
    "alone": {(judging, "SMALL_BYTES"): 0},
    "in blocks": {(judging, "SMALL_BYTES"): 0, (our_csv, "BLOCK_BYTES"): 150},
    "together in blocks": {(our_csv, "BLOCK_BYTES"): 150},
    "strictly": {(our_csv, "_blocks"): refuse_to_be_plain, (our_csv, "SPLIT_AT_ONCE"): 2},
    "strictly alone": {
        (judging, "SMALL_BYTES"): 0,
        (our_csv, "_blocks"): refuse_to_be_plain,
        (our_csv, "SPLIT_AT_ONCE"): 3,
    },
    "rewritten in parts": {(judging, "ROWS_AT_ONCE"): 1},
}


def results(folder, files, way):
    """All that judging some files leaves, by file name."""
    placed = []
    for at, (name, content) in enumerate(files):
        path = folder / f"{at}.file"
        path.write_bytes(content)
        placed.append((f"{at:064x}", path, name))
    drafts = folder / "drafts"
    drafts.mkdir(exist_ok=True)
    found = {}
    with pytest.MonkeyPatch.context() as patch:
        for (module, name), value in WAYS[way].items():
            patch.setattr(module, name, value)
        judges = Judges.of(Vault(folder / "vault"), today=TODAY)
        for outcome in judge_files(placed, judges, drafts):
            rows = {t: parquet.read_table(d).to_pylist() for t, d in outcome.drafts.items()}
            for draft in outcome.drafts.values():
                draft.unlink()
            found[outcome.judged.delivery_id] = (outcome.judged, rows)
    return found


FAULTS = {
    "none": {},
    "decimal": {"minuter": "36.5"},
    "exponent": {"minuter": "1e1"},
    "hexadecimal": {"minuter": "0x1A"},
    "blanks": {"minuter": " 60 "},
    "text": {"minuter": TOLD_TO_NOBODY},
    "nothing": {"minuter": ""},
    "too much": {"minuter": "601"},
    "negative": {"franvaro_min": "-1"},
    "longer than the lesson": {"franvaro_min": "61"},
    "unknown code": {"franvarotyp": TOLD_TO_NOBODY},
    "unknown subject": {"amne": "XX"},
    "quoted line end": {"amne": "M\nA"},
    "no such day": {"datum": "2016-02-30"},
    "American day": {"datum": "03/07/2016"},
    "another school": {"skolenhetskod": "87654321"},
    "no such time": {"start": "24:00"},
    "name for a number": {"personnummer": TOLD_TO_NOBODY},
    "zero byte": {"amne": "MA\0"},
    "delimiter in quotes": {"amne": "M;A"},
}
SHAPES = ("as it is", "twice", "twice with other values", "one more field", "one field less",
          "an empty line after")  # fmt: skip


@st.composite
def lesson_files(draw):
    """A file of a few lessons, most of them right."""
    lines = []
    for place in range(draw(st.integers(2, 9))):
        fault = draw(st.sampled_from(["none", "none", *FAULTS]))
        shape = draw(st.sampled_from(["as it is", "as it is", *SHAPES]))
        day = draw(st.integers(1, 2))
        row = lesson_row(place % 3, **({"datum": f"2016-03-{day:02d}"} | FAULTS[fault]))
        lines += {
            "twice": [row, row],
            "twice with other values": [row, [*row[:5], "45", *row[6:]]],
            "one more field": [[*row, TOLD_TO_NOBODY]],
            "one field less": [row[:-1]],
            "an empty line after": [row, []],
        }.get(shape, [row])
    return lessons(lines)


def records_in(content):
    """Records of a file, told by the standard library."""
    rows = list(csv.reader(io.StringIO(content.decode(), newline=""), delimiter=";"))[1:]
    while rows and not rows[-1]:
        rows.pop()
    return rows


@settings(max_examples=12, deadline=None, phases=[Phase.explicit, Phase.reuse, Phase.generate])
@given(first=lesson_files(), second=lesson_files())
def test_each_record_is_in_one_bin_and_the_way_of_reading_does_not_matter(
    tmp_path_factory, first, second
):
    folder = tmp_path_factory.mktemp("judged")
    files = [(LESSONS_NAME, first), (LESSONS_NAME.replace(".csv", "_v2.csv"), second)]
    together = results(folder, files, "together")
    assert len(together) == 2
    for (judged, rows), (_, content) in zip(together.values(), files, strict=True):
        delivered = records_in(content)
        accepted = [row["record_no"] for row in rows["core.lessons"]]
        held = [row["record_no"] for row in rows.get("quarantine.records", [])]
        assert judged.records == len(delivered)
        assert (judged.accepted, judged.quarantined) == (len(accepted), len(held))
        assert judged.accepted + judged.quarantined + judged.duplicates == judged.records
        left_out = set(range(1, judged.records + 1)) - set(accepted) - set(held)
        assert len(left_out) == judged.duplicates
        assert not set(accepted) & set(held)
        for number_of in left_out:
            same = [no for no in accepted if delivered[no - 1] == delivered[number_of - 1]]
            assert same
            assert same[0] < number_of
        spoken = " ".join(row["reasons"] for row in rows.get("quarantine.records", []))
        told = {cell for row in delivered for cell in row if len(cell) > 5}
        assert not any(cell in spoken for cell in told - {"person"})
    for way in WAYS:
        assert results(folder, files, way) == together, way


EXPECTED = {
    "decimal": "scheduled_minutes: not int64",
    "exponent": "scheduled_minutes: not int64",
    "hexadecimal": "scheduled_minutes: not int64",
    "text": "scheduled_minutes: not int64",
    "nothing": "scheduled_minutes: missing",
    "too much": "scheduled_minutes: less_than_or_equal_to(600)",
    "negative": "absence_minutes: greater_than_or_equal_to(0)",
    "longer than the lesson": "absence_within_lesson",
    "unknown code": "status: not one of the codes",
    "no such day": "lesson_date: not date",
    "American day": "lesson_date: not date",
    "another school": "school_id: not the one in the file name",
    "name for a number": "student_id: not an identity number",
    "zero byte": "record: nul_byte",
}


@pytest.mark.parametrize(("fault", "reason"), EXPECTED.items(), ids=EXPECTED)
def test_a_record_is_held_back_for_what_is_wrong_with_it(workspace, fault, reason):
    rows = [lesson_row(0), lesson_row(1, **FAULTS[fault]), lesson_row(2)]
    found = one(workspace, LESSONS_NAME, lessons(rows))
    assert found.entry["records"] == 3
    assert [row["record_no"] for row in found.accepted["lessons"]] == [1, 3]
    assert reasons(found)[2].split("; ")[0] == reason
    assert found.held[0]["line_no"] == 3


@pytest.mark.parametrize("fault", ["none", "blanks"])
def test_blanks_around_a_value_do_not_matter(workspace, fault):
    found = one(workspace, LESSONS_NAME, lessons([lesson_row(0, **FAULTS[fault])]))
    (row,) = found.accepted["lessons"]
    assert row["scheduled_minutes"] == 60
    assert row["lesson_date"] == dt.date(2016, 3, 7)
    assert row["status"] == "present"


def test_all_that_is_wrong_with_a_record_is_said(workspace):
    row = month_row(0, **{"Skolenhetskod": "87654321", "Ogiltig frånvaro, minuter": "x",
                          "Personnummer": number(0)[:-1]})  # fmt: skip
    found = one(workspace, ATTENDANCE_NAME, attendance([row]))
    assert set(reasons(found)[1].split("; ")) == {
        "student_id: not an identity number",
        "school_id: not the one in the file name",
        "unauthorised_absence_minutes: not int64",
    }


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({"Rapporterad tid, minuter": "7001"}, "reported_within_scheduled"),
        ({"Giltig frånvaro, minuter": "6800"}, "absence_within_reported"),
        ({"Varav sen ankomst, minuter": "121"}, "late_within_unauthorised"),
    ],
)
def test_rules_across_columns_hold_a_record_back_by_their_names(workspace, changes, rule):
    rows = [month_row(0), month_row(1, **changes)]
    assert reasons(one(workspace, ATTENDANCE_NAME, attendance(rows))) == {2: rule}


def test_of_exact_repeats_the_first_stays_and_of_conflicting_records_none(workspace):
    other = {"Giltig frånvaro, minuter": "1"}
    rows = [month_row(0), month_row(1), month_row(0), month_row(2), month_row(2, **other),
            month_row(1), month_row(1), month_row(2)]  # fmt: skip
    found = one(workspace, ATTENDANCE_NAME, attendance(rows))
    assert [row["record_no"] for row in found.accepted["attendance"]] == [1, 2]
    assert reasons(found) == {4: CONFLICT, 5: CONFLICT, 8: CONFLICT}
    assert [row["line_no"] for row in found.held] == [5, 6, 9]
    assert (found.entry["accepted"], found.entry["duplicates"]) == (2, 3)


def test_a_record_held_back_for_itself_does_not_hold_its_twin_back(workspace):
    rows = [month_row(0), month_row(0, **{"Giltig frånvaro, minuter": "x"})]
    found = one(workspace, ATTENDANCE_NAME, attendance(rows))
    assert [row["record_no"] for row in found.accepted["attendance"]] == [1]
    assert set(reasons(found)) == {2}


def test_one_pupil_written_in_two_ways_is_one_pupil(workspace):
    written = number(0)
    ten = {"Personnummer": f"{written[2:8]}-{written[8:]}"}
    found = one(workspace, ATTENDANCE_NAME, attendance([month_row(0), month_row(0, **ten)]))
    assert reasons(found) == {1: CONFLICT, 2: CONFLICT}


def test_a_file_all_of_whose_records_are_held_back_still_counts_them(workspace):
    rows = [month_row(n, Månad="2016-13") for n in range(4)]
    found = one(workspace, ATTENDANCE_NAME, attendance(rows))
    assert (found.entry["status"], found.entry["records"]) == ("active", 4)
    assert (found.entry["accepted"], found.entry["quarantined"]) == (0, 4)
    assert sorted(reasons(found)) == [1, 2, 3, 4]


def test_more_areas_than_fit_in_few_bits_are_still_told_apart(tmp_path):
    name = "Grundskola - Kostnader per kommun 2024 Kommun.csv"
    columns = (
        "Kommun;Kommunkod;Län;Läns-kod;Typ av huvudman;Genomsnittligt elevantal;Totalt;"
        "Undervisning;Totalt per elev;Undervisning per elev;Lokaler per elev;Måltider per elev;"
        "Lärverktyg per elev;Elevhälsa per elev;Övrigt per elev;"
    )
    rows = [
        f"Ort;{10000 + area};Län;01;{provider};1;2;3;4;5;6;7;8;9;10;"
        for area in range(4200)
        for provider in ("Kommunal", "Enskild", "Statlig")
    ]
    text = "\n".join(["a", "", "b", "Valt år: 2024", "c", "", columns, *rows, ""])
    ((judged, _),) = results(tmp_path, [(name, text.encode())], "together").values()
    assert (judged.records, judged.accepted, judged.duplicates) == (12600, 12600, 0)


UCI_HEADINGS = profile("uci_student").columns
NOBODY = ["GP", *["x"] * 28, "3", "9", "10", "11"]


@pytest.mark.parametrize("way", WAYS)
def test_pupils_without_a_key_are_all_somebody_though_their_records_are_alike(tmp_path, way):
    rows = [NOBODY] * 30 + [[*NOBODY[:-1], "12"]] * 30
    content = csv_text(UCI_HEADINGS, rows).encode()
    ((judged, found),) = results(tmp_path, [("student-mat.csv", content)], way).values()
    assert (judged.records, judged.accepted, judged.duplicates) == (60, 60, 0)
    assert len({row["student_id"] for row in found["core.grades"]}) == 60
    assert Counter(row["mark"] for row in found["core.grades"]) == {"9": 60, "11": 30, "12": 30}
    of_counts = [row["student_id"] for row in found["core.absence_counts"]]
    assert of_counts == [row["student_id"] for row in found["core.grades"]][::2]


SCB_NAME = f"slutbetyg_{SCHOOL}_2016VT.csv"
MARKS = ["A", "B", "C", "D", "E", "SPA", "F", "FRA", "9", "ARA", "3", "2"]


def scb(n, *, place=None, mark=None, school=SCHOOL):
    """One pupil's line of the SCB file: 22 subjects, languages by their letters."""
    subjects = ["A", "B", "C", "D", "E", "", "2", "fra", "E", "ARA", "F", *["C"] * 11, "2", "9"]
    line = ["S", "20160610", "1", number(n), school, "9A", "Åke", "Öst", *subjects, "2"]
    if place is not None:
        line[place] = mark
    return ";".join(line)


def test_a_final_grade_file_becomes_a_row_for_each_subject_that_was_graded(workspace):
    found = one(workspace, SCB_NAME, scb(0).encode("cp1252"))
    marks = {row["subject_code"]: row["mark"] for row in found.accepted["grades"]}
    assert marks["M2FRA"] == "E"
    assert marks["MLARA"] == "F"
    assert marks["TK"] == "-"
    assert not {"M1", "DA", "TN"} & set(marks)
    assert len(marks) == 19
    assert {row["term"] for row in found.accepted["grades"]} == {"2016VT"}
    assert {row["is_final"] for row in found.accepted["grades"]} == {"yes"}


def test_one_bad_mark_holds_the_whole_pupil_back_and_names_the_column(workspace):
    lines = [scb(0), scb(1, place=12, mark=TOLD_TO_NOBODY), scb(2, place=15, mark="f1"), scb(3)]
    found = one(workspace, SCB_NAME, "\r\n".join(lines).encode("cp1252"))
    assert {row["record_no"] for row in found.accepted["grades"]} == {1, 4}
    held = reasons(found)
    assert held[2] == "mark: not one of the codes (Ma)"
    assert held[3].startswith("subject_code: str_matches(")
    assert held[3].endswith("(M2 betyg)")
    assert TOLD_TO_NOBODY not in held[2]


def test_of_a_pupil_sent_twice_in_a_wide_file_one_record_stays(workspace):
    lines = [scb(0), scb(1), scb(0), scb(1, place=12, mark="F")]
    found = one(workspace, SCB_NAME, "\n".join(lines).encode("cp1252"))
    assert {row["record_no"] for row in found.accepted["grades"]} == {1}
    assert reasons(found) == {2: CONFLICT, 4: CONFLICT}
    assert found.entry["duplicates"] == 1


def test_a_workbook_and_a_text_file_of_the_same_rows_give_the_same(workspace, tmp_path):
    rows = [
        month_row(0), month_row(1, Skolenhetskod="87654321"), month_row(0),
        month_row(2, **{"Schemalagd tid, minuter": "36.5"}), month_row(3),
        month_row(3, **{"Giltig frånvaro, minuter": "1"}),
    ]  # fmt: skip
    of_text = one(workspace, ATTENDANCE_NAME, attendance(rows))
    cells = [[*row[:3], *(float(cell) for cell in row[3:])] for row in rows]
    book = workbook(tmp_path / "b.xlsx", ATTENDANCE_HEADINGS, cells)
    of_book = one(workspace, ATTENDANCE_NAME.replace(".csv", "_v2.xlsx"), book.read_bytes())
    assert of_book.held == [row | {"delivery_id": of_book.entry["delivery_id"]}
                            for row in of_text.held]  # fmt: skip
    plain = [
        [{**row, "delivery_id": ""} for row in found.accepted["attendance"]]
        for found in (of_text, of_book)
    ]
    assert plain[0] == plain[1] != []


def test_a_workbook_of_many_parts_is_judged_as_one(tmp_path, monkeypatch):
    rows = [month_row(n % 7) for n in range(9)]
    content = workbook(tmp_path / "b.xlsx", ATTENDANCE_HEADINGS, rows).read_bytes()
    files = [(ATTENDANCE_NAME.replace("csv", "xlsx"), content)]
    whole = results(tmp_path, files, "together")
    monkeypatch.setattr(our_xlsx, "ROWS_AT_ONCE", 2)
    assert results(tmp_path, files, "together") == results(tmp_path, files, "alone") == whole
    ((judged, _),) = whole.values()
    assert (judged.accepted, judged.duplicates) == (7, 2)


@pytest.mark.parametrize("way", ["together", "alone"])
@pytest.mark.parametrize(
    ("content", "cause"),
    [
        (lessons([]), "no_records: the file has a header and nothing under it"),
        (lessons([lesson_row(0)])[:-20], "truncated: line 2: the file stops inside a record"),
        (lessons([lesson_row(0)]) + b'"', "quote: line 3: a quotation mark is not closed"),
    ],
)
def test_a_file_that_cannot_be_read_whole_is_refused_and_the_others_are_judged(
    tmp_path, way, content, cause
):
    files = [(LESSONS_NAME, content), (LESSONS_NAME, lessons([lesson_row(0)]))]
    (bad, nothing), (good, rows) = results(tmp_path, files, way).values()
    assert bad.cause.startswith(cause)
    assert (bad.records, bad.scope, nothing) == (0, None, {})
    assert (good.cause, good.accepted, len(rows["core.lessons"])) == (None, 1, 1)


def test_a_title_that_a_layout_needs_must_be_there(tmp_path):
    name = "Grundskola - Kostnader per kommun 2024 Kommun.csv"
    columns = "Kommun;Kommunkod;Län;Läns-kod;Typ av huvudman;Genomsnittligt elevantal;Totalt;Undervisning;Totalt per elev;Undervisning per elev;Lokaler per elev;Måltider per elev;Lärverktyg per elev;Elevhälsa per elev;Övrigt per elev;"  # noqa: E501
    content = "\n".join([*[TOLD_TO_NOBODY] * 6, columns, "Ort;1;L;1;K;1;2;3;4;5;6;7;8;9;10;", ""])
    for way in ("together", "alone"):
        ((judged, _),) = results(tmp_path, [(name, content.encode())], way).values()
        assert judged.cause == "title: no line above the header fits ^Valt år: (\\d{4})$"


@pytest.mark.parametrize("way", ["together", "alone"])
def test_a_file_that_breaks_the_judge_is_refused_alone_and_its_rows_are_not_quoted(
    tmp_path, monkeypatch, way
):
    judge_block = judging.judge_block

    def frail(block, judges):
        if any(row.as_py() == "13:13" for row in block.records.columns["start"].dictionary):
            raise RuntimeError(TOLD_TO_NOBODY)
        return judge_block(block, judges)

    monkeypatch.setattr(judging, "judge_block", frail)
    files = [(LESSONS_NAME, lessons([lesson_row(n, start="13:13" if n == 1 else "08:00")]))
             for n in range(3)]  # fmt: skip
    verdicts = [judged for judged, _ in results(tmp_path, files, way).values()]
    causes = Counter(judged.cause for judged in verdicts)
    assert causes == {None: 2, "internal: RuntimeError; report it with the delivery's id": 1}


def test_a_file_that_neither_reader_can_read_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(our_csv, "_split", refuse_to_be_plain)
    files = [(LESSONS_NAME, lessons([lesson_row(0)]))]
    for way in ("strictly", "strictly alone"):
        ((judged, _),) = results(tmp_path, files, way).values()
        assert judged.cause.startswith(("format: ", "internal: NotPlainError"))


@pytest.mark.parametrize("way", ["together", "alone"])
def test_a_vault_without_its_key_stops_everything_and_refuses_no_file(tmp_path, way):
    files = [(LESSONS_NAME, lessons([lesson_row(0)]))]
    results(tmp_path, files, way)
    (tmp_path / "vault" / "key").unlink()
    with pytest.raises(VaultError, match="key is missing"):
        results(tmp_path, [(LESSONS_NAME, lessons([lesson_row(1)]))], way)


def test_small_files_are_taken_together_up_to_a_size(tmp_path, monkeypatch):
    files = [(LESSONS_NAME, lessons([lesson_row(n)])) for n in range(5)]
    monkeypatch.setattr(judging, "SMALL_BYTES", len(files[0][1]) * 2)
    verdicts = [judged for judged, _ in results(tmp_path, files, "together").values()]
    assert [judged.accepted for judged in verdicts] == [1] * 5
    assert {tuple(judged.content["core.lessons"]) for judged in verdicts} == {(MONTH,)}


@pytest.mark.parametrize("way", WAYS)
def test_no_value_of_a_record_held_back_or_of_another_file_is_stored(tmp_path, way):
    """Also not where nobody looks: in the dictionary of a Parquet file."""
    of_one = [[f"d{n}", f"Stadsdel {n}"] for n in range(3)]
    conflict = [["d8", f"{TOLD_TO_NOBODY} 1"], ["d8", f"{TOLD_TO_NOBODY} 2"]]
    refused = [["D 9", f"{TOLD_TO_NOBODY} 3"]]
    headings = ["Stadsdel, kod", "Stadsdel"]
    files = [
        ("stadsdelar.csv", csv_text(headings, [*of_one, *conflict, *refused]).encode()),
        ("stadsdelar_v2.csv", csv_text(headings, [["d5", "Annan"]]).encode()),
    ]
    left = {}

    def look(path, **_):
        if path.suffix == ".parquet":
            left[path.parent.name[-1], path.stem] = stored_texts(path)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Path, "unlink", look)
        assert all(judged.cause is None for judged, _ in results(tmp_path, files, way).values())
    assert left.keys() == {("0", "core.districts"), ("0", "quarantine.records"),
                           ("1", "core.districts")}  # fmt: skip
    assert left["0", "core.districts"] == {f"{0:064x}", *(text for row in of_one for text in row)}
    assert left["1", "core.districts"] == {f"{1:064x}", "d5", "Annan"}
    assert not any(TOLD_TO_NOBODY in text for text in left["0", "quarantine.records"])


def encodings(path) -> dict[str, tuple[str, ...]]:
    """How each column of text is written, by column."""
    with parquet.ParquetFile(path) as file:
        parts = [file.metadata.row_group(n) for n in range(file.metadata.num_row_groups)]
        columns = [part.column(n) for part in parts for n in range(part.num_columns)]
    return {
        one.path_in_schema: one.encodings for one in columns if one.physical_type == "BYTE_ARRAY"
    }


@pytest.mark.parametrize("way", WAYS)
def test_a_value_that_many_texts_mean_stands_once_in_a_dictionary(tmp_path, way):
    """Else Arrow writes it plainly, behind a page that ends in whatever lay in memory."""
    said = ["ja", " ja", "nej", "okänt"]
    rows = [[*pupil_row(n)[:-1], said[n % len(said)]] for n in range(12)]
    files = [(PUPILS_NAME, csv_text(PUPIL_HEADINGS, rows).encode())]
    left = {}

    def look(path, **_):
        if path.suffix == ".parquet":
            left[path.stem] = encodings(path), parquet.read_table(path).num_rows

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Path, "unlink", look)
        results(tmp_path, files, way)
    written, count = left["core.enrolments"]
    assert count == len(rows)
    assert {"student_id", "sex", "newly_arrived"} <= written.keys()
    assert all("RLE_DICTIONARY" in kinds for kinds in written.values())


PLACES = """
name = "places"
container = "csv"
dataset = "places"
file_name = 'platser\\.csv'
columns = ["sort", "kod", "namn", "stadsdel", "fran"]

[[tables]]
table = "core.districts"
only = {sort = "stadsdel"}
[tables.cells]
district_id = {column = "kod"}
district_name = {column = "namn"}

[[tables]]
table = "core.schools"
only = {sort = "skola"}
[tables.cells]
school_id = {column = "kod"}
school_name = {column = "namn"}
district_id = {column = "stadsdel"}
valid_from = {column = "fran"}
valid_to = {constant = ""}
"""


@pytest.mark.parametrize("way", WAYS)
def test_records_of_several_kinds_become_rows_of_the_table_of_their_kind(tmp_path, way):
    content = (
        "sort;kod;namn;stadsdel;fran\r\n"
        "stadsdel;10;Norr;;\r\n"
        "skola;10;Tallskolan;10;2001-07-01\r\n"
        "skola;11;Granskolan;10;igår\r\n"
        "stadsdel;11;Söder;;\r\n"
        "stadsdel;11;Söder;;\r\n"
        "park;11;Lunden;;\r\n"
        "park;11;Dungen;;\r\n"
    ).encode()
    layouts = [parse_profile(PLACES)]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(recognition, "load_profiles", lambda: layouts)
        ((judged, rows),) = results(tmp_path, [("platser.csv", content)], way).values()
    assert (judged.records, judged.accepted, judged.quarantined, judged.duplicates) == (7, 5, 1, 1)
    assert [r["district_name"] for r in rows["core.districts"]] == ["Norr", "Söder"]
    assert [(r["school_id"], r["record_no"]) for r in rows["core.schools"]] == [("10", 2)]
    assert [r["record_no"] for r in rows["quarantine.records"]] == [3]
