"""The report as its readers get it: whole, in their language, with nothing hidden in it."""

import re
from dataclasses import replace
from html.parser import HTMLParser
from xml.etree import ElementTree as ET

import numpy as np
import pandas as pd
import pytest

from pipelines.releases.disclosure import FIGURES, published
from pipelines.releases.report import Report, render_report, texts
from pipelines.releases.sections import Quality, few, tone_of
from pipelines.results import CHANGES, results_of
from tests.pipelines import invented

ODD_NAME = '<b>Skola</b> & "Ärlig"'
COVERAGE = pd.DataFrame(
    {"school_year": ["2011/12", "2012/13"], "schools": [8, 7], "reported_share": [0.9512, np.nan]}
)


@pytest.fixture(scope="module")
def contents():
    rng = np.random.default_rng(3)
    city = invented.places(8, 2, students=400)
    found = pd.concat(
        results_of(m, invented.values(m, rng, schools=8, students=400, years=3), city)
        for m in invented.REGISTRY.values()
    )
    rows = published(found, city, invented.REGISTRY)
    rows.loc[rows.unit_id == "00000003", "unit_name"] = ODD_NAME
    return Report(
        release_id="2026-11-22T1200Z-0a1b2c3d",
        made_at="2026-11-22T12:00:00Z",
        code_version="2026.11.0",
        is_simulated=True,
        results=rows.reset_index(drop=True),
        indicators=invented.REGISTRY,
        pilot_schools=frozenset(f"{n:08d}" for n in range(4)),
        quality=Quality(invented.deliveries().execute(), COVERAGE),
    )


@pytest.fixture(scope="module")
def page(contents):
    return render_report(contents, "sv")


class Outline(HTMLParser):
    """Collects what the tests ask of a page."""

    VOID = ("meta", "link", "br", "img", "hr", "input")

    def __init__(self, page):
        super().__init__()
        self.open, self.ids, self.links, self.headers, self.words = [], [], [], [], []
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        """Remember ids, links and header cells; every element must be closed in order."""
        named = dict(attrs)
        self.ids += [named["id"]] if "id" in named else []
        self.links += [named["href"]] if tag == "a" else []
        self.headers += [named.get("scope")] if tag == "th" else []
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        """As a start tag that is closed at once."""
        self.handle_starttag(tag, attrs)
        if tag not in self.VOID:
            self.open.pop()

    def handle_endtag(self, tag):
        """Elements close in the order they were opened."""
        assert self.open.pop() == tag

    def handle_data(self, data):
        """Words outside the style sheet."""
        if "style" not in self.open:
            self.words.append(data.strip())


def test_the_page_is_well_formed_and_every_link_has_its_place(page):
    outline = Outline(page)
    assert outline.open == []
    assert len(outline.ids) == len(set(outline.ids))
    assert {link.removeprefix("#") for link in outline.links} <= set(outline.ids)


def test_every_header_cell_says_what_it_heads(page):
    assert set(Outline(page).headers) == {"col", "row", "colgroup"}


def test_the_page_fetches_nothing_and_runs_nothing(page):
    bare = re.sub(r'xmlns(:\w+)?="[^"]*"', "", page)
    assert "://" not in bare
    assert "<script" not in page
    assert "<link" not in page
    assert "src=" not in bare.replace("-src ", "")


def test_the_swedish_page_writes_as_swedes_do(page):
    words = "\n".join(Outline(page).words)
    assert 'lang="sv"' in page
    assert "Hela staden" in words
    assert "Pilotskolor" in words
    assert re.search(r"^\d\d,\d$", words, re.MULTILINE)
    assert not re.search(r"^\d\d\.\d$", words, re.MULTILINE)
    assert "95,1\N{NO-BREAK SPACE}%" in words


def test_the_english_page_writes_as_the_english_do(contents):
    page = render_report(contents, "en")
    words = "\n".join(Outline(page).words)
    assert 'lang="en"' in page
    assert "Pilot schools" in words
    assert re.search(r"^\d\d\.\d$", words, re.MULTILINE)
    assert not re.search(r"^\d\d,\d$", words, re.MULTILINE)


def test_simulated_pages_say_so_at_head_and_foot(page, contents):
    assert page.count("Simulerade data.") == 2
    assert page.index('class="banner"') < page.index("<h1>")
    fields = {name: getattr(contents, name) for name in Report.__slots__}
    real = Report(**fields | {"is_simulated": False})
    assert "Simulerade data" not in render_report(real, "sv")


def test_a_name_is_never_markup(page):
    assert ODD_NAME not in page
    assert "&lt;b&gt;Skola&lt;/b&gt; &amp;" in page


def changed(contents, rows):
    return Report(**{f: getattr(contents, f) for f in Report.__slots__} | {"results": rows})


def test_a_clear_change_is_told_in_words_and_with_an_arrow(contents):
    rows = contents.results.copy()
    city = (rows.level == "city") & (rows.school_year == "2013/14")
    limits = ["change", "change_lower", "change_upper"]
    rows.loc[city & (rows.indicator == "reach"), limits] = [0.2, 0.1, 0.3]
    rows.loc[city & (rows.indicator == "hours"), limits] = [2.0, 1.0, 3.0]
    page = render_report(changed(contents, rows), "sv")
    summary = page[page.index('id="summary"') :].split("</section>")[0]
    assert "▲ ökning, bättre" in summary
    assert "▲ ökning, sämre" in summary
    assert "blivit bättre: 1; sämre: 1;" in summary


def test_a_report_without_a_school_to_show_says_so(contents):
    rows = contents.results.copy()
    schools = (rows.level == "school") & (rows.indicator == "hours")
    rows.loc[schools, "state"] = "protected"
    rows.loc[schools, [*FIGURES, *CHANGES]] = None
    page = render_report(changed(contents, rows), "sv")
    section = page[page.index('<section id="hours"') :].split("</section>")[0]
    assert "Ingen skola kan visas." in section
    assert section.count("<svg") == 1


def test_every_figure_is_text_with_a_title(page):
    svgs = re.findall(r"<svg.*?</svg>", page, re.DOTALL)
    assert len(svgs) == 2 * len(invented.REGISTRY)
    for svg in svgs:
        tree = ET.fromstring(svg)  # noqa: S314  our own page
        assert tree.get("role") == "img"
        title = next(tree.iter("{http://www.w3.org/2000/svg}title"))
        assert title.get("id") == tree.get("aria-labelledby")
        assert "Påhittad följd" in title.text
        assert len(list(tree.iter("{http://www.w3.org/2000/svg}text"))) > 5


def test_schools_that_are_hidden_are_counted_and_not_named(contents, page):
    rows = contents.results
    latest = rows[(rows.level == "school") & (rows.school_year == "2013/14")]
    for name, of_indicator in latest.groupby("indicator"):
        section = page[page.index(f'<section id="{name}"') :].split("</section>")[0]
        hidden = of_indicator[of_indicator.state != "shown"]
        if len(hidden):
            assert f"{len(hidden)} skolor visas inte" in section
        for unit in hidden.unit_name:
            assert unit not in section
    assert (latest.state != "shown").any()


def test_an_indicator_that_is_not_drawn_has_no_section(contents):
    registry = {**invented.REGISTRY, "hours": replace(invented.HOURS, is_drawn=False)}
    page = render_report(replace(contents, indicators=registry), "sv")
    assert 'id="hours"' not in page
    assert 'href="#hours"' not in page
    assert 'id="reach"' in page


def test_a_break_is_told_where_it_lies(page):
    assert "Tidsseriebrott 2012/13: ny betygsskala." in page


def test_a_value_of_a_year_that_is_not_closed_is_marked_and_the_mark_explained(contents, page):
    assert "preliminära" not in page
    rows = contents.results.assign(is_preliminary=contents.results.school_year == "2013/14")
    marked = render_report(replace(contents, results=rows), "sv")
    assert (
        "p: preliminära värden för 2013/14; sena rapporter kan ändra dem till den 2014-09-15"
        in (marked)
    )
    shown = rows[(rows.school_year == "2013/14") & (rows.state == "shown")]
    assert re.search(r"\d\N{NO-BREAK SPACE}p\b", marked)
    assert len(shown)


def test_what_was_delivered_is_accounted_for(page):
    quality = page[page.index('<section id="quality"') :].split("</section>")[0]
    for words in ("gällande", "kan inte läsas", "I karantän", "rad 17: rubriken &lt;Betyg&gt;"):
        assert words in quality


def test_few_records_are_fewer_than_ten():
    assert [few(n, "sv").text for n in (0, 1, 9, 10, 1234)] == [
        "0", "<10", "<10", "10", "1\N{NO-BREAK SPACE}234",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("higher_is", "limits", "tone"),
    [
        ("better", (0.1, 0.3), "better"),
        ("better", (-0.3, -0.1), "worse"),
        ("worse", (0.1, 0.3), "worse"),
        ("worse", (-0.3, -0.1), "better"),
        ("neither", (0.1, 0.3), "neither"),
        ("better", (-0.1, 0.3), "unclear"),
        ("better", (np.nan, np.nan), "unclear"),
    ],
)
def test_a_change_is_judged_by_its_interval_and_by_which_end_is_good(higher_is, limits, tone):
    assert tone_of(invented.indicator("i", higher_is=higher_is), *limits) == tone


def test_both_languages_have_the_same_texts():
    assert texts()["sv"].keys() == texts()["en"].keys()
    for key, text in texts()["sv"].items():
        fields = re.findall(r"{\w*}", text)
        assert sorted(fields) == sorted(re.findall(r"{\w*}", texts()["en"][key])), key
