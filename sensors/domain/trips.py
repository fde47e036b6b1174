"""Trips with dangerous goods: their life, and what a vehicle's places say of them. Pure; device time, local wall clock given."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta

from command_center.core.machine import Machine, move

from .plane import metres
from .vehicles import BACK_INSIDE, OFF

PLANNED, UNDER_WAY, ARRIVED, CLOSED, CANCELLED = "planned", "under_way", "arrived", "closed", "cancelled"
# fmt: off
TRIP = Machine(
    name="trip",
    states=frozenset({PLANNED, UNDER_WAY, ARRIVED, CLOSED, CANCELLED}),
    initial=PLANNED,
    final=frozenset({CLOSED, CANCELLED}),
    moves=(
        #     move      from       to         needs
        move("begin",  PLANNED,   UNDER_WAY, "trip.manage", stamps="began_at"),
        move("arrive", UNDER_WAY, ARRIVED,   "trip.manage", stamps="arrived_at"),
        move("close",  ARRIVED,   CLOSED,    "trip.manage", stamps="closed_at"),
        move("cancel", (PLANNED, UNDER_WAY), CANCELLED, "trip.manage", needs_reason=True, stamps="closed_at"),
    ),
)
# fmt: on
OPEN = (PLANNED, UNDER_WAY)
IN_FORCE, ENDED = "in_force", "ended"
# Areas with rules and loading sites. What was judged by one stays in the history, so none is ever deleted.
PLACE = Machine(
    name="place",
    states=frozenset({IN_FORCE, ENDED}),
    initial=IN_FORCE,
    final=frozenset(),
    moves=(
        move("end", IN_FORCE, ENDED, "fence.edit", needs_reason=True, guard=lambda place: place.needed()),
        move("resume", ENDED, IN_FORCE, "fence.edit"),
    ),
)
NO_GO, SPEED, RESIDENTIAL = "no_go", "speed", "residential"
STANDS_BELOW_KMH = 3.0
MOVES_FROM_KMH = 8.0

# Channels that are judged here, from places; each is a point of the station with the quantity "vehicle_alarm".
IN_NO_GO, IN_RESIDENTIAL, TOO_FAST = "fence.no_go", "fence.residential", "fence.speed"
STOPPED, LOADS_OUTSIDE, OUT_OF_HOURS = "trip.stopped", "trip.load_outside", "trip.hours"
NO_POSITION, REPEATED = "vehicle.no_position", "vehicle.repeated"
"""Rules about the whole vehicle, judged by the clock and by its alarms."""


@dataclass(frozen=True, slots=True)
class Fence:
    """An area with a rule. ``weekdays``: 0 Monday to 6; empty: every day. ``begins`` after ``ends``: over midnight."""

    id: int
    kind: str
    limit_kmh: float | None = None
    begins: time | None = None
    ends: time | None = None
    weekdays: frozenset[int] = frozenset()
    only_loaded: bool = False

    def holds_at(self, local: datetime) -> bool:
        """Whether its rule holds at a wall-clock time. Hours over midnight belong to the day on which they begin."""
        day, clock = local.weekday(), local.time()
        if self.begins is None or self.ends is None or self.begins == self.ends:
            return not self.weekdays or day in self.weekdays
        if self.begins < self.ends:
            within = self.begins <= clock < self.ends
        else:
            within = clock >= self.begins or clock < self.ends
            if clock < self.ends:
                day = (day - 1) % 7
        return within and (not self.weekdays or day in self.weekdays)


@dataclass(frozen=True, slots=True)
class Around:
    """What lies around one place: ``inside`` holds it, ``near`` is at most the dead-band away (and holds what is inside).

    ``off_m``: distance from the line of the trip that is under way, None where it has none.
    """

    inside: frozenset[int] = frozenset()
    near: frozenset[int] = frozenset()
    site: int | None = None
    sites_near: frozenset[int] = frozenset()
    off_m: float | None = None


@dataclass(frozen=True, slots=True)
class Journey:
    """A trip as the rules see it."""

    id: str
    state: str
    from_site: int | None = None
    to_site: int | None = None
    corridor_m: float = 200.0
    permitted_from: datetime | None = None
    permitted_until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Place:
    """One believed place. ``load``: 0 empty to 3 full as the terminal tells it, None where it tells none."""

    at: datetime
    lon: float
    lat: float
    speed_kmh: float
    load: int | None = None


@dataclass(frozen=True, slots=True)
class Standing:
    """What is remembered of a vehicle between places. ``left``: the site whose fence it left last, ``site``: where it is."""

    at: datetime | None = None
    stopped_since: datetime | None = None
    lon: float = 0.0
    lat: float = 0.0
    load: int | None = None
    site: int | None = None


@dataclass(frozen=True, slots=True)
class Numbers:
    """The parameters of these rules."""

    tolerance_kmh: float
    stop_after: timedelta
    jitter_m: float


@dataclass(frozen=True, slots=True)
class Step:
    """What one place says: the alarms by channel, what is remembered, and the moves of trips ((trip, move), …)."""

    standing: Standing
    alarms: Mapping[str, bool]
    moves: tuple[tuple[str, str], ...] = ()


def step(
    before: Standing,
    place: Place,
    around: Around,
    *,
    trips: Iterable[Journey],
    fences: Mapping[int, Fence],
    was: Callable[[str], bool],
    local: datetime,
    numbers: Numbers,
) -> Step:
    """Judge one place. ``was(channel)``: whether that alarm stood before it; ``local``: the hall's wall clock at the place.

    A late place (not newer than what is remembered) is judged against fences and the corridor only: where a vehicle
    stood, loaded or left by then is known better already.
    """
    under_way = next((trip for trip in trips if trip.state == UNDER_WAY), None)
    loaded = bool(place.load) or (place.load is None and under_way is not None)
    alarms = _fences(place, around, fences, was, local, numbers, loaded)
    if around.off_m is not None and under_way is not None:
        half = under_way.corridor_m / 2
        alarms[OFF] = around.off_m > half * (BACK_INSIDE if was(OFF) else 1.0)
    if before.at is not None and place.at <= before.at:
        return Step(before, alarms)
    after = _remember(before, place, around, numbers)
    alarms[STOPPED] = (
        under_way is not None
        and after.stopped_since is not None
        and place.at - after.stopped_since >= numbers.stop_after
        and not around.sites_near
    )
    alarms[LOADS_OUTSIDE] = _loads_outside(before, place, around, after, was)
    if under_way is not None and (under_way.permitted_from or under_way.permitted_until):
        alarms[OUT_OF_HOURS] = place.speed_kmh >= STANDS_BELOW_KMH and not permitted(under_way, place.at)
    else:
        alarms[OUT_OF_HOURS] = False
    return Step(after, alarms, _moves(before, place, around, after, trips))


def permitted(trip: Journey, at: datetime) -> bool:
    """Whether a trip may be on the road at ``at``."""
    return (trip.permitted_from is None or at >= trip.permitted_from) and (
        trip.permitted_until is None or at <= trip.permitted_until
    )


def _fences(
    place: Place,
    around: Around,
    fences: Mapping[int, Fence],
    was: Callable[[str], bool],
    local: datetime,
    numbers: Numbers,
    loaded: bool,
) -> dict[str, bool]:
    """Inside rings; who was inside is out only beyond the dead-band."""
    found = {IN_NO_GO: False, IN_RESIDENTIAL: False, TOO_FAST: False}
    for kind, channel in ((NO_GO, IN_NO_GO), (RESIDENTIAL, IN_RESIDENTIAL), (SPEED, TOO_FAST)):
        for id_ in around.near if was(channel) else around.inside:
            fence = fences.get(id_)
            if fence is None or fence.kind != kind or not fence.holds_at(local):
                continue
            if fence.only_loaded and not loaded:
                continue
            if kind == SPEED:
                margin = 0.0 if was(channel) else numbers.tolerance_kmh
                if fence.limit_kmh is None or place.speed_kmh <= fence.limit_kmh + margin:
                    continue
            found[channel] = True
    return found


def _remember(before: Standing, place: Place, around: Around, numbers: Numbers) -> Standing:
    here = replace(before, at=place.at, load=before.load if place.load is None else place.load)
    if around.site is not None:
        here = replace(here, site=around.site)
    elif before.site is not None and before.site not in around.sites_near:
        here = replace(here, site=None)
    moved = (
        before.stopped_since is not None
        and metres(before.lon, before.lat, place.lon, place.lat) > numbers.jitter_m
    )
    if place.speed_kmh >= MOVES_FROM_KMH or (moved and place.speed_kmh >= STANDS_BELOW_KMH):
        return replace(here, stopped_since=None)
    if before.stopped_since is None or moved:
        if place.speed_kmh >= STANDS_BELOW_KMH:
            return replace(here, stopped_since=None)
        return replace(here, stopped_since=place.at, lon=place.lon, lat=place.lat)
    return here  # one jump of the speed in standing traffic is no start


def _loads_outside(
    before: Standing, place: Place, around: Around, after: Standing, was: Callable[[str], bool]
) -> bool:
    if around.site is not None or around.sites_near or after.stopped_since is None:
        return False
    if was(LOADS_OUTSIDE):
        return True
    return before.load is not None and place.load is not None and bool(place.load) != bool(before.load)


def _moves(
    before: Standing, place: Place, around: Around, after: Standing, trips: Iterable[Journey]
) -> tuple[tuple[str, str], ...]:
    """A planned trip begins when its vehicle leaves the first site's fence; it has arrived when it stands in the last's."""
    found = []
    for trip in trips:
        left = before.site is not None and after.site != before.site
        if trip.state == PLANNED and left and before.site == trip.from_site:
            found.append((trip.id, "begin"))
            break  # one at a time: the oldest planned trip from here
        if (
            trip.state == UNDER_WAY
            and trip.to_site is not None
            and around.site == trip.to_site
            and place.speed_kmh < STANDS_BELOW_KMH
        ):
            found.append((trip.id, "arrive"))
    return tuple(found)


def is_repeated(times: Iterable[datetime], at: datetime, *, count: int, within: timedelta) -> bool:
    """Whether ``count`` or more of ``times`` lie within ``within`` up to ``at``."""
    return sum(at - within < one <= at for one in times) >= count > 0


def un_number(text: str) -> str | None:
    """The four digits of a UN number ("UN 1203", "1203"), or None where it is none."""
    digits = text.strip().upper().removeprefix("UN").strip()
    return digits if len(digits) == 4 and digits.isascii() and digits.isdigit() else None
