"""Instruments: the questions of a survey or rating scale and how they are scored, declared.

Each is one TOML file in ``instruments/``; adding an instrument is adding a file, and a new edition
is a new file with a new name. The wording of a licensed instrument (``is_licensed``) is not ours to
keep: such a file has codes, subscales and scoring only.
"""

import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.abc import Traversable
from importlib.resources import files
from typing import Any

from schemas.codes import Code, values
from schemas.contract import NAME_PATTERN
from schemas.declared import DeclarationError, declared_files, words

RESPONDENTS = (
    Code("pupil", "elev", "pupil"),
    Code("guardian", "vårdnadshavare", "guardian"),
    Code("staff", "personal", "staff"),
)
"""Who answers. A guardian and a member of the staff answer about a pupil, by whose key the answers
are filed: one questionnaire per pupil and instrument in a term."""

STATISTICS = (
    Code("mean", "medelvärde", "mean"),
    Code("sum", "summa", "sum"),
)
"""What a score is of the answers given: their mean, or that times the number of items."""

NAMES = re.compile(r"[0-9a-z][0-9a-z-]*")
"""How an instrument is named: as in the name of a delivered file."""

HIGHEST_ANSWER = 100
WHOLE_PERCENT = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """A question.

    Attributes:
        code: Its name in delivered files.
        words: The wording by language; empty in a licensed instrument.
        subscale: What it measures.
        is_reversed: Whether a high answer speaks against what the subscale measures.
    """

    code: str
    words: Mapping[str, str]
    subscale: str
    is_reversed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Instrument:
    """A questionnaire or rating scale (enkät, skattningsformulär) in one edition.

    Attributes:
        name: Identifier; a new edition has a new one.
        edition: What the edition is called.
        title: By language.
        source: Who wrote it, and on what terms it may be used.
        languages: Languages it is given in.
        is_licensed: Whether its wording belongs to somebody else and is not kept here.
        respondent: A code of :data:`RESPONDENTS`.
        lowest: Lowest answer of the scale.
        highest: Highest answer of the scale.
        labels: What each answer is called, by answer and language; may be of some answers only.
        subscales: Title by subscale and language.
        items: The questions, in order.
        statistic: A code of :data:`STATISTICS`.
        fewest_percent: Share of a subscale's items that must be answered for a score [percent].
        is_rounded: Whether a score is rounded to a whole number, halves up.
        totals: Subscales that a further score is the sum of, by its code.
    """

    name: str
    edition: str
    title: Mapping[str, str]
    source: str
    languages: tuple[str, ...]
    is_licensed: bool
    respondent: str
    lowest: int
    highest: int
    labels: Mapping[int, Mapping[str, str]]
    subscales: Mapping[str, Mapping[str, str]]
    items: tuple[Item, ...]
    statistic: str
    fewest_percent: int
    is_rounded: bool
    totals: Mapping[str, tuple[str, ...]]

    def items_of(self, subscale: str) -> tuple[Item, ...]:
        """The questions of a subscale, in order."""
        return tuple(item for item in self.items if item.subscale == subscale)


@cache
def load_instruments() -> dict[str, Instrument]:
    """Every instrument that comes with the program, by name."""
    return read_instruments(files("schemas") / "instruments")


def read_instruments(folder: Traversable) -> dict[str, Instrument]:
    """Every instrument declared in a folder, by name.

    Raises:
        DeclarationError: If a file cannot be read; names the file and, if it is one, the item.
    """
    return {one.name: one for one in (parse_instrument(*named) for named in declared_files(folder))}


def parse_instrument(file_name: str, text: str) -> Instrument:
    """The instrument a TOML text declares.

    Args:
        file_name: What errors name; without its ending also the instrument's name.
        text: The declaration.

    Raises:
        DeclarationError: If something is missing, unknown or contradicts itself.
    """
    try:
        instrument = _instrument(file_name, tomllib.loads(text))
        _check(file_name, instrument)
    except DeclarationError:
        raise
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise DeclarationError(f"{file_name}: {type(error).__name__}: {error}") from None
    return instrument


def _instrument(file_name: str, declared: dict[str, Any]) -> Instrument:
    languages = tuple(declared["languages"])
    is_licensed = declared.get("is_licensed", False)
    scale, scoring = declared["scale"], declared["scoring"]
    named = {one["code"]: words(one, languages) for one in declared["subscales"]}
    return Instrument(
        name=declared["name"],
        edition=declared["edition"],
        title=words(declared["title"], languages),
        source=declared["source"],
        languages=languages,
        is_licensed=is_licensed,
        respondent=declared["respondent"],
        lowest=scale["lowest"],
        highest=scale["highest"],
        labels={one["answer"]: words(one, languages) for one in scale.get("labels", ())},
        subscales=named,
        items=tuple(
            _item(file_name, one, () if is_licensed else languages) for one in declared["items"]
        ),
        statistic=scoring["statistic"],
        fewest_percent=scoring["fewest_percent"],
        is_rounded=scoring.get("is_rounded", False),
        totals={one["code"]: tuple(one["of"]) for one in declared.get("totals", ())},
    )


def _item(file_name: str, declared: dict[str, Any], languages: Iterable[str]) -> Item:
    code = declared.get("code", "without code")
    known = {"code", "subscale", "is_reversed", *languages}
    if unknown := sorted(set(declared) - known):
        raise DeclarationError(f"{file_name}: item {code}: not known here: {', '.join(unknown)}")
    try:
        return Item(
            code=declared["code"],
            words=words(declared, languages),
            subscale=declared["subscale"],
            is_reversed=declared.get("is_reversed", False),
        )
    except KeyError as error:
        raise DeclarationError(f"{file_name}: item {code}: {error.args[0]} is missing") from None


def _check(file_name: str, one: Instrument) -> None:
    faults = [f"{file_name}: {fault}" for fault in (*_faults(file_name, one), *_item_faults(one))]
    if faults:
        raise DeclarationError("; ".join(faults))


def _faults(file_name: str, one: Instrument) -> Iterable[str]:
    if f"{one.name}.toml" != file_name or not NAMES.fullmatch(one.name):
        yield f"the name {one.name} is not that of the file"
    if one.respondent not in values(RESPONDENTS):
        yield f"respondent {one.respondent} is not one of {', '.join(values(RESPONDENTS))}"
    if one.statistic not in values(STATISTICS):
        yield f"statistic {one.statistic} is not one of {', '.join(values(STATISTICS))}"
    if not 0 <= one.lowest < one.highest <= HIGHEST_ANSWER:
        yield f"the scale must lie within 0 and {HIGHEST_ANSWER}, lowest first"
    if not 0 < one.fewest_percent <= WHOLE_PERCENT:
        yield "fewest_percent must be above 0 and at most 100"
    yield from _total_faults(one)


def _total_faults(one: Instrument) -> Iterable[str]:
    for code, parts in one.totals.items():
        if code in one.subscales or not set(parts) <= set(one.subscales):
            yield f"total {code} must be new, and the sum of subscales"
    for answer in one.labels:
        if not one.lowest <= answer <= one.highest:
            yield f"label {answer} lies outside the scale"


def _item_faults(one: Instrument) -> Iterable[str]:
    codes = [item.code for item in one.items]
    for item in one.items:
        if codes.count(item.code) > 1:
            yield f"item {item.code} stands twice"
        if not re.match(NAME_PATTERN, item.code):
            yield f"item {item.code}: the code may hold a-z, 0-9, - and _"
        if item.subscale not in one.subscales:
            yield f"item {item.code}: there is no subscale {item.subscale}"
    for subscale in sorted(set(one.subscales) - {item.subscale for item in one.items}):
        yield f"subscale {subscale} has no item"
