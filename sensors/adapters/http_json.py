"""HTTP JSON of any shape: a document is fetched and the points say where in it their values stand.

``config`` is ``{"host", "port", "path", "points", "at"}``; a point is ``{"channel", "quantity", "path", "unit", "scale",
"offset", "invalid", "at"}`` (see ``domain/mapping.py``). ``at``, of all or of one point, is the path of the time of
observation; without it that is when the device was asked.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import orjson

from sensors.adapters.base import NOTHING, Session
from sensors.adapters.ea_http import LONGEST_ANSWER, EaSession
from sensors.domain.mapping import none_of, readings_of
from sensors.domain.readings import DecodeError, Message

MOST_POINTS = 2000


class HttpJson:
    """Mapped JSON as :class:`sensors.adapters.base.Polled`."""

    name = "http_json"
    label = "HTTP JSON (mapped)"
    text = True
    needs: Mapping[str, type] = {"host": str, "port": int, "path": str, "points": list}

    def session(self, config: Mapping[str, Any]) -> Session:
        return EaSession(config)

    def decode(
        self, frame: bytes, config: Mapping[str, Any] = NOTHING, at: datetime | None = None
    ) -> Message:
        """One reading a point; points without a value stand in ``details["refused"]`` with the reason."""
        return mapped(self.name, frame, config, str(config.get("address", "")), at)


def mapped(
    protocol: str, frame: bytes, config: Mapping[str, Any], address: str, at: datetime | None
) -> Message:
    """A document of JSON read by the points of ``config``; DecodeError where none of them has a value."""
    if len(frame) > LONGEST_ANSWER:
        raise DecodeError(f"the answer has more than {LONGEST_ANSWER} bytes")
    if at is None:
        raise DecodeError("the answer needs a time of asking, and none was given")
    try:
        document = orjson.loads(frame)
    except orjson.JSONDecodeError as wrong:
        raise DecodeError(f"not JSON: {wrong}") from None
    points = config.get("points")
    if not isinstance(points, list) or not points:
        raise DecodeError("no points are configured")
    if len(points) > MOST_POINTS:
        raise DecodeError(f"more than {MOST_POINTS} points are configured")
    readings, missing = readings_of(document, points, address, at, str(config.get("at") or ""))
    if not readings:
        raise DecodeError(none_of(missing))
    return Message(
        protocol=protocol,
        address=address,
        function="values",
        observed_at=max(reading.observed_at for reading in readings),
        sent_at=None,
        readings=tuple(readings),
        details={"refused": missing} if missing else {},
    )
