"""A pack as one file: unpacked with care, for whoever sent it may have meant harm; and packed."""

import io
import lzma
import struct
import zipfile
import zlib
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory
from typing import Any

from xianban.base.errors import BadInput
from xianban.city.pack.writing import write_pack
from xianban.city.rules.tables import (
    BY_FILE,
    KNOWLEDGE_FOLDER,
    LAYERS_FILE,
    SETTINGS_FILE,
    SHAPES_FILE,
)

MOST_BYTES = 48 * 2**20  # of all files together, unpacked
MOST_FILES = 2_000
FILES = frozenset({*BY_FILE, SETTINGS_FILE, SHAPES_FILE, LAYERS_FILE})
DAMAGED = (
    zipfile.BadZipFile,
    NotImplementedError,
    RuntimeError,
    EOFError,
    OSError,
    ValueError,
    OverflowError,
    struct.error,
    zlib.error,
    lzma.LZMAError,
)
LEFT_OUT = ("__MACOSX", "README", "LICENSE", "LICENCE")


def unzip(data: bytes) -> dict[str, bytes]:
    """The files of a zipped pack by their place in it: those that a pack has, and no others.

    A folder around all of them is taken off. Nothing is written; sizes that the archive states
    are not believed.
    """
    try:
        archive = zipfile.ZipFile(io.BytesIO(data))
    except DAMAGED:
        raise BadInput(
            "that is no zip file; zip the folder of the pack, or choose its files"
        ) from None
    infos = [info for info in archive.infolist() if not info.is_dir()]
    if len(infos) > MOST_FILES:
        raise BadInput(
            f"the zip holds {len(infos):,} files, more than the {MOST_FILES:,} a pack may have"
        )
    found: dict[str, bytes] = {}
    room = MOST_BYTES
    for info in infos:
        name = _place(info)
        if not name:
            continue
        content = _read(archive, info, room)
        room -= len(content)
        if name in found:
            raise BadInput(f"the zip holds “{name}” twice; leave one of them out")
        found[name] = content
    return must_be_pack(found)


def chosen(files: Iterable[tuple[str, bytes]]) -> dict[str, bytes]:
    """Files that were chosen one by one, by their place in a pack."""
    found: dict[str, bytes] = {}
    for given, content in files:
        name = PurePosixPath(given.replace("\\", "/")).name
        place = f"{KNOWLEDGE_FOLDER}/{name}" if name.endswith(".md") else name
        if place in FILES or (name.endswith(".md") and not name.upper().startswith(LEFT_OUT)):
            found[place] = content
    if sum(map(len, found.values())) > MOST_BYTES:
        raise BadInput(_too_large())
    return must_be_pack(found)


def must_be_pack(found: Mapping[str, bytes]) -> dict[str, bytes]:
    if SETTINGS_FILE not in found:
        raise BadInput(
            f"there is no {SETTINGS_FILE} in it; a pack is a folder with {SETTINGS_FILE}, "
            "areas.csv, units.csv, matters.csv and the rest"
        )
    return dict(found)


def zip_files(files: Mapping[str, bytes]) -> bytes:
    """Files as one zip; the same files give the same bytes."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in sorted(files):
            info = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
            info.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(info, files[name])
    return out.getvalue()


def zip_tables(tables: Mapping[str, Sequence[Mapping[str, Any]]]) -> bytes:
    """A pack, as its rows say, in one zip."""
    with TemporaryDirectory() as folder:
        root = Path(folder) / "pack"
        write_pack(root, tables)
        return zip_files(
            {
                path.relative_to(root).as_posix(): path.read_bytes()
                for path in root.rglob("*")
                if path.is_file()
            }
        )


def lay_out(files: Mapping[str, bytes], folder: Path) -> Path:
    """Write files where `read_pack` finds them; their names were checked when they came in."""
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return folder


def _place(info: zipfile.ZipInfo) -> str:
    """Where a file of the archive belongs in a pack; empty where it belongs to none."""
    path = PurePosixPath(info.filename.replace("\\", "/"))
    if path.is_absolute() or ".." in path.parts or ":" in path.parts[0]:
        raise BadInput(
            f"the zip holds the path “{info.filename[:80]}”, which leads out of its folder; "
            "zip the folder of the pack again"
        )
    if info.external_attr >> 16 & 0o170000 == 0o120000:
        raise BadInput(f"“{info.filename[:80]}” is a link; put the file itself into the zip")
    if any(part.startswith((".", "__MACOSX")) for part in path.parts):
        return ""
    if path.name in FILES:
        return path.name
    if path.suffix == ".md" and KNOWLEDGE_FOLDER in path.parts[:-1]:
        return f"{KNOWLEDGE_FOLDER}/{path.name}"
    return ""


def _read(archive: zipfile.ZipFile, info: zipfile.ZipInfo, room: int) -> bytes:
    if info.flag_bits & 0x1:
        raise BadInput("the zip is locked with a password; make one without")
    try:
        with archive.open(info) as file:
            content = file.read(room + 1)
    except DAMAGED:
        raise BadInput(f"“{info.filename[:80]}” in the zip is damaged; zip it again") from None
    if len(content) > room:
        raise BadInput(_too_large())
    return content


def _too_large() -> str:
    return (
        f"the files are larger than {MOST_BYTES // 2**20} MB together; simplify the outlines in "
        "areas.geojson or layers.geojson"
    )
