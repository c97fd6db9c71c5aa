"""A figure as inline SVG: text stays text, nothing is fetched, ids are the figure's own."""

import re
from collections.abc import Callable
from io import StringIO
from typing import Any, NamedTuple

import matplotlib as mpl
from markupsafe import Markup, escape
from matplotlib.axes import Axes
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure

_STYLE: dict[Any, Any] = {
    "svg.fonttype": "none",
    "svg.hashsalt": "samverkan",
    "font.family": "sans-serif",
    "font.sans-serif": ["DejaVu Sans"],
    "font.size": 9,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.axisbelow": True,
}
_NO_METADATA = dict.fromkeys(("Date", "Creator", "Format", "Type"))
_ID = re.compile(r'(?<=\bid=")|(?<=\bxlink:href="#)|(?<=url\(#)')


class Paper(NamedTuple):
    """A figure's size and margins [inches]; fixed, because to fit them takes half the time.

    Attributes:
        width: Of the whole figure.
        height: Of the whole figure.
        left: Margin left of the axes, for its labels.
        right: Margin right of the axes.
        bottom: Margin under the axes.
        top: Margin above the axes.
    """

    width: float
    height: float
    left: float
    right: float
    bottom: float
    top: float


def inline_svg(draw: Callable[[Axes], None], paper: Paper, *, name: str, title: str) -> Markup:
    """Draw into a figure of its own and return it as an element of a page.

    Args:
        draw: Draws into the axes it is given.
        paper: Its size and margins.
        name: Put before every id, so that two figures on a page never share one.
        title: What the figure shows, for those who cannot see it.
    """
    with mpl.rc_context(_STYLE):
        figure = Figure(figsize=(paper.width, paper.height))
        FigureCanvasSVG(figure)
        draw(figure.add_axes(_inside(paper)))
        text = StringIO()
        figure.savefig(text, format="svg", metadata=_NO_METADATA)
    svg = text.getvalue()
    svg = _ID.sub(f"{name}-", svg[svg.index("<svg") :])
    label = f'<title id="{name}-title">{escape(title)}</title>'
    start = f'<svg role="img" aria-labelledby="{name}-title" '
    opened = svg.replace("<svg ", start, 1).replace(">", f">{label}", 1)
    return Markup(opened)  # noqa: S704  matplotlib escapes the text it draws


def _inside(paper: Paper) -> tuple[float, float, float, float]:
    """Left, bottom, width and height of the axes, as parts of the figure."""
    width = paper.width - paper.left - paper.right
    height = paper.height - paper.bottom - paper.top
    return (
        paper.left / paper.width,
        paper.bottom / paper.height,
        width / paper.width,
        height / paper.height,
    )
