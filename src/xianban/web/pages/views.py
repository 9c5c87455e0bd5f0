"""Named lists: keep the list one looks at, open one first, share it with one's unit."""

from urllib.parse import parse_qsl, urlencode

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from xianban.accounts.api import Actor
from xianban.base.errors import BadInput
from xianban.casework import api as casework
from xianban.casework.api import View
from xianban.city import api as city
from xianban.web.pages.desk import menu, staff
from xianban.web.wording import in_words


def address_of(view: View) -> str:
    """The query of the list."""
    return "?" + urlencode({**view.asks, "view": view.key})


@require_http_methods(["GET", "POST"])
@staff
def views(request: HttpRequest, actor: Actor) -> HttpResponse:
    """One's views, and those that colleagues share; a post keeps another."""
    fault, name = "", request.POST.get("name", "")
    if request.method == "POST":
        asks = dict(parse_qsl(request.POST.get("asks", "").lstrip("?")))
        try:
            view = casework.save_view(name, asks, acting=actor)
        except BadInput as refusal:
            fault = in_words(refusal)
        else:
            messages.success(request, _("已存为视图“%(name)s”。") % {"name": view.name})
            return redirect("/cases/" + address_of(view))
    here = city.current()
    context = menu(actor, "cases") | {
        "views": [(view, address_of(view)) for view in casework.views_of(actor)],
        "units": [(code, here.unit_name(code)) for code in casework.units_of(actor)],
        "fault": fault,
        "name": name,
        "asks": request.POST.get("asks", ""),
    }
    return render(request, "handler/views.html", context, status=400 if fault else 200)


@require_POST
@staff
def change(request: HttpRequest, actor: Actor, key: int) -> HttpResponse:
    """Open it first, or no longer; share it, or no longer; delete it."""
    what = request.POST.get("what", "")
    if what == "delete":
        casework.delete_view(key, acting=actor)
    elif what in ("first", "last"):
        casework.change_view(key, acting=actor, first=what == "first")
    elif what == "share":
        casework.change_view(key, acting=actor, shared_with=request.POST.get("unit", ""))
    return redirect("views")
