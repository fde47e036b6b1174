"""`{% menu %}`: the pages that whoever is signed in may open. `{% page_link "desk" _("Desk") %}`: a link to one of them."""

from typing import Any

from django import template
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import mark_safe

from ..roles import ACTIONS

register = template.Library()
HERE = mark_safe(' aria-current="page"')


@register.inclusion_tag("menu.html", takes_context=True)
def menu(context: dict[str, Any]) -> dict[str, Any]:
    request = context["request"]
    return {
        "request": request,
        "may": {action for action in ACTIONS if request.viewer.scope.may(action)},
        "staff": request.user.is_staff,
    }


@register.simple_tag(takes_context=True)
def page_link(context: dict[str, Any], name: str, word: str) -> str:
    """A link to the page that the URL ``name`` leads to, marked where it is the one that is shown."""
    match = context["request"].resolver_match
    here = HERE if match and match.url_name == name else ""
    return format_html('<a href="{}"{}>{}</a>', reverse(name), here, word)
