"""Measurements of the screens and the wire: each module NAME offers ``bench_NAME(report)``."""

BENCHES = ("fanout", "map")
