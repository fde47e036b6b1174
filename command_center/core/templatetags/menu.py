"""`{% menu %}`: the pages that whoever is signed in may open."""

from typing import Any

from django import template

from ..roles import ACTIONS

register = template.Library()


@register.inclusion_tag("menu.html", takes_context=True)
def menu(context: dict[str, Any]) -> dict[str, Any]:
    request = context["request"]
    match = request.resolver_match
    return {
        "may": {action for action in ACTIONS if request.viewer.scope.may(action)},
        "staff": request.user.is_staff,
        "here": match.url_name if match else "",
    }
