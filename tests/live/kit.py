"""A district small enough to write in a blink, scopes that see different parts of it, and acts that change it."""

import random
from datetime import timedelta

import orjson
from django.contrib.gis.geos import Point

from command_center.core.acts import NotPossible, perform
from command_center.core.events import announce
from command_center.core.models import Area, Department
from command_center.core.scope import Grant, Scope
from command_center.onemap import snapshot
from sensors.domain.fire_parts import Part
from sensors.models import (
    Alarm,
    Contact,
    FireCall,
    LatestValue,
    Premises,
    RainSum,
    ResponsiblePerson,
    Sensor,
    Station,
    Suppression,
)
from sensors.services import fire_calls, fire_parts, premises, suppressing
from tests.conftest import MIN, NOON, actor

AREAS = ("/dy/", "/dy/wenhui/", "/dy/wenhui/a/", "/dy/youtian/", "/dy/wen/")
CHANNELS = {
    "rain_gauge": "rain_total",
    "stage_gauge": "level",
    "ponding_site": "depth",
    "pump_station": "pump1.running",
}


def small_district(each=2):
    """``each`` stations of every kind in every area, alternately of two departments; returns the stations."""
    parents = {}
    for path in AREAS:
        parent = parents.get(path.rsplit("/", 2)[0] + "/")
        parents[path] = Area.objects.create(
            path=path, code=path.strip("/").replace("/", "-"), name=path, kind="town", parent=parent
        )
    departments = [Department.objects.create(code=f"d{n}", name=f"d{n}") for n in (1, 2)]
    stations = []
    for path, area in parents.items():
        for kind in Station.Kind.values:
            for _ in range(each):
                n = len(stations)
                stations.append(
                    Station(
                        code=f"S{n:03}", name=f"站{n}", name_en=f"Station {n}", kind=kind, area=area, area_path=path,
                        position=Point(118.5 + n / 1000, 37.4 + n / 2000), department=departments[n % 2],
                        protocol="sl651", address=f"{n:010}", facts={"n": n},
                    )
                )  # fmt: skip
    Station.objects.bulk_create(stations)
    hosts = [station for station in stations if station.kind == Station.Kind.FIRE_HOST]
    for n, host in enumerate(hosts):  # every other one watches a building
        if n % 2 == 0:
            host.premises = Premises.objects.create(
                code=f"P{n:03}", name=f"楼{n}", kind="key_unit", position=host.position, area=host.area,
                area_path=host.area_path, department=host.department,
            )  # fmt: skip
            ResponsiblePerson.objects.create(premises=host.premises, role="owner", name="示例甲")
    Station.objects.bulk_update(hosts, ["premises"])
    Contact.objects.bulk_create(Contact(station=station) for station in stations)
    Sensor.objects.bulk_create(
        Sensor(station=station, channel=CHANNELS[station.kind], quantity="q")
        for station in stations
        if station.kind in CHANNELS
    )
    return stations


def scopes():
    """Scopes that differ in area, department and right; among them an area whose name begins another's."""
    first = Department.objects.order_by("pk").values_list("pk", flat=True).first()
    return {
        "everything": Scope.of([Grant("duty_officer", "/dy/")]),
        "one town": Scope.of([Grant("commander", "/dy/wenhui/")]),
        "a name that begins another's": Scope.of([Grant("commander", "/dy/wen/")]),
        "a community and the oilfield": Scope.of(
            [Grant("wall", "/dy/wenhui/a/"), Grant("wall", "/dy/youtian/")]
        ),
        "one department": Scope.of([Grant("liaison", "/dy/", first)]),
        "stations but no alarms": Scope.of([Grant("grid_worker", "/dy/")]),
        "nothing": Scope(),
    }


class Acts:
    """Random things that happen to stations and alarms, each announced as the services announce it."""

    def __init__(self, stations, seed):
        self.stations = stations
        self.random = random.Random(seed)
        self.at = NOON
        self.officer = actor(("duty_officer", "/dy/"), name="officer")
        self.leader = actor(("shift_leader", "/dy/"), name="leader")

    def one(self):
        self.at += timedelta(seconds=self.random.randrange(1, 90))
        kinds = (
            self.rise,
            self.rise,
            self.level,
            self.clear,
            self.retract,
            self.acknowledge,
            self.suppress,
            self.silence,
            self.change,
            self.building,
            self.building,
        )
        self.random.choice(kinds)()

    def rise(self, station=None, rule=None, **facts):
        station = station or self.random.choice(self.stations)
        rule = rule or self.random.choice(["a", "b"])
        if Alarm.objects.filter(station=station, rule=rule, condition="active").exists():
            return
        level = self.random.randint(1, 4)
        station.refresh_from_db()
        alarm = Alarm.objects.create(
            station=station, rule=rule, level=level, worst_level=level, raised_at=self.at, level_since=self.at,
            recorded_at=self.at, rang=self.random.random() < 0.8, area_path=station.area_path,
            department=station.department, facts=facts,
        )  # fmt: skip
        self._tell("alarm.raised", alarm)

    def _tell(self, kind, alarm):
        announce(kind, alarm, at=self.at, station=str(alarm.station_id), level=alarm.level, rang=alarm.rang)

    def _some(self, **where):
        found = list(Alarm.objects.filter(**where).order_by("pk"))
        return self.random.choice(found) if found else None

    def level(self):
        if alarm := self._some(condition="active"):
            alarm.level, alarm.level_since = self.random.randint(1, 4), self.at
            alarm.save()
            self._tell("alarm.level_changed", alarm)

    def clear(self):
        if alarm := self._some(condition="active"):
            alarm.condition, alarm.cleared_at = "cleared", self.at
            alarm.save()
            self._tell("alarm.cleared", alarm)

    def retract(self):
        if alarm := self._some():
            alarm.condition = "retracted"
            alarm.save()
            self._tell("alarm.retracted", alarm)

    def acknowledge(self):
        if alarm := self._some(state="unacknowledged"):
            try:
                perform(alarm, "acknowledge", by=self.officer, at=self.at)
            except NotPossible:
                raise AssertionError("an unacknowledged alarm can be acknowledged") from None

    def suppress(self):
        """Shelve (or ask to), take out of service, or end what was decided before."""
        until = self.at + timedelta(minutes=50)
        standing = Suppression.objects.exclude(state="ended").order_by("pk").first()
        try:
            if standing and self.random.random() < 0.4:
                suppressing.end(standing, by=self.leader, at=self.at)
            elif (alarm := self._some(condition="active")) and self.random.random() < 0.7:
                suppressing.shelve(alarm, by=self.officer, at=self.at, until=until, reason="noise")
            else:
                suppressing.take_out_of_service(
                    self.random.choice(self.stations), by=self.leader, at=self.at, until=until, reason="works"
                )
        except NotPossible:  # one shelf or notice at a time
            pass

    def silence(self):
        station = self.random.choice(self.stations)
        contact = Contact.objects.get(pk=station.pk)
        contact.silent_since = None if contact.silent_since else self.at
        contact.save()
        announce("station.silent" if contact.silent_since else "station.heard", station, at=self.at)

    def change(self):
        station = self.random.choice(self.stations)
        station.refresh_from_db()
        what = self.random.choice(["name", "service", "area", "camera"])
        if what == "name":
            station.name = f"站{self.random.random()}"
        elif what == "service":
            station.in_service = not station.in_service
        elif what == "area":
            station.area = Area.objects.get(path=self.random.choice(AREAS))
            station.area_path = station.area.path
        else:
            Contact.objects.filter(pk=station.pk).update(picture="frozen", picture_since=self.at)
        station.save()
        announce("camera.changed" if what == "camera" else "station.changed", station, at=self.at)

    def building(self):
        """What is said of a building: a fire and the call about it, a part, whose host it is, and what it is called."""
        row = self.random.choice(list(Premises.objects.order_by("code")))
        host = row.hosts.order_by("pk").first()
        what = self.random.choice(["fire", "guard", "answer", "part", "host", "name"])
        call = FireCall.objects.filter(state="called").order_by("began_at", "pk").first()
        if what == "host":
            moved = self.random.choice([one for one in self.stations if one.kind == "fire_host"])
            self._save(row, hosts=moved.code)
        elif what == "name":
            self._save(row, name=f"楼{self.random.random()}", owner_name=self.random.choice(["示例乙", ""]))
        elif what == "answer" and call:
            fire_calls.answer(call, by=self.officer, at=self.at)
        elif host and what in ("fire", "guard"):
            self.rise(host, {"fire": "fire.alarm", "guard": "fire.guard_absent"}[what], part="1层感烟")
            for alarm in Alarm.objects.filter(station=host, rule="fire.alarm", fire_call=None):
                fire_calls.take(alarm.pk, at=self.at)
        elif host and what == "part":
            said = Part("part.1.1.42.1-1", self.random.choice([0, 1 << 2, 1 << 3]), self.at, self.at)
            fire_parts.keep({(host.pk, said.channel): [said]}, at=self.at)

    def _save(self, row, **fields):
        draft, problems = premises.read(fields, by=actor(("shift_leader", "/dy/"), name="leader"), row=row)
        assert not problems
        premises.save(draft, by=self.leader, at=self.at)


def write_values(stations, at=NOON + MIN, value=1.0):
    """Give every point of ``stations`` a newest value, and rain gauges their sums."""
    for sensor in Sensor.objects.filter(station__in=stations):
        LatestValue.objects.update_or_create(
            sensor=sensor, defaults={"observed_at": at, "received_at": at, "value": value, "quality": 0}
        )
        if sensor.channel == "rain_total":
            RainSum.objects.update_or_create(
                sensor=sensor,
                defaults={"at": at, "received_at": at, "mm": {"1h": value}, "complete": {"1h": 1.0}},
            )


def rows(columns):
    """Columns as features by id; all columns must be equally long."""
    assert len({len(column) for column in columns.values()}) == 1
    names = list(columns)
    return {
        row[names.index("id")]: dict(zip(names, row, strict=True))
        for row in zip(*columns.values(), strict=True)
    }


class Screen:
    """What the browser's store does with a snapshot and changes."""

    def __init__(self, scope):
        self.scope = scope
        shown = orjson.loads(snapshot.snapshot(scope))
        self.cursor = shown["cursor"]
        self.layers = {name: rows(columns) for name, columns in shown["layers"].items()}
        self.told = {
            record for layer in self.layers.values() for record in layer
        }  # every id it ever heard of

    def catch_up(self, page):
        more = True
        while more:
            news = orjson.loads(snapshot.changes_since(self.cursor, self.scope, page).frame)
            more, self.cursor = news["more"], news["cursor"]
            for name, change in news["layers"].items():
                self.layers[name].update(rows(change["put"]))
                self.told.update(change["put"]["id"], change["drop"])
                for gone in change["drop"]:
                    self.layers[name].pop(gone, None)
