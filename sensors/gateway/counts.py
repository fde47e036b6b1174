"""What the gateway counts, for its own /metrics and for its heartbeat."""

from collections import Counter

from prometheus_client import Counter as PromCounter
from prometheus_client import Gauge

FRAMES = PromCounter("onemap_gateway_frames", "Frames by what became of them", ["protocol", "outcome"])
CONNECTIONS = Gauge("onemap_gateway_connections", "Open connections", ["protocol"])
CLOSED = PromCounter("onemap_gateway_closed", "Connections closed by us, by reason", ["reason"])


class Counts:
    """Accepted, refused, repeated frames and the reasons for which connections were closed."""

    def __init__(self) -> None:
        self.frames: Counter[str] = Counter()
        self.closed: Counter[str] = Counter()

    def frame(self, protocol: str, outcome: str) -> None:
        self.frames[outcome] += 1
        FRAMES.labels(protocol, outcome).inc()

    def close(self, reason: str) -> None:
        self.closed[reason] += 1
        CLOSED.labels(reason).inc()
