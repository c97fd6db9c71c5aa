"""Invented interviews, coded."""

from schemas.interviews import InterviewSegments
from tests.pipelines import invented

WORDS = "Hemligt sagt vid köksbordet"


def said(informant, theme, *, present="yes", segment=1, coder="k1", **told):
    """One row of ``core.interview_segments``, as the contract orders its columns."""
    told = {
        "project": "p1", "school": None, "round": "start", "role": "counsellor",
        "quotation": WORDS, "may": None,
    } | told  # fmt: skip
    return (
        told["project"], told["school"], told["round"], informant, told["role"], segment, coder,
        theme, present, told["quotation"], told["may"],
    )  # fmt: skip


def segments(*rows):
    return invented.table(InterviewSegments, list(rows))
