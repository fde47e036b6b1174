"""The alarm engine: readings judged one after the other become episodes. Pure; device time only.

A rule says of each moment how severe it is (``Judged``): the level it *reaches*, and the level it still
*holds* when the dead-band is allowed for. The engine adds the delays. Each level is a switch of its own:

- on, when ``raise_samples`` judged moments in a row reach it, the first and the last of them at least
  ``raise_after`` apart;
- off, when no moment has held it for ``clear_after``.

What reaches a level reaches every lesser one, so the switches are nested and the alarm's level is the most
severe one that is on. One episode lasts from the first switch on to the last one off, however often the
level rises and falls in between. No sample, no change: silence is judged elsewhere.

An alarm that rises ``chatter`` times within a minute is latched: it stays on until no moment has held it for
``latch_for``, so that one fault of an instrument is one alarm and not a hundred.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, NamedTuple

RAISED, LEVEL, CLEARED = "raised", "level", "cleared"
MOST_SEVERE, LEAST_SEVERE = 1, 4  # red … blue
MINUTE = timedelta(minutes=1)
NONE = 5  # one past the least severe: no alarm. Levels compare as numbers, smaller is worse


@dataclass(frozen=True, slots=True)
class Delays:
    """How long a rule waits before it believes a change."""

    raise_samples: int = 1
    raise_after: timedelta = timedelta()
    clear_after: timedelta = timedelta()
    chatter: int = 0  # rises within a minute; 0: never latched
    latch_for: timedelta = timedelta()

    @property
    def memory(self) -> timedelta:
        """How long an alarm that is over still bears on the next one."""
        return MINUTE if self.chatter else timedelta()


def _nothing(level: int) -> dict[str, Any]:
    return {}


class Judged(NamedTuple):
    """One moment under one rule. ``reached`` and ``held`` are levels 1 to 4, or NONE;
    what is held is at least as severe as what is reached.

    ``value`` is what people are told, in the quantity's unit. ``weight`` orders values for the peak (for a
    rule that worries about low values it falls as the value rises). ``facts`` tells, for a level, what the
    sentence shown to people needs, such as the limit; it is asked only where a level is entered.
    """

    at: datetime
    reached: int
    held: int
    value: float
    weight: float
    facts: Callable[[int], dict[str, Any]] = _nothing


@dataclass(frozen=True, slots=True)
class Switch:
    """One level's belief. ``since`` and ``count`` belong to the change that is under way, if one is."""

    on: bool = False
    since: datetime | None = None
    count: int = 0


OFF, ON = Switch(), Switch(on=True)


@dataclass(frozen=True, slots=True)
class Belief:
    """What the engine knows of one rule at one point; QUIET is the plain normal belief and is not kept.

    ``last`` is the newest judged value, for rules that ask about the trend. ``rises`` are the moments within the
    last minute at which the alarm rose, where the rule counts them.
    """

    switches: tuple[Switch, Switch, Switch, Switch] = (OFF, OFF, OFF, OFF)  # levels 1 … 4
    peak: float | None = None
    peak_weight: float | None = None
    last: float | None = None
    rises: tuple[datetime, ...] = ()
    latched: bool = False

    @property
    def level(self) -> int:
        for level, switch in enumerate(self.switches, start=MOST_SEVERE):
            if switch.on:
                return level
        return NONE


QUIET = Belief()


@dataclass(frozen=True, slots=True)
class Change:
    """One step of an episode, at the device time of the reading that caused it."""

    at: datetime
    what: str  # RAISED, LEVEL or CLEARED
    level: int  # the level after the change; at CLEARED the last one
    value: float
    peak: float | None  # the worst value of the episode so far
    facts: dict[str, Any] = field(default_factory=dict)
    chattering: bool = False  # this rise latched the alarm


def observe(belief: Belief, delays: Delays, now: Judged) -> tuple[Belief, Change | None]:
    """Take in one judged moment, which is not older than those before it."""
    if belief is QUIET and now.held == NONE:
        return QUIET, None
    off_after = delays.latch_for if belief.latched else delays.clear_after
    s1, s2, s3, s4 = belief.switches
    switches = (
        _switch(s1, delays, now, 1, off_after),
        _switch(s2, delays, now, 2, off_after),
        _switch(s3, delays, now, 3, off_after),
        _switch(s4, delays, now, 4, off_after),
    )
    before, peak, weight = belief.level, belief.peak, belief.peak_weight
    if weight is None or now.weight > weight:
        peak, weight = now.value, now.weight
    rises = tuple(at for at in belief.rises if now.at - at < MINUTE) if belief.rises else ()
    after = Belief(switches, peak, weight, now.value if now.held < NONE else None, rises, belief.latched)
    level = after.level
    if level == NONE:
        if belief.latched:
            after = replace(after, latched=False)
        if not any(switch.since for switch in switches):  # nothing is under way either: no episode to peak
            quiet = after.last is None and not rises
            after = QUIET if quiet else replace(after, peak=None, peak_weight=None)
        if before == NONE:
            return after, None
        return after, Change(now.at, CLEARED, before, now.value, peak)
    if level == before:
        return after, None
    what = RAISED if before == NONE else LEVEL
    chattering = False
    if delays.chatter and level < before:
        rises = (*rises, now.at)
        chattering = len(rises) >= delays.chatter and not belief.latched
        after = replace(after, rises=rises, latched=belief.latched or chattering)
    return after, Change(now.at, what, level, now.value, peak, now.facts(level), chattering)


def _switch(switch: Switch, delays: Delays, now: Judged, level: int, off_after: timedelta) -> Switch:
    if switch.on:
        if now.held <= level:
            return ON
        since = switch.since or now.at
        return OFF if now.at - since >= off_after else Switch(True, since)
    if now.reached > level:
        return OFF
    since, count = switch.since or now.at, switch.count + 1
    if count >= delays.raise_samples and now.at - since >= delays.raise_after:
        return ON
    return Switch(False, since, count)


@dataclass(frozen=True, slots=True)
class Episode:
    """One alarm as the readings tell it: RAISED first, CLEARED last where it has ended."""

    changes: tuple[Change, ...]
    peak: float | None

    @property
    def raised_at(self) -> datetime:
        return self.changes[0].at

    @property
    def cleared_at(self) -> datetime | None:
        last = self.changes[-1]
        return last.at if last.what == CLEARED else None


def episodes(changes: Iterable[Change], belief: Belief) -> list[Episode]:
    """Cut the changes of a fold that began QUIET and ended in ``belief`` into episodes."""
    found: list[Episode] = []
    current: list[Change] = []
    for change in changes:
        current.append(change)
        if change.what == CLEARED:
            found.append(Episode(tuple(current), change.peak))
            current = []
    if current:
        found.append(Episode(tuple(current), belief.peak))
    return found


def to_json(belief: Belief) -> dict[str, Any]:
    """The belief as it is kept between batches."""
    kept: dict[str, Any] = {
        "switches": [
            [switch.on, switch.since and switch.since.isoformat(), switch.count] for switch in belief.switches
        ],
        "peak": belief.peak,
        "peak_weight": belief.peak_weight,
        "last": belief.last,
    }
    if belief.rises:
        kept["rises"] = [at.isoformat() for at in belief.rises]
    if belief.latched:
        kept["latched"] = True
    return kept


def from_json(kept: Mapping[str, Any]) -> Belief:
    switches = tuple(
        Switch(on, datetime.fromisoformat(since) if since else None, count)
        for on, since, count in kept["switches"]
    )
    rises = tuple(datetime.fromisoformat(at) for at in kept.get("rises", ()))
    latched = kept.get("latched", False)
    return Belief(switches, kept["peak"], kept["peak_weight"], kept["last"], rises, latched)  # type: ignore[arg-type]
