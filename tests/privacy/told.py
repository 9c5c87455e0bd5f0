"""Somebody who told the city much about themselves, and everything that they told."""

import io

from PIL import Image

from builders import monday, user
from xianban.accounts.api import MACHINE, resident_actor
from xianban.casework.api import perform
from xianban.files.api import keep
from xianban.intake import api as intake

PLANTED = {
    "name": "欧阳翠花",
    "phone": "13911223344",
    "email": "cuihua@mail.example",
    "text": "我家三代单传的紫砂壶被楼上漏水冲坏了",
    "number": "310101199001011234",
    "place": "蒲公英巷七弄八支路",
    "title": "紫砂壶冲坏",
    "added": "补充一句楼上姓慕容的不肯开门",
}
HANDLER = user("handler", unit="street-east")


def photograph():
    image = io.BytesIO()
    Image.new("RGB", (40, 30), (12, 34, 56)).save(image, "JPEG")
    return keep(image.getvalue(), name="慕容家门口.jpg", now=monday(9))


def tell(*, now=None, key="", files=(), **changed):
    """The request of somebody, planted with all that names them; as intake sees it."""
    told = {**PLANTED, **changed}
    said = intake.Submission(
        door="web",
        text=f"{told['text']}，身份证{told['number']}，电话{told['phone']}",
        title=told["title"],
        place=f"Mill {told['place']}",
        name=told["name"],
        phone=told["phone"],
        email=told["email"],
        key=key,
        files=files,
    )
    receipt = intake.receive(said, acting=MACHINE, now=now or monday(9))
    return intake.request_by_code(receipt.number, receipt.code), receipt


def end(case_id, *, now, person):
    """Withdrawn by whoever reported it: the shortest way to an end."""
    perform(case_id, "withdraw", acting=resident_actor(person), now=now, data={})
