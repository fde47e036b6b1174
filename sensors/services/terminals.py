"""Terminals that dial in: what they are asked from the station page, what they answered, and what they say besides readings."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from command_center.core import parameters
from command_center.core.actor import Actor
from command_center.core.acts import record_act

from ..adapters import ADAPTERS
from ..models import Downlink, RawFrame, Station
from .downlinks import CannotBeTold, send

SHOWN = 12
LOOKS_BACK = timedelta(days=3)
FRAMES_READ = 400
MANUAL_SHOWN = 5
SPEAKING = frozenset({"sl651", "slt427"})
"""Protocols whose frames tell of the terminal itself in the words of ``terminal_words``."""
_SAID = ("status", "pumps_on", "manual_text", "version", "station_class", "clock_skew_s")


def questions_of(station: Station) -> tuple[str, ...]:
    """What the station page may ask of it; none for equipment that takes no questions."""
    return tuple(getattr(ADAPTERS.get(station.protocol), "questions", ()))


def ask(station: Station, kind: str, body: Mapping[str, Any], *, by: Actor, at: datetime) -> Downlink:
    """Ask now, or at the terminal's next call. Raises ``CannotBeTold`` with the reason where it cannot be said."""
    adapter: Any = ADAPTERS.get(station.protocol)
    if kind not in questions_of(station):
        raise CannotBeTold(f"{kind!r} cannot be asked of {station.code}")
    try:  # said once for the form's sake: what is wrong with it is told now and not an hour later
        adapter.command(kind, body, address=station.address, serial=1, at=at)
    except ValueError as problem:
        raise CannotBeTold(str(problem)) from None
    patience = timedelta(minutes=parameters.value("downlink.next_call"))
    with transaction.atomic():
        row = send(station, kind, body, by=by.name, at=at, patience=patience)
        assert row is not None
        record_act("station.command", station, by=by, at=at, kind=kind, **body)
    return row


def asked(station: Station) -> list[Downlink]:
    """The last questions, newest first."""
    kinds = questions_of(station)
    return list(Downlink.objects.filter(station=station, kind__in=kinds).order_by("-asked_at", "-pk")[:SHOWN])


def said(station: Station, at: datetime) -> dict[str, Any]:
    """What its frames of the last days told besides readings: the newest of each with its time, the last manual texts.

    {"status": {"at", "value": {bit name: bool}}, "manual": [{"at", "text"}], …}; empty where nothing was told.
    """
    frames = (
        RawFrame.objects.filter(
            station_id=station.pk,
            received_at__gte=at - LOOKS_BACK,
            decoded__details__has_any_keys=list(_SAID),
        )
        .order_by("-received_at", "-id")
        .values_list("received_at", "decoded__details")[:FRAMES_READ]
    )
    told: dict[str, Any] = {}
    manual: list[dict[str, Any]] = []
    for received_at, details in frames:
        if details.get("direction") == "down":
            continue
        for name in _SAID:
            if name not in details:
                continue
            if name == "manual_text":
                manual.append({"at": received_at, "text": details[name]})
            else:
                told.setdefault(name, {"at": received_at, "value": details[name]})
    if manual:
        told["manual"] = manual[:MANUAL_SHOWN]
    return told
