"""Streck and subjects not read, by hand."""

import pytest

from pipelines.indicators.registry import load_indicators
from schemas.grades import Grades
from schemas.pupils import Enrolments

INDICATORS = load_indicators()


@pytest.fixture
def shares(report, drawn):
    """Numerator and denominator of both shares; None if they have no value."""

    def values(marks, **how):
        grades = report(marks, contract=Grades, **how)
        register = drawn(Enrolments, "student_id")
        tables = [
            INDICATORS[n].compute(grades, register) for n in ("streck_share", "adapted_share")
        ]
        rows = [table.to_pyarrow().to_pylist() for table in tables]
        return tuple((r[0]["numerator"], r[0]["denominator"]) if r else None for r in rows)

    return values


@pytest.mark.parametrize(
    ("marks", "expected"),
    [
        ("MA A, EN F", ((0, 2), (0, 2))),
        ("MA -, EN F", ((1, 2), (0, 2))),
        ("MA -, EN F, BL adapted", ((1, 2), (1, 3))),
        ("MA -, EN -", ((2, 2), (0, 2))),
        ("MA adapted, EN adapted", (None, (2, 2))),
        ("SV adapted, SVA -", ((1, 1), (0, 1))),
        ("SV -, SVA E", (None, None)),
    ],
)
def test_a_streck_is_out_of_the_marks_and_a_subject_not_read_out_of_all(shares, marks, expected):
    assert shares(marks) == expected


def test_a_scale_without_streck_tells_nothing(shares):
    assert shares("MA 12, EN 3", scale="0-20") == (None, None)


def test_the_old_scale_has_a_streck_too(shares):
    assert shares("MA -, EN IG", scale="G-MVG", term="2012VT") == ((1, 2), (0, 2))
