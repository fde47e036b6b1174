"""`{% menu %}`: the pages that whoever is signed in may open. `{% page_link "desk" _("Desk") %}`: a link to one of them."""

from typing import Any

from django import template
from django.urls import reverse

from ..roles import ACTIONS

register = template.Library()


@register.inclusion_tag("menu.html", takes_context=True)
def menu(context: dict[str, Any]) -> dict[str, Any]:
    request = context["request"]
    return {
        "request": request,
        "may": {action for action in ACTIONS if request.viewer.scope.may(action)},
        "staff": request.user.is_staff,
    }


@register.inclusion_tag("page_link.html", takes_context=True)
def page_link(context: dict[str, Any], name: str, word: str) -> dict[str, Any]:
    """A link to the page that the URL ``name`` leads to, marked where it is the one that is shown."""
    match = context["request"].resolver_match
    return {"address": reverse(name), "here": bool(match) and match.url_name == name, "word": word}
