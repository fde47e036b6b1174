"""The faults, one after the other while the storm plays, and what is measured after each."""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from .bed import Bed, NotInTime, Unanswered, within
from .desk import Desk
from .screen import Screen

RECOVERY_S = 60.0  # a process that is killed has worked again by then, on two busy cores too
NOTICED_S = 90.0  # one that hangs: the watchdog's patience and a start
WALL_S = 10.0
SETTLED_S = 30.0
# What says that a process works again: its rows of the heartbeat. The others are seen by other means.
PARTS = {
    "worker-now": ("worker:now", "worker:bulk"),
    "worker-poll": ("worker:poll",),
    "beat": ("beat",),
    "relay": ("relay",),
    "gateway": ("gateway",),
    "subscribe": ("subscribe",),
    "redis": ("worker:now", "worker:poll"),
    "postgres": ("relay", "gateway", "subscribe", "worker:now", "worker:poll"),
}


@dataclass(frozen=True, slots=True)
class Fault:
    """``strike`` does it and returns when the fault is over (a killed process may not be back yet)."""

    name: str
    strike: Callable[[Bed], object]
    hit: tuple[str, ...] = ()  # processes that have other numbers afterwards
    shaken: tuple[str, ...] = ()  # processes that must show work afterwards

    @property
    def parts(self) -> tuple[str, ...]:
        return tuple(sorted({part for name in (*self.hit, *self.shaken) for part in PARTS.get(name, ())}))


def killed(*names: str, called: str = "") -> Fault:
    return Fault(f"kill -9 {called or ' '.join(names)}", lambda bed: bed.kill(*names), hit=names)


def frozen(name: str, seconds: float) -> Fault:
    def strike(bed: Bed) -> None:
        pid = bed.freeze(name)
        try:
            time.sleep(seconds)  # the fault itself lasts this long
        finally:
            bed.thaw(pid)

    return Fault(f"{name} frozen for {seconds:g} s", strike, shaken=(name,))


def hanging(name: str) -> Fault:
    """It stays alive and does nothing, until the watchdog ends it."""

    def strike(bed: Bed) -> None:
        pid = bed.freeze(name)
        within(NOTICED_S, f"{name} hangs: ended", lambda: bed.running().get(name) != pid)

    return Fault(f"{name} hangs", strike, hit=(name,))


FLUSHED = Fault("redis FLUSHALL", lambda bed: bed.flush_redis(), shaken=("redis",))
APPLICATION = ("web", "relay", "gateway", "subscribe", "worker-now", "worker-poll", "beat", "simulate")
EVERYTHING = (*APPLICATION, "watchdog", "redis", "postgres")
SHORT: tuple[Fault, ...] = (
    *(killed(name) for name in APPLICATION),
    frozen("gateway", 3),
    FLUSHED,
    killed("redis"),
    killed("postgres"),
    killed(*EVERYTHING, called="everything at once"),
)
LONG: tuple[Fault, ...] = (
    *SHORT,
    *(frozen(name, 10) for name in ("web", "relay", "worker-now", "worker-poll", "redis", "postgres")),
    *(killed("redis") for _ in range(5)),
    *(killed("postgres") for _ in range(3)),
    killed("redis", "postgres"),
    hanging("worker-poll"),
    hanging("relay"),
    killed(*EVERYTHING, called="everything at once, again"),
)


@dataclass(slots=True)
class Outcome:
    """Seconds from the fault to the answer of /healthz and to work done, and from that answer to a true wall."""

    fault: str
    healthy_s: float
    wall_s: float
    worked_s: float


@dataclass(slots=True)
class Verdict:
    """What the oracle says at the end. ``wrong`` is empty, or the system is."""

    figures: dict[str, float] = field(default_factory=dict)
    wrong: list[str] = field(default_factory=list)


def suffer(bed: Bed, screen: Screen, fault: Fault, *, thorough: bool = True) -> Outcome:
    """One fault, and everything well again. ``thorough`` waits until every part that was hit has worked."""
    before, began = bed.running(), time.monotonic()
    fault.strike(bed)
    hit = {name: before[name] for name in fault.hit}

    def others_run() -> bool:
        now = bed.running()
        return all(now.get(name, pid) != pid for name, pid in hit.items())

    within(RECOVERY_S, f"{fault.name}: started anew", others_run)
    since = moment()  # not before the fault: what is killed may have worked after that
    within(RECOVERY_S, f"{fault.name}: /healthz 200", bed.is_healthy)
    if "relay" in fault.parts:  # /healthz gives it ten seconds, and the wall hears of nothing without it
        wait_for_work(bed, ["relay"], since, fault.name)
    healthy = time.monotonic()
    if difference := screen.differs(WALL_S):
        raise NotInTime(f"{fault.name}: the wall is not true after {WALL_S:g} s: {difference}")
    true = time.monotonic()
    if thorough:
        wait_for_work(bed, fault.parts, since, fault.name)
    return Outcome(fault.name, healthy - began, true - healthy, time.monotonic() - began)


def moment() -> str:
    """Real time, which the database stamps signs of life and events with: its server runs beside us."""
    return datetime.now(UTC).isoformat()


def wait_for_work(bed: Bed, parts: Sequence[str], since: str, why: str) -> None:
    def all_worked() -> bool:
        try:
            done = bed.ask("worked", since=since)
        except Unanswered:
            return False
        return all(done.get(part) for part in parts)

    within(RECOVERY_S, f"{why}: {', '.join(parts)} worked", all_worked, pause_s=0.3)


def verdict(bed: Bed, desk: Desk) -> Verdict:
    """Everything that must be true in the end; waits for what is still on its way."""
    desk.stop()
    found = Verdict(wrong=[f"refused: {one}" for one in desk.refused])
    present = moment()

    def delivered() -> bool:
        return not bed.ask("events", written_before=present)["wrong"]

    try:
        within(SETTLED_S, "deliveries", delivered, pause_s=0.5)
    except NotInTime:
        pass  # the questions below say what is missing
    for question, given in _questions(bed, desk, present):
        told = bed.ask(question, **given)
        found.wrong += [f"{question}: {one}" for one in told.pop("wrong")]
        found.figures |= told
    found.figures["repeated"] = desk.repeated
    found.wrong += [f"process {pid} is nobody's" for pid in bed.strays()]
    return found


def _questions(bed: Bed, desk: Desk, present: str) -> Iterator[tuple[str, dict[str, Any]]]:
    yield "readings", {"ledger": str(bed.ledger)}
    yield "alarms", {}
    yield "events", {"written_before": present}
    yield "incidents", {"written_before": present}
    yield "orders", {"answered": desk.answered}
    yield "loop", {"closed": desk.closed}
    yield "clocks", {}
    yield "book", {}
