"""XML: Stockholm's grade document, read by elements, and what is refused before it is read."""

import tracemalloc

import pytest

from pipelines.ingest.formats.xml import CONTAINER
from pipelines.ingest.records import UnreadableError
from tests.pipelines.ingest.deliveries import SCHOOL, number, one, profile, reasons

NAME = f"amnesbetyg_{SCHOOL}_2016VT.xml"
HEAD = '<?xml version="1.0" encoding="utf-8"?>\n<betyg xmlns="http://example.test/grades/v1.1">\n'


def mark(subject="MA", value="E", language="", **changes):
    """One grade as the document has it, on one line."""
    said = {"prövning": "false", "skolform": "GR", "år": "2016", "skola": SCHOOL} | changes
    spoken = f"<språk>{language}</språk>" if language else ""
    return (
        f"<ämnesbetyg><value>{value}</value><datum>2016-06-08</datum>"
        f"<prövning>{said['prövning']}</prövning><skola>{said['skola']}</skola>"
        '<beslutsfattare roll="LÄRARE"><person>a</person><person>b</person></beslutsfattare>'
        f"<skolform>{said['skolform']}</skolform><ämnesförkortning>{subject}</ämnesförkortning>"
        f"{spoken}<termin><typ>VT</typ><år>{said['år']}</år></termin>"
        f"<slutbetyg>true</slutbetyg>{said.get('more', '')}</ämnesbetyg>\n"
    )


def pupil(n, *marks):
    """A pupil with some grades; takes a line more than they do."""
    return f'<elev id="{number(n)}">\n{"".join(marks)}</elev>\n'


def document(*pupils):
    """A whole document; its first pupil begins on line 3."""
    return f"{HEAD}{''.join(pupils)}</betyg>\n".encode()


def test_each_mark_of_a_pupil_is_a_row(workspace):
    marks = [mark("MA", "A"), mark("M2", "-", "FRA"), mark("SV", "VG")]
    found = one(workspace, NAME, document(pupil(0, *marks), pupil(1, mark("MA", "F"))))
    assert found.held == []
    rows = [(row["subject_code"], row["scale_id"], row["mark"]) for row in found.accepted["grades"]]
    assert rows == [
        ("MA", "A-F", "A"), ("M2FRA", "A-F", "-"), ("SV", "G-MVG", "VG"), ("MA", "A-F", "F"),
    ]  # fmt: skip
    assert {(r["term"], r["is_final"]) for r in found.accepted["grades"]} == {("2016VT", "yes")}


def test_examinations_and_other_school_forms_are_no_rows(workspace):
    marks = [mark("MA"), mark("EN", prövning="true"), mark("KE", skolform="GRSAR")]
    found = one(workspace, NAME, document(pupil(0, *marks)))
    assert (found.entry["records"], found.entry["quarantined"]) == (3, 0)
    assert [row["subject_code"] for row in found.accepted["grades"]] == ["MA"]


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        (mark(value="***"), "scale_id: not one of the codes; mark"),
        (mark(subject="XX"), "subject_code: str_matches("),
        (mark(år="2015"), "term: not the one in the file name"),
        (mark(skola="{bdcacf8c}"), "school_id: str_matches("),
        (mark(prövning="nej"), "record: prövning is not one of its codes"),
        (mark(skolform="gr"), "record: skolform is not one of its codes"),
        (mark(more="<slutbetyg>false</slutbetyg>"), "record: an element stands twice"),
        (mark(more="<betygstyp>x</betygstyp>"), "record: an element that is not part of this"),
        (mark(more="obs"), "record: text beside elements"),
        (mark(value="<b>E</b>"), "record: an element that is not part of this layout"),
        (mark(value="E<!-- c -->" + "x" * 70000), "record: too_long"),
        ("<kursbetyg><value>A</value></kursbetyg>\n", "record: it is no ämnesbetyg"),
    ],
)
def test_a_record_that_does_not_fit_is_held_back_with_its_line(workspace, bad, reason):
    found = one(workspace, NAME, document(pupil(0, mark("MA"), bad, mark("SV"))))
    assert [row["record_no"] for row in found.accepted["grades"]] == [1, 3]
    assert reasons(found)[2].startswith(reason)
    assert found.held[0]["line_no"] == 5


@pytest.mark.parametrize(
    ("content", "cause"),
    [
        (b"", "empty: "),
        (b"<html></html>", "format: line 1: the document is no betyg"),
        (document(pupil(0, mark()))[:-20], "format: line"),
        (document(pupil(0, mark())).replace(b"</value>", b"</v>"), "format: line 4"),
        (b"<!DOCTYPE xml>\n<betyg/>", "entities: the document has a DTD"),
        (b'<!DOCTYPE b [<!ENTITY a "x"><!ENTITY b "&a;&a;">]><betyg>&b;</betyg>', "entities"),
        (b'<!DOCTYPE b SYSTEM "file:///etc/hostname"><betyg/>', "entities"),
        (b'<!DOCTYPE b [<!ENTITY a SYSTEM "file:///etc/hostname">]><betyg>&a;</betyg>', "entities"),
        (b"PK\x03\x04", "format: line 1"),
        (document(), "no_records"),
        (HEAD.encode() + b"<a>" * 100, "format: line"),
    ],
)
def test_a_document_that_is_unsafe_or_not_whole_is_refused(workspace, content, cause):
    found = one(workspace, NAME, content)
    assert found.entry["status"] == "rejected"
    assert found.entry["cause"].startswith(cause)


def test_a_bomb_is_refused_without_being_unpacked(tmp_path):
    bomb = '<!DOCTYPE b [<!ENTITY a0 "xxxxxxxxxx">'
    bomb += "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 10))
    path = tmp_path / "bomb.xml"
    path.write_text(f"{bomb}]><betyg>&a9;</betyg>")
    tracemalloc.start()
    with pytest.raises(UnreadableError, match="has a DTD"):
        CONTAINER.headings(path, profile("stockholm_grades"))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 2 << 20


def test_a_long_document_is_read_in_little_memory(tmp_path):
    path = tmp_path / NAME
    with path.open("w", encoding="utf-8") as file:
        file.write(HEAD)
        file.writelines(pupil(n % 900, mark()) for n in range(60_000))
        file.write("</betyg>\n")
    layout = profile("stockholm_grades")
    sizes, lines = [], []
    for records in CONTAINER.records(path, layout, strictly=False):
        sizes.append(len(records))
        lines.append(int(records.lines[-1]))
    assert (sizes, lines) == ([50_000, 10_000], [150_001, 180_001])
