"""Hearing of a place without an account: ask, confirm by the code that was sent, end by the same code."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from xianban.base.clock import utc_now
from xianban.base.errors import NotFound
from xianban.city import api as city
from xianban.intake import api as intake
from xianban.residents.api import email_of, phone_of
from xianban.web import throttle
from xianban.web.pages.places import offered
from xianban.web.refusals import sorry

ASKED_AN_HOUR = 60  # from one address
WRONG_CODES = 10
WITHIN_S = 600


class SubscribeForm(forms.Form):
    """Which place, perhaps which matter, and where to write to."""

    area_name = forms.CharField(
        max_length=100, error_messages={"required": gettext_lazy("请写明哪个社区、街道或区。")}
    )
    matter = forms.CharField(max_length=40, required=False)
    contact = forms.CharField(
        max_length=254,
        error_messages={"required": gettext_lazy("请填手机号或邮箱；确认码会发到那里。")},
    )

    def clean_area_name(self) -> str:
        """The code of the one area that is meant."""
        typed = self.cleaned_data["area_name"].strip()
        here = city.current()
        if typed in here.areas:
            return typed
        found = here.places_like(typed, areas_only=True, limit=20)
        exact = [one.area for one in found if one.name == typed]
        codes = exact or [one.area for one in found]
        if len(codes) == 1:
            return codes[0]
        raise forms.ValidationError(
            _("这样的地方有几个，请从下面选一个。")
            if codes
            else _("没有找到这个地方，请写社区、街道或区的名称。")
        )

    def clean_matter(self) -> str:
        matter = self.cleaned_data["matter"]
        return matter if matter in city.current().matters else ""

    def clean_contact(self) -> str:
        contact = self.cleaned_data["contact"].strip()
        if not (phone_of(contact) or email_of(contact)):
            raise forms.ValidationError(_("这不像手机号或邮箱，请核对。"))
        return str(contact)


class CodeForm(forms.Form):
    """The number of the subscription and the code, as they stand in the message."""

    number = forms.IntegerField(
        min_value=1,
        max_value=2**62,
        error_messages={
            "required": gettext_lazy("请填订阅号，它在我们发给您的信息里。"),
            "invalid": gettext_lazy("订阅号是一个数字，它在我们发给您的信息里。"),
        },
    )
    code = forms.RegexField(
        r"^\s*[0-9A-Za-z ]{8,10}\s*$",
        error_messages={
            "required": gettext_lazy("请填信息里的 8 位码。"),
            "invalid": gettext_lazy("码是 8 位字母和数字。"),
        },
    )


@csrf_exempt  # no session: whoever holds the code acts
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def subscribe(request: HttpRequest) -> HttpResponse:
    if request.method != "POST":
        return _page(request, SubscribeForm(initial=_wished(request)))
    if "code" in request.POST:
        return _open(request)
    posted = request.POST.copy()
    if "choose" in posted:
        posted["area_name"] = str(posted["choose"])
    form = SubscribeForm(posted)
    if not form.is_valid():
        places = offered(posted.get("area_name", ""), areas_only=True)
        return _page(request, form, places=places, status=400)
    if throttle.too_often(request, "subscribe", times=ASKED_AN_HOUR, within_s=3600):
        return sorry(request, 429)
    contact = form.cleaned_data["contact"]
    intake.subscribe(
        area=form.cleaned_data["area_name"],
        matter=form.cleaned_data["matter"],
        phone=contact if phone_of(contact) else "",
        email=contact if not phone_of(contact) else "",
        language=get_language() or "",
        now=utc_now(),
    )
    return redirect("subscribe_sent")


def _wished(request: HttpRequest) -> dict[str, str]:
    """The place that a link named."""
    area = request.GET.get("area", "")
    try:
        here = city.current()
    except NotFound:
        return {}
    return {"area_name": here.area_name(area)} if area in here.areas else {}


def _page(
    request: HttpRequest, form: SubscribeForm, *, status: int = 200, **more: Any
) -> HttpResponse:
    try:
        here = city.current()
        tops = [(m.code, m.name) for m in here.matters.values() if not m.parent]
    except NotFound:
        tops = []
    context = {"form": form, "matters": tops, "here": "subscribe", **more}
    return render(request, "resident/subscribe.html", context, status=status)


@never_cache
@require_http_methods(["GET", "HEAD"])
def sent(request: HttpRequest) -> HttpResponse:
    """A code is on its way: the same page, whoever asked and however often."""
    return render(
        request, "resident/subscribe_code.html", {"form": CodeForm(), "here": "subscribe"}
    )


def _open(request: HttpRequest) -> HttpResponse:
    form = CodeForm(request.POST)
    if form.is_valid():
        number = form.cleaned_data["number"]
        code = form.cleaned_data["code"].replace(" ", "").upper()
        if throttle.is_blocked(request, "subscription", times=WRONG_CODES):
            return sorry(request, 429)
        try:
            intake.subscription_by_code(number, code)
        except NotFound:
            throttle.too_often(request, "subscription", times=WRONG_CODES, within_s=WITHIN_S)
            form.add_error(None, _("订阅号和码对不上，请核对我们发给您的信息。"))
        else:
            if "confirm" in request.POST:
                intake.confirm(number, code, now=utc_now())
            return redirect("subscription", number, code)
    context = {"form": form, "here": "subscribe"}
    return render(request, "resident/subscribe_code.html", context, status=400)


@csrf_exempt
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def subscription(request: HttpRequest, number: int, code: str) -> HttpResponse:
    """One subscription: confirm it, or end it. Opening the address changes nothing."""
    if throttle.is_blocked(request, "subscription", times=WRONG_CODES):
        return sorry(request, 429)
    try:
        seen = intake.subscription_by_code(number, code)
    except NotFound:
        throttle.too_often(request, "subscription", times=WRONG_CODES, within_s=WITHIN_S)
        raise
    if request.method == "POST":
        if "end" in request.POST:
            intake.unsubscribe(number, code, now=utc_now())
            messages.success(
                request, _("已退订，不会再发给您；您的订阅已删除。"), extra_tags="good"
            )
            return redirect("subscribe")
        intake.confirm(number, code, now=utc_now())
        return redirect("subscription", number, code)
    here = city.current()
    context = {
        "here": "subscribe",
        "seen": seen,
        "area": here.area_name(seen.area),
        "matter": here.matter_name(seen.matter) if seen.matter else "",
    }
    return render(request, "resident/subscription.html", context)
