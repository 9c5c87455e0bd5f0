"""`csrf_token` as Django has it, and beside it whose form it is, so that only they get back what they typed."""

from django import template
from django.template.context import RequestContext
from django.template.defaulttags import CsrfTokenNode
from django.utils.html import conditional_escape, format_html
from django.utils.safestring import SafeString

from xianban.web.kept_words import MARK, mark_of

register = template.Library()


@register.simple_tag(takes_context=True)
def csrf_token(context: RequestContext) -> SafeString:
    plain = conditional_escape(CsrfTokenNode().render(context))
    user = getattr(getattr(context, "request", None) or context.get("request"), "user", None)
    if user is None or not user.is_authenticated:
        return plain
    return format_html('{}<input type="hidden" name="{}" value="{}">', plain, MARK, mark_of(user.pk))  # fmt: skip
