"""Where somebody lands after signing in: the first page of their role."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_safe

from xianban.accounts.api import Actor
from xianban.web.menu import home_of
from xianban.web.pages.desk import staff


@require_safe
@staff
def home(request: HttpRequest, actor: Actor) -> HttpResponse:
    return redirect(home_of(actor))
