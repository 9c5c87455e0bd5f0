"""The sample city, served by the product's own command, and Chromium signed in to it."""

import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path

from playwright.sync_api import Browser, BrowserContext, Page

from browser.pages import FACTS, NOBODY, Seen

PASSWORD = re.compile(r"everybody: (\S+)")
HEIGHTS = {390: 844, 1440: 900, 2560: 1440}


@dataclass(frozen=True)
class Served:
    url: str
    password: str


@contextmanager
def sample_city(home: Path) -> Iterator[Served]:
    """`xianban demo` on a free port; set up in `home` on first use."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    said = home.with_name(f"{home.name}.log")
    said.parent.mkdir(parents=True, exist_ok=True)
    with said.open("w", encoding="utf-8") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "xianban", "demo", "--port", str(port)],
            env={**os.environ, "XIANBAN_HOME": str(home), "PYTHONUNBUFFERED": "1"},
            stdout=log, stderr=log, start_new_session=True,
        )  # fmt: skip
        try:
            password = _ready(process, said)
            _replay(home)
            yield Served(f"http://127.0.0.1:{port}", password)
        finally:
            _stop(process)


def _replay(home: Path) -> None:
    """A few days of an invented file lived through again, once, so that there is a replay to look at."""
    file = home / "replayed.csv"
    if file.exists():
        return
    rows = ["no,when,street,about,said,lat,lon"]
    for day in range(120):
        at = date(2026, 1, 1) + timedelta(days=day)
        for n, street in enumerate(("湖街", "磨坊街", "高街")):
            many = 14 if n == 1 and 100 <= day < 108 else 1 + (day + n) % 2
            rows += [
                f"{day}-{n}-{i},{at},{street},垃圾,{street}的垃圾没有人清运,{30.5 + n / 50},{114.3 + n / 40}"
                for i in range(many)
            ]
    file.write_text("\n".join(rows), "utf-8")
    named = "--time when --area street --category about --text said --id no --lat lat --lon lon"
    subprocess.run(
        [sys.executable, "-m", "xianban", "warn", "replay", "2026-04-08", "2026-04-20", "--no-control",
         "--file", str(file), *named.split()],
        env={**os.environ, "XIANBAN_HOME": str(home)}, check=True, capture_output=True,
    )  # fmt: skip


def _ready(process: subprocess.Popen[bytes], log: Path) -> str:
    """The password that the command says, once it serves."""
    while process.poll() is None:
        said = log.read_text(encoding="utf-8")
        if "Started worker" in said and (found := PASSWORD.search(said)):
            return found[1]
        time.sleep(0.5)
    raise RuntimeError(f"the sample city did not start; see {log}")


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(timeout=15)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)


@dataclass
class Visit:
    """Somebody's browser for each who looks, and the facts that addresses need."""

    browser: Browser
    city: Served
    scheme: str = "light"
    language: str = "zh-hans"
    contexts: dict[str, BrowserContext] = field(default_factory=dict)
    facts: dict[str, str] = field(default_factory=dict)

    def tab(self, who: str = NOBODY) -> Page:
        """A tab of `who`, signed in."""
        if who not in self.contexts:
            context = self.browser.new_context(
                base_url=self.city.url,
                locale="en-GB" if self.language == "en" else "zh-CN",
                color_scheme=self.scheme,
                reduced_motion="reduce",
            )
            context.set_default_timeout(60_000)
            self.contexts[who] = context
            page = context.new_page()
            page.goto(f"/?lang={self.language}")
            if who != NOBODY:
                page.goto("/accounts/login/")
                page.fill("#id_login", who)
                page.fill("#id_password", self.city.password)
                page.click("main button[type=submit]")
                page.wait_for_url(lambda url: "/accounts/" not in url)
        return self.contexts[who].pages[0]

    def open(self, seen: Seen, width: int) -> Page:
        """The page as it is looked at: everything drawn, and what folds away opened."""
        address = self.address(seen.address)
        page = self.tab(seen.who)
        page.set_viewport_size({"width": width, "height": HEIGHTS.get(width, 900)})
        page.goto(address)
        for fold in seen.opens:
            if page.locator(fold).count():
                page.locator(fold).locator("summary").first.click()
        for chart in page.locator("[data-chart]").all():
            chart.scroll_into_view_if_needed()
        page.evaluate("scrollTo(0, 0)")
        page.wait_for_load_state("networkidle")
        page.wait_for_timeout(200)
        return page

    def address(self, pattern: str) -> str:
        """The address with its facts filled in; each is looked up once."""
        for name in re.findall(r"\{(\w+)\}", pattern):
            if name not in self.facts:
                self._look_up(name)
        return pattern.format(**self.facts)

    def _look_up(self, name: str) -> None:
        names = next(key for key in FACTS if name in key.split("/"))
        who, how = FACTS[names]
        self.facts |= zip(names.split("/"), how(self.tab(who)).split("/"), strict=True)

    def close(self) -> None:
        for context in self.contexts.values():
            context.close()
