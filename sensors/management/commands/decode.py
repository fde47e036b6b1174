"""Read frames by hand: ``manage.py decode sl651 7E7E…``, or one frame a line on standard input."""

import json
import sys
from collections.abc import Iterable
from datetime import datetime, timedelta, timezone
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from command_center.core.now import now
from sensors.adapters import ADAPTERS
from sensors.adapters.base import Adapter
from sensors.domain.quantities import QUANTITIES
from sensors.domain.readings import DecodeError, Message
from sensors.models import Station
from sensors.services.devicetypes import config_for

BEIJING = timezone(timedelta(hours=8))


def _moment(at: datetime | None) -> str | None:
    return at and at.astimezone(BEIJING).isoformat()


def _plain(value: Any) -> Any:
    """What JSON does not know: times with their offset, octets by their number."""
    return _moment(value) if isinstance(value, datetime) else {"bytes": len(value)}


def as_json(message: Message) -> dict[str, Any]:
    """A message in the shape that ``manage.py decode`` prints."""
    readings = []
    for reading in message.readings:
        row = {
            "quantity": reading.quantity,
            "value": reading.value,
            "unit": QUANTITIES[reading.quantity].unit,
            "observed_at": _moment(reading.observed_at),
            "channel": reading.channel,
        }
        if reading.address != message.address:
            row["station"] = reading.address
        readings.append(row)
    return {
        "protocol": message.protocol,
        "station": message.address,
        "function": message.function,
        "serial": message.serial,
        "sent_at": _moment(message.sent_at),
        "observed_at": _moment(message.observed_at),
        "readings": readings,
        "details": dict(message.details),
    }


def octets(adapter: Adapter, written: str) -> bytes:
    """A frame as a person writes it: hex with or without spaces, or the text itself for protocols of text."""
    if adapter.text:
        return written.encode(errors="surrogateescape")
    try:
        return bytes.fromhex("".join(written.split()))
    except ValueError:
        raise DecodeError("this is not hex: two digits 0-9, A-F for each byte are expected") from None


class Command(BaseCommand):
    help = (
        'Decode frames to one JSON line each; a refused one gives {"error": …} and exit status 1 at the end.'
    )
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "protocol", choices=sorted(ADAPTERS), metavar="PROTOCOL", help=", ".join(ADAPTERS)
        )
        parser.add_argument(
            "--station", metavar="CODE", help="whose configuration (points, topic …) is to be used"
        )
        parser.add_argument(
            "frames", nargs="*", metavar="FRAME", help="hex or text; none: read standard input"
        )

    def handle(self, *args: Any, protocol: str, frames: list[str], **options: Any) -> None:
        adapter: Adapter = ADAPTERS[protocol]
        configured: tuple[Any, ...] = ()
        if code := options.get("station"):
            station = (
                Station.objects.select_related("device_type").filter(code=code, protocol=protocol).first()
            )
            if station is None:
                raise CommandError(f"there is no station {code} that speaks {protocol}")
            configured = config_for(station), now()
        lines: Iterable[str] = frames or (line for line in map(str.strip, sys.stdin) if line)
        refused = False
        for line in lines:
            try:
                answer = as_json(adapter.decode(octets(adapter, line), *configured))
            except DecodeError as reason:
                answer, refused = {"error": str(reason)}, True
            self.stdout.write(json.dumps(answer, ensure_ascii=False, default=_plain))
        if refused:
            sys.exit(1)
