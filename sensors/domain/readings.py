"""What a device said, as values: readings, the message that carried them, and the refusal."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from .quality import Origin, Quality


@dataclass(frozen=True, slots=True)
class Reading:
    """One value of one point of one station at one moment.

    ``address`` names the station as the device does (SL 651: ten hex characters); ``channel`` names
    the point ("rain_total", "level", "pump3.current"); ``quantity`` is a key of ``QUANTITIES``, which
    fixes the unit. ``value`` is None where the device itself said "no valid value". ``quality`` is what the device
    says of its own value (flags for faults, calibration …), None where it says nothing. ``origin``: MANUAL where a person
    typed the value in at the device.
    """

    address: str
    channel: str
    quantity: str
    value: float | None
    observed_at: datetime
    quality: Quality | None = None
    origin: Origin = Origin.MEASURED


@dataclass(frozen=True, slots=True)
class Fix:
    """Where something that moves was, as it says itself. ``lon``/``lat`` in degrees (WGS 84), both None where it does
    not know or does not tell; ``direction_deg`` clockwise from north. ``alarms`` and ``state``: the protocol's bits.
    """

    address: str
    observed_at: datetime
    lon: float | None
    lat: float | None
    speed_kmh: float
    direction_deg: int
    altitude_m: int
    alarms: int = 0
    state: int = 0


@dataclass(frozen=True, slots=True)
class Message:
    """One decoded frame. ``details`` holds what is not a reading: status bits, texts, packet numbers."""

    protocol: str
    address: str
    function: str
    observed_at: datetime | None
    sent_at: datetime | None
    readings: tuple[Reading, ...] = ()
    serial: int | None = None
    details: Mapping[str, Any] = field(default_factory=dict)
    fixes: tuple[Fix, ...] = ()


class DecodeError(ValueError):
    """A frame that must be refused; the text says why, in the words of the person who will read it."""
