"""What units tell: who they are (a token of the device, or a person's session), and where they are."""

import hmac
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.contrib.gis.geos import Point
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext as _

from command_center.core.actor import Actor, feed
from command_center.core.acts import perform
from command_center.core.parameters import value, values
from command_center.core.scope import Grant, Scope

from ..domain import movement
from ..domain.lifecycle import TO_ARRIVE
from ..domain.movement import Fix
from ..models import Assignment, Resource, Track
from . import orders
from .errors import Refused

MOST_FIXES = 500


def token_of(resource: Resource) -> str:
    """The secret of the unit's device. Raising ``token_version`` makes it worthless."""
    seal = salted_hmac(
        "dispatch.unit", f"{resource.pk}.{resource.token_version}", algorithm="sha256"
    ).hexdigest()
    return f"{resource.pk}.{seal}"


def unit_of(token: str) -> Resource | None:
    """The unit whose token this is, or None."""
    pk, _dot, _seal = token.partition(".")
    try:
        resource = Resource.objects.filter(pk=pk).first()
    except ValidationError:  # no UUID
        return None
    if resource is None or not hmac.compare_digest(token.encode(), token_of(resource).encode()):
        return None
    return resource


def actor_of(resource: Resource) -> Actor:
    """A device acts as a responder, for its own unit (which the views hold it to)."""
    grant = Grant("responder", "/", resource.department_id)
    return Actor(f"unit:{resource.code}", Scope.of([grant]), via="unit")


def report(resource: Resource, fixes: Sequence[Fix], *, by: Actor, at: datetime) -> dict[str, Any]:
    """Take positions in, in any order and as often as they come; the newest by the device's clock counts.

    Answers {"taken": n, "refused": [[index, sentence], …], "arrived": bool}. Being within ``arrival.geofence`` of the
    target puts an assignment on scene from the time that the device gives, marked as found by position. Raises
    PermissionDenied, Refused (too many).
    """
    if len(fixes) > MOST_FIXES:
        raise Refused(_("At most %(most)d positions at once.") % {"most": MOST_FIXES}, "positions")
    p = values(["track.ahead", "track.retention", "arrival.geofence"])
    ahead, kept = timedelta(minutes=p["track.ahead"]), timedelta(days=p["track.retention"])
    refused, good = [], []
    for index, fix in enumerate(fixes):
        if why := movement.fault(fix, at, ahead=ahead, kept=kept):
            refused.append([index, _(why)])
        else:
            good.append(fix)
    arrived = False
    with transaction.atomic():
        # An assignment's moves lock it first and its resource after: the same order here.
        rows = Assignment.objects.select_for_update(of=("self",)).filter(
            resource=resource, state__in=TO_ARRIVE, item=""
        )
        under_way = rows.first()
        row = Resource.objects.select_for_update(of=("self",)).get(pk=resource.pk)
        by.require("position.report", row)
        Track.objects.bulk_create(
            [
                Track(resource=row, observed_at=fix.observed_at, received_at=at, position=_point(fix))
                for fix in good
            ],
            ignore_conflicts=True,
        )
        if last := movement.newest(good, row.position_at):
            row.position, row.position_at, row.position_received_at = _point(last), last.observed_at, at
            row.save(update_fields=["position", "position_at", "position_received_at"])
        if under_way is not None:
            target = (under_way.target.x, under_way.target.y)
            seen = movement.arrival(good, target, p["arrival.geofence"], under_way.assigned_at)
            if seen is not None:
                arrived = True
                stamps = (under_way.assigned_at, under_way.accepted_at, under_way.on_the_way_at)
                since = movement.arrived_at(seen, stamps, at)
                there = perform(under_way, "arrive", by=feed("positions"), at=since)
                Assignment.objects.filter(pk=there.pk).update(arrived_by_position=True)
                orders.unit_arrived(there, by=feed("positions"), at=since)
    return {"taken": len(good), "refused": refused, "arrived": arrived}


def _point(fix: Fix) -> Point:
    return Point(fix.lon, fix.lat, srid=4326)


def forget_tracks(at: datetime, most: int = 20_000) -> int:
    """Remove tracks past their retention, a bounded number a call."""
    before = at - timedelta(days=value("track.retention"))
    old = Track.objects.filter(received_at__lt=before).order_by("received_at").values("pk")[:most]
    return Track.objects.filter(pk__in=list(old.values_list("pk", flat=True))).delete()[0]
