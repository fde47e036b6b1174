"""Deny by default: every API view names its action, every endpoint × role is judged alike, the schema is whole."""

import re

import pytest
from django.test import Client
from django.urls import get_resolver

from command_center.core.models import Area, Membership, User
from command_center.core.roles import ACTIONS, ROLES
from tests.emptying import rolled_back


def api_views():
    found = {}
    for entry in get_resolver().url_patterns:
        if str(entry.pattern) == "api/v1/":
            for route in entry.url_patterns:
                found[str(route.pattern)] = route.callback.view_class
    return found


@pytest.mark.parametrize("route", sorted(api_views()))
def test_every_view_names_an_action_that_somebody_has(route):
    needs = api_views()[route].needs
    assert set(needs.values() if isinstance(needs, dict) else [needs]) <= ACTIONS


NOTHING = {"uuid": "00000000-0000-0000-0000-000000000000", "str": "nothing", "int": "0"}


def needed(view, method):
    return view.needs.get(method.upper()) if isinstance(view.needs, dict) else view.needs


@pytest.fixture(scope="module")
def clients(django_db_setup, django_db_blocker):
    """A signed-in client for each role over the district, and under None one of somebody without any."""
    with rolled_back(django_db_blocker):
        area = Area.objects.create(code="1", name="区", kind="district", path="/dy/")
        made = {}
        for role in [None, *sorted(ROLES)]:
            user, made[role] = User.objects.create(username=f"u-{role}"), Client()
            if role:
                Membership.objects.create(user=user, role=role, area=area)
            made[role].force_login(user)
        yield made


@pytest.mark.parametrize("route", sorted(api_views()))
def test_who_does_not_hold_the_action_is_refused_at_every_endpoint(clients, db, route):
    view = api_views()[route]
    address = "/api/v1/" + re.sub(r"<(\w+):\w+>", lambda m: NOTHING[m[1]], route)
    methods = [method for method in ("get", "post", "put", "patch", "delete") if hasattr(view, method)]

    def asked(client, method):
        body = {} if method == "get" else "{}"
        return getattr(client, method)(address, body, content_type="application/json").status_code

    assert {asked(Client(), method) for method in methods} == {403}, "nobody is signed in"
    for role, client in clients.items():
        for method in methods:
            held = role is not None and needed(view, method) in ROLES[role]
            status = asked(client, method)
            assert (status != 403) == held, (status, role, method)


@pytest.mark.django_db
def test_the_schema_describes_every_endpoint():
    user = User.objects.create(username="u")
    client = Client()
    assert client.get("/api/schema/").status_code == 403
    client.force_login(user)
    answer = client.get("/api/schema/", HTTP_ACCEPT="application/vnd.oai.openapi+json")
    assert answer.status_code == 200
    paths = answer.json()["paths"]
    assert {"/api/v1/stations", "/api/v1/alarms/acknowledge", "/api/v1/parameters/{name}"} <= set(paths)
    assert len(paths) >= len(api_views())
