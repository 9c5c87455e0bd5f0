"""What comes out of the box: pictures and papers made anew, or one name of a fault."""

import io
import zipfile

import pikepdf
import pillow_heif
import pytest
from PIL import Image

from files import samples
from xianban.files import box
from xianban.files.rules import Limits

LIMITS = Limits()


def clean(data, **more):
    return box.clean(data, limits=LIMITS, **more)


def test_a_photograph_loses_its_remarks_and_stands_upright():
    given = samples.photograph(place=(30.5, -120.25), turned=6)
    assert b"SecretCam" in given
    out = clean(given)
    picture = Image.open(io.BytesIO(out.data))
    assert (out.kind, picture.format, picture.size) == ("jpeg", "JPEG", (300, 400))
    assert not picture.getexif()
    assert b"SecretCam" not in out.data
    assert b"Exif" not in out.data + out.thumb
    assert out.place == (30.5, -120.25)
    assert max(Image.open(io.BytesIO(out.thumb)).size) == 320


def test_the_same_photograph_becomes_the_same_bytes():
    given = samples.photograph()
    assert clean(given).data == clean(given).data


def test_the_place_is_read_from_the_head_of_what_a_browser_shrank():
    head = samples.photograph(place=(30.5, 120.25), size=(2000, 1500))[:1500]
    assert clean(samples.picture("JPEG"), head=head).place == (30.5, 120.25)
    assert clean(samples.picture("JPEG"), head=b"nonsense").place is None


@pytest.mark.parametrize("kind", ["PNG", "GIF", "WEBP", "AVIF", "HEIF"])
def test_pictures_of_every_sort_become_a_jpeg(kind):
    pillow_heif.register_heif_opener()
    out = clean(samples.picture(kind))
    assert (out.kind, out.width, out.height) == ("jpeg", 300, 200)


def test_what_hangs_on_to_a_picture_is_gone():
    out = clean(samples.photograph() + b"PK\x03\x04<script>alert(1)</script>")
    assert b"script" not in out.data


@pytest.mark.parametrize(
    ("name", "data", "fault"),
    [
        ("bomb", lambda: samples.picture("PNG", size=(9000, 9000), mode="L", colour=0), "pixels"),
        ("cut off", lambda: samples.photograph()[:1200], "broken"),
        ("a gif that is a page", lambda: b"GIF89a<script>alert(1)</script>", "broken"),
        ("script in a pdf", lambda: samples.pdf(samples.with_script), "active"),
        ("a pdf that starts programs", lambda: samples.pdf(samples.with_launch), "active"),
        ("a pdf behind a gif", lambda: b"GIF89a" + samples.pdf(), "broken"),
        ("macro", lambda: samples.docx(**{"word/vbaProject.bin": b"x"}), "active"),
        ("macro type", lambda: samples.docx(types=samples.TYPES.replace("main", "macroEnabled.main")), "active"),
        ("remote template", lambda: samples.docx(**{"word/_rels/s.rels": samples.RELS.format(kind="attachedTemplate")}), "active"),
        ("entities", lambda: samples.docx(**{"word/x.xml": "<!DOCTYPE a>"}), "active"),
        ("climbing zip", lambda: samples.docx(**{"../../x": b"x"}), "broken"),
        ("zip", lambda: samples.docx(types="<Types/>"), "unknown"),
        ("svg", lambda: b"<svg onload=alert(1)>", "markup"),
        ("program", lambda: b"MZ\x90\0", "program"),
        ("film", lambda: b"\0\0\0\x20ftypisom", "video"),
    ],
)  # fmt: skip
def test_what_acts_or_explodes_is_refused(name, data, fault):
    assert clean(data()).fault == fault


def test_a_zip_bomb_is_not_unpacked():
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", samples.TYPES)
        archive.writestr("word/document.xml", b"\0" * 210_000_000)
    assert clean(out.getvalue()).fault == "broken"


def test_papers_say_nothing_of_their_author():
    out = clean(samples.pdf(samples.with_photograph))
    assert out.kind == "pdf"
    assert b"SecretCam" not in out.data
    with pikepdf.open(io.BytesIO(out.data)) as file:
        assert "/Info" not in file.trailer or "/Author" not in file.docinfo
    link = samples.RELS.format(kind="hyperlink")
    out = clean(
        samples.docx(**{"word/_rels/d.rels": link, "word/media/1.jpg": samples.photograph()})
    )
    assert out.kind == "docx"
    with zipfile.ZipFile(io.BytesIO(out.data)) as archive:
        assert b"Secret" not in b"".join(map(archive.read, archive.namelist()))


def test_a_locked_pdf_says_so():
    out = io.BytesIO()
    pikepdf.open(io.BytesIO(samples.pdf())).save(
        out, encryption=pikepdf.Encryption(owner="a", user="b")
    )
    assert clean(out.getvalue()).fault == "locked"


@pytest.mark.slow
def test_a_photograph_of_twenty_megabytes_becomes_a_handy_one():
    given = samples.noise((5200, 3900))
    assert len(given) > 15_000_000
    out = clean(given)
    assert (out.width, out.height) == (2560, 1920)
    assert len(out.data) < 6_000_000
