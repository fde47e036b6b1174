"""What tests share: people with scopes, a small district, and a clock that nobody left running."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from command_center.core import now, people
from command_center.core.actor import Actor
from command_center.core.scope import Grant, Scope
from tests.emptying import empty

SHARED = Path(__file__).resolve().parents[2] / "shared"
NOON = datetime(2026, 7, 1, 4, 0, tzinfo=UTC)  # 12:00 in Shanghai
MIN = timedelta(minutes=1)


def actor(*grants, name="somebody"):
    """An actor who holds ``grants``: (role, area path) or (role, area path, department id)."""
    return Actor(name, Scope.of(Grant(*grant) for grant in grants))


def pytest_collection_modifyitems(config, items):
    """What needs recordings (``beside``) is a test only where they lie beside the repository."""
    absent = [
        item
        for item in items
        if any(not (SHARED / path).exists() for mark in item.iter_markers("beside") for path in mark.args)
    ]
    if absent:
        config.hook.pytest_deselected(items=absent)
        items[:] = [item for item in items if item not in absent]


@pytest.fixture(autouse=True)
def real_clock():
    """No test inherits another one's storm time, or the names of its people."""
    now.forget()
    people.forget()
    yield
    now.forget()
    people.forget()


@pytest.fixture
def officer():
    return actor(("duty_officer", "/dy/"), name="officer")


@pytest.fixture
def admin():
    return actor(("administrator", "/dy/"), name="admin")


@pytest.fixture(scope="module")
def seeded(django_db_setup, django_db_blocker):
    """The demo district once for a module: what its tests write is rolled back to here, and this after the last."""
    from django.db import transaction

    from command_center.demo import seed

    with django_db_blocker.unblock(), transaction.atomic():
        seed.seed()
        yield
        transaction.set_rollback(True)


@pytest.fixture
def district(seeded, db):
    """The whole demo district: areas, departments, stations. Seeded, so that tests may name its places. Not for a module
    with tests that really commit."""


@pytest.fixture(scope="session", autouse=True)
def what_was_committed_is_emptied_cheaply():
    from django.test import TransactionTestCase

    TransactionTestCase._fixture_teardown = empty
