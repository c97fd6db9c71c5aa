"""Core tables drawn by hand."""

import pytest

from pipelines.documentation import examples


@pytest.fixture
def drawn():
    """Build a table of a contract from text; see :func:`pipelines.documentation.examples.drawn`."""
    return examples.drawn


@pytest.fixture
def found():
    """The rows of an indicator as ``(pupil, school, period, numerator, denominator)``, sorted."""

    def rows(values):
        return sorted(tuple(row.values()) for row in values.to_pyarrow().to_pylist())

    return rows


@pytest.fixture
def report(drawn):
    """Draw a pupil's marks: ``report("MA A, SV C", term="2016VT")``; subjects by their codes."""

    def build(marks, *, contract, term="2016VT", scale="A-F", is_final="yes"):
        header = "student_id | school_id | term | subject_code | scale_id | mark | is_final"
        lines = [
            f"p1 | A | {term} | {subject} | {scale} | {mark} | {is_final}"
            for subject, mark in (pair.split() for pair in marks.split(","))
        ]
        return drawn(contract, "\n".join([header, *lines]))

    return build
