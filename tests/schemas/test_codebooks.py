"""Codebooks are declared in files; an error names the file and the theme."""

import pytest

from schemas.codebooks import STRUCTURES, THEME_KINDS, load_themes, parse_themes, read_themes
from schemas.codes import values
from schemas.declared import DeclarationError

DECLARED = """
languages = ["sv", "en"]
[[themes]]
code = "sip_used"
kind = "success_factor"
structure = "sip"
sv = "Planen används"
en = "The plan is used"
"""


def refused(text):
    with pytest.raises(DeclarationError) as raised:
        parse_themes("bok.toml", text)
    return str(raised.value)


def test_the_codebook_has_themes_of_every_kind_and_about_every_structure():
    found = load_themes()
    assert {theme.kind for theme in found.values()} == set(values(THEME_KINDS))
    for kind in ("success_factor", "obstacle"):
        about = {theme.structure for theme in found.values() if theme.kind == kind}
        assert about == {None, *values(STRUCTURES)}
    texts = [text for theme in found.values() for text in theme.words.values()]
    assert len(texts) == len(set(texts)) == 2 * len(found)


def test_adding_a_file_is_adding_themes_and_a_theme_stands_in_one_file(tmp_path):
    (tmp_path / "a.toml").write_text(DECLARED, encoding="utf-8")
    assert read_themes(tmp_path)["sip_used"].structure == "sip"
    (tmp_path / "b.toml").write_text(DECLARED, encoding="utf-8")
    with pytest.raises(DeclarationError, match=r"b\.toml: theme sip_used stands twice"):
        read_themes(tmp_path)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('kind = "success_factor"', "", "theme sip_used: kind is missing"),
        ('kind = "success_factor"', 'kind = "luck"', "theme sip_used: kind luck is not one of"),
        ('structure = "sip"', 'structure = "police"', "structure police is not one of sip"),
        ('en = "The plan is used"', "", "theme sip_used: en is missing"),
        ('code = "sip_used"', 'code = "SIP used"', "theme SIP used: the code may hold"),
        ('code = "sip_used"', "", "theme without code: code is missing"),
        ("[[themes]]", "[themes]", "AttributeError"),
        ("[[themes]]", "[[themes]", "TOMLDecodeError"),
        ('languages = ["sv", "en"]', "", "KeyError: 'languages'"),
    ],
)
def test_an_error_names_the_file_and_the_theme(old, new, said):
    text = refused(DECLARED.replace(old, new, 1))
    assert text.startswith("bok.toml: ")
    assert said in text
