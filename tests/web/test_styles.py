"""The style is as large as what it styles: no rule for nothing, no class without a rule."""

import re
from pathlib import Path

import xianban.web

WEB = Path(xianban.web.__file__).parent
STATIC = WEB / "static"
DOCS = Path(__file__).parents[2] / "docs" / "look.md"
CLASS = re.compile(r"\.(-?[a-zA-Z_][\w-]*)")
OF_OTHERS = ("leaflet-", "layer-")  # drawn by Leaflet; a pack names its layers
TABLERS = {"alert", "badge", "col", "dropdown", "modal", "nav", "row", "table"}


def selectors(css: str) -> set[str]:
    css = re.sub(r"/\*.*?\*/", "", css, flags=re.DOTALL)
    return set(CLASS.findall(re.sub(r"\{[^{}]*\}", "{}", css)))


def ours() -> dict[str, set[str]]:
    return {path.name: selectors(path.read_text()) for path in STATIC.glob("*.css")}


def templates() -> dict[str, str]:
    """Each template without what Django does in it."""
    return {
        str(path.relative_to(WEB)): re.sub(r"\{%.*?%\}|\{\{.*?\}\}", " ", path.read_text())
        for path in WEB.rglob("templates/**/*.html")
    }


def test_every_class_that_is_styled_is_somewhere():
    places = [*WEB.rglob("templates/**/*.html"), *WEB.rglob("*.py"), *STATIC.glob("*.js"), DOCS]
    words = {word for path in places for word in re.findall(r"[\w-]+", path.read_text())}
    unused = {
        name: idle
        for name, styled in ours().items()
        if (idle := {c for c in styled if c not in words and not c.startswith(OF_OTHERS)})
    }
    assert not unused, f"nothing has these classes: delete their rules: {unused}"


def test_every_class_on_a_page_has_a_rule():
    """One word alone may just name a thing; a hyphen, or a word of Tabler, means a look."""
    carried = [(STATIC / "vendor" / name).read_text() for name in ("tabler.css", "leaflet.css")]
    known = set().union(*ours().values(), *(selectors(css) for css in carried))
    missing = {
        name: lost
        for name, text in templates().items()
        if (
            lost := {
                c
                for found in re.findall(r'class="([^"]*)"', text)
                for c in found.split()
                if "-" in c or c in TABLERS
            }
            - known
        )
    }
    assert not missing, (
        f"no rule for {missing}: a typing error, or a class of Tabler that is not carried yet"
        " (./run python -m xianban.web.vendoring)"
    )


def test_colours_stand_in_one_place():
    """Beside the tokens: black and white, and what only a map has."""
    for path in STATIC.glob("*.css"):
        rules = "\n".join(line for line in path.read_text().split("\n") if ".layer-" not in line)
        found = set(re.findall(r"#[0-9a-fA-F]{3,8}\b", rules)) - {"#fff", "#000", "#999"}
        assert path.name == "tokens.css" or not found, f"{path.name}: {found}"
