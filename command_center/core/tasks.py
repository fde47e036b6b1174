"""What the workers do for the kernel: deliver events, tick, and show that each queue is worked."""

import logging
import time
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta

from celery import shared_task
from django.db import connection, transaction
from django.db.models import F
from kombu.exceptions import OperationalError as BrokerError

from . import heartbeat
from .actor import Actor
from .acts import record_act
from .events import LISTENERS, Happening
from .models import Delivered, Event, FailedDelivery, Heartbeat

log = logging.getLogger(__name__)

ATTEMPTS = 8  # then a delivery is given up and stays visible as a FailedDelivery
_GRACE = timedelta(seconds=10)  # an event younger than this is still on its ordinary way
_SWEEP_S = 10.0
_SWEEP_ROWS = 5000

# --- deliveries ----------------------------------------------------------------------------------


def enqueue(deliveries: list[tuple[int, str]]) -> bool:
    """Hand (seq, listener) pairs to the workers; False at the first that the broker does not take."""
    for seq, name in deliveries:
        try:
            deliver.apply_async(args=[seq, name], retry=False)
        except (BrokerError, OSError):
            return False
    return True


@shared_task
def deliver(seq: int, name: str) -> str:
    return deliver_once(seq, name)


def deliver_once(seq: int, name: str) -> str:
    """Let listener ``name`` do its work for event ``seq``, once, however often this is called.

    The mark and the work are one transaction: either both are there or neither. A failure is counted; the
    sweep tries again, later each time, and gives up after ``ATTEMPTS``.
    """
    event = Event.objects.filter(seq=seq).first()
    listener = LISTENERS.get(event.kind, {}).get(name) if event else None
    if event is None or listener is None:
        return "unknown"
    try:
        with transaction.atomic():
            if not _mark(seq, name):
                return "before"
            listener(
                Happening(
                    event.seq,
                    event.kind,
                    event.subject_type,
                    event.subject_id,
                    event.area_path,
                    event.at,
                    event.data,
                )
            )
            FailedDelivery.objects.filter(seq=seq, listener=name).delete()
    except Exception as error:  # whatever a listener raises must neither be lost nor stop the worker
        log.exception("delivery of %s to %s failed", seq, name)
        _count_failure(seq, name, error)
        return "failed"
    return "done"


def _mark(seq: int, name: str) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO core_delivered (seq, listener, at) VALUES (%s, %s, clock_timestamp())"
            " ON CONFLICT DO NOTHING",
            [seq, name],
        )
        return cursor.rowcount == 1


def _count_failure(seq: int, name: str, error: Exception) -> None:
    row, _ = FailedDelivery.objects.get_or_create(seq=seq, listener=name)
    FailedDelivery.objects.filter(pk=row.pk).update(
        attempts=F("attempts") + 1,
        error=f"{type(error).__name__}: {error}"[:500],
        last_at=datetime.now(UTC),
        given_up=row.attempts + 1 >= ATTEMPTS,
    )


def missing_deliveries(present: datetime) -> list[tuple[int, str]]:
    """(seq, listener) pairs due now that nobody has done: what a lost task or a broker that was gone left.

    Looks from the lowest event not yet delivered on, however long ago that was, and moves that floor up.
    """
    kinds = list(LISTENERS)
    floor = Heartbeat.objects.filter(name="deliveries").values_list("note", flat=True).first() or {}
    start = floor.get("floor", 0)
    events = list(
        Event.objects.filter(seq__gt=start)
        .order_by("seq")
        .values_list("seq", "kind", "written_at")[:_SWEEP_ROWS]
    )
    expected = [
        (seq, name, written_at)
        for seq, kind, written_at in events
        if kind in kinds
        for name in LISTENERS[kind]
    ]
    seqs = [seq for seq, _, _ in expected]
    done = set(Delivered.objects.filter(seq__in=seqs).values_list("seq", "listener"))
    failed = {
        (row.seq, row.listener): row
        for row in FailedDelivery.objects.filter(seq__in=seqs).only(
            "seq", "listener", "attempts", "last_at", "given_up"
        )
    }
    missing, lowest = [], events[-1][0] if events else start
    for seq, name, written_at in expected:
        failure = failed.get((seq, name))
        if (seq, name) in done or (failure and failure.given_up):
            continue
        lowest = min(lowest, seq - 1)
        ready = failure.last_at + _pause(failure.attempts) if failure else written_at + _GRACE
        if ready <= present:
            missing.append((seq, name))
    heartbeat.beat("deliveries", floor=lowest)
    known = {name for listeners in LISTENERS.values() for name in listeners}
    again = FailedDelivery.objects.filter(seq__lte=start, given_up=False, listener__in=known)
    return missing + [
        (row.seq, row.listener) for row in again if row.last_at + _pause(row.attempts) <= present
    ]


def _pause(attempts: int) -> timedelta:
    return timedelta(seconds=2**attempts)


def retry(failures: Iterable[FailedDelivery], *, by: Actor, at: datetime) -> int:
    """Let deliveries that were given up be tried again, from now on; the sweep finds them. Raises PermissionDenied."""
    by.require("delivery.retry")
    with transaction.atomic():
        rows = FailedDelivery.objects.select_for_update().filter(pk__in=[one.pk for one in failures])
        given_up = list(rows.filter(given_up=True))
        for row in given_up:
            record_act("delivery.retried", row, by=by, at=at, seq=row.seq, listener=row.listener)
        FailedDelivery.objects.filter(pk__in=[row.pk for row in given_up]).update(given_up=False, attempts=0)
    return len(given_up)


def sweep_deliveries() -> str:
    missing = missing_deliveries(datetime.now(UTC))
    enqueue(missing)
    return f"{len(missing)} again"


# --- the tick ------------------------------------------------------------------------------------

SWEEPERS: dict[str, tuple[float, Callable[[], object]]] = {}
_last: dict[str, float] = {}


def sweeper(every_s: float) -> Callable[[Callable[[], object]], Callable[[], object]]:
    """Let the tick call a function about every ``every_s`` real seconds. Twice at once must be harmless."""

    def register(function: Callable[[], object]) -> Callable[[], object]:
        SWEEPERS[f"{function.__module__}.{function.__qualname__}"] = (every_s, function)
        return function

    return register


sweeper(_SWEEP_S)(sweep_deliveries)


@shared_task
def tick() -> str:
    """Every two seconds, from the beat: what is due is taken from the tables. One failure stops no other."""
    heartbeat.beat("beat")
    heartbeat.beat("worker:now")
    called = 0
    for name, (every_s, function) in SWEEPERS.items():
        if time.monotonic() - _last.get(name, float("-inf")) < every_s:
            continue
        _last[name] = time.monotonic()
        called += 1
        try:
            function()
        except Exception:
            log.exception("sweeper %s failed", name)
    return f"{called} called"


@shared_task
def canary(queue: str) -> str:
    """Shows that the workers of a queue take work, which a ping does not."""
    heartbeat.beat(f"worker:{queue}")
    return queue
