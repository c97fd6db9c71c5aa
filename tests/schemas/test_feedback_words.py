"""No reason without words: every one that the code or a contract can give is enumerated."""

import ast
import datetime as dt
import re
from pathlib import Path

import pytest

from pipelines.ingest.identity import identities_of
from pipelines.ingest.profiles import load_profiles
from pipelines.ingest.verdicts import NOBODYS
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

PIPELINES = Path(__file__).parents[2] / "pipelines"
TABLES = (VALUE_WORDS, CHECK_WORDS, PATTERN_WORDS, RULE_WORDS, RECORD_WORDS, CAUSE_WORDS)
NOT_SEEN_BY_A_SENDER = {"delivery_id", "record_no"}
TODAY = dt.date(2026, 1, 1)


def sources():
    paths = [
        p for folder in ("ingest", "connectors") for p in PIPELINES.joinpath(folder).rglob("*.py")
    ]
    return [ast.parse(path.read_text("utf-8")) for path in sorted(paths)]


def first_arguments(name):
    """The first argument, where it is plain text, of every call of ``name``."""
    calls = [node for tree in sources() for node in ast.walk(tree) if isinstance(node, ast.Call)]
    named = [c for c in calls if isinstance(c.func, ast.Name) and c.func.id == name and c.args]
    return {c.args[0].value for c in named if isinstance(c.args[0], ast.Constant)}


def texts():
    """Every text in the code; what is formatted in stands as ``{}``."""
    for tree in sources():
        for node in ast.walk(tree):
            yield from whole_texts(node)


def delivered():
    return {name: c for name, c in load_contracts().items() if issubclass(c, Delivered)}


def test_every_cause_of_an_unreadable_file_has_words():
    causes = first_arguments("UnreadableError")
    assert len(causes) > 15
    stated = {
        text.partition(": ")[0] for text in texts() if re.match(r"[a-z]+_[a-z_]+: [a-z{]", text)
    }
    stated -= {column for contract in delivered().values() for column in contract.columns()}
    assert {"too_large", "hash_mismatch", "large_change"} <= stated
    assert {*causes, *stated, "internal", "held", "rejected by hand"} - set(CAUSE_WORDS) == set()


def fits(words, fault):
    return any(re.fullmatch(pattern, fault) for pattern in words)


def assigned_faults():
    """Texts that the code assigns to something called a fault, or gives a record it found."""
    for tree in sources():
        for node in ast.walk(tree):
            if isinstance(node, ast.Assign) and "fault" in ast.unparse(node.targets[0]):
                values = [node.value]
            elif isinstance(node, ast.Call) and ast.unparse(node.func) == "Found":
                values = node.args[2:3]
            else:
                continue
            yield from (text for value in values for text in whole_texts(value))


def whole_texts(node):
    """The texts of an expression; what is formatted in stands as ``{}``."""
    if isinstance(node, ast.JoinedStr):
        parts = [p.value if isinstance(p, ast.Constant) else "{}" for p in node.values]
        yield "".join(map(str, parts))
    elif isinstance(node, ast.Constant):
        yield from [node.value] if isinstance(node.value, str) and node.value else []
    elif isinstance(node, ast.IfExp | ast.BoolOp):
        for part in (node.body, node.orelse) if isinstance(node, ast.IfExp) else node.values:
            yield from whole_texts(part)


def test_every_fault_of_an_identity_number_or_a_spelling_has_words():
    spelled = first_arguments("Unspeakable")
    found = identities_of(
        ["x", *(f"{day}-0000" for day in ("20010230", "20991231", "20010115"))], today=TODAY
    )
    faults = {*found.faults.values(), *spelled, NOBODYS}
    assert len(found.faults) == 4
    assert len(spelled) > 2
    assert {fault for fault in faults if not fits(VALUE_WORDS, fault)} == set()


def test_every_fault_of_a_value_that_the_code_can_write_has_words():
    kinds = {str(c.dtype) for one in delivered().values() for c in one.to_schema().columns.values()}
    after_column = {
        text.partition(": ")[2]
        for text in texts()
        if re.fullmatch(r"\{\}( %)?: (not|missing|does) ?[a-z {},]*", text)
    }
    written = {t.replace("{}", kind) for t in after_column for kind in kinds - {"string"}}
    assert {"missing", "not int64", "not the one in the file name"} <= written
    assert {fault for fault in written if not fits(VALUE_WORDS, fault)} == set()


def test_every_fault_of_a_whole_record_has_words():
    faults = {t.removeprefix("record: ") for t in texts() if re.fullmatch(r"record: .+", t)}
    faults |= {fault.removeprefix("record: ") for fault in assigned_faults()}
    about_records = {f for f in faults if f != "{}" and not re.match(r"\{\}( %)?: ", f)}
    examples = {fault.replace("{}", "7") for fault in about_records}
    assert len(examples) > 8
    known = {*RECORD_WORDS, *VALUE_WORDS}
    assert {one for one in examples if not fits(known, one)} == set()


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
