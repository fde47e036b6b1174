"""Groups of cameras: which are looked at together, and in which order."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from command_center.core.actor import Actor
from command_center.core.acts import NotPossible, record_act
from command_center.core.events import announce
from command_center.core.models import Area
from command_center.core.scope import Scope
from sensors.models import CameraGroup, CameraPlace, Station

ARRANGE = "camera.arrange"
MOST = 200


class Taken(NotPossible):
    """Somebody else changed the group since it was opened."""


def groups_of(scope: Scope) -> QuerySet[CameraGroup]:
    """The groups a viewer may open: those within the own area, and those above it, of whose cameras some may be seen."""
    where = scope.filter("camera.view")
    for grant in scope.holding("camera.view"):
        steps = grant.area.strip("/").split("/")
        above = ["/", *(f"/{'/'.join(steps[: n + 1])}/" for n in range(len(steps)))]
        where |= Q(area_path__in=above, department=None)
    return CameraGroup.objects.filter(where)


def cameras_for(scope: Scope) -> QuerySet[Station]:
    """The cameras that the viewer may put into groups."""
    return Station.objects.filter(scope.filter(ARRANGE), kind=Station.Kind.CAMERA, in_service=True)


def save_group(
    group: CameraGroup | None,
    *,
    name: str,
    name_en: str,
    area: Area,
    cameras: Sequence[str],
    by: Actor,
    at: datetime,
    version: int | None = None,
) -> CameraGroup:
    """Make a group, or change one; ``cameras``: codes in the order in which they are shown.

    Raises NotPossible where the name or the cameras are missing or there are too many, Taken, PermissionDenied.
    """
    codes = list(dict.fromkeys(cameras))
    if not name.strip() or not codes:
        raise NotPossible(_("A group has a name and at least one camera."))
    if len(codes) > MOST:
        raise NotPossible(_("A group has at most %(most)s cameras.") % {"most": MOST})
    with transaction.atomic():
        if group is None:
            row, before = CameraGroup(version=0), None
        else:
            row = CameraGroup.objects.select_for_update().get(pk=group.pk)
            by.require(ARRANGE, row)
            if version is not None and row.version != version:
                raise Taken(_("Somebody else changed this group meanwhile. Open it again."))
            before = told(row)
        row.name, row.name_en, row.area_path = name.strip()[:80], name_en.strip()[:120], area.path
        row.version += 1
        by.require(ARRANGE, row)
        # Cameras that the viewer may not arrange stay in the group where they are in it already.
        seen = dict(cameras_for(by.scope).filter(code__in=codes).values_list("code", "pk"))
        kept = dict(row.places.values_list("station__code", "station")) if group is not None else {}
        known = {**kept, **seen}
        if missing := [code for code in codes if code not in known]:
            raise NotPossible(_("There is no camera %(code)s.") % {"code": missing[0][:40]})
        row.save()
        row.places.all().delete()
        CameraPlace.objects.bulk_create(
            CameraPlace(group=row, station_id=known[code], number=n) for n, code in enumerate(codes, 1)
        )
        record_act("camera_group.save", row, by=by, at=at, was=before, now=told(row))
        announce("camera_group.changed", row, at=at)
    return row


def drop_group(group: CameraGroup, *, by: Actor, at: datetime) -> None:
    """Take a group away; its cameras stay. Raises PermissionDenied."""
    with transaction.atomic():
        row = CameraGroup.objects.select_for_update().get(pk=group.pk)
        by.require(ARRANGE, row)
        record_act("camera_group.drop", row, by=by, at=at, was=told(row))
        announce("camera_group.dropped", row, at=at)
        row.delete()


def told(row: CameraGroup) -> dict[str, Any]:
    """The group as the log book keeps it."""
    return {
        "name": row.name,
        "name_en": row.name_en,
        "area": row.area_path,
        "cameras": list(row.places.values_list("station__code", flat=True)),
    }
