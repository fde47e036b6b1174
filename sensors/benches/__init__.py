"""Measurements of this app: each module NAME offers ``bench_NAME(report)``."""

BENCHES = ("ingest", "poll", "rehearsal")
