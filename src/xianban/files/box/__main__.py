"""The child: a file comes in on standard input, a clean one goes out on standard output."""

import json
import resource
import sys
from dataclasses import asdict, dataclass

from xianban.files.rules import plain_text, sniffed

MEMORY = 1536 * 1024 * 1024
CPU_SECONDS = 25
TEXT_LONGEST = 2_000_000


@dataclass
class Out:
    kind: str
    size: int
    width: int = 0
    height: int = 0
    place: tuple[float, float] | None = None


def main() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    head_size, megapixels = int(sys.argv[1]), float(sys.argv[2])
    given = sys.stdin.buffer.read()
    try:
        told, parts = opened(given[head_size:], given[:head_size], megapixels)
        first = json.dumps(asdict(told))
    except ValueError as fault:
        known = str(fault) if str(fault).isidentifier() else "broken"
        first, parts = json.dumps({"fault": known}), []
    except Exception:  # the edge of the box: whatever a hostile file does to a decoder
        first, parts = json.dumps({"fault": "broken"}), []
    sys.stdout.buffer.write(b"\n".join([first.encode(), b"".join(parts)]))


def opened(data: bytes, head: bytes, megapixels: float) -> tuple[Out, list[bytes]]:
    """What it is and its clean bytes; ValueError with the name of a fault."""
    sort = sniffed(data[:64])
    if sort == "picture":
        from xianban.files.box.pictures import place_in, redrawn

        picture = redrawn(data, megapixels=megapixels)
        place = (place_in(head) if head else None) or picture.place
        out = Out("jpeg", len(picture.data), picture.width, picture.height, place)
        return out, [picture.data, picture.thumb]
    if sort == "pdf":
        from xianban.files.box.papers import clean_pdf

        paper = clean_pdf(data)
        return Out("pdf", len(paper)), [paper]
    if sort == "zip":
        from xianban.files.box.papers import clean_office

        kind, paper = clean_office(data)
        return Out(kind, len(paper)), [paper]
    if sort == "text":
        if len(data) > TEXT_LONGEST:
            raise ValueError("unknown")
        words = plain_text(data).encode()
        return Out("text", len(words)), [words]
    raise ValueError(sort)


if __name__ == "__main__":
    main()
