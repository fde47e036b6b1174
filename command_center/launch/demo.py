"""`./onemap run` and `./onemap manage`: the whole system on this machine."""

import http.client
import json
import os
import signal
import socket
import subprocess
import time
from pathlib import Path

from . import supervise
from .place import MARK, Busy, Place, is_free
from .processes import processes, watchdog
from .servers import Servers
from .steps import BASE, LOG, PYTHON, VAR, Failed, attended, quiet, say, step, tail

_PATIENCE_SECONDS = 120
ACCOUNTS = VAR / "demo-accounts.json"
STORY = VAR / "demo-story.json"  # what plays, kept by seed_demo


def run(arguments: list[str]) -> int:
    """Prepare, start everything, print the sheet, and stay until Ctrl-C, SIGTERM or SIGHUP."""
    if arguments:
        say("./onemap run takes no arguments; see ./onemap help for its environment variables.")
        return 2
    host, port = os.environ.get("HOST", "127.0.0.1"), int(os.environ.get("PORT", "8000"))
    place = Place("run")
    try:
        place.hold()
    except Busy:
        say(f"One Map is running already from this folder ({VAR}).")
        return 1
    _stop_on_signals()
    if place.processes():
        with step("ending what an earlier run left"):
            place.end_processes()
    if not is_free(port, host):
        say(f"Port {port} is taken. Choose another: PORT={port + 1} ./onemap run")
        return 1
    try:
        return _run(place, host, port)
    except _Stop:
        return 0
    finally:
        _stop_on_signals(signal.SIG_IGN)
        place.end_processes()


def _run(place: Place, host: str, port: int) -> int:
    servers = Servers(place, durable=True)
    with step("PostgreSQL and Redis"):
        for server in servers.own():
            server.start()
    env = environment(place, servers, host, port)
    with step("migrations"):
        quiet([PYTHON, "manage.py", "migrate", "--no-input"], env)
    with step("language catalogues"):
        compile_catalogues(env)
    with step("demo district"):
        quiet([PYTHON, "manage.py", "seed_demo", *_storm()], env)
    with step("all processes, until the web process answers"):
        for server in reversed(servers.own()):
            server.stop()  # the supervisor starts them again, as processes of its own
        listed = (*processes(host, port), watchdog(host, port))
        supervisor = supervise.start(place, servers, listed, env)
        try:
            _wait_for_web(supervisor, host, port)
        except BaseException:
            _end(supervisor)
            raise
    say(sheet(host, port))
    try:
        supervisor.wait()
        say(f"The supervisor ended by itself; the end of its log:\n{tail(LOG / 'supervisor.log')}")
        return 1
    except _Stop:
        with step("stopped"):
            _end(supervisor)
        return 0


def manage(arguments: list[str]) -> int:
    """Django's manage.py against the system of `run`, with its servers started for the command if need be."""
    place = Place("run")
    servers = Servers(place, durable=True)
    host, port = os.environ.get("HOST", "127.0.0.1"), int(os.environ.get("PORT", "8000"))
    command = [PYTHON, "manage.py", *arguments]
    try:
        place.hold()
    except Busy:
        return attended(command, environment(place, servers, host, port))
    place.end_processes()
    with servers.running():
        return attended(command, environment(place, servers, host, port))


def environment(place: Place, servers: Servers, host: str, port: int) -> dict[str, str]:
    """What every process of the demo is started with; the caller's own environment has the last word on settings."""
    ours = {
        "DJANGO_SETTINGS_MODULE": "command_center.settings.local",
        "SECRET_KEY": place.kept("secret_key"),
        "DEVICE_SECRET_KEY": place.kept("device_secret_key"),
        "ALLOWED_HOSTS": ",".join(_names_of(host)),
        "PORT": str(port),
        **place.gateway_ports(),
        "SIM_PORT_BASE": str(place.port("sim_port_base")),
        "ONEMAP_VAR": str(VAR),
        "PYTHONUNBUFFERED": "1",
    }
    return ours | dict(os.environ) | servers.environment() | {MARK: place.mark}


def _names_of(host: str) -> list[str]:
    names = ["127.0.0.1", "localhost", "[::1]"]
    if host in ("0.0.0.0", "::"):
        name = socket.gethostname()
        names += [name, *{str(info[4][0]) for info in socket.getaddrinfo(name, None, socket.AF_INET)}]
    elif host not in names:
        names.append(host)
    return names


def _storm() -> list[str]:
    chosen = []
    if path := os.environ.get("STORM"):
        if not Path(path).is_file():
            say(f"STORM names no file: {path}")
            raise Failed
        chosen += ["--storm", path]
    if speed := os.environ.get("SPEED"):
        chosen += ["--speed", speed]
    return chosen


def compile_catalogues(env: dict[str, str]) -> None:
    """Compile each catalogue whose source is newer than its product."""
    for source in sorted((BASE / "locale").glob("*/LC_MESSAGES/*.po")):
        product = source.with_suffix(".mo")
        if not product.exists() or product.stat().st_mtime < source.stat().st_mtime:
            quiet(
                [PYTHON, "-m", "babel.messages.frontend", "compile", "-i", str(source), "-o", str(product)],
                env,
            )


# --- readiness and the end --------------------------------------------------------------------------


class _Stop(BaseException):
    """Ctrl-C, SIGTERM or SIGHUP."""


def _stop_on_signals(handler: object = None) -> None:
    def stop(*_: object) -> None:
        raise _Stop

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, handler or stop)  # type: ignore[arg-type]


def _wait_for_web(supervisor: subprocess.Popen[bytes], host: str, port: int) -> None:
    reach = "127.0.0.1" if host in ("0.0.0.0", "::") else host
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while True:
        connection = http.client.HTTPConnection(reach, port, timeout=5)
        try:
            connection.request("GET", "/")
            if connection.getresponse().status < 500:
                return
        except (OSError, http.client.HTTPException):
            pass
        finally:
            connection.close()
        if supervisor.poll() is not None:
            say(f"The supervisor did not start:\n{tail(LOG / 'supervisor.log')}")
            raise Failed
        if time.monotonic() > deadline:
            say(
                f"The web process does not answer after {_PATIENCE_SECONDS} s; the end of its log:\n{tail(LOG / 'web.log')}"
            )
            raise Failed
        time.sleep(0.1)


def _end(supervisor: subprocess.Popen[bytes]) -> None:
    _stop_on_signals(signal.SIG_IGN)
    supervisor.terminate()
    try:
        supervisor.wait(30)
    except subprocess.TimeoutExpired:
        supervisor.kill()


# --- the sheet ------------------------------------------------------------------------------------------


def sheet(host: str, port: int) -> str:
    """What a person needs now: addresses, accounts, the storm."""
    base = f"http://{host}:{port}"
    lines = [
        "",
        "One Map is running.  Ctrl-C stops it.",
        "",
        f"  Desk      {base}/",
        f"  Wall      {base}/wall/",
        f"  API       {base}/api/schema/",
        f"  Health    {base}/healthz",
        "",
    ]
    try:
        accounts = json.loads(ACCOUNTS.read_text())
    except (FileNotFoundError, ValueError):
        accounts = []
    if accounts:
        lines.append("  Demo accounts")
        lines += [f"    {a['role']:<20} {a['username']:<20} {a['password']}" for a in accounts]
        lines.append("")
    try:
        story = json.loads(STORY.read_text())
    except (FileNotFoundError, ValueError):
        story = {}
    storm = Path(story["storm"]).name if story.get("storm") else "a generated design storm"
    speed = float(story.get("speed", 1))
    pace = "in real time" if speed == 1 else f"{speed:g} storm minutes a minute (演示 ×{speed:g})"
    lines += [f"  Storm     {storm}, {pace}", f"  Logs      {LOG}", ""]
    return "\n".join(lines)
