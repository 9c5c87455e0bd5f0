"""Take a picture of every page, at the width of a phone, a desk and a wall, to be looked at.

./run python tests/browser/screenshots.py http://127.0.0.1:8000 dispatcher PASSWORD OUT
    [--only NAME] [--lang en] [--dark] [--follow NUMBER CODE]
"""

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

sys.path.insert(0, str(Path(__file__).parent))
from chromium import ARGUMENTS, chromium_path

WIDTHS = {390: 844, 1440: 900, 2560: 1440}
TABS = ("open", "late", "received", "ended")


def main() -> None:
    options = _options()
    options.out.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=chromium_path(), args=ARGUMENTS)
        for width, height in WIDTHS.items():
            page = _page(browser, width, height, options)
            for name, address in _places(page, options):
                if options.only and options.only not in name:
                    continue
                _picture(page, options, name, address, width)
        browser.close()


def _options() -> argparse.Namespace:
    reader = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    reader.add_argument("url")
    reader.add_argument("user")
    reader.add_argument("password")
    reader.add_argument("out", type=Path)
    reader.add_argument("--only", default="")
    reader.add_argument("--lang", default="zh-hans")
    reader.add_argument("--dark", action="store_true")
    reader.add_argument("--fold", action="store_true", help="only what shows without scrolling")
    reader.add_argument("--follow", nargs=2, metavar=("NUMBER", "CODE"))
    reader.add_argument("--case", default="")
    return reader.parse_args()


def _page(browser: Browser, width: int, height: int, options: argparse.Namespace) -> Page:
    context = browser.new_context(
        viewport={"width": width, "height": height},
        color_scheme="dark" if options.dark else "light",
        locale="en-GB" if options.lang == "en" else "zh-CN",
        reduced_motion="reduce",
    )
    page = context.new_page()
    page.on("console", lambda said: said.type == "error" and print(said.text, file=sys.stderr))
    page.goto(f"{options.url}/?lang={options.lang}")
    return page


def _places(page: Page, options: argparse.Namespace) -> Iterator[tuple[str, str]]:
    """Every page by name; those for staff after signing in."""
    yield "report", "/"
    yield "follow", "/follow/"
    if options.follow:
        yield "story", f"/follow/{options.follow[0]}/{options.follow[1]}/"
    yield "privacy", "/privacy/"
    yield "missing", "/nothing-here/"
    yield "sign-in", "/accounts/login/"
    _sign_in(page, options)
    for tab in TABS:
        yield f"list-{tab}", f"/cases/?tab={tab}"
    yield "new", "/cases/new/"
    yield "ranking", "/appraisal/"
    yield "asked", "/appraisal/asked/"
    number = options.case
    if not number:
        page.goto(f"{options.url}/cases/")
        first = page.locator("a.whole").first
        number = (
            (first.get_attribute("href") or "").strip("/").split("/")[-1] if first.count() else ""
        )
    if number:
        yield "case", f"/cases/{number}/"
        yield "case-act", f"/cases/{number}/#open"


def _sign_in(page: Page, options: argparse.Namespace) -> None:
    page.goto(f"{options.url}/accounts/login/")
    page.fill("#id_login", options.user)
    page.fill("#id_password", options.password)
    page.click("main button[type=submit]")
    page.wait_for_url("**/cases/**")


def _picture(page: Page, options: argparse.Namespace, name: str, address: str, width: int) -> None:
    page.goto(options.url + address)
    if address.endswith("#open"):
        page.reload()
        for summary in page.locator(".acts details.act > summary").all()[:1]:
            summary.click()
    page.wait_for_load_state("networkidle")
    page.wait_for_timeout(300)
    wide = page.evaluate("document.documentElement.scrollWidth")
    if wide > width:
        print(f"{name} at {width}: scrolls sideways ({wide} px)", file=sys.stderr)
    dark = "-dark" if options.dark else ""
    lang = "-en" if options.lang == "en" else ""
    page.screenshot(
        path=options.out / f"{name}-{width}{lang}{dark}.png",
        full_page=width < 2000 and not options.fold,
    )


if __name__ == "__main__":
    main()
