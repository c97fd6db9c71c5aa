"""The attention list as a workbook: the list itself, and how its rule works and has worked.

Hit rates are of the whole city: one that rests on few pupils, or tells of few, is not shown, and
no total stands beside them to subtract from.
"""

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from openpyxl import Workbook
from openpyxl.worksheet.worksheet import Worksheet

from pipelines.comparisons.intervals import FloatArray
from pipelines.comparisons.proportions import wilson_interval
from pipelines.schools.sheets import (
    Value,
    book_bytes,
    new_workbook,
    print_wide,
    put_header,
    put_note,
    put_rows,
    put_title,
    set_widths,
)
from schemas.attention import RUNGS, UNMARKED
from schemas.calendar import months_of_term, term_after, term_order
from schemas.grading import SUBJECTS
from schemas.rules import (
    ATTENTION_ABSENCE_RISE,
    ATTENTION_FAILED_WITHIN,
    ATTENTION_MORE_FAILED,
    SUPPRESSION_THRESHOLD,
    TARGET_ABSENCE_SHARE,
    TARGET_FAILED_SUBJECTS,
    in_force,
)

Row = Mapping[str, object]

LIST, RULE = "Lista", "Så fungerar listan"
HEADER_ROW = 6
UNKNOWN, HIDDEN = "okänt", ".."
CONDITIONS = {
    "low_attainment": "låg måluppfyllelse",
    "not_eligible": "inte behörig till yrkesprogram",
    "high_absence": "hög frånvaro",
}
SIGNS = {
    "recent_absence": "hög frånvaro de två senaste månaderna",
    "near_failing": "nära gränsen för underkända ämnen",
    "more_failed": "fler underkända ämnen än förra gången",
    "rising_absence": "stigande frånvaro",
}
PLACES = {code.code: code.sv for code in RUNGS}
SHARES = {
    "absence_share": "Frånvaro hittills",
    "unauthorised_share": "Varav ogiltig",
    "recent_share": "Frånvaro två senaste månader",
    "recent_unauthorised_share": "Varav ogiltig, två månader",
    "register_coverage": "Rapporterad tid",
}
WORKING_LIST = "Arbetslista. Den är inget underlag för beslut i sig: den säger vem ni bör titta på."
HIT_HEADINGS = (
    "Årskurs",
    "Plats på listan",
    "Elever med känt utfall",
    "Lämnade utan behörighet",
    "Undre-övre gräns (95 %)",
    "Okänt utfall",
)
GROUPED = {
    "all_three": PLACES["all_three"],
    "one_short": PLACES["one_short"],
    UNMARKED.code: UNMARKED.sv,
}
OTHERS = "övriga platser på listan"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """What a list is about.

    Attributes:
        school_name: As printed.
        term: ``2016VT``.
        month: The month it stands at.
        made_on: The day it is written.
        delete_by: The day it must be deleted.
        is_simulated: Whether every pupil is invented.
    """

    school_name: str
    term: str
    month: str
    made_on: dt.date
    delete_by: dt.date
    is_simulated: bool


def in_order(rows: Iterable[Row]) -> list[Row]:
    """The list's order: place, since when, absence, and pupil where all of that is equal.

    The highest place first, then who has met the conditions for longest, then who is most
    absent; what is unknown comes last.
    """
    return sorted(rows, key=_order)


def attention_book(
    sheet: Sheet, rows: Iterable[Row], numbers: Mapping[str, str], rates: Sequence[Row]
) -> bytes:
    """The workbook of one school and term.

    Args:
        sheet: What it is about.
        rows: Rows of :class:`schemas.attention.AttentionList`.
        numbers: Identity numbers by ``student_id``; a pupil without one keeps the pseudonym.
        rates: Rows of :class:`schemas.attention.HitRates`.
    """
    book, first = new_workbook(LIST)
    book.properties.creator = "Samverkan"
    _put_head(first, sheet, f"Uppmärksamhetslista, {sheet.school_name}, {_term(sheet.term)}")
    _put_list(first, in_order(rows), numbers)
    _put_rule(book, sheet, rates)
    return book_bytes(book)


def _order(row: Row) -> tuple[int, int, float, str]:
    since, absence = row["since"], row["absence_share"]
    return (
        list(PLACES).index(str(row["rung"])),
        term_order(str(since)) if since else 10**6,
        -float(str(absence)) if absence is not None else 1.0,
        str(row["student_id"]),
    )


def _put_head(page: Worksheet, sheet: Sheet, title: str) -> None:
    put_title(page, 1, title)
    put_note(page, 2, WORKING_LIST)
    put_note(page, 3, f"Raderas senast {sheet.delete_by}, och när en nyare lista kommer.")
    simulated = " Simulerade data." if sheet.is_simulated else ""
    put_note(page, 4, f"Läget efter {sheet.month}; skriven {sheet.made_on}.{simulated}")


def _put_list(page: Worksheet, rows: Sequence[Row], numbers: Mapping[str, str]) -> None:
    lines = [_line(row, numbers) for row in rows]
    put_header(page, HEADER_ROW, list(lines[0]) if lines else ["Ingen elev är på listan"])
    put_rows(page, HEADER_ROW + 1, [list(line.values()) for line in lines])
    for at, heading in enumerate(lines[0] if lines else (), 1):
        if heading in SHARES.values():
            for number in range(HEADER_ROW + 1, HEADER_ROW + 1 + len(lines)):
                page.cell(number, at).number_format = "0 %"
    page.freeze_panes = page.cell(HEADER_ROW + 1, 2)
    set_widths(page, (18, 7, 8, 20, 30, 9, 30, 26, 10, 11, 9, 12, 12, 12, 11, 10, 15, 10, 16))
    page.row_dimensions[HEADER_ROW].height = 48
    print_wide(page, header_row=HEADER_ROW)


def _line(row: Row, numbers: Mapping[str, str]) -> dict[str, Value]:
    """A pupil's cells by heading."""
    student = str(row["student_id"])
    shares = {heading: _percent(row[name]) for name, heading in SHARES.items()}
    coverage = shares.pop(SHARES["register_coverage"])
    return {
        "Elev": numbers.get(student, student),
        "Årskurs": int(str(row["grade_level"])),
        "Klass": _text(row["class_name"]),
        "Plats på listan": PLACES[str(row["rung"])],
        "Villkor som uppfylls, sedan": _conditions(row),
        "Alla sedan": _term(row["since"]),
        "Tecken": "\n".join(words for name, words in SIGNS.items() if row[name]),
        "Saknas för yrkesprogram": _missing(row),
        "Underkända ämnen": _count(row["failed_subjects"]),
        **shares,
        "Månader över gränsen sedan": _text(row["high_months_since"]),
        "Rapporterad tid": coverage,
        "Månader utan rapport": _count(row["months_unreported"]),
        "Stöd nu": f"ja, sedan {row['supported_since']}" if row["is_supported"] else "nej",
        "I terminens målgrupp": "ja" if row["in_target_group"] else "nej",
        "Betyg / frånvaro från": f"{_known(row['marks_term'])} / {_known(row['absence_term'])}",
    }


def _conditions(row: Row) -> str:
    met = [
        f"{words}, {_term(row[f'{name}_since'])}" for name, words in CONDITIONS.items() if row[name]
    ]
    unknown = [f"{words}: {UNKNOWN}" for name, words in CONDITIONS.items() if row[name] is None]
    return "\n".join([*met, *unknown])


def _missing(row: Row) -> str:
    """Core subjects by name, and how many others."""
    if row["marks_term"] is None:
        return UNKNOWN
    core = [SUBJECTS[code] for code in str(row["missing_core"]).split()]
    short = int(str(row["other_subjects_short"]))
    others = [f"{short} {'annat ämne' if short == 1 else 'andra ämnen'}"] if short else []
    return ", ".join([*core, *others]) or "inget"


def _put_rule(book: Workbook, sheet: Sheet, rates: Sequence[Row]) -> None:
    page = book.create_sheet(RULE)
    _put_head(page, sheet, RULE)
    lines = rule_lines(sheet.term)
    for at, line in enumerate(lines, HEADER_ROW):
        put_note(page, at, line)
    at = HEADER_ROW + len(lines) + 1
    put_header(page, at, HIT_HEADINGS)
    after = put_rows(page, at + 1, list(hit_lines(rates)))
    put_note(page, after + 1, f"{HIDDEN} betyder färre än {_threshold()} elever.")
    set_widths(page, (14, 40, 18, 20, 18, 16))
    print_wide(page)


def rule_lines(term: str) -> list[str]:
    """The rule in words, with the limits that the term after ``term`` is judged by."""
    month = months_of_term(term_after(term))[0]
    failed, absence, within, more, rise = (
        in_force(rules, month).value
        for rules in (
            TARGET_FAILED_SUBJECTS,
            TARGET_ABSENCE_SHARE,
            ATTENTION_FAILED_WITHIN,
            ATTENTION_MORE_FAILED,
            ATTENTION_ABSENCE_RISE,
        )
    )
    return [
        "Listan följer en regel. Inga poäng räknas.",
        f"Villkor 1, låg måluppfyllelse: minst {failed:.0f} ämne med F, IG eller streck.",
        (
            "Villkor 2, inte behörig till yrkesprogram: svenska (eller svenska som andraspråk), "
            "engelska, matematik och fem andra ämnen godkända krävs."
        ),
        f"Villkor 3, hög frånvaro: minst {absence:.0%} av den schemalagda tiden, all frånvaro.",
        f"Tecken: minst {absence:.0%} frånvaro de två senaste rapporterade månaderna.",
        f"Tecken: underkända ämnen inom {within:.0f} från gränsen, men minst ett.",
        f"Tecken vid sidan av ett villkor: minst {more:.0f} underkänt ämne fler än förra gången.",
        (
            "Tecken vid sidan av ett villkor: frånvaron de två senaste månaderna minst "
            f"{100 * rise:.0f} procentenheter över de två dessförinnan."
        ),
        (
            "Betyg är terminens när dess sista månad kommit, annars förra terminens. Frånvaro är "
            "terminens hittills, annars förra terminens. Alla skolor räknas samman."
        ),
        "Sedan: första terminen i den obrutna följden. Okänt är varken ja eller nej.",
        "Ordning: plats på listan, sedan när alla villkor uppfylls, sedan störst frånvaro.",
        "",
        (
            "Så träffsäker var listan: av elever som stått så här en termins tredje månad och nu "
            "lämnat grundskolan, hela staden."
        ),
        (
            "Okänt utfall är elever utan slutbetyg, oftast utflyttade. De räknas varken som träff "
            "eller miss."
        ),
    ]


def hit_lines(rates: Sequence[Row]) -> Iterable[tuple[Value, ...]]:
    """Hit rates over all terms by grade level and place, without what rests on few pupils."""
    names = [*GROUPED.values()]
    groups = [*names[:2], OTHERS, names[2]]
    for level in sorted({int(str(row["grade_level"])) for row in rates}):
        here = [row for row in rates if row["grade_level"] == level and row["rung"] != "marked"]
        for group in groups:
            of_group = [row for row in here if GROUPED.get(str(row["rung"]), OTHERS) == group]
            known, lacking, unknown = (
                sum(int(str(row[name])) for row in of_group)
                for name in ("known", "not_eligible", "unknown")
            )
            yield (level, group, *_hits(known, lacking, unknown))


def _hits(known: int, lacking: int, unknown: int) -> tuple[str, str, str, str]:
    least = _threshold()
    if min(lacking, known - lacking) < least:
        return (HIDDEN,) * 4
    found = wilson_interval(_array(lacking), _array(known))
    share, lower, upper = (float(value[0]) for value in (found.value, found.lower, found.upper))
    few = HIDDEN if 0 < unknown < least else f"{unknown}"
    return f"{known}", f"{share:.0%}", f"{lower:.0%}-{upper:.0%}", few


def _array(count: int) -> FloatArray:
    return np.array([count], dtype=float)


def _threshold() -> int:
    return int(max(SUPPRESSION_THRESHOLD).value)


def _term(term: object) -> str:
    """``2015HT`` as people write it: ``ht 2015``."""
    text = str(term or "")
    return f"{text[4:].lower()} {text[:4]}" if text else ""


def _known(term: object) -> str:
    return _term(term) or UNKNOWN


def _text(value: object) -> str | None:
    return None if value is None else str(value)


def _count(value: object) -> int | str:
    return UNKNOWN if value is None else int(str(value))


def _percent(value: object) -> float | str:
    return UNKNOWN if value is None else float(str(value))
