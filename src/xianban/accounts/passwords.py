"""What lengthens a password without making it harder to guess. No rule about signs and digits."""

from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

ROWS = ("0123456789", "abcdefghijklmnopqrstuvwxyz", "qwertyuiopasdfghjklzxcvbnm")
LEAST = 8  # letters that are left without the name
KINDS = 5  # different letters


class NotPlain:
    """Refuses the user name with little around it, the same few letters over again, and rows of keys."""

    def validate(self, password: str, user: Any = None) -> None:
        word = password.lower()
        left = word
        for name in ("username", "name", "email"):
            part = str(getattr(user, name, "") or "").partition("@")[0].lower()
            left = left.replace(part, "") if len(part) >= 3 else left
        if len(left) < min(LEAST, len(word)):
            raise ValidationError(_("密码里大半是用户名或姓名，请换一个。"), code="like_the_name")
        rows = [row * 3 for row in ROWS] + [row[::-1] * 3 for row in ROWS]
        if len(set(word)) < KINDS or any(word in row for row in rows):
            raise ValidationError(_("密码太有规律，请换成几个不相干的词。"), code="too_plain")

    def get_help_text(self) -> str:
        return _("不要用名字、重复的字符或连续的按键。")
