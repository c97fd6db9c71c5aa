"""No reason without words: every one that the code or a contract can give is enumerated."""

import ast
import re
from pathlib import Path

import pytest

from pipelines.ingest.profiles import load_profiles
from pipelines.schools.faults import fault_of_file, faults_of_records
from schemas.contract import Delivered, load_contracts
from schemas.feedback_words import (
    CAUSE_WORDS,
    CHECK_WORDS,
    OTHERWISE,
    PATTERN_WORDS,
    RECORD_WORDS,
    RULE_WORDS,
    VALUE_WORDS,
)

INGEST = Path(__file__).parents[2] / "pipelines" / "ingest"
TABLES = (VALUE_WORDS, CHECK_WORDS, PATTERN_WORDS, RULE_WORDS, RECORD_WORDS, CAUSE_WORDS)
NOT_SEEN_BY_A_SENDER = {"delivery_id", "record_no"}
MADE_BY_WORDS_BELOW = {"{}: {}"}
"""A column before an identity fault, an unspeakable text or a check: each enumerated apart."""


def sources():
    return [ast.parse(path.read_text("utf-8")) for path in sorted(INGEST.rglob("*.py"))]


def first_arguments(name):
    """The first argument, where it is plain text, of every call of ``name``."""
    calls = [node for tree in sources() for node in ast.walk(tree) if isinstance(node, ast.Call)]
    named = [c for c in calls if isinstance(c.func, ast.Name) and c.func.id == name and c.args]
    return {c.args[0].value for c in named if isinstance(c.args[0], ast.Constant)}


def texts():
    """Every text in the code; what is formatted in stands as ``{}``."""
    for tree in sources():
        for node in ast.walk(tree):
            if isinstance(node, ast.JoinedStr):
                parts = [p.value if isinstance(p, ast.Constant) else "{}" for p in node.values]
                yield "".join(map(str, parts))
            elif isinstance(node, ast.Constant) and isinstance(node.value, str):
                yield node.value


def delivered():
    return {name: c for name, c in load_contracts().items() if issubclass(c, Delivered)}


def test_every_cause_of_an_unreadable_file_has_words():
    causes = first_arguments("UnreadableError")
    assert len(causes) > 15
    assert {*causes, "internal", "held"} - set(CAUSE_WORDS) == set()


def test_every_fault_of_an_identity_number_or_a_spelling_has_words():
    faults = first_arguments("IdentityError") | first_arguments("Unspeakable")
    assert len(faults) > 3
    assert faults - set(VALUE_WORDS) == set()


def test_every_fault_of_a_value_that_the_code_can_write_has_words():
    after_column = {
        text.removeprefix("{}: ")
        for text in texts()
        if re.fullmatch(r"\{\}: [a-z][a-z {}]*", text) and text not in MADE_BY_WORDS_BELOW
    }
    kinds = {str(c.dtype) for one in delivered().values() for c in one.to_schema().columns.values()}
    written = {t.format(kind) for t in after_column for kind in kinds - {"string"}}
    known = {text for text in written if text in VALUE_WORDS}
    assert {"missing", "not int64", "not the one in the file name"} <= known
    assert written - known == set()


def test_every_fault_of_a_whole_record_has_words():
    faults = {t.removeprefix("record: ") for t in texts() if re.fullmatch(r"record: .+", t)}
    examples = {fault.replace("{}", "7") for fault in faults}
    assert len(examples) > 4
    unworded = {e for e in examples if not any(re.fullmatch(p, e) for p in RECORD_WORDS)}
    assert unworded == set()


@pytest.mark.parametrize("table", sorted(delivered()))
def test_every_check_of_a_contract_has_words(table):
    schema = delivered()[table].to_schema()
    assert {str(check.name) for check in schema.checks} - set(RULE_WORDS) == set()
    for name, column in schema.columns.items():
        if name in NOT_SEEN_BY_A_SENDER:
            continue
        for check in column.checks:
            pattern = (check.statistics or {}).get("pattern")
            assert pattern in PATTERN_WORDS if pattern else str(check.name) in CHECK_WORDS


@pytest.mark.parametrize("profile", load_profiles(), ids=lambda profile: profile.name)
def test_every_reason_against_a_record_of_a_layout_is_told_without_falling_back(profile):
    for mapping in profile.tables:
        schema = delivered()[mapping.table].to_schema()
        reasons = [str(check.name) for check in schema.checks]
        for name in mapping.cells:
            column = schema.columns[name]
            reasons += [f"{name}: {check.error}" for check in column.checks]
            reasons += [f"{name}: missing", f"{name}: not one of the codes"]
        faults = faults_of_records([(2, reason) for reason in reasons], profile, profile.columns)
        assert [fault.rule for fault in faults] == reasons
        unworded = OTHERWISE.sv.split("(")[0]
        assert not [fault.rule for fault in faults if fault.text.startswith(unworded)]
        assert not [fault.text for fault in faults if "{" in fault.text or fault.text == ""]


def test_words_come_in_pairs_and_name_nothing_unknown():
    known = {"heading": "H", "choices": "C", "limit": "L", "detail": "D"}
    for phrase in (OTHERWISE, *(phrase for table in TABLES for phrase in table.values())):
        for text in phrase:
            said = text.format(**known)
            assert said[-1] == "."
            assert said[0].isupper()
        assert phrase.sv != phrase.en


def test_an_unforeseen_reason_is_still_told():
    profile = load_profiles()[0]
    fault = faults_of_records([(4, "no_such_rule")], profile, [], "en")[0]
    assert (fault.line, fault.text) == (4, "A rule is broken (no_such_rule).")
    assert fault_of_file("novelty: line 3: something", "sv").line == 3
