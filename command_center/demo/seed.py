"""Writes the demo district: areas, ground, departments, people, holidays, stations. Running it twice changes nothing."""

import json
import os
import secrets
from datetime import date
from pathlib import Path

from django.conf import settings
from django.contrib.gis.geos import GEOSGeometry
from django.db import transaction

from command_center.core.events import announce_many
from command_center.core.models import (
    Area,
    Department,
    Epoch,
    Holiday,
    MapFeature,
    Membership,
    User,
)
from command_center.core.now import now
from sensors.models import Sensor, Station

from . import camera_groups, duty, feeds, forces, geography, haulage, lookouts, names, premises, stations


def _geos(shape):
    return GEOSGeometry(geography.lonlat(shape).wkb_hex, srid=4326)


def _multi(shape):
    return _geos(geography._multi(shape))


@transaction.atomic
def seed():
    """The whole district in one transaction; returns how many stations it holds."""
    geo = geography.build()
    areas = _areas(geo)
    departments = _departments()
    _ground(geo)
    _holidays()
    Epoch.objects.get_or_create(pk=1)
    forces.seed(geo, areas, departments)
    feeds.seed()
    count = _stations(geo, areas, departments)
    camera_groups.seed()
    haulage.seed(areas)
    lookouts.seed()
    premises.seed(geo, areas)
    return count


def _areas(geo):
    def area(code, path, kind, zh, en, parent, shape):
        return Area(
            code=code, path=path, kind=kind, name=zh, name_en=en, parent=parent, outline=_multi(shape)
        )

    def communities(slug, code, zh, kind):
        urban = kind != "town" or zh.endswith("街道")
        for number, (name, shape) in enumerate(geo.communities[slug], 1):
            yield (slug, number - 1), area(
                f"{code}{number:03}", f"/dy/{slug}/{number:02}/", "community" if urban else "village",
                f"{name}{'社区' if urban else '村'}", f"{names.PINYIN[name]} {'Community' if urban else 'Village'}",
                towns[slug], shape,
            )  # fmt: skip

    code, zh, en = names.DISTRICT
    district = _put({"": area(code, "/dy/", "district", zh, en, None, geo.outline)}, "path")
    towns = _put(
        {
            slug: area(code, f"/dy/{slug}/", kind, zh, en, district[""], geo.towns[slug])
            for slug, code, zh, en, kind, _, _ in names.TOWNS
        },
        "path",
    )
    below = _put(
        dict(
            pair for slug, code, zh, _, kind, *_ in names.TOWNS for pair in communities(slug, code, zh, kind)
        ),
        "path",
    )
    return district | towns | below


def _departments():
    return _put(
        {
            code: Department(code=code, name=zh, name_en=en, tier=tier)
            for code, zh, en, tier in names.DEPARTMENTS
        },
        "code",
    )


def _put(rows, key):
    """Write ``rows`` (anything → a record), those with a known ``key`` anew; returns them with their primary keys."""
    model = type(next(iter(rows.values())))
    told = [field.name for field in model._meta.concrete_fields if field.name not in ("id", key)]
    model.objects.bulk_create(rows.values(), update_conflicts=True, unique_fields=[key], update_fields=told)
    return rows


def _ground(geo):
    if MapFeature.objects.exists():
        return
    MapFeature.objects.bulk_create(
        MapFeature(kind=kind, rank=rank, name=zh, name_en=en, shape=_geos(shape))
        for kind, rank, zh, en, shape in geo.ground
        if not shape.is_empty
    )


def _holidays():
    rows = [
        Holiday(day=date.fromisoformat(day), works=works, name=name)
        for name, off, makeup in names.HOLIDAYS_2026
        for days, works in ((off, False), (makeup, True))
        for day in days
    ]
    Holiday.objects.bulk_create(rows, ignore_conflicts=True)


def _stations(geo, areas, departments):
    known = {station.code: station for station in Station.objects.all()}
    planned = stations.plan(geo, port=settings.OURS["sim_port_base"])
    fresh, points, moved = [], [], []
    for p in planned:
        if (there := known.get(p.code)) is not None:
            if (
                there.protocol != p.protocol and there.device_type_id is None
            ):  # seeded before it spoke another one
                there.protocol, there.address, there.config = p.protocol, p.address, p.config
                moved.append(there)
            elif there.config.get("port") != p.config.get("port"):  # this run's field listens elsewhere
                there.config["port"] = p.config["port"]
                moved.append(there)
            continue
        area = areas[geo.community_at(p.at)]
        station = Station(
            code=p.code, kind=p.kind, name=p.name, name_en=p.name_en, position=_geos(p.at), place=p.place,
            area=area, area_path=area.path, department=departments[p.department], protocol=p.protocol,
            address=p.address, config=p.config, interval_s=p.interval_s, facts=p.facts,
        )  # fmt: skip
        fresh.append(station)
        points += [
            Sensor(
                station=station,
                channel=channel,
                quantity=quantity,
                name=zh,
                name_en=en,
                facts=facts,
            )
            for channel, quantity, zh, en, facts in p.sensors
        ]
    Station.objects.bulk_create(fresh)
    Sensor.objects.bulk_create(points)
    at = now()
    Station.objects.bulk_update(moved, ["protocol", "address", "config"])
    announce_many([("station.changed", station, at, {}) for station in [*fresh, *moved]])
    return len(planned)


def accounts(path: Path):
    """Demo people with passwords generated on this machine; written to ``path`` (mode 600), never committed.

    ``DEMO_PASSWORD`` in the environment overrides all of them. Existing passwords are kept.
    """
    wanted = os.environ.get("DEMO_PASSWORD", "")
    kept = {row["username"]: row for row in json.loads(path.read_text())} if path.exists() else {}
    rows = []
    with transaction.atomic():
        for username, display, role, department, slug in names.PEOPLE:
            user, made = User.objects.get_or_create(username=username, defaults={"display_name": display})
            password = wanted or (kept.get(username) or {}).get("password") or secrets.token_urlsafe(9)
            if made or not user.check_password(password):
                user.set_password(password)
            user.is_staff = user.is_superuser = role == "administrator"
            user.save()
            Membership.objects.get_or_create(
                user=user,
                role=role,
                area=Area.objects.get(path=f"/dy/{slug}/" if slug else "/dy/"),
                department=Department.objects.get(code=department) if department else None,
            )
            rows.append(
                {
                    "role": role,
                    "username": username,
                    "password": password,
                    "name": display,
                }
            )
    forces.bind()
    duty.seed()
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch(mode=0o600)
    path.chmod(0o600)
    path.write_text(json.dumps(rows, ensure_ascii=False, indent=1))
    return rows
