"""What residents and agents fill in, and what is said when something is missing."""

import re
import secrets
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

LONGEST_TEXT = 5000
KEY = re.compile(r"[0-9a-f]{32}")


def new_key() -> str:
    """A key for one rendering of a form: sent twice, it is still one report."""
    return secrets.token_hex(16)


class ReportForm(forms.Form):
    """What happened and where; who says so is optional."""

    text = forms.CharField(
        max_length=LONGEST_TEXT,
        min_length=4,
        error_messages={
            "required": _("请写下发生了什么。"),
            "min_length": _("请再多写几个字，好让我们知道该找谁。"),
            "max_length": _("请控制在 5000 字以内。"),
        },
    )
    place = forms.CharField(
        required=False,
        max_length=200,
        error_messages={"max_length": _("地点请控制在 200 字以内。")},
    )
    lat = forms.FloatField(required=False, min_value=-90, max_value=90)
    lon = forms.FloatField(required=False, min_value=-180, max_value=180)
    name = forms.CharField(
        required=False, max_length=40, error_messages={"max_length": _("称呼请控制在 40 字以内。")}
    )
    phone = forms.RegexField(
        r"^\+?[0-9][0-9 \-]{5,18}$",
        required=False,
        error_messages={"invalid": _("请填写数字电话号码，例如 13812345678；也可以不填。")},
    )
    key = forms.RegexField(KEY, required=False)

    def __init__(self, *args: Any, contact_required: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.contact_required = contact_required

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        if self.contact_required and not given.get("phone") and "phone" not in self.errors:
            self.add_error("phone", _("这里要求留下电话，好让承办单位联系您；只有他们看得到。"))
        # A point that cannot be read is no reason to refuse a report: the words say where.
        for name in ("lat", "lon", "key"):
            self.errors.pop(name, None)
        if given.get("lat") is None or given.get("lon") is None:
            given["lat"] = given["lon"] = None
        return given


class EntryForm(ReportForm):
    """The same, as somebody on duty takes it down."""

    channel = forms.CharField(max_length=20)


class FollowForm(forms.Form):
    """The number and the code that were given for a report."""

    number = forms.RegexField(
        r"^\s*\d{8}\s*-?\s*\d{1,12}\s*$",
        error_messages={
            "required": _("请填写编号。"),
            "invalid": _("编号由日期和序号组成，例如 20261122-123。"),
        },
    )
    code = forms.RegexField(
        r"^\s*[0-9A-Za-z ]{6,8}\s*$",
        error_messages={
            "required": _("请填写查询码。"),
            "invalid": _("查询码是 6 位字母和数字。"),
        },
    )
