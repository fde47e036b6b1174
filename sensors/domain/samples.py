"""Readings of one point as the rules see them: plain values in device time."""

from collections.abc import Mapping
from datetime import datetime
from typing import NamedTuple


class Sample(NamedTuple):
    """One value of one point. The unit is fixed by the point's quantity.

    ``quality`` is the flag (a ``Quality``), ``mark`` the whole stored number: flag, origin and check.
    """

    at: datetime  # device time, aware
    value: float
    quality: int
    mark: int = 0


class RainAmount(NamedTuple):
    """Rain in one window: ``mm`` that is known of, and the share (0–1) of the window that is covered."""

    mm: float
    complete: float


RainEntry = tuple[datetime, Mapping[str, RainAmount]]  # as of; by window: "5min", "10min", "1h" … "24h"


class Fresh(NamedTuple):
    """What one batch added to one point, for the rules to judge.

    ``previous_at`` is the newest trusted device time before the batch (None: none), so a sample not after
    it is late. ``samples`` are the newly stored ones, in time order, of any quality but quarantined.
    ``rain``: for the point that carries a gauge's sums, every entry of the rain history that is new or
    changed, in time order; a late sample changes the entries of the following 24 hours.
    """

    sensor_id: int
    previous_at: datetime | None
    samples: tuple[Sample, ...]
    rain: tuple[RainEntry, ...] = ()
