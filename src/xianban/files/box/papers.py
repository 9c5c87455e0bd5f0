"""Documents written anew: nothing in them that acts by itself, and nothing about who made them."""

import io
import re
import struct
import zipfile
from collections.abc import Iterator
from typing import Any
from xml.etree import ElementTree

import pikepdf

PAGES = 500
ACTIONS = {
    "/JavaScript",
    "/Launch",
    "/ImportData",
    "/SubmitForm",
    "/Rendition",
    "/GoToE",
    "/GoToR",
    "/Movie",
    "/Sound",
    "/RichMediaExecute",
}
ACTIVE_KEYS = ("/JS", "/JavaScript", "/EmbeddedFiles", "/EmbeddedFile", "/XFA", "/RichMediaContent")
TELLING_KEYS = ("/Metadata", "/PieceInfo", "/LastModified")
UNPACKED = 200_000_000  # bytes of an office file
MEMBERS = 4000


def clean_pdf(data: bytes) -> bytes:
    """The pages of a PDF without properties; refused where it holds scripts or other files."""
    try:
        with pikepdf.open(io.BytesIO(data)) as pdf:
            if not 0 < len(pdf.pages) <= PAGES:
                raise ValueError("broken")
            for thing in _things(pdf):
                _refuse_active(thing)
                _forget(thing)
            if "/Info" in pdf.trailer:
                del pdf.trailer["/Info"]
            out = io.BytesIO()
            pdf.save(out, deterministic_id=True, encryption=False)
            return out.getvalue()
    except pikepdf.PasswordError:
        raise ValueError("locked") from None
    except pikepdf.PdfError as reason:
        raise ValueError("broken") from reason


def _things(pdf: pikepdf.Pdf) -> Iterator[pikepdf.Object]:
    """Every dictionary and stream, also those that lie within others."""
    waiting: list[pikepdf.Object] = [*pdf.objects, pdf.trailer]
    while waiting:
        thing = waiting.pop()
        if isinstance(thing, pikepdf.Array):
            inner = list(thing)
        elif isinstance(thing, pikepdf.Dictionary | pikepdf.Stream):
            yield thing
            inner = [thing[key] for key in thing.keys() if key in thing]  # noqa: SIM118
        else:
            continue
        waiting += [
            one
            for one in inner
            if isinstance(one, pikepdf.Array | pikepdf.Dictionary) and not one.is_indirect
        ]


def _refuse_active(thing: pikepdf.Object) -> None:
    if any(key in thing for key in ACTIVE_KEYS):
        raise ValueError("active")
    if "/S" in thing and str(thing["/S"]) in ACTIONS:
        raise ValueError("active")
    if "/Subtype" in thing and str(thing["/Subtype"]) in ("/RichMedia", "/Screen", "/Movie", "/3D"):
        raise ValueError("active")


def _forget(thing: pikepdf.Object) -> None:
    for key in TELLING_KEYS:
        if key in thing:
            del thing[key]
    if isinstance(thing, pikepdf.Stream) and thing.get("/Filter") == pikepdf.Name.DCTDecode:
        raw = thing.read_raw_bytes()
        bare = bare_jpeg(raw)
        parameters: Any = thing.get("/DecodeParms")
        thing.write(bare, filter=pikepdf.Name.DCTDecode, decode_parms=parameters)


def bare_jpeg(data: bytes) -> bytes:
    """A JPEG without its remarks (EXIF, XMP, comments); as it is where it cannot be followed."""
    kept, at = [data[:2]], 2
    while at + 4 <= len(data) and data[at] == 0xFF:
        mark = data[at + 1]
        if mark == 0xDA:  # the picture itself begins
            return b"".join([*kept, data[at:]])
        end = at + 2 + struct.unpack(">H", data[at + 2 : at + 4])[0]
        remark = mark == 0xFE or (0xE1 <= mark <= 0xEF and mark != 0xEE)
        kept += [] if remark else [data[at:end]]
        at = end
    return data


PNG_KEPT = (b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"IEND", b"sRGB", b"gAMA", b"pHYs")


def bare_png(data: bytes) -> bytes:
    """A PNG without its remarks."""
    kept, at = [data[:8]], 8
    while at + 12 <= len(data):
        end = at + 12 + struct.unpack(">I", data[at : at + 4])[0]
        kept += [data[at:end]] if data[at + 4 : at + 8] in PNG_KEPT else []
        at = end
    return b"".join(kept)


MAIN = {
    b"wordprocessingml.document.main+xml": "docx",
    b"spreadsheetml.sheet.main+xml": "xlsx",
}
ACTIVE_MEMBERS = re.compile(
    r"vba|activex|macrosheets|dialogsheets|embeddings/(?!.*\.xlsx$)|\.(?:exe|dll|js|vbs|bat|cmd|hta|lnk)$",
    re.IGNORECASE,
)
PROPERTIES = {
    "docProps/core.xml": '<cp:coreProperties xmlns:cp="http://schemas.openxmlformats.org/package/2006/metadata/core-properties"/>',
    "docProps/app.xml": '<Properties xmlns="http://schemas.openxmlformats.org/officeDocument/2006/extended-properties"/>',
    "docProps/custom.xml": '<Properties xmlns="http://schemas.openxmlformats.org/officeDocument/2006/custom-properties"/>',
}
HEADING = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'


def clean_office(data: bytes) -> tuple[str, bytes]:
    """docx or xlsx, and its parts zipped anew; refused where it holds macros or reaches outside."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            _refuse_bomb(archive)
            kind = _kind_of(archive)
            out = io.BytesIO()
            with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as fresh:
                for member in archive.infolist():
                    if not member.is_dir():
                        name = member.filename
                        fresh.writestr(
                            zipfile.ZipInfo(name), _part(archive, name), zipfile.ZIP_DEFLATED
                        )
    except (zipfile.BadZipFile, zipfile.LargeZipFile, NotImplementedError, EOFError) as reason:
        raise ValueError("broken") from reason
    return kind, out.getvalue()


def _refuse_bomb(archive: zipfile.ZipFile) -> None:
    members = archive.infolist()
    names = {member.filename.lower() for member in members}
    if any(member.flag_bits & 1 for member in members):
        raise ValueError("locked")
    if len(members) > MEMBERS or sum(member.file_size for member in members) > UNPACKED:
        raise ValueError("broken")
    if len(names) < len(members) or any(".." in name or name.startswith("/") for name in names):
        raise ValueError("broken")


def _kind_of(archive: zipfile.ZipFile) -> str:
    names = archive.namelist()
    if "[Content_Types].xml" not in names:
        raise ValueError("unknown")
    if any(ACTIVE_MEMBERS.search(name) for name in names):
        raise ValueError("active")
    types = archive.read("[Content_Types].xml")
    if re.search(rb"macroEnabled|vbaProject|ms-office\.activeX", types):
        raise ValueError("active")
    found = [kind for mark, kind in MAIN.items() if mark in types]
    if len(found) != 1:
        raise ValueError("unknown")
    return found[0]


def _part(archive: zipfile.ZipFile, name: str) -> bytes:
    if name in PROPERTIES:
        return (HEADING + PROPERTIES[name]).encode()
    data = archive.read(name)
    low = name.lower()
    if low.endswith((".xml", ".rels", ".vml")) and re.search(
        rb"<!\s*(?:DOCTYPE|ENTITY)", data[:4096]
    ):
        raise ValueError("active")
    if low.endswith(".rels"):
        _refuse_reaching_out(data)
    if data.startswith(b"\xff\xd8\xff"):
        return bare_jpeg(data)
    return bare_png(data) if data.startswith(b"\x89PNG\r\n\x1a\n") else data


def _refuse_reaching_out(rels: bytes) -> None:
    """A link that somebody follows is harmless; what is fetched by opening the file is not."""
    try:
        root = ElementTree.fromstring(rels)  # noqa: S314 (in a box, and without a DOCTYPE)
    except ElementTree.ParseError as reason:
        raise ValueError("broken") from reason
    for link in root:
        outside = link.get("TargetMode", "").lower() == "external"
        if outside and not link.get("Type", "").endswith("/hyperlink"):
            raise ValueError("active")
