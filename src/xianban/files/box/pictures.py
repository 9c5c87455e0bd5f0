"""Pictures, drawn anew: upright, no larger than is looked at, with nothing but what is to be seen."""

import io
import math
from dataclasses import dataclass

from PIL import Image, ImageOps

LONGEST, THUMB = 2560, 320  # pixels of the longer side
QUALITY, THUMB_QUALITY = 84, 76
GPS, GPS_LAT_REF, GPS_LAT, GPS_LON_REF, GPS_LON = 0x8825, 1, 2, 3, 4


@dataclass(frozen=True)
class Picture:
    data: bytes
    thumb: bytes
    width: int
    height: int
    place: tuple[float, float] | None


def redrawn(data: bytes, *, megapixels: float) -> Picture:
    """The picture as a JPEG of its own making; of several frames the first."""
    Image.MAX_IMAGE_PIXELS = None  # asked below, before anything is decoded
    try:
        image = _opened(data)
        if image.width * image.height > megapixels * 1e6:
            raise ValueError("pixels")
        place = _place_of(image)
        image.draft("RGB", (LONGEST, LONGEST))  # a large JPEG is decoded small
        image.load()
        turned = image.getexif().get(0x0112, 1)
        image.thumbnail((LONGEST, LONGEST), reducing_gap=2.0)
        image = _upright(image, turned)
    except ValueError:
        raise
    except MemoryError:
        raise ValueError("pixels") from None
    except Exception as reason:
        raise ValueError("broken") from reason
    image = _flat(image)
    small = image.copy()
    small.thumbnail((THUMB, THUMB), reducing_gap=2.0)
    return Picture(
        _jpeg(image, QUALITY), _jpeg(small, THUMB_QUALITY), image.width, image.height, place
    )


def _opened(data: bytes) -> Image.Image:
    """The picture by the one decoder that its first bytes name; nothing is decoded yet."""
    if data.startswith(b"\xff\xd8"):
        kind = "JPEG"
    elif data.startswith(b"\x89PNG"):
        kind = "PNG"
    elif data.startswith(b"GIF"):
        kind = "GIF"
    elif data.startswith(b"RIFF"):
        from PIL import WebPImagePlugin  # noqa: F401

        kind = "WEBP"
    elif data[8:12] == b"avif":
        from PIL import AvifImagePlugin  # noqa: F401

        kind = "AVIF"
    else:
        import pillow_heif

        pillow_heif.register_heif_opener()
        kind = "HEIF"
    return Image.open(io.BytesIO(data), formats=[kind])


def _upright(image: Image.Image, turned: int) -> Image.Image:
    exif = image.getexif()
    exif[0x0112] = turned
    return ImageOps.exif_transpose(image)


def _flat(image: Image.Image) -> Image.Image:
    """Without transparency, on white; a fresh image that carries no information of the old one."""
    if image.has_transparency_data:
        image = image.convert("RGBA")
        paper = Image.new("RGB", image.size, "white")
        paper.paste(image, mask=image.getchannel("A"))
        return paper
    if image.mode.startswith(("I", "F")):  # 16 bits of grey
        image = image.convert("F").point(lambda value: value / 256).convert("L")
    fresh = Image.new("RGB", image.size)
    fresh.paste(image.convert("RGB"))
    return fresh


def _jpeg(image: Image.Image, quality: int) -> bytes:
    out = io.BytesIO()
    image.save(out, "JPEG", quality=quality, optimize=True, progressive=True)
    return out.getvalue()


def place_in(head: bytes) -> tuple[float, float] | None:
    """Where a photograph says that it was made, from its beginning alone."""
    try:
        return _place_of(_opened(head))
    except Exception:
        return None


def _place_of(image: Image.Image) -> tuple[float, float] | None:
    try:
        gps = image.getexif().get_ifd(GPS)
        lat = _degrees(gps[GPS_LAT], gps[GPS_LAT_REF], "S")
        lon = _degrees(gps[GPS_LON], gps[GPS_LON_REF], "W")
    except Exception:
        return None  # none, or one that nobody can read
    fits = math.isfinite(lat) and math.isfinite(lon) and abs(lat) <= 90 and abs(lon) <= 180
    return (round(lat, 6), round(lon, 6)) if fits and (lat or lon) else None


def _degrees(parts: tuple[float, float, float], side: str, negative: str) -> float:
    value = float(parts[0]) + float(parts[1]) / 60 + float(parts[2]) / 3600
    return -value if str(side).upper().startswith(negative) else value
