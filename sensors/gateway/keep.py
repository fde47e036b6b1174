"""The gateway's sink: readings to the ordinary way in, pictures to the station's stills."""

import io
import logging
from collections.abc import Sequence
from dataclasses import replace

from django.core.files.base import ContentFile
from django.db import DatabaseError, InterfaceError, OperationalError, connection, transaction
from PIL import Image

from sensors.models import Station, Still
from sensors.services import drivers, evidence, fire_spots, lobby, vehicles, watching
from sensors.services.fire_parts import keep_register
from sensors.services.ingest import Frame, ingest
from sensors.services.stills import drop_old_stills, keeping_in_force

log = logging.getLogger(__name__)
# SQLSTATE classes after which the same statement may well succeed: connection, resources, conflict, shutdown.
PASSING = ("08", "53", "40", "57P")


def keep(frames: Sequence[Frame]) -> None:
    """Store pictures, raw frames, and readings; committed on return.

    Pictures come first: if the rest fails and is tried again, they are found and not stored twice.
    """
    for frame in frames:
        if frame.message and "picture" in frame.message.details:
            _keep_picture(frame)
    known, watched = vehicles.edges(frames)
    news = [_without_picture(frame) for frame in known]
    receipt = ingest(news, received_at=frames[-1].received_at)
    vehicles.follow(frames)
    watching.settle(watched, at=frames[-1].received_at)
    evidence.ask(frames)
    drivers.note(frames)
    fire_spots.hear(news)
    keep_register(frames)
    if receipt.unknown:
        try:
            lobby.note(frames, receipt.unknown, frames[-1].received_at)
        except DatabaseError:  # the frames are stored: nothing may have them sent and kept again
            log.exception("strangers could not be listed: %s", ", ".join(receipt.unknown))


def _without_picture(frame: Frame) -> Frame:
    """Details are stored as JSON; the octets of a picture stand in the raw frames and in the file."""
    if frame.message is None or "picture" not in frame.message.details:
        return frame
    details = dict(frame.message.details)
    details["picture_bytes"] = len(details.pop("picture"))
    return replace(frame, message=replace(frame.message, details=details))


def _keep_picture(frame: Frame) -> None:
    message = frame.message
    assert message is not None
    station = Station.objects.filter(protocol=frame.protocol, address=message.address).first()
    taken_at = message.observed_at or message.sent_at or frame.received_at
    if station is None or Still.objects.filter(station=station, taken_at=taken_at).exists():
        return
    octets = message.details["picture"]
    try:
        with Image.open(io.BytesIO(octets), formats=["JPEG"]) as picture:
            picture.load()
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as problem:
        log.warning("the picture of %s cannot be read: %s", message.address, problem)
        return
    still = Still(station=station, taken_at=taken_at, received_at=frame.received_at, state="online")
    still.image.save(f"{message.address}-{taken_at:%H%M%S}.jpg", ContentFile(octets), save=False)
    with transaction.atomic():
        still.save()
        dropped = drop_old_stills(station, keeping_in_force(), frame.received_at, still)
    for old in dropped:  # files are no part of a transaction: last, when the rows are gone for good
        old.image.delete(save=False)


def is_outage(problem: Exception) -> bool:
    """Whether the database is away or busy, and not this frame to blame."""
    if not isinstance(problem, OperationalError | InterfaceError):
        return False
    code = getattr(problem.__cause__, "pgcode", None)
    return code is None or code.startswith(PASSING)


def reset() -> None:
    """Drop the connection, so that the next use makes a new one."""
    connection.close()
