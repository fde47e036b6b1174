"""The hall's clock. In a sped-up demo everything lives in storm time, told by one row in the database."""

import threading
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.conf import settings


@dataclass(frozen=True, slots=True)
class Rate:
    """Real time ``origin`` is storm time ``story``; from there ``rate`` storm seconds pass each second."""

    origin: datetime
    story: datetime
    rate: float = 1.0

    def at(self, real: datetime) -> datetime:
        return self.story + (real - self.origin) * self.rate

    def real(self, story: datetime) -> datetime:
        """The real moment at which the hall's clock shows ``story``."""
        return self.origin + (story - self.story) / self.rate


REAL = Rate(datetime(2000, 1, 1, tzinfo=UTC), datetime(2000, 1, 1, tzinfo=UTC))
_READ_AGAIN_S = 2.0
_lock = threading.Lock()
_known: tuple[float, Rate] | None = None


def rate() -> Rate:
    """The rate in force; read again every two seconds so that every process agrees."""
    global _known
    if not settings.OURS["demo_clock_allowed"]:
        return REAL
    with _lock:
        if _known and time.monotonic() - _known[0] < _READ_AGAIN_S:
            return _known[1]
    from .models import DemoClock

    row = DemoClock.objects.values_list("origin", "story", "rate").first()
    found = Rate(*row) if row else REAL
    with _lock:
        _known = (time.monotonic(), found)
    return found


def now() -> datetime:
    """The hall's present moment, aware, in UTC."""
    return rate().at(datetime.now(UTC))


def real_seconds(span: timedelta) -> float:
    """How long ``span`` of the hall's time takes in real seconds."""
    return span.total_seconds() / rate().rate


def set_demo_clock(*, story: datetime, speed: float, origin: datetime | None = None) -> Rate:
    """Let the hall live in storm time from ``story`` on, ``speed`` times as fast. Refused in production."""
    from .models import DemoClock

    if not settings.OURS["demo_clock_allowed"]:
        raise RuntimeError("these settings do not allow the demo clock")
    found = Rate(origin or datetime.now(UTC), story, speed)
    DemoClock.objects.update_or_create(
        pk=1,
        defaults={"origin": found.origin, "story": found.story, "rate": found.rate},
    )
    forget()
    return found


def forget() -> None:
    """Read the row again at the next call (after it changed, and between tests)."""
    global _known
    with _lock:
        _known = None
