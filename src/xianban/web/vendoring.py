"""Fetch the front-end files that Xianban carries, and write down what they are.

    ./run python -m xianban.web.vendoring      (needs npm; only for whoever changes a version)

Single files are taken out of npm packages as they are; of Tabler only what SUBSET names and what
the templates use is kept; icons are put together into one sprite; large files get a compressed
twin, which WhiteNoise serves. Run it after adding an icon to ICONS, or a class of Tabler to a page.
"""

import gzip
import hashlib
import json
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path
from xml.etree import ElementTree

VENDOR = Path(__file__).parent / "static" / "vendor"
MANIFEST = VENDOR / "MANIFEST.json"
COMPRESS_ABOVE = 8_000  # bytes
SVG = "http://www.w3.org/2000/svg"

# file here: (package, version, licence, path in the package)
FILES = {
    "echarts.js": ("echarts", "6.1.0", "Apache-2.0", "dist/echarts.common.min.js"),
    "LICENSE.echarts": ("echarts", "6.1.0", "Apache-2.0", "LICENSE"),
    "htmx.min.js": ("htmx.org", "4.0.1", "0BSD", "dist/htmx.min.js"),
    "leaflet.js": ("leaflet", "1.9.4", "BSD-2-Clause", "dist/leaflet.js"),
    "leaflet.css": ("leaflet", "1.9.4", "BSD-2-Clause", "dist/leaflet.css"),
    "images/marker-icon.png": ("leaflet", "1.9.4", "BSD-2-Clause", "dist/images/marker-icon.png"),
    "images/marker-icon-2x.png": (
        "leaflet", "1.9.4", "BSD-2-Clause", "dist/images/marker-icon-2x.png",
    ),
    "images/marker-shadow.png": (
        "leaflet", "1.9.4", "BSD-2-Clause", "dist/images/marker-shadow.png",
    ),
    "images/layers.png": ("leaflet", "1.9.4", "BSD-2-Clause", "dist/images/layers.png"),
    "images/layers-2x.png": ("leaflet", "1.9.4", "BSD-2-Clause", "dist/images/layers-2x.png"),
    "LICENSE.leaflet": ("leaflet", "1.9.4", "BSD-2-Clause", "LICENSE"),
    "LICENSE.htmx": ("htmx.org", "4.0.1", "0BSD", "LICENSE"),
    "LICENSE.tabler-icons": ("@tabler/icons", "3.51.0", "MIT", "LICENSE"),
}  # fmt: skip
TABLER = ("@tabler/core", "1.6.1", "MIT")
ICON_PACKAGE = ("@tabler/icons", "3.51.0", "MIT")
ICONS = """
    adjustments-horizontal alarm alert-circle alert-triangle archive arrow-back-up
    arrow-down-right arrow-left arrow-right arrow-up-circle arrow-up-right arrows-exchange
    arrows-split ban bell bell-off bolt book bookmark briefcase building building-community
    bulb calendar calendar-event calendar-plus camera category chart-bar chart-dots
    chart-line check checklist checks chevron-down chevron-left chevron-right chevron-up
    circle-check circle-dashed circle-plus circle-x clipboard-check clipboard-list clock
    clock-pause cloud-off copy current-location database device-desktop device-mobile dots
    dots-vertical download droplet edit external-link eye eye-off file file-spreadsheet
    file-text files filter flag flame folder gauge gavel git-branch git-merge hand-stop
    headset heart-handshake help-circle history home hourglass id inbox info-circle key
    keyboard language layout-dashboard layout-grid link list list-check list-details
    loader-2 lock login logout mail map map-2 map-pin maximize menu-2 message message-check
    message-circle microphone minus mood-neutral mood-sad mood-smile moon notes paperclip
    pencil phone phone-call phone-off photo pin player-pause player-play plus printer
    refresh-alert report report-analytics rotate route scale search send server settings
    share shield-check shield-lock signature sitemap sort-ascending sort-descending sparkles
    speakerphone stack-2 star sun table tag target text-size thumb-down thumb-up timeline
    tools trash trending-down trending-up trophy upload user user-check user-circle user-off
    user-plus user-search users users-group volume wifi-off world x zoom-in zoom-out
""".split()  # noqa: SIM905


# the classes of Tabler that a page may use without another look here, as regular expressions
SIZED = "(-(sm|md|lg|xl))?"
SUBSET = [
    rf"^(row|col|g|gx|gy|gap|row-gap|column-gap|order|[mp][tbsexy]?){SIZED}(-(auto|\d{{1,2}}))?$",
    rf"^(d|flex|justify-content|align-items|align-self|align-content){SIZED}-[a-z]+(-\d)?$",
    r"^row-cols(-(sm|md|lg|xl))?-(auto|\d)$",
    r"^([wh]-(25|50|75|100|auto)|mw-100)$",
    r"^visually-hidden",
    r"^table(-responsive|-sm|-hover|-vcenter)?$",
    r"^btn(-sm|-icon|-group|-list)?$",
    r"^card(-body|-header|-title|-footer)?$",
    r"^form-(control|select|label|check|check-input|check-label|switch)$",
    r"^input-group",
    r"^placeholder",
    r"^text-(truncate|nowrap|break|wrap|center|start|end)$",
]
PURGE = "purgecss@8.0.0"


def main() -> None:
    VENDOR.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as scratch:
        packages = {(name, version) for name, version, _, _ in FILES.values()}
        packages |= {ICON_PACKAGE[:2], TABLER[:2]}
        folders = {pair: fetch(*pair, into=Path(scratch)) for pair in sorted(packages)}
        for file, (name, version, _, path) in FILES.items():
            keep(file, (folders[name, version] / path).read_bytes())
        whole = folders[TABLER[:2]] / "dist" / "css" / "tabler.min.css"
        keep("tabler.css", subset(whole, scratch=Path(scratch)))
        keep("icons.svg", sprite(folders[ICON_PACKAGE[:2]] / "icons" / "outline"))
    MANIFEST.write_text(json.dumps(listed(), indent=1) + "\n", encoding="utf-8")
    print(f"{len(FILES) + 2} files in {VENDOR}", file=sys.stderr)


def fetch(name: str, version: str, *, into: Path) -> Path:
    """The unpacked package, as npm delivers it."""
    packed = subprocess.run(  # noqa: S603 (names and versions are the constants above)
        ["npm", "pack", "--silent", f"{name}@{version}"],  # noqa: S607
        cwd=into, check=True, capture_output=True, text=True,
    ).stdout.split()[-1]  # fmt: skip
    folder = into / packed.removesuffix(".tgz")
    with tarfile.open(into / packed) as archive:
        archive.extractall(folder, filter="data")
    return folder / "package"


def keep(file: str, content: bytes) -> None:
    target = VENDOR / file
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(content)
    if (
        len(content) > COMPRESS_ABOVE
        and not file.startswith("LICENSE")
        and not file.endswith(".png")
    ):
        target.with_name(target.name + ".gz").write_bytes(gzip.compress(content, 9, mtime=0))


def subset(whole: Path, *, scratch: Path) -> bytes:
    """Of Tabler, the rules for elements, for SUBSET, and for the classes that templates name."""
    settings = {
        "css": [str(whole)],
        "content": [str(VENDOR.parents[1] / "templates" / "**" / "*.html")],
        "variables": True,
        "keyframes": True,
    }
    safe = ", ".join(f"new RegExp({json.dumps(pattern)})" for pattern in SUBSET)
    config = scratch / "purge.config.js"
    config.write_text(
        f"module.exports = {{...{json.dumps(settings)}, safelist: {{standard: [{safe}]}}}};"
    )
    subprocess.run(  # noqa: S603
        ["npm", "exec", "--yes", "--", PURGE, "--config", config, "--output", scratch / "out"],  # noqa: S607
        cwd=scratch, check=True, capture_output=True,
    )  # fmt: skip
    return (scratch / "out" / whole.name).read_bytes()


def sprite(folder: Path) -> bytes:
    """One SVG of symbols, `#name` for each icon in use."""
    ElementTree.register_namespace("", SVG)
    root = ElementTree.Element(f"{{{SVG}}}svg")
    for name in ICONS:
        icon = ElementTree.parse(folder / f"{name}.svg").getroot()  # noqa: S314 (a pinned package)
        symbol = ElementTree.SubElement(root, f"{{{SVG}}}symbol", id=name, viewBox="0 0 24 24")
        symbol.extend(shape for shape in icon if shape.get("stroke") != "none")
    return ElementTree.tostring(root)


def listed() -> list[dict[str, str]]:
    """What the manifest says of each file, compressed twins left out: a test opens those."""
    origin = {file: entry[:3] for file, entry in FILES.items()}
    origin |= {"icons.svg": ICON_PACKAGE, "tabler.css": TABLER}
    return [
        {
            "file": file,
            "name": name,
            "version": version,
            "licence": licence,
            "sha256": hashlib.sha256((VENDOR / file).read_bytes()).hexdigest(),
        }
        for file, (name, version, licence) in sorted(origin.items())
    ]


if __name__ == "__main__":
    main()
