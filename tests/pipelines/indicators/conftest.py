"""Core tables drawn by hand."""

import ibis
import pandas as pd
import pytest


@pytest.fixture
def drawn():
    """Build a table of a contract from text: columns separated by ``|``.

    An empty cell is missing, and so is every column of the contract that is not drawn.
    """

    def build(contract, drawing):
        lines = drawing.strip().splitlines()
        header, *rows = [[cell.strip() or None for cell in line.split("|")] for line in lines]
        columns = contract.to_schema().columns
        schema = ibis.schema({name: column.dtype.type for name, column in columns.items()})
        frame = pd.DataFrame(rows, columns=header, dtype=object).reindex(columns=list(columns))
        text = ibis.schema(dict.fromkeys(columns, "string"))
        return ibis.memtable(frame.astype(object), schema=text).cast(schema)

    return build


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
