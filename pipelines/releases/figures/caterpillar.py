"""One dot and whisker per school, in order of value, with the city's value as a line."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import NDArray

from pipelines.comparisons.intervals import FloatArray
from pipelines.releases.figures.series import LOOKS
from pipelines.releases.numbers import Numbers


@dataclass(frozen=True, slots=True)
class Schools:
    """The schools shown, in any order.

    Attributes:
        names: Length n.
        is_pilot: Whether some project covers it, shape (n,).
        value: Values, shape (n,).
        lower: Lower limits, shape (n,).
        upper: Upper limits, shape (n,).
    """

    names: Sequence[str]
    is_pilot: NDArray[np.bool_]
    value: FloatArray
    lower: FloatArray
    upper: FloatArray


def draw_caterpillar(
    axes: Axes, schools: Schools, *, labels: tuple[str, str, str], city: float, numbers: Numbers
) -> None:
    """Draw the schools from the lowest value, at the bottom, to the highest.

    Args:
        axes: Where to draw; the caller owns the figure and its file.
        schools: What to draw.
        labels: What pilot schools, the other schools and the city are called.
        city: Value of the line to compare with; NaN for none.
        numbers: How the axis is written.
    """
    order = np.argsort(schools.value, kind="stable")
    places = np.arange(len(order))
    for (colour, marker, _), is_pilot, label in zip(_LOOKS, (True, False), labels, strict=False):
        own = order[schools.is_pilot[order] == is_pilot]
        heights = places[schools.is_pilot[order] == is_pilot]
        if len(own):
            axes.hlines(heights, schools.lower[own], schools.upper[own], color=colour, alpha=0.6)
            axes.plot(schools.value[own], heights, marker, color=colour, label=label, markersize=4)
    axes.set_yticks(places, [schools.names[i] for i in order])
    axes.set_ylim(-0.7, len(order) - 0.3)
    axes.xaxis.set_major_formatter(lambda value, _: numbers.text(value))
    axes.grid(axis="x", color="#dddddd", linewidth=0.6)
    if not np.isnan(city):
        axes.axvline(city, color=LOOKS[0][0], linewidth=1, label=labels[2])
    axes.legend(loc="lower center", bbox_to_anchor=(0.5, 1), ncols=3, frameon=False)


_LOOKS = LOOKS[1:]
