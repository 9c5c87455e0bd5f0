"""The report of `xianban foresee` in a browser: drawn, readable at every width, and alone."""

import pytest

from foresee.made import table
from xianban.foresee.api import Columns, foresee

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def page_file(tmp_path_factory):
    folder = tmp_path_factory.mktemp("report")
    table(days=500).write_csv(folder / "city.csv")
    columns = Columns("when", area="area", lat="lat", lon="lon", category="about")
    foresee(folder / "city.csv", columns=columns, out=folder)
    return (folder / "report.html").as_uri()


@pytest.mark.parametrize("width", [390, 1440, 2560])
def test_every_chart_is_drawn_and_nothing_is_fetched(browser, page_file, width):
    page = browser.new_page(viewport={"width": width, "height": 900})
    asked, faults = [], []
    page.on("request", lambda request: asked.append(request.url))
    page.on("pageerror", lambda fault: faults.append(str(fault)))
    page.goto(page_file)
    for chart in page.locator("[data-chart]").all():
        chart.scroll_into_view_if_needed()
        chart.locator("svg").wait_for()
    assert faults == []
    assert [url for url in asked if not url.startswith(("file:", "data:"))] == []
    assert not page.evaluate(
        "document.documentElement.scrollWidth > document.documentElement.clientWidth"
    )
    page.get_by_text("as a table").first.click()
    assert page.locator("details[open] table").first.is_visible()
    page.close()
