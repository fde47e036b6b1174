"""What trips need the clock for, and drivers who do not heed warnings: both are alarms of the whole vehicle."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext, override

from command_center.core.locks import alone, first
from command_center.core.now import rate
from command_center.core.parameters import values
from command_center.duty import messages

from ..domain import words
from ..domain.alarms import CLEARED, RAISED, Change
from ..domain.trips import NO_POSITION, REPEATED, UNDER_WAY, is_repeated
from ..models import Alarm, Company, Station, Trip
from .alarm_book import Book
from .contact import listening_since, shortest_silence, under_lost_nodes
from .points import Site

_ALWAYS = timedelta.max
DRIVER_RULES = (
    "vehicle.fatigue",
    "vehicle.distraction",
    "vehicle.phone",
    "vehicle.smoking",
    "vehicle.driver_abnormal",
)


def tick(at: datetime) -> tuple[int, int]:
    """Raise and clear what only the clock tells: (raised, cleared). Two looks at once are one."""
    with transaction.atomic():
        if not first("trips"):
            return 0, 0
        v = values(["vehicle.no_position_after", f"{NO_POSITION}.level", "vehicle.repeated.minutes"])
        book = Book(at, _ALWAYS)
        waits = max(timedelta(minutes=v["vehicle.no_position_after"]), 3 * shortest_silence(rate()))
        raised, cleared = _lost(at, waits, v[f"{NO_POSITION}.level"], book)
        cleared += _calmed(at, timedelta(minutes=v["vehicle.repeated.minutes"]), book)
        book.write()
    return raised, cleared


def _active(rule: str) -> dict[UUID, Alarm]:
    rows = Alarm.objects.filter(rule=rule, condition=Alarm.Condition.ACTIVE)
    return {alarm.station_id: alarm for alarm in rows}


def _lost(at: datetime, waits: timedelta, level: int, book: Book) -> tuple[int, int]:
    """Vehicles on a trip without a believed place for ``waits``; those that are seen again, or whose trip is over.

    What a lost link keeps from us is that link's alarm, and time in which nobody listened does not count.
    """
    active = _active(NO_POSITION)
    lost: dict[UUID, tuple[Station, datetime]] = {}
    if level:
        without, listening = under_lost_nodes(), listening_since()
        for trip in Trip.objects.filter(state=UNDER_WAY).select_related("vehicle__vehicle").defer("route"):
            seen = getattr(trip.vehicle, "vehicle", None)
            since = max(filter(None, (seen and seen.at, trip.began_at, listening)), default=at)
            if at - since >= waits and trip.vehicle.node_id not in without:
                lost[trip.vehicle_id] = (trip.vehicle, since)
    new = [one for station, one in lost.items() if station not in active]
    for station, since in new:
        told = words.facts(words.NO_POSITION, "min", since=since.isoformat())
        minutes = round((at - since) / timedelta(minutes=1))
        book.open(
            Site.of(station), None, NO_POSITION, Change(at, RAISED, level, minutes, None, told), rings=True
        )
    over = [alarm for station, alarm in active.items() if station not in lost]
    _clear(over, at, book)
    return len(new), len(over)


def _calmed(at: datetime, within: timedelta, book: Book) -> int:
    """A driver who heeded the warnings for as long as they are counted."""
    active = _active(REPEATED)
    if not active:
        return 0
    rows = Alarm.objects.filter(station__in=list(active), rule__in=DRIVER_RULES, raised_at__gt=at - within)
    busy = set(rows.exclude(condition=Alarm.Condition.RETRACTED).values_list("station_id", flat=True))
    over = [alarm for station, alarm in active.items() if station not in busy]
    _clear(over, at, book)
    return len(over)


def _clear(alarms: Iterable[Alarm], at: datetime, book: Book) -> None:
    for alarm in alarms:
        book.clear(alarm, Change(at, CLEARED, alarm.level, alarm.value or 0.0, None))


def count_repeated(alarm_id: UUID | str, *, at: datetime) -> Alarm | None:
    """After an alarm of a driver: whether it is one too many. Then a high alarm, and a message to the safety officer.

    Told again of the same alarm it does nothing new: there is one such alarm of a vehicle at a time, and one message of it.
    """
    alarm = (
        Alarm.objects.select_related("station").filter(pk=alarm_id, rule__in=DRIVER_RULES, rang=True).first()
    )
    if alarm is None:
        return None
    v = values(["vehicle.repeated.count", "vehicle.repeated.minutes", f"{REPEATED}.level"])
    within = timedelta(minutes=v["vehicle.repeated.minutes"])
    if not v[f"{REPEATED}.level"]:
        return None
    with transaction.atomic():
        alone("trips")
        rows = Alarm.objects.filter(
            station=alarm.station,
            rule__in=DRIVER_RULES,
            raised_at__range=(alarm.raised_at - within, alarm.raised_at),
        ).exclude(condition=Alarm.Condition.RETRACTED)
        times = list(rows.values_list("raised_at", flat=True))
        if not is_repeated(times, alarm.raised_at, count=v["vehicle.repeated.count"], within=within):
            return None
        there = _active(REPEATED).get(alarm.station_id)
        if (
            there is None
            and Alarm.objects.filter(
                station=alarm.station, rule=REPEATED, raised_at__gte=alarm.raised_at
            ).exists()
        ):
            return None  # told again after it was dealt with
        if there is None:
            told = words.facts(words.REPEATED, "", count=len(times), minutes=v["vehicle.repeated.minutes"])
            book = Book(at, _ALWAYS)
            change = Change(alarm.raised_at, RAISED, v[f"{REPEATED}.level"], float(len(times)), None, told)
            there = book.open(Site.of(alarm.station), None, REPEATED, change, rings=True)
            book.write()
            tell_the_company(there, alarm.station, len(times), v["vehicle.repeated.minutes"], at=at)
    return there


def company_of(station: Station) -> Company | None:
    """The carrier of the trip that is under way, else the one that the station's facts name by its code."""
    trip = (
        Trip.objects.filter(vehicle=station, state=UNDER_WAY, company__isnull=False)
        .select_related("company")
        .first()
    )
    if trip is not None:
        return trip.company
    return Company.objects.filter(code=str(station.facts.get("company_code", ""))).first()


def tell_the_company(alarm: Alarm, station: Station, count: int, minutes: float, *, at: datetime) -> None:
    """The safety officer is told by short message: which vehicle, what, how often."""
    company = company_of(station)
    if company is None:
        return
    with override("zh-hans"):
        text = gettext(
            "%(vehicle)s: %(count)s driver alarms within %(minutes)s minutes. Have the driver stop and rest."
        ) % {
            "vehicle": station.facts.get("plate") or station.name,
            "count": count,
            "minutes": round(minutes),
        }
    messages.send(
        messages.SMS,
        company.officer_phone,
        text,
        key=f"vehicle.repeated:{alarm.pk}:{company.pk}",
        at=at,
        name=company.officer_name,
        about=alarm,
    )
