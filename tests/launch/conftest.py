"""A place of its own for each test, with the real PostgreSQL and Redis that ./onemap found (or this machine has)."""

import os
import sys
from pathlib import Path

import pytest

from command_center.launch import place as places
from command_center.launch import servers, steps, supervise


@pytest.fixture
def place(tmp_path, monkeypatch):
    """An empty place below a temporary var/; whatever a test leaves running there is ended after it."""
    if not os.environ.get("PGBIN"):
        controls = Path("/usr/share/postgresql").glob("*/extension/postgis-3.control")
        newest = max(controls, key=lambda path: int(path.parts[-3]))
        monkeypatch.setenv("PGBIN", f"/usr/lib/postgresql/{newest.parts[-3]}/bin")
    if not os.environ.get("REDIS_SERVER"):
        monkeypatch.setenv("REDIS_SERVER", "/usr/bin/redis-check-rdb")
    monkeypatch.delenv("DATABASE_URL", raising=False)
    monkeypatch.delenv("REDIS_URL", raising=False)
    # The server's own user must be able to reach the folder below pytest's private one.
    monkeypatch.setattr(places, "VAR", tmp_path)
    for module in (steps, servers, supervise):
        monkeypatch.setattr(module, "LOG", tmp_path / "log")
    monkeypatch.setattr(supervise, "VAR", tmp_path)
    monkeypatch.setattr(supervise, "PYTHON", sys.executable)
    made = places.Place("run")
    yield made
    made.end_processes()
