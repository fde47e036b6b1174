"""Incidents as the rehearsal of a rule asks for them: what is known to have happened, and where it should have shown."""

from collections.abc import Iterator
from datetime import datetime

from django.contrib.gis.measure import D

from sensors.domain.rehearsing import Known
from sensors.models import Station

from ..models import Incident, IncidentType

_NOTHING = ("dismissed", "merged")  # nobody's matter, or told under another number


def known(alarm: str, since: datetime, until: datetime) -> Iterator[Known]:
    """Incidents of the span that alarms named ``alarm`` belong to, and those reported of a kind that such alarms are of.

    An incident that alarms told of should show at their stations, at the first of them; one that people reported, at
    the stations within its kind's radius, when it occurred.
    """
    rows = (
        Incident.objects.filter(received_at__gte=since, received_at__lte=until, is_drill=False)
        .exclude(state__in=_NOTHING)
        .select_related("type")
        .prefetch_related("links__alarm")
        .order_by("received_at")
    )
    kinds = {kind.pk: kind for kind in IncidentType.objects.filter(rules__contains=[alarm])}
    for row in rows:
        alarms = [link.alarm for link in row.links.all() if link.left_at is None]
        own = [one for one in alarms if one.rule == alarm]
        if own:
            stations = frozenset(one.station_id for one in own)
            yield Known(row.number, row.title, min(one.raised_at for one in own), stations)
        elif not alarms and row.position and row.type_id in kinds:
            radius = D(m=kinds[row.type_id].join_radius_m)
            near = Station.objects.filter(position__distance_lte=(row.position, radius))
            at = row.occurred_at or row.received_at
            yield Known(row.number, row.title, at, frozenset(near.values_list("pk", flat=True)))
