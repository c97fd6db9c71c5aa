"""Instruments are declared in files; an error names the file and the item."""

from pathlib import Path

import pytest

from schemas.declared import DeclarationError
from schemas.instruments import load_instruments, parse_instrument, read_instruments
from tests.pipelines.experience.invented_answers import DECLARED, TRIAL

FILE = "prov-1.toml"


def refused(text, file_name=FILE):
    with pytest.raises(DeclarationError) as raised:
        parse_instrument(file_name, text)
    return str(raised.value)


def test_two_questionnaires_and_a_rating_scale_come_with_the_program():
    found = load_instruments()
    assert {one.respondent for one in found.values()} == {"pupil", "guardian"}
    scale = found["skolsituation-1"]
    assert len(scale.items) == 10
    assert [item.code for item in scale.items if item.is_reversed] == ["s4", "s8"]
    for one in found.values():
        assert (one.lowest, one.highest, len(one.labels)) == (1, 5, 5)
        assert all(set(item.words) == {"sv", "en"} for item in one.items)
        texts = [text for item in one.items for text in item.words.values()]
        assert len(texts) == len(set(texts))
        assert all(text.endswith(".") for text in texts)


def test_every_declared_file_is_part_of_the_package():
    pytest.importorskip("hatchling")
    from hatchling.builders.wheel import WheelBuilder  # noqa: PLC0415

    root = Path(__file__).parents[2]
    shipped = {file.distribution_path for file in WheelBuilder(str(root)).recurse_included_files()}
    declared = {path.relative_to(root).as_posix() for path in root.glob("schemas/*/*.toml")}
    assert len(declared) >= 3
    assert declared <= shipped


def test_adding_a_file_is_adding_an_instrument(tmp_path):
    (tmp_path / FILE).write_text(DECLARED, encoding="utf-8")
    (tmp_path / "notes.txt").write_text("not an instrument", encoding="utf-8")
    found = read_instruments(tmp_path)
    assert found == {"prov-1": TRIAL}
    assert [item.code for item in TRIAL.items_of("well")] == ["q1", "q2", "q3"]
    assert TRIAL.totals == {"all": ("well", "work")}


def test_a_licensed_instrument_has_no_wording():
    own = [line for line in DECLARED.splitlines() if not line.startswith(("sv =", "en ="))]
    bare = "\n".join(own).replace('code = "well"', 'code = "well"\nsv = "T"\nen = "W"', 1)
    bare = bare.replace('code = "work"', 'code = "work"\nsv = "A"\nen = "B"', 1)
    licensed = parse_instrument(FILE, "is_licensed = true\n" + bare)
    assert {tuple(item.words) for item in licensed.items} == {()}
    assert "item q1: sv is missing" in refused(bare)
    assert "item q1: not known here: en, sv" in refused("is_licensed = true\n" + DECLARED)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('name = "prov-1"', 'name = "annat-1"', "the name annat-1 is not that of the file"),
        ('respondent = "pupil"', 'respondent = "dog"', "respondent dog is not one of pupil"),
        ('statistic = "mean"', 'statistic = "median"', "statistic median is not one of mean"),
        ("highest = 5", "highest = 1", "the scale must lie within"),
        ("highest = 5", "highest = 101", "the scale must lie within"),
        ("fewest_percent = 60", "fewest_percent = 0", "fewest_percent must be above 0"),
        ("answer = 1", "answer = 7", "label 7 lies outside the scale"),
        ('of = ["well", "work"]', 'of = ["well", "joy"]', "total all must be new"),
        ('code = "all"', 'code = "well"', "total well must be new"),
        ('code = "q2"', 'code = "q1"', "item q1 stands twice"),
        ('code = "q2"', 'code = "Q 2"', "item Q 2: the code may hold"),
        ('subscale = "work"', 'subscale = "joy"', "item q4: there is no subscale joy"),
        ('subscale = "work"', 'subscale = "well"', "subscale work has no item"),
        ('sv = "Jag trivs."', "", "item q1: sv is missing"),
        ('code = "q1"', "", "item without code: code is missing"),
        ("is_reversed", "reversed", "item q2: not known here: reversed"),
        ("lowest = 1", 'lowest = "ett"', "TypeError"),
        ("[scale]", "[skala]", "KeyError: 'scale'"),
        ("[scale]", "[scale", "TOMLDecodeError"),
        ('languages = ["sv", "en"]', "languages = 3", "TypeError"),
    ],
)
def test_an_error_names_the_file_and_the_item(old, new, said):
    assert old in DECLARED
    text = refused(DECLARED.replace(old, new, 1))
    assert text.startswith(FILE)
    assert said in text
