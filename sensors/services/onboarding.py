"""Connecting one device: checked against the district, then stored with its points and secrets."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.contrib.gis.geos import Point
from django.db import transaction

from command_center.core.actor import Actor
from command_center.core.acts import perform, record_act
from command_center.core.events import announce, announce_many
from command_center.core.models import Area, Department

from ..domain import lobby
from ..domain import onboarding as rules
from ..domain.onboarding import Draft, Problem
from ..models import DeviceType, Sensor, Station, Stranger
from . import devicetypes, directory, secrets
from .areas import area_at, areas_at


@dataclass(frozen=True, slots=True)
class Prepared:
    """A device that can be stored: ``station`` and ``sensors`` are not saved yet."""

    draft: Draft
    type: DeviceType
    station: Station
    sensors: tuple[Sensor, ...]


@dataclass(slots=True)
class Known:
    """What a device is checked against, read once for a whole list."""

    types: dict[str, DeviceType]
    departments: dict[str, Department]
    codes: dict[str, Station]
    addresses: dict[tuple[str, str], str]  # (protocol, address) → code
    areas: dict[tuple[float, float], Area] = field(default_factory=dict)  # (lon, lat) → the innermost area


def known(given: Iterable[Mapping[str, str]]) -> Known:
    """Four queries, however many devices are ``given``."""
    rows = list(given)
    codes = [str(row.get("code", "")).strip() for row in rows]
    addresses = {str(row.get("address") or row.get("code", "")).strip() for row in rows}
    addresses |= {address.upper() for address in addresses}
    named = {}
    for one in DeviceType.objects.all():
        named |= {one.slug: one, one.name: one, **({one.name_en: one} if one.name_en else {})}
    departments = {}
    for one in Department.objects.all():
        departments |= {one.code: one, one.name: one, **({one.name_en: one} if one.name_en else {})}
    return Known(
        types=named,
        departments=departments,
        codes={one.code: one for one in Station.objects.filter(code__in=codes).select_related("area")},
        addresses={
            (protocol, address): code
            for protocol, address, code in Station.objects.filter(address__in=addresses).values_list(
                "protocol", "address", "code"
            )
        },
    )


def prepare(
    given: Mapping[str, str], *, by: Actor, there: Known | None = None, again: bool = False
) -> tuple[Prepared | None, list[Problem]]:
    """A device ready to be stored, or what stands against it. ``again``: a station of this code is to be changed."""
    there = there or known([given])
    row = there.types.get(str(given.get("type", "")).strip())
    draft, problems = rules.check(given, devicetypes.kind_of(row) if row else None)
    if draft is None or row is None:
        return None, problems
    old = there.codes.get(draft.code)
    if old is not None and not again:
        problems.append(Problem("code", rules.CODE_TAKEN, {"value": draft.code}))
    holder = there.addresses.get((row.protocol, draft.address))
    if holder is not None and holder != draft.code:
        problems.append(Problem("address", rules.ADDRESS_TAKEN, {"code": holder}))
    department = there.departments.get(draft.department) if draft.department else None
    if draft.department and department is None:
        problems.append(Problem("department", rules.NO_DEPARTMENT, {"value": draft.department[:40]}))
    place = Point(draft.lon, draft.lat, srid=4326)
    area = there.areas.get((draft.lon, draft.lat)) or area_at(draft.lon, draft.lat)
    if area is None:
        problems.append(Problem("longitude", rules.OUTSIDE))
    if problems or area is None:
        return None, problems
    station = Station(
        code=draft.code, kind=row.kind, name=draft.name, name_en=draft.name_en, position=place, place=draft.place, area=area,
        area_path=area.path, department=department, protocol=row.protocol, address=draft.address, config=dict(draft.config),
        device_type=row, interval_s=draft.interval_s, facts=dict(draft.facts),
    )  # fmt: skip
    if old is not None:
        station.pk, station.in_service = old.pk, old.in_service
        station._state.adding = (
            False  # its key has a default, by which a row that is there would be added again
        )
    if not by.may("device.edit", station) or (old is not None and not by.may("device.edit", old)):
        return None, [Problem("longitude", rules.NOT_HERE)]
    return Prepared(draft, row, station, tuple(devicetypes.sensors_of(row, draft.facts))), []


def locate(there: Known, given: Iterable[Mapping[str, str]]) -> None:
    """Find the areas of a whole list at once."""
    drafts = []
    for row in given:
        kind = there.types.get(str(row.get("type", "")).strip())
        draft = rules.check(row, devicetypes.kind_of(kind))[0] if kind else None
        drafts += [(draft.lon, draft.lat)] if draft else []
    there.areas.update(areas_at(drafts))


# --- storing ---------------------------------------------------------------------------------------------
def connect(prepared: Prepared, *, by: Actor, at: datetime) -> Station:
    """Store the device with its points and secrets, and adopt the stranger that it was, if it dialled in before.

    Raises PermissionDenied, and IntegrityError where somebody else was quicker with the code or the address.
    """
    return connect_many([prepared], by=by, at=at)[0]


def connect_many(those: Sequence[Prepared], *, by: Actor, at: datetime) -> list[Station]:
    """As ``connect``, for all of a list at once or for none."""
    stations = [one.station for one in those]
    for station in stations:
        by.require("device.edit", station)
    with transaction.atomic():
        Station.objects.bulk_create(stations)
        _write_sensors(those)
        for one in those:
            secrets.put(one.station, one.draft.secrets, by=by, at=at)
            record_act("station.added", one.station, by=by, at=at, type=one.type.slug, code=one.station.code)
        announce_many([("station.changed", station, at, {}) for station in stations])
        _adopt(stations, by=by, at=at)
    transaction.on_commit(directory.forget)
    return stations


def change(prepared: Prepared, old: Station, *, by: Actor, at: datetime) -> bool:
    """Let the station be what ``prepared`` says; False where it is so already. Readings and points stay."""
    station = prepared.station
    by.require("device.edit", old)
    by.require("device.edit", station)
    names = differences(prepared, old)
    if not names:
        return False
    names = [name for name in names if name != "secrets"]
    with transaction.atomic():
        if names:
            station.save(update_fields=[*COMPARED, "device_type", "kind"])
            _write_sensors([prepared])
            record_act("station.changed", station, by=by, at=at, changed=names)
            announce("station.changed", station, at=at)
        secrets.put(station, prepared.draft.secrets, by=by, at=at)
        _adopt([station], by=by, at=at)
    transaction.on_commit(directory.forget)
    return True


def differences(prepared: Prepared, old: Station) -> list[str]:
    """What of ``old`` would be another with ``prepared``. Secrets that are given always are: nobody can compare them."""
    names = [name for name in COMPARED if getattr(old, name) != getattr(prepared.station, name)]
    names += ["device_type"] if old.device_type_id != prepared.type.pk else []
    return names + (["secrets"] if prepared.draft.secrets else [])


COMPARED = ("name", "name_en", "position", "place", "area_id", "area_path", "department_id", "protocol", "address", "config",
            "interval_s", "facts")  # fmt: skip


def _write_sensors(those: Iterable[Prepared]) -> None:
    """Points that are missing are added, those of the same channel take the new names and facts; none is removed."""
    rows = []
    for one in those:
        for sensor in one.sensors:
            sensor.station = one.station
            rows.append(sensor)
    Sensor.objects.bulk_create(
        rows,
        update_conflicts=True,
        unique_fields=["station", "channel"],
        update_fields=["quantity", "name", "name_en", "facts"],
    )


def _adopt(stations: Sequence[Station], *, by: Actor, at: datetime) -> None:
    """Strangers that dialled in under the addresses of ``stations`` are strangers no more."""
    known_as = {(station.protocol, station.address): station for station in stations}
    addresses = [address for _, address in known_as]
    for stranger in Stranger.objects.filter(address__in=addresses).exclude(state=lobby.ADOPTED):
        station = known_as.get((stranger.protocol, stranger.address))
        if station is None:
            continue
        # Now it is known where it stands, and with it who may adopt it.
        Stranger.objects.filter(pk=stranger.pk).update(area_path=station.area_path)
        row = perform(stranger, "adopt", by=by, at=at, reason=station.code)
        row.station = station
        row.save(update_fields=["station"])
