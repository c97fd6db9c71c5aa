"""Figures: what is drawn where, in words and limits; no pixels."""

import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure

from pipelines.releases.drawing import Paper, inline_svg
from pipelines.releases.figures.caterpillar import Schools, draw_caterpillar
from pipelines.releases.figures.series import Line, draw_series, line_of
from pipelines.releases.numbers import Numbers

YEARS = ["2011/12", "2012/13", "2013/14", "2014/15"]
PAPER = Paper(width=2, height=1, left=0.3, right=0.1, bottom=0.3, top=0.3)
SHARES = Numbers("sv", scale=100.0)


def line(label, values):
    values = np.array(values, dtype=float)
    return Line(label, YEARS, values, values - 0.05, values + 0.05)


@pytest.fixture
def axes():
    return Figure().add_subplot()


def words(axes):
    return [text.get_text() for text in axes.texts]


def test_a_line_is_cut_at_a_break_and_the_break_is_named(axes):
    draw_series(
        axes, [line("Staden", [0.5, 0.6, 0.7, 0.8])],
        breaks=["2013/14"], numbers=SHARES, broken="brott",
    )  # fmt: skip
    drawn = [len(one.get_xdata()) for one in axes.lines if one.get_marker() == "o"]
    assert drawn == [2, 2]
    assert words(axes) == ["brott", "Staden"]
    assert [text.get_text() for text in axes.get_xticklabels()] == YEARS


def test_a_break_before_the_first_year_is_not_drawn(axes):
    draw_series(
        axes, [line("Staden", [0.5, 0.6, 0.7, 0.8])],
        breaks=["2011/12", "2000/01"], numbers=SHARES, broken="brott",
    )  # fmt: skip
    assert words(axes) == ["Staden"]


def test_names_at_the_end_do_not_cover_each_other(axes):
    lines = [line(name, [0.5, 0.6, 0.7, 0.8]) for name in ("Staden", "Pilot", "Andra")]
    draw_series(axes, lines, breaks=[], numbers=SHARES, broken="brott")
    heights = sorted(text.xy[1] for text in axes.texts)
    assert min(np.diff(heights)) > 0.07


def test_a_line_of_hidden_years_has_no_name(axes):
    draw_series(
        axes, [line("Staden", [0.5, 0.6, 0.7, 0.8]), line("Pilot", [np.nan] * 4)],
        breaks=[], numbers=SHARES, broken="brott",
    )  # fmt: skip
    assert words(axes) == ["Staden"]


def test_a_hidden_year_is_a_gap():
    rows = pd.DataFrame(
        {"school_year": YEARS[:2], "value": [0.5, None], "lower": [0.4, None], "upper": [0.6, None]}
    )
    drawn = line_of(rows, "Skola", YEARS)
    assert drawn.value[0] == 0.5
    assert np.isnan(drawn.value[1:]).all()


def test_schools_stand_in_order_of_value_with_their_group(axes):
    value = np.array([0.9, 0.5, 0.7])
    schools = Schools(
        ["A", "B", "C"], np.array([True, False, True]), value, value - 0.1, value + 0.1
    )
    labels = ("Pilotskolor", "Jämförelseskolor", "Staden")
    draw_caterpillar(axes, schools, labels=labels, city=0.6, numbers=SHARES)
    assert [text.get_text() for text in axes.get_yticklabels()] == ["B", "C", "A"]
    legend = [text.get_text() for text in axes.get_legend().get_texts()]
    assert legend == list(labels)
    assert axes.xaxis.get_major_formatter()(0.6, 0) == "60,0"


def test_without_a_city_value_or_a_comparison_school_neither_is_drawn(axes):
    value = np.array([0.9])
    schools = Schools(["A"], np.array([True]), value, value - 0.1, value + 0.1)
    labels = ("Pilotskolor", "Jämförelseskolor", "Staden")
    draw_caterpillar(axes, schools, labels=labels, city=np.nan, numbers=SHARES)
    assert [text.get_text() for text in axes.get_legend().get_texts()] == ["Pilotskolor"]


def test_a_figure_on_a_page_keeps_its_letters_and_its_ids_apart():
    svg = inline_svg(lambda axes: axes.set_title("Åäö <1"), PAPER, name="one", title='"Två" & fler')
    assert "Åäö &lt;1" in svg
    assert svg.startswith('<svg role="img" aria-labelledby="one-title" ')
    assert "&#34;Två&#34; &amp; fler</title>" in svg
    assert 'id="figure_1"' not in svg
    assert 'id="one-figure_1"' in svg
    assert svg == inline_svg(
        lambda axes: axes.set_title("Åäö <1"), PAPER, name="one", title='"Två" & fler'
    )
