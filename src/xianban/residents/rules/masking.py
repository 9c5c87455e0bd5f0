"""How one piece of personal data looks to those who need not know it."""

import re

from xianban.residents.rules.contacts import Contact, Masked, phone_of

SURNAMES_OF_TWO = (
    "欧阳司马上官诸葛东方皇甫尉迟公孙慕容令狐司徒司空夏侯端木百里南宫长孙宇文轩辕呼延完颜澹台公冶宗政濮阳"
    "淳于单于太叔申屠仲孙钟离鲜于闾丘东郭西门独孤"
)
DOUBLE_SURNAMES = frozenset(
    SURNAMES_OF_TWO[start : start + 2] for start in range(0, len(SURNAMES_OF_TWO), 2)
)
BUILDING = re.compile(r".*(?:号楼|栋|幢|座|号院?)(?=.)", re.DOTALL)


def mask_name(name: str) -> str:
    """The surname alone; how long the rest is does not show: 张**."""
    name = name.strip()
    if not name:
        return ""
    return (name[:2] if name[:2] in DOUBLE_SURNAMES else name[0]) + "**"


def mask_phone(text: str) -> str:
    """138****1234, 010-****5678, +852****4567, ****5678."""
    phone = phone_of(text)
    if not phone:
        return "****" if text.strip() else ""
    if re.fullmatch(r"1[3-9]\d{9}", phone):
        return f"{phone[:3]}****{phone[-4:]}"
    if phone.startswith("+"):
        country = 1 + min(max(len(phone) - 9, 1), 3)
        return f"{phone[:country]}****{phone[-4:]}"
    if re.fullmatch(r"0\d{9,11}", phone):
        area = 3 if re.match(r"010|02", phone) else 4
        return f"{phone[:area]}-****{phone[-4:]}"
    return f"****{phone[-4:]}" if len(phone) >= 7 else "****"


def mask_email(email: str) -> str:
    """z***@host: the host says little, and whether it is the right one."""
    first, at, host = email.strip().partition("@")
    return f"{first[:1]}***@{host}" if at else ("***" if first else "")


def mask_id_number(number: str) -> str:
    """The first six (where it was issued) and the last four."""
    number = number.strip()
    if len(number) < 12:
        return "*" * len(number)
    return number[:6] + "*" * (len(number) - 10) + number[-4:]


def mask_address(address: str) -> str:
    """Down to the building, without the door: 幸福路12号3号楼***."""
    address = address.strip()
    building = BUILDING.match(address)
    return building[0] + "***" if building else address


def mask_contact(contact: Contact) -> Masked:
    """A contact as lists and pages show it."""
    return Masked(
        name=mask_name(contact.name),
        phone=mask_phone(contact.phone),
        email=mask_email(contact.email),
        address=mask_address(contact.other.get("address", "")),
    )
