"""The feedback page in Chromium, at the width of a telephone and of a desk."""

import pytest

from pipelines.schools.answers import Answer
from pipelines.schools.faults import fault_of_file, faults_of_records
from pipelines.schools.feedback import feedback_page
from tests.pipelines.ingest.deliveries import ATTENDANCE_NAME, profile

pytestmark = pytest.mark.browser

REASONS = ("student_id: wrong check digit", "late_within_unauthorised", "month: missing")
ROW = {"delivery_id": "ab" * 32, "received_at": "2016-04-02T06:00:00+00:00"}


@pytest.fixture
def written(tmp_path):
    """Writes a page and says where it lies."""

    def write(answer):
        page = feedback_page(
            answer, ROW, owner="Björkskolan", next_name="x.xlsx", is_simulated=True
        )
        path = tmp_path / "feedback.html"
        path.write_text(page, encoding="utf-8")
        return path.as_uri()

    return write


@pytest.fixture
def to_correct():
    """An answer with three faults in a workbook."""
    layout = profile("attendance_template_xlsx")
    faults = faults_of_records(enumerate(REASONS, 2), layout, layout.columns)
    return Answer(
        file=ATTENDANCE_NAME, status="to_correct", records=9, accepted=6, to_correct=3,
        faults=tuple(faults),
    )  # fmt: skip


@pytest.mark.parametrize("width", [390, 1200])
def test_the_page_fits_and_shows_each_cell_to_correct(page, strangers, written, to_correct, width):
    page.set_viewport_size({"width": width, "height": 900})
    page.goto(written(to_correct))
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    shown = page.inner_text("main")
    for fault in to_correct.faults:
        assert fault.text in shown
        assert fault.remedy in shown
        assert fault.cell in shown
    assert page.get_by_role("status").inner_text().startswith("3 av 9 rader behöver rättas")
    assert strangers() == set()
    assert page.errors == []


def test_a_file_that_cannot_be_read_says_so_first(page, written):
    fault = fault_of_file("missing_column: line 1: the heading Månad is missing; add it", "sv")
    page.goto(written(Answer(file="<i>x.csv", status="unreadable", faults=(fault,))))
    assert page.get_by_role("status").inner_text().startswith("Filen kunde inte läsas")
    assert "En kolumn saknas: Månad." in page.inner_text("main")
    assert page.inner_text("h1") == "Återkoppling på <i>x.csv"
