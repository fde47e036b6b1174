"""What the tests of the wire share: a quiet registry of listeners, and no connection left open by a thread."""

import pytest
from django.db import connection

from command_center.core import events
from command_center.onemap import snapshot


@pytest.fixture(autouse=True, scope="module")
def no_connection_stays(django_db_setup, django_db_blocker):
    """Servers' and readers' threads outlive a test; their connections must not keep the database from its end."""
    yield
    with django_db_blocker.unblock(), connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )


@pytest.fixture(autouse=True)
def nothing_kept():
    """No snapshot of another test's district."""
    snapshot._kept.clear()


@pytest.fixture
def listeners(monkeypatch):
    """An empty registry of listeners for this test alone."""
    monkeypatch.setattr(events, "LISTENERS", {})
    for module in ("relay", "tasks"):
        monkeypatch.setattr(f"command_center.core.{module}.LISTENERS", events.LISTENERS)
    return events.LISTENERS
