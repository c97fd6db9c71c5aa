"""What the declared forms promise."""

import re

from schemas.codes import COST_CATEGORIES
from schemas.forms import ANNUAL_REPORT, FORMS, INTERIM_REPORT, KIND_WORDS, WORK_PLAN


def test_a_key_names_one_question_of_a_form_and_is_of_one_kind_in_all_of_them():
    kinds = {}
    for form in FORMS:
        keys = [question.key for question in form.questions]
        assert len(set(keys)) == len(keys)
        for question in form.questions:
            assert re.fullmatch(r"[a-z][a-z_]*", question.key)
            assert kinds.setdefault(question.key, (question.kind, question.codes)) == (
                question.kind,
                question.codes,
            )
            assert question.kind in KIND_WORDS
            assert bool(question.codes) == (question.kind == "choice")


def test_free_text_is_never_for_research_and_never_required():
    texts = [q for form in FORMS for q in form.questions if q.kind == "free_text"]
    assert len(texts) > 5
    assert not any(question.is_for_research or question.is_required for question in texts)


def test_the_year_can_be_compared_with_the_plan_and_the_year_before():
    interim = {question.key for question in INTERIM_REPORT.questions}
    before = {key.removesuffix("_before") for key in interim if key.endswith("_before")}
    before -= {"against"}
    assert before == {
        "pupils", "pupils_new", "pupils_completed", "pupils_dropout", "pupils_indirect", "schools",
    }  # fmt: skip
    assert before <= interim
    annual = {question.key for question in ANNUAL_REPORT.questions}
    assert before <= annual
    plan = {question.key for question in WORK_PLAN.questions}
    categories = {category.code for category in COST_CATEGORIES}
    assert {f"budget_{one}" for one in categories} <= plan
    assert {f"outcome_{one}" for one in categories} | {"granted_sek", "repaid_sek"} <= annual
