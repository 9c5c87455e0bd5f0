"""Fetch the front-end files that Xianban carries, and write down what they are.

    ./run python -m xianban.web.vendoring      (needs npm; only for whoever changes a version)

Nothing is built: single files are taken out of npm packages as they are, icons are put together
into one sprite, and the large ones get a compressed twin, which WhiteNoise serves.
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
    "tabler.min.css": ("@tabler/core", "1.6.1", "MIT", "dist/css/tabler.min.css"),
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
ICON_PACKAGE = ("@tabler/icons", "3.51.0", "MIT")
ICONS = [
    "alert-triangle",
    "archive",
    "arrow-back-up",
    "arrow-left",
    "arrow-up-circle",
    "arrows-split",
    "ban",
    "building",
    "bulb",
    "calendar-plus",
    "check",
    "chevron-down",
    "chevron-right",
    "circle-check",
    "circle-x",
    "clock",
    "clock-pause",
    "copy",
    "current-location",
    "dots",
    "eye",
    "filter",
    "flag",
    "git-merge",
    "home",
    "hourglass",
    "inbox",
    "info-circle",
    "keyboard",
    "language",
    "link",
    "list",
    "lock",
    "login",
    "logout",
    "map-pin",
    "message",
    "message-check",
    "mood-neutral",
    "mood-sad",
    "mood-smile",
    "notes",
    "phone",
    "plus",
    "printer",
    "refresh-alert",
    "scale",
    "search",
    "send",
    "shield-lock",
    "signature",
    "sparkles",
    "speakerphone",
    "star",
    "tools",
    "user",
    "user-check",
    "user-plus",
    "users",
    "x",
]


def main() -> None:
    VENDOR.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as scratch:
        packages = {(name, version) for name, version, _, _ in FILES.values()}
        packages.add(ICON_PACKAGE[:2])
        folders = {pair: fetch(*pair, into=Path(scratch)) for pair in sorted(packages)}
        for file, (name, version, _, path) in FILES.items():
            keep(file, (folders[name, version] / path).read_bytes())
        keep("icons.svg", sprite(folders[ICON_PACKAGE[:2]] / "icons" / "outline"))
    MANIFEST.write_text(json.dumps(listed(), indent=1) + "\n", encoding="utf-8")
    print(f"{len(FILES) + 1} files in {VENDOR}", file=sys.stderr)


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
    if len(content) > COMPRESS_ABOVE and not file.endswith(".png"):
        target.with_name(target.name + ".gz").write_bytes(gzip.compress(content, 9, mtime=0))


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
    origin = {file: entry[:3] for file, entry in FILES.items()} | {"icons.svg": ICON_PACKAGE}
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
