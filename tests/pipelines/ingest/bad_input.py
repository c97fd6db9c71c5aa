"""The catalogue of bad input: each case is made from good files, and says what must become of it.

A case is a function that returns the files to drop; its number is the one in the project's
catalogue of 102 cases. Classes: ``F`` the file is refused or held, ``X`` it is refused before it
is parsed or never taken in, ``R`` its bad records are held back and the others stand, ``A`` and
``accept`` nothing is held back.
"""

import datetime as dt
import io
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import openpyxl

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
)

Files = Mapping[str, bytes]

ROWS = 10
BOOK_NAME = ATTENDANCE_NAME.replace(".csv", ".xlsx")
GRADES_NAME = f"betyg_{SCHOOL}_2016VT.csv"
GRADE_HEADINGS = (
    "Personnummer", "Skolenhetskod", "Termin", "Ämne", "Betygsskala", "Betyg", "Slutbetyg",
)  # fmt: skip
PUPILS_NAME = f"elever_{SCHOOL}_2016VT.csv"
PUPIL_HEADINGS = (
    "Personnummer", "Skolenhetskod", "Termin", "Årskurs", "Klass", "Från", "Till",
    "Boende stadsdel, kod", "Nyanländ",
)  # fmt: skip
SCHEDULED, REPORTED = "Schemalagd tid, minuter", "Rapporterad tid, minuter"
VALID, INVALID = "Giltig frånvaro, minuter", "Ogiltig frånvaro, minuter"
HIDDEN = "Hemlighetsson"
AGE = "student_id: age outside that of pupils"
GOOD_ROWS = [month_row(n) for n in range(ROWS)]
GOOD = attendance(GOOD_ROWS)
PERCENT_NAME = (
    "Grundskola - Betyg årskurs 6, andel som fått godkänt betyg (A-E), samtliga elever 2024 "
    "Kommun.csv"
)


@dataclass(frozen=True, slots=True)
class Case:
    """One case of the catalogue.

    Attributes:
        number: In the catalogue.
        expected: Class: ``F``, ``X``, ``R``, ``A`` or ``accept``.
        says: How the cause begins, or what a reason has in it.
        held: Records held back.
        make: The files to drop.
        told: Texts besides the pupils' numbers that nobody outside the archive may read.
        repeats: Whether the last file is a delivery of the same rows, that changes nothing.
        mode: Who may read and write the files.
    """

    number: int
    expected: str
    says: str
    held: int
    make: Callable[[], Files]
    told: tuple[str, ...] = field(default=())
    repeats: bool = False
    mode: int = 0o644

    @property
    def name(self) -> str:
        """Number, class and what it is about."""
        return f"{self.number:03d}-{self.expected}-{self.make.__name__}"


CASES: list[Case] = []

ELSEWHERE = {
    3: "test_inbox: a file that may still grow is left alone",
    4: "test_inbox: a file that is not whole is left alone",
    5: "test_inbox and test_completeness: the sender's hash differs",
    6: "test_inbox and test_completeness: the sender's count differs",
    8: "test_completeness: completeness unproven",
    48: "test_child: a file larger than any that is opened",
    68: "two pupils until a number's change is declared; not yet",
    69: "crosschecks: unknown school",
    74: "test_ledger, weighing: a late file is a revision",
    80: "crosschecks: volume",
    81: "crosschecks: a whole school missing",
    82: "crosschecks: constant values",
    87: "tests of schemas.calendar",
    93: "test_catalogue: names",
    94: "test_inbox: links and folders and pipes are left alone",
    95: "test_catalogue: names",
    97: "test_inbox: moved out of the sender's reach before it is looked at",
    98: "protected identity: vault, not yet",
    99: "protected identity: vault, not yet",
    100: "protected identity: vault, not yet",
}
"""Cases that are no file's content, and where they are shown."""


def case(
    number: int, expected: str, says: str = "", *, held: int = 0, **also: Any
) -> Callable[[Callable[[], Files]], Callable[[], Files]]:
    """Enter a function as a case."""

    def entered(make: Callable[[], Files]) -> Callable[[], Files]:
        records_held = 1 if expected == "R" and not held else held
        CASES.append(Case(number, expected, says, records_held, make, **also))
        return make

    return entered


def monthly(content: bytes) -> Files:
    """A file under the name of the monthly template."""
    return {ATTENDANCE_NAME: content}


def with_row(**changes: str) -> Files:
    """Good rows and one with other values."""
    return monthly(attendance([*GOOD_ROWS, month_row(ROWS, **changes)]))


def with_line(line: bytes) -> Files:
    """Good rows with one more line among them."""
    head, rest = GOOD.split(b"\n", 1)
    return monthly(head + b"\n" + line + b"\n" + rest)


def with_header(change: Callable[[list[str]], list[str]]) -> Files:
    """Good rows under another header."""
    return monthly(csv_text(change(list(ATTENDANCE_HEADINGS)), GOOD_ROWS).encode())


def grades(**changes: str) -> Files:
    """Term grades, one of which has other values."""
    good = [[number(n), SCHOOL, "2016VT", "MA", "A-F", "C", "nej"] for n in range(ROWS)]
    odd = dict(zip(GRADE_HEADINGS, [number(ROWS), *good[0][1:]], strict=True)) | changes
    return {GRADES_NAME: csv_text(GRADE_HEADINGS, [*good, list(odd.values())]).encode()}


def pupils(*changes: Mapping[str, str], count: int = ROWS) -> Files:
    """A register, some pupils of which have other values."""
    row = ["", SCHOOL, "2016VT", "9", "9A", "2016-01-10", "", "centrum", "nej"]
    good = [[number(n), *row[1:]] for n in range(count)]
    odd = [
        list((dict(zip(PUPIL_HEADINGS, [number(count + n), *row[1:]], strict=True)) | one).values())
        for n, one in enumerate(changes)
    ]
    return {PUPILS_NAME: csv_text(PUPIL_HEADINGS, [*good, *odd]).encode()}


def book(
    change: Callable[[openpyxl.Workbook], object] = lambda _: None,
    rows: list[list[object]] | None = None,
) -> bytes:
    """The monthly template as a workbook, changed."""
    made = openpyxl.Workbook()
    made.active.title = "narvaro"
    for row in (ATTENDANCE_HEADINGS, *(GOOD_ROWS if rows is None else rows)):
        made.active.append(list(row))
    change(made)
    content = io.BytesIO()
    made.save(content)
    made.close()
    return content.getvalue()


def rezipped(
    content: bytes,
    change: Callable[[str, bytes], bytes] = lambda _, member: member,
    also: Mapping[str, bytes] | None = None,
) -> bytes:
    """A workbook with other members."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        members = {name: change(name, archive.read(name)) for name in archive.namelist()}
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, member in (members | dict(also or {})).items():
            archive.writestr(name, member)
    return packed.getvalue()


def percents(value: str) -> Files:
    """A public table with percentages, one of them written in another way."""
    header = (
        "Kommun;Kommun-kod;Län;Läns-kod;Typ av huvudman;Antal elever;Antal ämnesbetyg (genomsnitt);"
        "Andel (%) elever som fått godkänt betyg i alla ämnen;"
        "Andel (%) elever som ej fått godkänt betyg i ett ämne;"
        "Andel (%) elever som ej fått godkänt betyg i fler, alternativt alla ämnen;"
    )
    titles = ["Betyg", "Samtliga", "Valt läsår: 2023/24", "", "x"]
    rows = [f"Kommun {n};{n:04d};Län;01;Kommunal;1 234;16,2;93,5;4,1;2,4;" for n in range(1, ROWS)]
    odd = f"Kommun 99;0099;Län;01;Kommunal;12;16,2;{value};4,1;2,4;"
    return {PERCENT_NAME: "\n".join([*titles, header, *rows, odd, ""]).encode()}


@case(1, "F", "empty")
def empty() -> Files:
    return monthly(b"")


@case(2, "F", "no_records")
def header_only() -> Files:
    return monthly(attendance([]))


@case(7, "F", "truncated")
def cut_in_a_record() -> Files:
    return monthly(GOOD[: GOOD.rindex(b";7000") + 3])


@case(9, "R", "nul_byte")
def zero_byte_in_a_value() -> Files:
    return with_row(**{VALID: "3\00"})


@case(10, "F", "binary_tail")
def tail_of_zeros() -> Files:
    return monthly(GOOD + b"\0" * 4096)


@case(11, "accept")
def byte_order_mark() -> Files:
    return monthly(b"\xef\xbb\xbf" + GOOD)


@case(12, "F", "format")
def utf_16() -> Files:
    return monthly(GOOD.decode().encode("utf-16"))


@case(13, "F", "encoding")
def latin_1() -> Files:
    return monthly(GOOD.decode().encode("latin-1"))


@case(14, "F", "encoding")
def windows_1252() -> Files:
    return monthly(GOOD.replace(b"Personnummer", b"Personnummer") + b"\x93x\x94;\n")


@case(15, "F", "mojibake")
def encoded_twice() -> Files:
    twice = "Ã¥".encode()
    return {PUPILS_NAME: pupils({"Klass": "9Å"})[PUPILS_NAME].replace("9Å".encode(), twice)}


@case(16, "F", "encoding: line 12: byte ")
def two_encodings() -> Files:
    return monthly(GOOD + f"{number(20)};{SCHOOL};å\n".encode("latin-1"))


@case(17, "accept")
def decomposed_letters() -> Files:
    return monthly(GOOD.replace("å".encode(), "a\u030a".encode()))


@case(18, "F", "header_script")
def cyrillic_letter() -> Files:
    return with_header(lambda names: [names[0].replace("o", "\u043e"), *names[1:]])


@case(19, "accept")
def invisible_signs() -> Files:
    content = GOOD.replace(b"Personnummer", "Person\u00adnummer\u200b\u00a0".encode())
    return monthly(content.replace(number(0).encode(), f"\u200b{number(0)}\u00a0".encode()))


@case(20, "accept")
def columns_in_another_order() -> Files:
    rows = [row[::-1] for row in GOOD_ROWS]
    return monthly(csv_text(ATTENDANCE_HEADINGS[::-1], rows).encode())


@case(21, "F", "missing_column")
def column_missing() -> Files:
    return monthly(csv_text(ATTENDANCE_HEADINGS[:-1], [row[:-1] for row in GOOD_ROWS]).encode())


@case(22, "F", "extra_column")
def column_too_many() -> Files:
    rows = [[*row, HIDDEN] for row in GOOD_ROWS]
    return monthly(csv_text([*ATTENDANCE_HEADINGS, "Not"], rows).encode())


@case(23, "F", "duplicate_header")
def heading_twice() -> Files:
    return with_header(lambda names: [*names[:-1], names[0]])


@case(24, "accept")
def heading_in_capitals() -> Files:
    return with_header(lambda names: [f" {name.upper()} " for name in names])


@case(24, "F", "missing_column")
def heading_that_is_no_known_variant() -> Files:
    return with_header(lambda names: ["Person-nummer", *names[1:]])


@case(25, "F", "missing_column")
def no_header() -> Files:
    return monthly(GOOD.split(b"\n", 1)[1])


@case(26, "F", "header")
def two_headers() -> Files:
    return monthly(GOOD.split(b"\n", 1)[0] + b"\n" + GOOD)


@case(26, "F", "dialect")
def title_above() -> Files:
    return monthly(b"Rapport mars 2016\n" + GOOD)


@case(27, "F", "dialect")
def commas() -> Files:
    return monthly(csv_text(ATTENDANCE_HEADINGS, GOOD_ROWS, delimiter=",").encode())


@case(28, "F", "dialect")
def tabs() -> Files:
    return monthly(csv_text(ATTENDANCE_HEADINGS, GOOD_ROWS, delimiter="\t").encode())


@case(29, "accept")
def decimal_comma() -> Files:
    return percents("93,5")


@case(30, "R", "number_format")
def decimal_point() -> Files:
    return percents("93.5")


@case(31, "R", "scheduled_minutes: not int64")
def thousands_apart() -> Files:
    return with_row(**{SCHEDULED: "7\u00a0000"})


@case(32, "R", "value: not float64")
def percent_sign() -> Files:
    return percents("93,5 %")


@case(33, "R")
def away_for_more_than_everything() -> Files:
    return with_row(**{VALID: "8000"})


@case(34, "R", held=3)
def not_a_number() -> Files:
    odd = [month_row(ROWS + n, **{VALID: text}) for n, text in enumerate(["NaN", "Inf", "1e309"])]
    return monthly(attendance([*GOOD_ROWS, *odd]))


@case(35, "R", "scheduled_minutes")
def negative_minutes() -> Files:
    odd = lesson_row(ROWS, minuter="-60")
    return {LESSONS_NAME: lessons([*(lesson_row(n) for n in range(ROWS)), odd])}


@case(36, "R", "absence_within_lesson")
def away_for_longer_than_the_lesson() -> Files:
    odd = lesson_row(ROWS, franvaro_min="90", franvarotyp="G")
    return {LESSONS_NAME: lessons([*(lesson_row(n) for n in range(ROWS)), odd])}


@case(37, "R", "mark")
def unknown_mark() -> Files:
    return grades(Betyg="C+")


@case(38, "R", "mark")
def small_letter() -> Files:
    return grades(Betyg="a")


@case(39, "R", "status: not one of the codes")
def digit_for_a_letter() -> Files:
    odd = lesson_row(ROWS, franvaro_min="60", franvarotyp="0")
    return {LESSONS_NAME: lessons([*(lesson_row(n) for n in range(ROWS)), odd])}


@case(40, "R", "record: 10 fields")
def delimiter_in_a_value() -> Files:
    return with_line(";".join([*month_row(ROWS)[:3], "7;000", *month_row(ROWS)[4:]]).encode())


@case(41, "R", "record: 8 fields")
def too_few_columns() -> Files:
    return with_line(";".join(month_row(ROWS)[:-1]).encode())


@case(42, "F", "quote")
def open_quotation_mark() -> Files:
    return with_line(('"' + ";".join(month_row(ROWS))).encode())


@case(43, "accept")
def line_end_in_quotes() -> Files:
    return pupils({"Klass": "9\nA"})


@case(44, "A")
def mixed_line_ends() -> Files:
    lines = GOOD.split(b"\n")
    return monthly(b"\r\n".join(lines[:4]) + b"\r\n" + b"\n".join(lines[4:]))


@case(45, "R", "record: carriage return inside a field")
def return_in_a_value() -> Files:
    content = pupils({"Klass": "9A?"})[PUPILS_NAME]
    return {PUPILS_NAME: content.replace(b"9A?", b'"9\rA"')}


@case(46, "R", "too_long")
def line_of_a_megabyte() -> Files:
    return pupils({"Klass": "9" * (1 << 20)})


@case(47, "X", "header")
def too_many_columns() -> Files:
    return with_header(lambda names: [*names, *(f"k{n}" for n in range(600))])


@case(47, "X", "header")
def header_without_end() -> Files:
    return monthly(b"a;" * 1_000_000)


@case(49, "X", "bomb")
def zip_bomb() -> Files:
    return {BOOK_NAME: rezipped(book(), also={"xl/media/zeros": b"\0" * (200 << 20)})}


@case(50, "X", "bomb")
def many_members() -> Files:
    return {BOOK_NAME: rezipped(book(), also={f"xl/media/{n}": b"" for n in range(2000)})}


@case(51, "X", "format")
def billion_laughs() -> Files:
    laugh = b'<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;"><!ENTITY c "&b;&b;&b;">]>'

    def armed(name: str, member: bytes) -> bytes:
        head = member.find(b"<worksheet")
        return member[:head] + laugh + member[head:] if name.endswith("sheet1.xml") else member

    return {BOOK_NAME: rezipped(book(), armed)}


@case(51, "X", "format")
def external_entity() -> Files:
    link = b'<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/hostname">]>'

    def armed(_: str, member: bytes) -> bytes:
        head = member.find(b"<workbook ")
        return member[:head] + link + member[head:] if head >= 0 else member

    return {BOOK_NAME: rezipped(book(), armed)}


@case(52, "X", "format")
def workbook_called_csv() -> Files:
    return monthly(book())


@case(52, "X", "format")
def csv_called_workbook() -> Files:
    return {BOOK_NAME: GOOD}


@case(53, "X", "format")
def old_or_encrypted_workbook() -> Files:
    return {BOOK_NAME: b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 4096}


@case(53, "X", "format")
def open_document() -> Files:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        archive.writestr("content.xml", "<office/>")
    return {BOOK_NAME: content.getvalue()}


@case(54, "R", "formula without a value")
def formula_never_computed() -> Files:
    rows = [*GOOD_ROWS, [*month_row(ROWS)[:4], "=1+1", *month_row(ROWS)[5:]]]
    return {BOOK_NAME: book(rows=rows)}


@case(55, "X", "macro")
def macro() -> Files:
    return {BOOK_NAME: rezipped(book(), also={"xl/vbaProject.bin": b"x"})}


@case(55, "X", "macro")
def external_link() -> Files:
    return {BOOK_NAME: rezipped(book(), also={"xl/externalLinks/externalLink1.xml": b"<x/>"})}


@case(56, "accept")
def dates_from_1904() -> Files:
    def dated(made: openpyxl.Workbook) -> None:
        made.epoch = openpyxl.utils.datetime.CALENDAR_MAC_1904
        made.active.title = "elever"
        made.active.delete_rows(1, ROWS + 1)
        made.active.append(PUPIL_HEADINGS)
        day = dt.datetime(2016, 1, 10, tzinfo=dt.UTC).replace(tzinfo=None)
        for n in range(ROWS):
            row = [number(n), SCHOOL, "2016VT", 9, "9A", day, None, "centrum", "nej"]
            made.active.append(row)

    return {PUPILS_NAME.replace(".csv", ".xlsx"): book(dated)}


@case(57, "R", "student_id")
def number_that_lost_its_digits() -> Files:
    rows = [*GOOD_ROWS, [float(f"{float(number(ROWS)):.5e}"), *month_row(ROWS)[1:]]]
    return {BOOK_NAME: book(rows=rows)}


@case(58, "F", "merged")
def merged_cells() -> Files:
    return {BOOK_NAME: book(lambda made: made.active.merge_cells("B2:B5"))}


@case(58, "F", "sheet")
def no_sheet_of_that_name() -> Files:
    def renamed(made: openpyxl.Workbook) -> None:
        made.active.title = "Blad1"
        made.create_sheet("Blad2").append([HIDDEN])

    return {BOOK_NAME: book(renamed)}


@case(58, "accept")
def hidden_rows_and_other_sheets() -> Files:
    def hidden(made: openpyxl.Workbook) -> None:
        made.active.row_dimensions[3].hidden = True
        made.create_sheet("Kodlistor", 0).append([HIDDEN])

    return {BOOK_NAME: book(hidden)}


@case(59, "R", "school_id")
def leading_zeros_lost() -> Files:
    return with_row(Skolenhetskod=SCHOOL.lstrip("1"))


@case(60, "accept")
def numbers_in_four_spellings() -> Files:
    told = [number(n) for n in range(4)]
    spelt = [told[0], told[1][2:], f"{told[2][:8]}-{told[2][8:]}", f"{told[3][2:8]}-{told[3][8:]}"]
    return monthly(attendance([month_row(n, Personnummer=text) for n, text in enumerate(spelt)]))


@case(61, "R", "wrong check digit")
def wrong_check_digit() -> Files:
    told = number(ROWS)
    return with_row(Personnummer=told[:-1] + str((int(told[-1]) + 1) % 10))


@case(62, "R", "student_id: not a date of birth")
def impossible_date_of_birth() -> Files:
    return with_row(Personnummer=number(ROWS, born="20010231"))


@case(62, "R", AGE, held=2)
def too_young_and_too_old_for_a_month() -> Files:
    odd = [month_row(ROWS + n, Personnummer=number(ROWS + n, born=f"{born}0115"))
           for n, born in enumerate(("2012", "2011", "1991", "1990"))]  # fmt: skip
    return monthly(attendance([*GOOD_ROWS, *odd]))


@case(62, "R", AGE, held=2)
def too_young_and_too_old_for_a_lesson() -> Files:
    odd = [lesson_row(n, personnummer=number(ROWS + n, born=f"{born}0115"))
           for n, born in enumerate(("2012", "2011", "1991", "1990"))]  # fmt: skip
    return {LESSONS_NAME: lessons([*(lesson_row(n) for n in range(ROWS)), *odd])}


@case(62, "R", AGE)
def too_old_for_a_grade() -> Files:
    return grades(Personnummer=number(ROWS, born="19900115"))


@case(62, "R", AGE)
def too_young_for_the_register() -> Files:
    return pupils({"Personnummer": number(ROWS, born="20120115")})


@case(63, "accept")
def coordination_number() -> Files:
    return with_row(Personnummer=number(ROWS, born="20010175"))


@case(64, "accept")
def temporary_number() -> Files:
    return with_row(Personnummer="20010115TF12")


@case(65, "accept")
def same_record_twice() -> Files:
    return monthly(attendance([*GOOD_ROWS, GOOD_ROWS[0]]))


@case(66, "R", "other values", held=2)
def same_pupil_with_other_values() -> Files:
    return monthly(attendance([*GOOD_ROWS, month_row(0, **{VALID: "0"})]))


@case(67, "accept")
def same_pupil_at_two_schools() -> Files:
    other = "87654321"
    rows = [month_row(n, Skolenhetskod=other) for n in range(ROWS)]
    return {**monthly(GOOD), ATTENDANCE_NAME.replace(SCHOOL, other): attendance(rows)}


@case(70, "R", "school_id: not the one in the file name")
def pupil_of_another_school() -> Files:
    return with_row(Skolenhetskod="87654321")


@case(71, "R", "month: not the one in the file name")
def other_month_in_one_record_of_a_hundred() -> Files:
    rows = [month_row(n) for n in range(99)]
    return monthly(attendance([*rows, month_row(99, Månad="2016-04")]))


@case(71, "F", "other_period: line 96: 5 of 99 records")
def other_month_in_more_than_one_per_cent() -> Files:
    odd = [month_row(n, Månad="2016-04") for n in range(94, 99)]
    return monthly(attendance([*(month_row(n) for n in range(94)), *odd]))


@case(71, "R", "lesson_date: not the one in the file name")
def lesson_of_another_month_in_a_small_file() -> Files:
    odd = lesson_row(ROWS, datum="2016-04-01")
    return {LESSONS_NAME: lessons([*(lesson_row(n) for n in range(ROWS)), odd])}


@case(72, "F", f"other_period: line 2: {ROWS} of {ROWS} records")
def month_of_the_name_is_another() -> Files:
    return {ATTENDANCE_NAME.replace(MONTH, "2016-04"): GOOD}


@case(72, "F", "other_period: line 2: 11 of 11 records are of another term")
def term_of_the_name_is_another() -> Files:
    return {GRADES_NAME.replace("2016VT", "2015HT"): grades()[GRADES_NAME]}


@case(73, "F", "future_period")
def month_to_come() -> Files:
    rows = [month_row(n, Månad="2099-03") for n in range(ROWS)]
    return {ATTENDANCE_NAME.replace(MONTH, "2099-03"): attendance(rows)}


@case(73, "F", "future_period")
def term_to_come() -> Files:
    content = grades()[GRADES_NAME].replace(b"2016VT", b"2099VT")
    return {GRADES_NAME.replace("2016VT", "2099VT"): content}


@case(77, "accept")
def correction() -> Files:
    return {**monthly(GOOD), ATTENDANCE_NAME.replace(".csv", "_v2.csv"): attendance(GOOD_ROWS[:5])}


@case(83, "R", "start_date")
def ambiguous_date() -> Files:
    return pupils({"Från": "01/02/2016"})


@case(84, "R", "start_date", held=2)
def day_that_is_none() -> Files:
    return pupils({"Från": "2015-02-29"}, {"Från": "2015-11-31"})


@case(85, "R", "lesson_date")
def time_within_a_date() -> Files:
    odd = lesson_row(ROWS, datum="2016-03-27T02:30:00")
    return {LESSONS_NAME: lessons([*(lesson_row(n) for n in range(ROWS)), odd])}


@case(86, "R", "lesson_date", held=2)
def midnight_in_another_zone() -> Files:
    odd = [lesson_row(100, datum="2016-02-29T23:30:00Z"), lesson_row(101, datum="2016-04-01")]
    return {LESSONS_NAME: lessons([*(lesson_row(n) for n in range(100)), *odd])}


@case(88, "R", "not int64", held=4)
def spellings_of_nothing() -> Files:
    odd = [month_row(ROWS + n, **{VALID: s}) for n, s in enumerate(["-", "NULL", "N/A", ".."])]
    return monthly(attendance([*GOOD_ROWS, *odd]))


@case(89, "accept")
def formula_as_text() -> Files:
    return pupils({"Klass": '=HYPERLINK("http://example.org")'})


@case(90, "accept")
def markup_as_text() -> Files:
    return pupils({"Klass": "<script>alert(1)</script>"})


@case(91, "accept")
def sql_as_text() -> Files:
    return pupils({"Klass": "Robert'); DROP TABLE link;--"})


@case(92, "accept")
def very_long_or_turned_round() -> Files:
    return pupils({"Klass": "9" * 5000}, {"Klass": "\U0001f600"}, {"Klass": "9\u202eA"})


@case(101, "F", "extra_column", told=(HIDDEN,))
def free_text() -> Files:
    rows = [[*row, HIDDEN] for row in GOOD_ROWS]
    return monthly(csv_text([*ATTENDANCE_HEADINGS, "Kommentar"], rows).encode())


@case(102, "R", "record: 1 fields")
def number_in_a_comment() -> Files:
    return with_line(f"# {number(ROWS)} {HIDDEN}".encode())


@case(102, "F", "unknown")
def number_in_the_name() -> Files:
    return {f"narvaro {number(ROWS)}.csv": GOOD}


@case(96, "X", "untrusted", mode=0o646)
def others_may_write() -> Files:
    return monthly(GOOD)


@case(75, "accept")
def same_file_again() -> Files:
    return {**monthly(GOOD), ATTENDANCE_NAME.replace(".csv", "_v2.csv"): GOOD}


@case(76, "accept", repeats=True)
def same_rows_in_a_workbook() -> Files:
    return {**monthly(GOOD), BOOK_NAME: book(rows=GOOD_ROWS[::-1])}


@case(76, "accept", repeats=True)
def same_rows_in_another_order_as_a_correction() -> Files:
    name = ATTENDANCE_NAME.replace(".csv", "_v2.csv")
    return {**monthly(GOOD), name: attendance([*GOOD_ROWS[::-1], GOOD_ROWS[3]])}


@case(76, "accept", repeats=True)
def same_grades_with_reordered_columns() -> Files:
    made = grades()
    rows = [line.split(";")[::-1] for line in made[GRADES_NAME].decode().splitlines()]
    name = GRADES_NAME.replace(".csv", "_v2.csv")
    return {**made, name: csv_text(rows[0], rows[1:]).encode()}


@case(78, "accept")
def first_version_after_the_second() -> Files:
    return {ATTENDANCE_NAME.replace(".csv", "_v2.csv"): attendance(GOOD_ROWS[:5]), **monthly(GOOD)}


@case(79, "F")
def two_rivals() -> Files:
    rows = [month_row(n, **{VALID: "0"}) for n in range(ROWS)]
    return {**monthly(GOOD), BOOK_NAME: book(rows=rows)}
