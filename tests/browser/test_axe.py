"""Every page, light and dark, on a desk and on a phone, with axe: no serious fault.

Slow: it sets up the sample city, so that pages are judged with something on them.
"""

from pathlib import Path

import pytest

from browser.city import Visit, sample_city
from browser.pages import PAGES

pytestmark = pytest.mark.slow
AXE = (Path(__file__).parent / "vendor" / "axe.min.js").read_text(encoding="utf-8")
RUN = "() => axe.run(document, {resultTypes: ['violations']})"
GRAVE = {"serious", "critical"}


@pytest.fixture(scope="module")
def city(tmp_path_factory):
    with sample_city(tmp_path_factory.mktemp("city")) as served:
        yield served


@pytest.fixture(scope="module")
def visit(browser, city):
    somebody = Visit(browser, city)
    yield somebody
    somebody.close()


def faults(page):
    """What axe finds grave, each with where it is."""
    page.evaluate(AXE)
    return [
        f"{one['id']}: {node['target']} {node['failureSummary'].splitlines()[-1].strip()}"
        for one in page.evaluate(RUN)["violations"]
        if one["impact"] in GRAVE
        for node in one["nodes"]
    ]


@pytest.mark.parametrize("seen", PAGES, ids=lambda seen: seen.name)
def test_a_page_has_no_grave_fault(visit, seen):
    page = visit.open(seen, 1440)
    found = []
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        found += [f"{scheme} {fault}" for fault in faults(page)]
    page = visit.open(seen, 390)
    found += [f"phone {fault}" for fault in faults(page)]
    assert not found, "\n".join(found)


def test_the_check_sees_a_fault(visit):
    page = visit.open(PAGES[0], 390)
    page.evaluate("document.querySelector('label[for=id_text]').remove()")
    page.evaluate("document.body.append(document.createElement('button'))")
    assert faults(page)


@pytest.mark.parametrize("scripted", [True, False])
def test_a_resident_loads_little(browser, city, scripted):
    """Everything that the first page of a resident brings, as it comes over the wire."""
    context = browser.new_context(java_script_enabled=scripted, viewport={"width": 390, "height": 844})  # fmt: skip
    page = context.new_page()
    page.goto("about:blank")
    sizes = []
    client = context.new_cdp_session(page)
    client.send("Network.enable")
    client.on("Network.loadingFinished", lambda done: sizes.append(done["encodedDataLength"]))
    page.goto(city.url)
    page.wait_for_load_state("networkidle")
    context.close()
    assert len(sizes) > 5
    assert sum(sizes) < 200_000, f"{sum(sizes):,.0f} bytes"
