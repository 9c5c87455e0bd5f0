"""Files as people and attackers send them, made here."""

import io
import zipfile

import pikepdf
from PIL import Image


def photograph(*, size=(400, 300), colour=(90, 120, 60), place=None, turned=1, quality=90):
    """A JPEG with the remarks of a camera, and a place where one is given."""
    exif = Image.Exif()
    exif[0x0112], exif[0x010F] = turned, "SecretCam"
    if place:
        gps = exif.get_ifd(0x8825)
        gps[1], gps[3] = "NS"[place[0] < 0], "EW"[place[1] < 0]
        gps[2], gps[4] = (abs(place[0]), 0.0, 0.0), (abs(place[1]), 0.0, 0.0)
    return picture("JPEG", size=size, colour=colour, exif=exif, quality=quality)


def picture(kind, *, size=(300, 200), mode="RGB", colour=(255, 0, 0), **more):
    out = io.BytesIO()
    Image.new(mode, size, colour).save(out, kind, **more)
    return out.getvalue()


def noise(size):
    """A JPEG that compresses badly, as a 20 MB photograph does."""
    out = io.BytesIO()
    Image.effect_noise(size, 120).convert("RGB").save(out, "JPEG", quality=100, subsampling=0)
    return out.getvalue()


def pdf(change=lambda file: None):
    file = pikepdf.new()
    file.add_blank_page()
    file.docinfo["/Author"] = "Secret Author"
    change(file)
    out = io.BytesIO()
    file.save(out, object_stream_mode=pikepdf.ObjectStreamMode.generate)
    return out.getvalue()


def with_script(file):
    file.Root.OpenAction = pikepdf.Dictionary(S=pikepdf.Name.JavaScript, JS="app.alert(1)")


def with_launch(file):
    action = pikepdf.Dictionary(S=pikepdf.Name.Launch, F="calc.exe")
    link = pikepdf.Dictionary(Type=pikepdf.Name.Annot, Subtype=pikepdf.Name.Link, A=action)
    file.pages[0].Annots = pikepdf.Array([link])


def with_photograph(file):
    file.pages[0].Resources = pikepdf.Dictionary(
        XObject=pikepdf.Dictionary(
            I=pikepdf.Stream(
                file,
                photograph(),
                Subtype=pikepdf.Name.Image,
                Width=400,
                Height=300,
                ColorSpace=pikepdf.Name.DeviceRGB,
                BitsPerComponent=8,
                Filter=pikepdf.Name.DCTDecode,
            )
        )
    )


TYPES = (
    '<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
    '<Override PartName="/word/document.xml" ContentType="application/vnd.openxmlformats-officedocument.'
    'wordprocessingml.document.main+xml"/></Types>'
)
RELS = (
    '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
    '<Relationship Id="r1" Type="http://x/{kind}" Target="http://evil.example/x" TargetMode="External"/>'
    "</Relationships>"
)


def docx(**parts):
    """A Word file; parts are added by name, `types` replaces the list of types."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("[Content_Types].xml", parts.pop("types", TYPES))
        archive.writestr("word/document.xml", "<w:document xmlns:w='w'/>")
        archive.writestr("docProps/core.xml", "<creator>Secret Author</creator>")
        for name, data in parts.items():
            archive.writestr(name, data)
    return out.getvalue()
