"""A fire spot that an officer confirmed becomes an incident, once."""

from datetime import datetime
from uuid import UUID

from django.db import transaction

from sensors.domain.fire_spots import CONFIRMED
from sensors.models import FireSpot

from ..models import Incident, IncidentType
from .catalogue import owner_of
from .proposals import SENSORS
from .reporting import enter, titled

KIND = "fire"


def propose_spot(spot_id: UUID | str, *, at: datetime) -> Incident | None:
    """The incident of a confirmed spot, proposed now or before; None for one that is not confirmed or has no place."""
    spot = (
        FireSpot.objects.select_related("area")
        .filter(pk=spot_id, state=CONFIRMED, position__isnull=False)
        .first()
    )
    kind = IncidentType.objects.filter(slug=KIND).first()
    if spot is None or kind is None:
        return None
    key = f"fire_spot:{spot.pk}"
    with transaction.atomic():
        FireSpot.objects.select_for_update(of=("self",)).get(pk=spot.pk)  # told twice, one after the other
        if known := Incident.objects.filter(key=key).first():
            return known
        row = Incident(
            **titled(kind, spot.area.name, spot.area.name_en),
            type=kind,
            source=Incident.Source.SENSOR,
            position=spot.position,
            area=spot.area,
            area_path=spot.area_path,
            department=owner_of(kind),
            occurred_at=min(spot.observed_at, at),
            received_at=at,
            reported_by=SENSORS.name,
            note=spot.reason,
            key=key,
        )
        return enter(row, by=SENSORS, at=at)
