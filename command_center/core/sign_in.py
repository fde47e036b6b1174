"""Signing in leads each person to the screen of their work."""

from django.contrib.auth.views import LoginView
from django.shortcuts import resolve_url

from .actor import person
from .now import now
from .scope import Scope

# The first right that is held decides: who works at the desk, who answers for a department, who is out with a unit.
HOMES = (("alarm.acknowledge", "desk"), ("order.sign", "orders"), ("position.report", "tasks"))
HALL = "desk"


def home_of(scope: Scope) -> str:
    """The name of the page that ``scope`` works on."""
    return next((page for action, page in HOMES if scope.may(action)), HALL)


class SignIn(LoginView):
    template_name = "sign_in.html"

    def get_redirect_url(self) -> str:
        """Where the person wanted to go; the bare address means: to my work."""
        wanted = super().get_redirect_url()
        return "" if wanted == resolve_url(HALL) else wanted

    def get_default_redirect_url(self) -> str:
        return resolve_url(home_of(person(self.request.user, now()).scope))
