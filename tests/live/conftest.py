"""What the tests of the wire share: a quiet registry of listeners, and no connection left open by a thread."""

import pytest
from django.db import connections

from command_center.core import events


@pytest.fixture(autouse=True)
def short_connections(monkeypatch):
    """Readers' threads close their connections after each reading, so that a test database can be dropped."""
    monkeypatch.setitem(connections.settings["default"], "CONN_MAX_AGE", 0)


@pytest.fixture
def listeners(monkeypatch):
    """An empty registry of listeners for this test alone."""
    monkeypatch.setattr(events, "LISTENERS", {})
    for module in ("relay", "tasks"):
        monkeypatch.setattr(f"command_center.core.{module}.LISTENERS", events.LISTENERS)
    return events.LISTENERS
