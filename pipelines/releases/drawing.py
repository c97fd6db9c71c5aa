"""A figure as inline SVG: text stays text, nothing is fetched, ids are the figure's own."""

import re
from collections.abc import Callable
from io import StringIO
from typing import Any

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


def inline_svg(
    draw: Callable[[Axes], None], size: tuple[float, float], *, name: str, title: str
) -> Markup:
    """Draw into a figure of its own and return it as an element of a page.

    Args:
        draw: Draws into the axes it is given.
        size: Width and height [inches].
        name: Put before every id, so that two figures on a page never share one.
        title: What the figure shows, for those who cannot see it.
    """
    with mpl.rc_context(_STYLE):
        figure = Figure(figsize=size, layout="constrained")
        FigureCanvasSVG(figure)
        draw(figure.add_subplot())
        text = StringIO()
        figure.savefig(text, format="svg", metadata=_NO_METADATA)
    svg = text.getvalue()
    svg = _ID.sub(f"{name}-", svg[svg.index("<svg") :])
    label = f'<title id="{name}-title">{escape(title)}</title>'
    start = f'<svg role="img" aria-labelledby="{name}-title" '
    opened = svg.replace("<svg ", start, 1).replace(">", f">{label}", 1)
    return Markup(opened)  # noqa: S704  matplotlib escapes the text it draws
