"""What we carry of others is listed, unchanged, and nothing is loaded from elsewhere."""

import gzip
import hashlib
import json
import re
from pathlib import Path

import pytest

import xianban.web

WEB = Path(xianban.web.__file__).parent
VENDOR = WEB / "static" / "vendor"
MANIFEST = json.loads((VENDOR / "MANIFEST.json").read_text())


@pytest.mark.parametrize("entry", MANIFEST, ids=lambda entry: entry["file"])
def test_a_vendored_file_is_what_the_manifest_says(entry):
    content = (VENDOR / entry["file"]).read_bytes()
    assert hashlib.sha256(content).hexdigest() == entry["sha256"]
    assert entry["licence"]
    assert entry["version"]


def test_every_vendored_file_is_listed():
    listed = {entry["file"] for entry in MANIFEST}
    there = {
        str(path.relative_to(VENDOR))
        for path in VENDOR.rglob("*")
        if path.is_file() and path.name != "MANIFEST.json"
    }
    assert {name for name in there if not name.endswith(".gz")} == listed


def test_a_compressed_twin_holds_the_same():
    twins = list(VENDOR.rglob("*.gz"))
    assert twins
    for twin in twins:
        assert gzip.decompress(twin.read_bytes()) == twin.with_suffix("").read_bytes(), twin.name


def test_licences_that_must_go_along_do():
    for name in ("leaflet", "htmx", "tabler-icons"):
        assert (VENDOR / f"LICENSE.{name}").exists()
    assert "MIT" in (VENDOR / "tabler.css").read_text()[:400]


def test_no_page_asks_another_place_for_anything():
    for path in [*WEB.rglob("*.html"), *(WEB / "static").glob("*.*")]:
        loads = re.findall(
            r"""(?:src|href|action|url\()\s*=?\s*["']?(?:https?:)?//[^"')]+""", path.read_text()
        )
        assert not loads, f"{path.name}: {loads}"


def test_no_page_has_script_or_style_within():
    for path in WEB.rglob("templates/**/*.html"):
        text = path.read_text()
        assert not re.search(r"<script(?![^>]*\bsrc=)", text), path.name
        assert not re.search(r"<style|\sstyle=|\son\w+=|href=.javascript:", text), path.name


def test_every_icon_that_is_drawn_is_in_the_sprite():
    from xianban.web import menu, verbs, words

    sprite = set(re.findall(r'id="([^"]+)"', (VENDOR / "icons.svg").read_text()))
    drawn = set()
    for path in WEB.rglob("templates/**/*.html"):
        drawn |= set(re.findall(r'\{% icon "([^"]+)"', path.read_text()))
    drawn |= {verb.icon for verb in verbs.VERBS.values()}
    drawn |= {page.icon for page in menu.PAGES}
    drawn |= {chip.icon for chip in [*words.STATES.values(), *words.TASK_STATES.values()]}
    assert drawn <= sprite, drawn - sprite
