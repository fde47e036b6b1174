"""The processes of the system, as data: the supervisor of `./onemap run` and docker-compose.yml are held to this list."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Process:
    """One process: ``command`` follows the Python interpreter."""

    name: str
    command: tuple[str, ...]
    demo_only: bool = False


def _celery(*arguments: str) -> tuple[str, ...]:
    return ("-m", "celery", "-A", "command_center", *arguments)


def _worker(name: str, *arguments: str) -> tuple[str, ...]:
    # Nothing here asks other workers anything: no gossip, no mingling at the start.
    return _celery("worker", "-n", f"{name}@%h", "--without-gossip", "--without-mingle", *arguments)


def watchdog(host: str, port: int) -> Process:
    """Beside the others wherever one supervisor has them all; containers have health checks in its place."""
    return Process("watchdog", ("-m", "command_center.launch.watchdog", host, str(port)))


def processes(host: str, port: int) -> tuple[Process, ...]:
    """Every process, with the web process bound to ``host``:``port``."""
    return (
        Process(
            "web",
            ("-m", "uvicorn", "command_center.asgi:application", "--host", host, "--port", str(port),
             "--ws", "websockets-sansio", "--ws-max-size", "65536", "--ws-per-message-deflate", "false",
             "--lifespan", "off", "--timeout-graceful-shutdown", "3", "--no-access-log"),
        ),
        Process("worker-now", _worker("now", "-Q", "now,bulk", "--pool", "prefork", "-c", "2")),
        Process("worker-poll", _worker("poll", "-Q", "poll", "--pool", "threads", "-c", "8")),
        # Entries are idempotent ticks: last-run times need no file that a kill could corrupt.
        Process("beat", _celery("beat", "--scheduler", "celery.beat:Scheduler", "--pidfile=")),
        Process("relay", ("manage.py", "relay")),
        Process("gateway", ("manage.py", "gateway")),
        Process("subscribe", ("manage.py", "subscribe")),
        Process("simulate", ("manage.py", "simulate"), demo_only=True),
    )  # fmt: skip
