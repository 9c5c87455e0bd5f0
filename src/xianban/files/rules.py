"""What a file is by its first bytes, what it may be called, and why it is refused."""

import re
import unicodedata
from dataclasses import dataclass
from pathlib import PurePosixPath

SNIFFED = 64  # bytes at the beginning that say what it is
NAME_LONGEST = 80


@dataclass(frozen=True)
class Kind:
    """A sort of file that is kept: how it is sent, and how its name ends. `seen` shows in a page."""

    content_type: str
    ending: str
    seen: bool = False


KINDS = {
    "jpeg": Kind("image/jpeg", "jpg", seen=True),
    "pdf": Kind("application/pdf", "pdf"),
    "docx": Kind("application/vnd.openxmlformats-officedocument.wordprocessingml.document", "docx"),
    "xlsx": Kind("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "xlsx"),
    "text": Kind("text/plain; charset=utf-8", "txt"),
}

# Why a file is refused, in one sentence: what, and what to do.
FAULTS = {
    "empty": "the file is empty; choose it again",
    "large": "the file is larger than {mb:g} MB; choose a smaller one, or photograph it",
    "pixels": "the picture has more than {megapixels:g} million pixels; send a smaller copy",
    "broken": "the file cannot be read; open it on your device and save it anew",
    "video": "films and sound are not taken; send photographs, and say in words what happens",
    "program": "this is a program, and programs are not taken",
    "markup": "web pages and drawings in code (HTML, SVG, XML) are not taken; send a photograph",
    "old_office": "old Office files may hide programs; save it as docx, xlsx or PDF",
    "active": "the document holds a macro, a script or another file; save it without, or as a picture",
    "locked": "the document is locked with a password; save it without one",
    "unknown": "files of this sort are not taken; send a photograph, PDF, docx, xlsx or plain text",
    "many": "no more than {each} files go with one message; leave some out",
    "gone": "a file was chosen too long ago; choose it again",
}


@dataclass(frozen=True)
class Limits:
    """How much is taken: bytes of one file, pixels of one picture, files with one message."""

    mb: float = 25
    megapixels: float = 64
    each: int = 9


def fault(code: str, limits: Limits) -> str:
    """The sentence for a fault."""
    return FAULTS[code].format(mb=limits.mb, megapixels=limits.megapixels, each=limits.each)


@dataclass(frozen=True)
class Held:
    """A file that was taken and belongs to nothing yet. `place` is where a photograph says that it
    was made, as (lat, lon): a suggestion to whoever sent it, and kept nowhere else."""

    digest: str
    name: str
    kind: str
    size: int
    place: tuple[float, float] | None = None


PICTURES = (b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"GIF87a", b"GIF89a")
STILL_BRANDS = (b"heic", b"heix", b"heim", b"heis", b"mif1", b"msf1", b"avif")
SOUNDS = (b"\x1aE\xdf\xa3", b"OggS", b"ID3", b"\x00\x00\x01\xba", b"FLV", b"fLaC", b"#!AMR")
PROGRAMS = (b"MZ", b"\x7fELF", b"\xca\xfe\xba\xbe", b"\xfe\xed\xfa", b"\xcf\xfa\xed\xfe", b"#!")


def sniffed(head: bytes) -> str:
    """picture, pdf, zip or text by the first bytes; or the fault for which it is refused."""
    if not head:
        return "empty"
    if head.startswith(PICTURES) or (head[:4] == b"RIFF" and head[8:12] == b"WEBP"):
        return "picture"
    if head[4:8] == b"ftyp":
        return "picture" if head[8:12] in STILL_BRANDS else "video"
    if head.startswith(SOUNDS) or (head[:4] == b"RIFF" and head[8:12] in (b"AVI ", b"WAVE")):
        return "video"
    if head.startswith(PROGRAMS):
        return "program"
    if head.startswith(b"%PDF-"):
        return "pdf"
    if head.startswith(b"PK\x03\x04"):
        return "zip"
    return "old_office" if head.startswith(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1") else "text"


_MARKUP = re.compile(
    r"<\s*(?:!doctype|html|head|body|script|svg|iframe|object|embed|\?xml|\?php)", re.IGNORECASE
)
_NOT_TEXT = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ufffe\uffff]")


def plain_text(data: bytes) -> str:
    """The words of a text file in UTF-8 or GB 18030; a fault as ValueError."""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        try:
            text = data.decode("gb18030")
        except UnicodeDecodeError:
            raise ValueError("unknown") from None
    if _NOT_TEXT.search(text):
        raise ValueError("unknown")
    if _MARKUP.search(text):
        raise ValueError("markup")
    if not text.strip():
        raise ValueError("empty")
    return text


_UNFIT = re.compile(r'[<>:"|?*%;&#\'`$\\/]')


def shown_name(given: str, kind: str) -> str:
    """What to call a file: the sender's name for it without paths, tricks, or another ending."""
    name = PurePosixPath(given.replace("\\", "/")).name
    name = unicodedata.normalize("NFC", name.encode("utf-8", "ignore").decode())
    name = "".join(c for c in name if unicodedata.category(c)[0] not in "C" and c.isprintable())
    stem = _UNFIT.sub("", name.rpartition(".")[0] or name)
    stem = " ".join(stem.split()).strip(". ")[:NAME_LONGEST].strip(". ")
    return f"{stem or 'file'}.{KINDS[kind].ending}"
