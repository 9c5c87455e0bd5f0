"""Taking down what somebody says, by an agent at the desk or a grid worker on the round."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from xianban.accounts.api import Actor, may_anywhere
from xianban.base.clock import utc_now
from xianban.base.errors import BadInput, NotAllowed, NotFound
from xianban.casework import api as casework
from xianban.intake import api as intake
from xianban.web import uploads, words
from xianban.web.forms import EntryForm, new_key
from xianban.web.pages.desk import menu, staff
from xianban.web.pages.report import submission
from xianban.web.wording import in_words


@require_http_methods(["GET", "HEAD", "POST"])
@staff
def new_case(request: HttpRequest, actor: Actor) -> HttpResponse:
    if not may_anywhere(actor, "open"):
        raise NotAllowed("taking down requests is for agents, dispatchers and grid workers")
    if request.method != "POST":
        return _page(request, actor, EntryForm(initial={"key": new_key()}))
    form = EntryForm(request.POST)
    if not form.is_valid() or uploads.taken(request).faults:
        return _page(request, actor, form, status=400)
    door = "grid" if form.cleaned_data["channel"] == "grid" else "desk"
    said = submission(
        form.cleaned_data, door=door, channel=form.cleaned_data["channel"], sending=request
    )
    try:
        receipt = intake.receive(said, now=utc_now(), acting=actor)
    except BadInput as fault:
        return _page(request, actor, form, notice=in_words(fault), status=400)
    messages.success(
        request,
        _("已登记：编号 %(number)s，查询码 %(code)s，请告诉来电人。")
        % {"number": receipt.number, "code": receipt.code},
        extra_tags="good",
    )
    try:
        casework.case_by_number(receipt.number, actor)
    except NotFound:  # it lies outside this person's scope: taken down all the same
        return redirect("new_case")
    return redirect("case", receipt.number)


def _page(
    request: HttpRequest, actor: Actor, form: EntryForm, *, notice: str = "", status: int = 200
) -> HttpResponse:
    key = (form.data.get("key") if form.is_bound else form.initial.get("key")) or new_key()
    context = menu(actor, "new_case") | {
        "form": form,
        "key": key,
        "notice": notice,
        "channels": list(words.CAME_BY.items()),
        "channel": form.data.get("channel") if form.is_bound else _usual_channel(actor),
    }
    return render(request, "cases/new.html", context, status=status)


def _usual_channel(actor: Actor) -> str:
    return "grid" if all(grant.role == "grid_worker" for grant in actor.grants) else "phone"
