"""Personal numbers in what people write: found and masked.

Rather one order number too many than one telephone too few: the words as they were typed stay
sealed, and can be read for a stated purpose.
"""

import re
from collections.abc import Callable

from xianban.residents.rules.masking import mask_email, mask_id_number, mask_phone

SEP = r"[-\s·–—]?"
CHINESE = "零〇一二三四五六七八九幺"
PROVINCES = "京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼"
FOLD = {0xFF10 + digit: str(digit) for digit in range(10)}
FOLD |= dict(zip(map(ord, CHINESE), "001234567891", strict=True))

# Every search begins with a set of characters, which `re` skips to quickly: most texts hold
# nothing of the kind, and pass in a few microseconds.
RUN = re.compile(r"[+(（\d](?:[-\s·–—.()（）+]{0,2}\d){6,}[Xx]?")
SPOKEN = re.compile(rf"[{CHINESE}][{CHINESE}]{{10,}}")
EMAIL = re.compile(r"(?<![A-Za-z0-9_.%+-])[A-Za-z0-9_.%+-]+[@＠][A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+")
PLATE = re.compile(
    rf"([{PROVINCES}]{SEP}[A-HJ-NP-Za-hj-np-z])({SEP}(?=[A-Za-z]*\d[A-Za-z]*\d)"
    r"(?:[A-HJ-NP-Za-hj-np-z0-9]{5,6}|[A-HJ-NP-Za-hj-np-z0-9]{4}(?=[挂学警港澳试领超])))(?![A-Za-z0-9])"
)

DAY = r"(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])"
DATE = re.compile(rf"(?:19|20)\d{{2}}{DAY}")
REGION = r"(?:[1-6]\d|71|8[1-3]|9[01])\d{4}"
ID_NUMBER = re.compile(
    rf"(?<!\d){REGION}(?:(?:18|19|20)\d{{2}}{DAY}\d{{3}}[\dXx]|\d{{2}}{DAY}\d{{3}})(?![\dXx])"
)
CARD = re.compile(r"(?<!\d)[3-69]\d{3}(?:[ -]?\d{4}){3}(?:[ -]?\d{1,3})?(?!\d)")
MOBILE = re.compile(
    rf"(?<!\d)(?:(?:\+|00)?86{SEP}|0)?(1[3-9]\d{SEP}\d{{4}}{SEP}\d{{4}}"
    rf"|1[3-9]\d{SEP}\d{{3}}{SEP}\d{{5}}|1[3-9]{SEP}\d{{3}}{SEP}\d{{3}}{SEP}\d{{3}}"
    rf"|1[3-9]\d{{2}}{SEP}\d{{3}}{SEP}\d{{4}}|1[3-9]\d\.\d{{4}}\.\d{{4}})(?!\d)"
)
AREA = r"(?:10|2\d|[3-9]\d{2})"
LANDLINE = re.compile(
    rf"(?<!\d)(?:(?:\+|00)?86{SEP}(?P<abroad>0?{AREA})|[(（](?P<round>0?{AREA})[)）]|(?P<plain>0{AREA}))"
    rf"{SEP}(?P<local>[1-9]\d{{2,3}}{SEP}\d{{4}})(?!\d)"
)
ABROAD = re.compile(rf"(?<!\d)\+[1-9](?:{SEP}\d){{7,14}}(?!\d)")
LOCAL = re.compile(r"^\D?(\d{3,4}-?\d{4})(?!\d)")  # only after a word that announces a number
ANNOUNCED = re.compile(r"(?:电话|座机|固话|致电|手机|联系方式|拨打|[Tt]el|TEL)\D{0,6}$")


def mask_numbers(text: str) -> str:
    """The text with telephone, identity and card numbers, mail addresses and plates masked.

    Masking a masked text changes nothing. Numbers in full-width or spoken digits count too.
    Service numbers (12345, 110, 400-…) stay.
    """
    while (masked := _once(text)) != text:
        text = masked
    return text


def _once(text: str) -> str:
    if "@" in text or "＠" in text:
        text = EMAIL.sub(lambda match: mask_email(match[0].replace("＠", "@")), text)
    text = RUN.sub(_run, text)
    text = SPOKEN.sub(_run, text)
    return PLATE.sub(_plate, text)


def _run(match: re.Match[str]) -> str:
    """A run of digits, with what of it is personal masked; as it was if nothing is."""
    said = plain = match[0].translate(FOLD)
    for pattern, mask in PASSES:
        plain = pattern.sub(mask, plain)
    before = match.string[max(0, match.start() - 12) : match.start()]
    if ANNOUNCED.search(before):
        plain = LOCAL.sub(_local, plain)
    return match[0] if plain == said else plain


def _card(match: re.Match[str]) -> str:
    digits = re.sub(r"\D", "", match[0])
    return f"{digits[:4]}****{digits[-4:]}" if _luhn(digits) else match[0]


def _luhn(digits: str) -> bool:
    """The check that every bank card number passes, and one in ten others."""
    odd = sum(int(digit) for digit in digits[-1::-2])
    even = sum(sum(divmod(2 * int(digit), 10)) for digit in digits[-2::-2])
    return (odd + even) % 10 == 0


def _landline(match: re.Match[str]) -> str:
    area = match["abroad"] or match["round"] or match["plain"]
    return f"{area if area.startswith('0') else '0' + area}-****{match['local'][-4:]}"


def _local(match: re.Match[str]) -> str:
    number = match[1]
    if DATE.fullmatch(number):
        return match[0]
    return match[0].replace(number, f"****{number[-4:]}")


def _plate(match: re.Match[str]) -> str:
    return f"{match[1]}***{match[0][-2:]}"


PASSES: tuple[tuple[re.Pattern[str], Callable[[re.Match[str]], str]], ...] = (
    (ID_NUMBER, lambda match: mask_id_number(match[0])),
    (CARD, _card),
    (MOBILE, lambda match: mask_phone(match[1])),
    (LANDLINE, _landline),
    (ABROAD, lambda match: mask_phone(match[0])),
)
