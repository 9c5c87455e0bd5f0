"""Every no of the rooms below as a page: one table, and one place that renders it."""

import logging
from http import HTTPStatus
from typing import NamedTuple

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from xianban.base import errors
from xianban.web import kept_words
from xianban.web.wording import in_words

logger = logging.getLogger("xianban.web")


class Answer(NamedTuple):
    """What happened, and what to do; nothing that a visitor typed is repeated here."""

    title: Promise
    remedy: Promise
    icon: str = "info-circle"


STATUS: dict[type[errors.XianbanError], HTTPStatus] = {
    errors.BadInput: HTTPStatus.BAD_REQUEST,
    errors.NotAllowed: HTTPStatus.FORBIDDEN,
    errors.NotFound: HTTPStatus.NOT_FOUND,
    errors.WrongState: HTTPStatus.CONFLICT,
    errors.Unavailable: HTTPStatus.SERVICE_UNAVAILABLE,
    errors.BrokenPromise: HTTPStatus.INTERNAL_SERVER_ERROR,
}
ANSWERS: dict[int, Answer] = {
    400: Answer(_("这一步没有成功"), _("提交的内容有一处系统读不懂，什么都没有改动。请返回上一页检查后再试。")),
    403: Answer(_("您不能查看或办理这一项"), _("它不在您的职责范围内，或登录已经过期。您写的内容还在上一页；请重新登录，或请管理员核对您的权限。"), "lock"),
    404: Answer(_("没有找到"), _("没有这个页面或编号，或者它不在您能查看的范围内。请核对编号。"), "search"),
    405: Answer(_("这一步没有成功"), _("这个地址不接受这样的访问。请返回上一页再试。")),
    409: Answer(_("情况已经变化"), _("在您办理期间，这件事有了新的进展，您的操作没有生效，也没有丢失别人的记录。请刷新后再看。"), "refresh-alert"),
    429: Answer(_("试得太频繁了"), _("为了保护诉求人的隐私，请过 10 分钟再试。"), "hand-stop"),
    500: Answer(_("系统出错了"), _("已经受理的诉求都在，没有丢失。我们记下了这个问题；请稍后再试。"), "tools"),
    503: Answer(_("暂时连不上"), _("已经受理的诉求都在，没有丢失。请过一会儿再试。"), "cloud-off"),
}  # fmt: skip


def status_of(error: errors.XianbanError) -> HTTPStatus:
    """The HTTP status of a refusal: that of the nearest class in its line."""
    for kind in type(error).__mro__:
        if kind in STATUS:
            return STATUS[kind]
    return HTTPStatus.INTERNAL_SERVER_ERROR


def refused(request: HttpRequest, error: errors.XianbanError) -> HttpResponse:
    """The page for a refusal. What is wrong with our own data is for the log, not for the page."""
    status = status_of(error)
    if status >= 500:
        logger.error("%s: %s", type(error).__name__, error)
    return sorry(request, status, detail="" if status >= 500 or status == 404 else in_words(error))


def sorry(request: HttpRequest, status: int, *, detail: str = "") -> HttpResponse:
    """An error page in the product's voice: what happened, that nothing was lost, what to do."""
    user = getattr(request, "user", None)  # not there where a request is refused early
    at_work = status < 500 and user is not None and user.is_authenticated
    frame = "staff.html" if at_work else "resident/base.html"
    answer = ANSWERS[int(status)]
    context = {"status": int(status), "answer": answer, "detail": detail, "frame": frame}
    return render(request, "refusal.html", context, status=status)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    return sorry(request, 400)


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    return sorry(request, 403)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    return sorry(request, 404)


def stale_form(request: HttpRequest, reason: str = "") -> HttpResponse:
    """A form without its proof of origin: most often one that outlived a sign-in.

    Nothing is done; the words of whoever wrote them are put back into their form, to be sent again.
    """
    page = kept_words.keep(request)
    return redirect(page) if page else sorry(request, 403)


def broken(request: HttpRequest) -> HttpResponse:
    """The last page there is: a plain one, for the database may be the very thing that failed."""
    return render(request, "500.html", status=500)
