"""Measurements that an app offers to `manage.py bench`: each prints figures beside a ceiling of the same run."""

import json
import sys
from collections.abc import Callable
from importlib import import_module
from importlib.util import find_spec
from typing import IO, Any

from django.apps import apps

Bench = Callable[["Report"], None]


class Report:
    """Prints one JSON line a figure."""

    def __init__(self, bench: str, out: IO[str] | None = None) -> None:
        self.bench, self.out = bench, out or sys.stdout

    def figure(
        self,
        figure: str,
        value: float,
        unit: str,
        *,
        ceiling: float | None = None,
        n: int | None = None,
        note: str = "",
    ) -> dict[str, Any]:
        """Print one figure; ``ceiling`` is what was measured in this run as the best that is possible."""
        line = {
            "bench": self.bench,
            "figure": figure,
            "value": round(value, 3),
            "unit": unit,
            "ceiling": None if ceiling is None else round(ceiling, 3),
            "ratio": round(value / ceiling, 3) if ceiling else None,
            "n": n,
            "note": note,
        }
        self.out.write(json.dumps(line, ensure_ascii=False) + "\n")
        self.out.flush()
        return line


def benches() -> dict[str, Bench]:
    """Every ``bench_NAME(report)`` found in ``<app>/benches/NAME.py``, by name."""
    found: dict[str, Bench] = {}
    for app in apps.get_app_configs():
        if find_spec(f"{app.name}.benches") is None:
            continue
        package = import_module(f"{app.name}.benches")
        for name in getattr(package, "BENCHES", ()):  # this module has none
            found[name] = getattr(import_module(f"{app.name}.benches.{name}"), f"bench_{name}")
    return found
