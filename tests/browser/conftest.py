"""A real Chromium, closed whatever happens."""

import shutil
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import sync_playwright

from tests.main_job.whole_job import whole_job

PATIENCE = 60_000
LOCAL = {"127.0.0.1", ""}


@pytest.fixture(scope="session")
def job(tmp_path_factory):
    """The small city, ingested and published; shared with the tests of the main job."""
    return whole_job(tmp_path_factory.getbasetemp() / "whole_job")


@pytest.fixture(scope="module")
def browser():
    """Chromium from the operating system."""
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    if chromium is None:
        pytest.skip("there is no Chromium")
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(
            executable_path=chromium, args=["--no-sandbox", "--disable-dev-shm-usage"]
        )
        yield opened
        opened.close()


@pytest.fixture
def page(browser):
    """A page that remembers what it asked for and what went wrong."""
    context = browser.new_context(viewport={"width": 1500, "height": 1000}, locale="sv-SE")
    opened = context.new_page()
    opened.set_default_timeout(PATIENCE)
    opened.asked, opened.errors = [], []
    opened.on("request", lambda request: opened.asked.append(request.url))
    opened.on("pageerror", lambda error: opened.errors.append(str(error)))
    opened.on(
        "console",
        lambda message: opened.errors.append(message.text) if message.type == "error" else None,
    )
    yield opened
    context.close()


@pytest.fixture
def strangers(page):
    """Asks for the hosts other than this machine that a page has addressed."""
    schemes = ("http", "https", "ws", "wss")
    return lambda: (
        {urlsplit(url).hostname for url in page.asked if urlsplit(url).scheme in schemes} - LOCAL
    )
