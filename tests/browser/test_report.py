"""The published report in a real browser, as an evaluator opens it."""

import re

import pytest

from pipelines.releases.release import current

pytestmark = pytest.mark.browser

PAGES = {"report.html": "sv", "report.en.html": "en"}
SIZES = """() => [...document.querySelectorAll('svg')].map(svg => {
    const box = svg.getBoundingClientRect();
    return [box.width, box.height, svg.querySelectorAll('*').length];
})"""
OVERFLOW = "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"
WIDE = """() => [...document.querySelectorAll('body *')]
    .filter(e => e.getBoundingClientRect().right > innerWidth + 1 && !e.closest('.scroll'))
    .map(e => e.tagName + '.' + e.className)"""


@pytest.fixture(params=list(PAGES))
def report(request, job, page):
    """One of the two reports, opened from the disk."""
    page.goto(f"file://{current(job.workspace.releases) / request.param}")
    return page


def test_a_report_opens_whole_and_asks_for_nothing(report):
    assert report.errors == []
    assert [url for url in report.asked if not url.startswith(("file:", "data:"))] == []
    assert report.locator("h1").count() == 1
    assert report.locator("h1").is_visible()
    assert report.locator("html").get_attribute("lang") in PAGES.values()


def test_every_figure_is_drawn(report):
    sizes = report.evaluate(SIZES)
    assert len(sizes) > 10
    assert all(min(width, height) > 5 and parts > 0 for width, height, parts in sizes)


def test_every_figure_has_a_name_for_who_cannot_see_it(report):
    figures = report.locator("svg[role=img]")
    assert figures.count() > 0
    for figure in figures.all():
        assert figure.get_attribute("aria-label") or figure.get_attribute("aria-labelledby")


def test_the_swedish_report_has_swedish_letters_and_decimal_commas(job, page):
    page.goto(f"file://{current(job.workspace.releases) / 'report.html'}")
    text = page.locator("body").inner_text()
    assert all(letter in text for letter in "åäö")
    assert "\N{REPLACEMENT CHARACTER}" not in text
    assert not re.search("Ã[¥¤¶]", text)
    assert len(re.findall(r"\d,\d", text)) > 50
    cells = " ".join(page.locator("td").all_inner_texts())
    assert not re.search(r"\d\.\d", cells)


def test_every_report_says_that_its_figures_are_simulated(report):
    banner = report.locator(".banner").first
    assert banner.is_visible()
    assert re.match("simulera|simulated", banner.inner_text().lower())


@pytest.mark.parametrize("width", [390, 1500])
def test_a_report_fits_a_telephone_and_a_screen(report, width):
    report.set_viewport_size({"width": width, "height": 844})
    assert report.evaluate(OVERFLOW) <= 0, report.evaluate(WIDE)[:5]


def test_a_report_can_be_looked_at(report, tmp_path):
    picture = tmp_path / "report.png"
    report.screenshot(path=picture, full_page=True)
    assert picture.stat().st_size > 50_000
