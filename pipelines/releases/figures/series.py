"""A value over the school years, one line per unit, cut where the series is broken."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from pipelines.comparisons.intervals import FloatArray
from pipelines.releases.numbers import Numbers

LOOKS = (("#000000", "o", "-"), ("#0072B2", "s", "--"), ("#D55E00", "^", ":"))
"""Colour (Okabe-Ito), marker and dash of the first line, the second, ...: never colour alone."""

_DODGE = 0.07
_LABEL_GAP = 0.075


@dataclass(frozen=True, slots=True)
class Line:
    """One unit over the years.

    Attributes:
        label: Name printed at the end of the line.
        school_years: In order, length n.
        value: Values, shape (n,); NaN where hidden.
        lower: Lower limits, shape (n,).
        upper: Upper limits, shape (n,).
    """

    label: str
    school_years: Sequence[str]
    value: FloatArray
    lower: FloatArray
    upper: FloatArray


def line_of(rows: pd.DataFrame, label: str, school_years: Sequence[str]) -> Line:
    """One unit's published rows as a line; a hidden or missing year is a gap."""
    by_year = rows.set_index("school_year").reindex(list(school_years))
    value, lower, upper = (
        by_year[name].to_numpy(dtype="float64", na_value=np.nan)
        for name in ("value", "lower", "upper")
    )
    return Line(label, school_years, value, lower, upper)


def draw_series(
    axes: Axes, lines: Sequence[Line], *, breaks: Collection[str], numbers: Numbers, broken: str
) -> None:
    """Draw a dot and a 95 % whisker per year and unit; no line joins two sides of a break.

    Args:
        axes: Where to draw; the caller owns the figure and its file.
        lines: At most three, on the same school years.
        breaks: First school year of each new definition.
        numbers: How the axis is written.
        broken: Word beside the mark of a break.
    """
    years = list(lines[0].school_years)
    for number, line in enumerate(lines):
        shift = (number - (len(lines) - 1) / 2) * _DODGE
        _draw_line(axes, line, LOOKS[number], shift=shift, cuts=breaks)
    for year in breaks:
        if year in years[1:]:
            _mark_break(axes, years.index(year) - 0.5, broken)
    axes.set_xticks(range(len(years)), years)
    axes.set_xlim(-0.4, len(years) - 0.6)
    axes.yaxis.set_major_formatter(lambda value, _: numbers.text(value))
    axes.grid(axis="y", color="#dddddd", linewidth=0.6)
    axes.margins(y=0.12)
    _label_ends(axes, lines)


def _draw_line(
    axes: Axes, line: Line, look: tuple[str, str, str], *, shift: float, cuts: Collection[str]
) -> None:
    colour, marker, dash = look
    places = np.arange(len(line.school_years)) + shift
    axes.vlines(places, line.lower, line.upper, color=colour, linewidth=1.2, alpha=0.7)
    starts = [i for i, year in enumerate(line.school_years) if year in cuts]
    for first, end in zip([0, *starts], [*starts, len(places)], strict=True):
        axes.plot(
            places[first:end], line.value[first:end],
            color=colour, marker=marker, linestyle=dash, markersize=4.5, linewidth=1.3,
        )  # fmt: skip


def _mark_break(axes: Axes, place: float, word: str) -> None:
    axes.axvline(place, color="#666666", linewidth=0.9, linestyle=(0, (4, 3)))
    axes.annotate(
        word, (place, 1), xycoords=("data", "axes fraction"), xytext=(3, -2),
        textcoords="offset points", va="top", fontsize=8, color="#444444",
    )  # fmt: skip


def _label_ends(axes: Axes, lines: Sequence[Line]) -> None:
    """Each line's name to the right of the axes, at its last dot, none upon another."""
    low, high = axes.get_ylim()
    ends = {
        number: (line.value[~np.isnan(line.value)][-1] - low) / (high - low)
        for number, line in enumerate(lines)
        if not np.isnan(line.value).all()
    }
    floor = -np.inf
    for number in sorted(ends, key=lambda n: ends[n]):
        floor = max(ends[number], floor + _LABEL_GAP)
        axes.annotate(
            lines[number].label, (1, floor), xycoords="axes fraction", xytext=(6, 0),
            textcoords="offset points", va="center", color=LOOKS[number][0], annotation_clip=False,
        )  # fmt: skip
