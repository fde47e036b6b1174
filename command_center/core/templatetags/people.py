"""`{{ row.made_by|person }}`: what somebody is called whom the row knows by login."""

from django import template

from ..people import name_of

register = template.Library()


@register.filter
def person(login: str | None) -> str:
    """The display name of ``login``, the login where there is none, "" for nobody."""
    return name_of(login) if login else ""
