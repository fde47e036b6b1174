"""Measurements of this app: each module NAME offers ``bench_NAME(report)``."""

BENCHES = ("alarm_health", "gateway", "ingest", "poll", "rehearsal")
