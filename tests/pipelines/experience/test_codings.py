"""What was said stays behind; what may be quoted is what was released."""

import ibis
import pandera.errors
import pytest

from assets.release import OF_EXPERIENCE
from pipelines.engine import engine
from pipelines.experience.codings import codings, quotations
from pipelines.indicators.registry import load_indicators
from pipelines.lake import Lake
from pipelines.releases.contents import sources
from schemas.codebooks import load_themes
from schemas.contract import load_contracts
from schemas.interviews import Codings, InterviewSegments, Quotations
from tests.pipelines.experience.invented_answers import kept
from tests.pipelines.experience.invented_interviews import WORDS, said, segments

THEMES = load_themes()


def coded(*rows):
    return kept(codings(segments(*rows), THEMES), Codings)


def quoted(*rows):
    found = kept(quotations(segments(*rows), THEMES), Quotations)
    return [(row["theme"], row["quotation"]) for row in found]


def test_informants_are_numbered_within_their_project_and_are_the_same_in_both_rounds():
    rows = coded(
        said("zelda", "joint_team"),
        said("anna", "joint_team", round="six_months"),
        said("zelda", "joint_team", round="six_months"),
        said("zelda", "joint_team", project="p2"),
    )
    found = sorted((r["project_id"], r["interview_round"], r["informant_no"]) for r in rows)
    assert found == [
        ("p1", "six_months", 1), ("p1", "six_months", 2), ("p1", "start", 2), ("p2", "start", 1),
    ]  # fmt: skip
    assert {row["kind"] for row in rows} == {"success_factor"}


def test_an_unknown_theme_is_kept_with_its_fault():
    (row,) = coded(said("i1", "luck"))
    assert (row["fault"], row["kind"], row["theme"]) == ("unknown_theme", None, "luck")


def test_nothing_that_was_said_is_in_a_table_of_a_release(tmp_path):
    (row,) = coded(said("anna-i-farsta", "joint_team", may="yes"))
    assert WORDS not in row.values()
    assert "anna-i-farsta" not in row.values()
    told = {
        name for name, contract in load_contracts().items() if "quotation" in contract.columns()
    }
    assert told == {"core.interview_segments", "interview.quotations"}
    released = set(sources(Lake(tmp_path), load_indicators()))
    assert "interview.codings" in released
    assert not told & released
    assert {".".join(key.path) for key in OF_EXPERIENCE} <= released


def test_a_quotation_leaves_only_if_some_coder_released_it_and_none_held_it_back():
    rows = [
        said("i1", "joint_team", quotation="a", may="yes"),
        said("i2", "joint_team", quotation="b", may="no"),
        said("i3", "joint_team", quotation="c"),
        said("i4", "joint_team", quotation="d", may="yes"),
        said("i4", "joint_team", quotation="d", may="no", coder="k2"),
        said("i5", "joint_team", quotation="e", may="yes"),
        said("i5", "joint_team", quotation="e", may="yes", coder="k2"),
        said("i6", "joint_team", quotation="f", may="yes", present="no"),
        said("i7", "luck", quotation="g", may="yes"),
        said("i8", "joint_team", quotation=None, may="yes"),
    ]
    assert sorted(quoted(*rows)) == [("joint_team", "a"), ("joint_team", "e")]


@pytest.mark.parametrize("shape", ["{}{}-{}", "{}{}{}", "19{}{}{}", "{}{}+{}", "x 20{}{} {} y"])
def test_an_identity_number_in_a_quotation_is_held_back_and_never_told(shape):
    number = shape.format("0102", "03", "1234")
    made = engine().create_table(
        "segments", segments(said("i1", "joint_team", quotation=f"Hon har {number}.")),
        overwrite=True,
    )  # fmt: skip
    with pytest.raises(pandera.errors.SchemaError):
        InterviewSegments.validate(made)


def test_years_and_telephone_words_are_no_identity_numbers():
    rows = segments(said("i1", "joint_team", quotation="Läsåret 2015-2016, 12 000 kronor, 100 %."))
    InterviewSegments.validate(engine().create_table("segments", rows, overwrite=True))


def test_no_interviews_are_no_rows():
    assert coded() == []
    assert quoted() == []
    assert isinstance(codings(segments(), {}), ibis.Table)
