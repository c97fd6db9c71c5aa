"""Invented answers, instruments for tests, and what a table of them becomes."""

from pipelines.engine import engine
from schemas.instruments import parse_instrument
from schemas.surveys import SurveyResponses
from tests.pipelines import invented

SCHOOL, OTHER = "00000001", "00000002"
NAME = "prov-1"
TERM = "2016VT"

DECLARED = """
name = "prov-1"
edition = "1"
title = {sv = "Prov", en = "Trial"}
source = "Own wording"
languages = ["sv", "en"]
respondent = "pupil"
[scale]
lowest = 1
highest = 5
labels = [{answer = 1, sv = "aldrig", en = "never"}]
[scoring]
statistic = "mean"
fewest_percent = 60
[[subscales]]
code = "well"
sv = "Trivsel"
en = "Well-being"
[[subscales]]
code = "work"
sv = "Arbete"
en = "Work"
[[items]]
code = "q1"
subscale = "well"
sv = "Jag trivs."
en = "I like it."
[[items]]
code = "q2"
subscale = "well"
is_reversed = true
sv = "Jag vantrivs."
en = "I dislike it."
[[items]]
code = "q3"
subscale = "well"
sv = "Jag är trygg."
en = "I am safe."
[[items]]
code = "q4"
subscale = "work"
sv = "Jag arbetar."
en = "I work."
[[totals]]
code = "all"
of = ["well", "work"]
"""

TRIAL = parse_instrument("prov-1.toml", DECLARED)
SUMMED = parse_instrument(
    "prov-1.toml", DECLARED.replace('"mean"', '"sum"').replace("= 60", "= 60\nis_rounded = true")
)
INSTRUMENTS = {NAME: TRIAL}


def given(student, item, answer, **told):
    """One row of ``core.survey_responses``, as the contract orders its columns."""
    told = {"instrument": NAME, "term": TERM, "school": SCHOOL, "project": "p1"} | told
    return (
        told["instrument"], told["term"], told["school"], told["project"],
        invented.pupil(student), item, answer,
    )  # fmt: skip


def sheet(student, *answers, **told):
    """A respondent's answers to q1, q2, ... in order."""
    return [given(student, f"q{n}", answer, **told) for n, answer in enumerate(answers, 1)]


def responses(*rows):
    """Rows as the core table; lists of rows are put together."""
    flat = [one for row in rows for one in (row if isinstance(row, list) else [row])]
    return invented.table(SurveyResponses, flat)


def kept(table, contract, *, is_judged=True):
    """The rows as records, after the contract has judged them."""
    made = engine().create_table("experience", table, overwrite=True)
    assert made.columns == tuple(contract.columns())
    frame = made.execute().astype(object)
    if is_judged and len(frame):  # of no rows, pandera says that they hold nulls
        contract.validate(made)
    return frame.where(frame.notna(), None).to_dict("records")
