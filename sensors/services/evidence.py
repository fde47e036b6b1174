"""The files of vehicles' alarms: asked for when they are announced, kept as attachments when they come."""

import hashlib
import logging
from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.conf import settings
from django.core.files.base import ContentFile
from django.db import transaction

from command_center.core import attachments
from command_center.core.actor import feed
from command_center.core.events import announce
from command_center.core.models import Attachment
from command_center.core.parameters import value

from ..domain.jsatl_files import FILES_MOST
from ..models import Alarm, AlarmEvidence, Station
from .downlinks import CannotBeTold, send
from .ingest import Frame

log = logging.getLogger(__name__)
TERMINALS = feed("vehicles")
GROUPS = ("dsm", "adas")


def ask(frames: Sequence[Frame]) -> int:
    """Ask for the files that the alarms of a stored batch announce, once for each alarm number; returns how many.

    Nothing is asked where no address is configured under which terminals reach the upload's listener.
    """
    host, port = settings.OURS["evidence_host"], settings.OURS["evidence_port"]
    told = [found for frame in frames for found in _announced(frame)]
    if not told or host in ("", "0.0.0.0", "::") or not port:
        return 0
    addresses = {frame.address for frame, _, _ in told}
    protocols = {frame.protocol for frame, _, _ in told}
    stations = {
        (row.protocol, row.address): row
        for row in Station.objects.filter(protocol__in=protocols, address__in=addresses)
    }
    asked = 0
    for frame, channel, alarm in told:
        station = stations.get((frame.protocol, frame.address))
        if station is not None and alarm["at"]:
            asked += _ask(station, channel, alarm, frame.received_at, host, port)
    return asked


def _announced(frame: Frame) -> list[tuple[Frame, str, dict[str, Any]]]:
    if frame.message is None:
        return []
    return [
        (frame, f"{group}.{alarm['type']}", alarm)
        for told in frame.message.details.get("locations", ())
        for group in GROUPS
        for alarm in told.get(group, ())
        if alarm["files"] and alarm["state"] != "end"
    ]


def _ask(station: Station, channel: str, told: dict[str, Any], at: datetime, host: str, port: int) -> bool:
    observed_at = datetime.fromisoformat(told["at"])
    with transaction.atomic():
        row, made = AlarmEvidence.objects.get_or_create(
            station=station,
            number=told["number"][:100],
            defaults={
                "channel": channel[:40],
                "at": observed_at,
                "announced": min(told["files"], FILES_MOST),
                "received_at": at,
                "alarm": Alarm.objects.filter(
                    station=station, sensor__channel=channel, raised_at__lte=observed_at
                )
                .exclude(cleared_at__lt=observed_at)
                .order_by("-raised_at")
                .first(),
                "area_path": station.area_path,
                "department_id": station.department_id,
            },
        )
        if not made:
            return False
        body = {"host": host, "port": port, "number": told["number"], "alarm": row.pk.hex}
        try:
            row.asked = send(station, "attachments", body, by="", at=at)
        except CannotBeTold:
            return False
        row.save(update_fields=["asked"])
    return True


def most_bytes() -> int:
    return int(value("vehicle.evidence_mb") * 1024 * 1024)


def is_known(alarm: str) -> bool:
    """Whether we asked for the files of this number, and not all have come."""
    row = _row(alarm)
    return row is not None and row.kept < row.announced


def _row(alarm: str) -> AlarmEvidence | None:
    try:
        return AlarmEvidence.objects.filter(pk=UUID(hex=alarm)).first()
    except ValueError:
        return None


def keep_file(alarm: str, name: str, octets: bytes, *, at: datetime) -> bool:
    """Keep one file as an attachment of its alarm, once whatever is sent again. False: it is none that is kept."""
    digest = hashlib.sha256(octets).hexdigest()
    with transaction.atomic():
        found = _row(alarm)
        if found is None:
            return False
        row = AlarmEvidence.objects.select_for_update(of=("self",)).get(pk=found.pk)
        same = Attachment.objects.filter(
            subject_type=AlarmEvidence._meta.label_lower, subject_id=str(row.pk), sha256=digest
        )
        if same.exists():
            return True
        if row.kept >= row.announced:
            return False
        try:
            attachments.attach(row, ContentFile(octets, name=name[:100] or "file"), by=TERMINALS, at=at)
        except attachments.Refused as why:
            AlarmEvidence.objects.filter(pk=row.pk).update(refused=f"{name[:60]}: {why}"[:200])
            return False
        row.kept += 1
        row.save(update_fields=["kept"])
        announce("evidence.kept", row, at=at, station=str(row.station_id), alarm=str(row.alarm_id or ""))
    return True


def note_refused(alarm: str, why: str) -> None:
    if (row := _row(alarm)) is not None:
        AlarmEvidence.objects.filter(pk=row.pk).update(refused=why[:200])
