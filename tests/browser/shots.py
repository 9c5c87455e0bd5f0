"""Take a picture of every page, at the width of a phone, a desk and a wall, to be looked at.

./run shots                  every page, in Chinese; the residents' in English too
./run shots case ranking     only pages whose name holds one of these words
    [--dark] [--width 390 …] [--fold] [--lang en] [--into FOLDER] [--at URL PASSWORD]

It starts the sample city (set up once, in .shots/home) unless told where one is served.
"""

import argparse
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Error, sync_playwright

sys.path.insert(0, str(Path(__file__).parents[1]))
from browser.chromium import ARGUMENTS, MISSING, chromium_path
from browser.city import HEIGHTS, Served, Visit, sample_city
from browser.pages import PAGES, Seen

FOLDER = Path(__file__).parents[2] / ".shots"
LANGUAGES = {"zh": "zh-hans", "en": "en"}


def main() -> int:
    wanted = _wanted()
    if chromium_path() is None:
        print(MISSING, file=sys.stderr)
        return 1
    wanted.into.mkdir(parents=True, exist_ok=True)
    failed = 0
    with _city(wanted) as city, sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=chromium_path(), args=ARGUMENTS)
        for lang, code in LANGUAGES.items():
            visit = Visit(browser, city, scheme="dark" if wanted.dark else "light", language=code)
            for seen in PAGES:
                if not _is_wanted(seen.name, wanted.names):
                    continue
                if lang in wanted.lang or (not wanted.lang and (lang == "zh" or seen.for_residents)):  # fmt: skip
                    for width in wanted.width or HEIGHTS:
                        failed += not _picture(visit, seen, width, lang, wanted)
            visit.close()
        browser.close()
    return 1 if failed else 0


def _wanted() -> argparse.Namespace:
    reader = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    reader.add_argument("names", nargs="*")
    reader.add_argument("--dark", action="store_true")
    reader.add_argument("--width", type=int, nargs="+", default=[])
    reader.add_argument("--fold", action="store_true", help="only what shows without scrolling")
    reader.add_argument("--lang", nargs="+", choices=list(LANGUAGES), default=[])
    reader.add_argument("--into", type=Path, default=FOLDER)
    reader.add_argument("--at", nargs=2, metavar=("URL", "PASSWORD"))
    return reader.parse_args()


@contextmanager
def _city(wanted: argparse.Namespace) -> Iterator[Served]:
    if wanted.at:
        yield Served(*wanted.at)
        return
    print("Starting the sample city (a minute, the first time) …", file=sys.stderr)
    with sample_city(FOLDER / "home") as city:
        yield city


def _is_wanted(name: str, names: list[str]) -> bool:
    return not names or any(part in name for part in names)


def _picture(visit: Visit, seen: Seen, width: int, lang: str, wanted: argparse.Namespace) -> bool:
    """Whether there is one; why not is said, and the next page is looked at."""
    try:
        page = visit.open(seen, width)
    except Error as problem:
        print(f"{seen.name} at {width}: no picture; {problem.message}", file=sys.stderr)
        return False
    wide = page.evaluate("document.documentElement.scrollWidth")
    if wide > width:
        print(f"{seen.name} at {width}: scrolls sideways ({wide} px)", file=sys.stderr)
    parts = [seen.name, str(width), *(["en"] if lang == "en" else []), *(["dark"] if wanted.dark else [])]  # fmt: skip
    path = wanted.into / f"{'-'.join(parts)}.png"
    page.screenshot(path=path, full_page=width < 2000 and not wanted.fold)
    print(path)
    return True


if __name__ == "__main__":
    raise SystemExit(main())
