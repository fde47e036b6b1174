"""Measurements of the whole system: each module NAME offers ``bench_NAME(report)``."""

BENCHES = ("faults", "loop")
