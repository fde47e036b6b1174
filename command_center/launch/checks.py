"""`./onemap test` and `./onemap lint`."""

import os
import secrets
import shutil
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import urlsplit

import psycopg2
from psycopg2.sql import SQL, Identifier

from .demo import compile_catalogues
from .place import MARK, Place
from .servers import Servers
from .steps import BASE, PYTHON, VAR, attended, quiet, say, step

BROWSER = "tests/browser"
# Each group is a pytest call of its own beside the rest: browser tests, because Playwright keeps an event loop running
# in the main thread, which asynchronous code in other tests does not bear; and those that mostly wait for processes,
# with the pure ones, so that all end at about the same time.
APART = ((BROWSER,), ("tests/faults", "tests/launch", "tests/live", "tests/simulator", "tests/domain"))
_INTERRUPTED = frozenset({2, 130, 143})
NO_TESTS = 5  # pytest's status when nothing was collected
_TAKES_VALUE = frozenset({"-k", "-m", "-p", "-o", "-c", "-W", "-r", "-n"})


def test(arguments: list[str]) -> int:
    """Lint (when no arguments are given) and pytest, on servers and ports of this command's own."""
    place = Place("test")
    place.hold(wait=True)
    place.end_processes()
    wanted = calls(arguments, BASE)
    try:
        with ThreadPoolExecutor(1) as beside:
            linted = beside.submit(lint, []) if not arguments else None
            servers = Servers(place, durable=False)
            with step("PostgreSQL and Redis for the tests"):
                for server in servers.own():
                    server.start()
            env = _environment(place, servers)
            compile_catalogues(env)
            environments = [_apart(env, place, number) for number in range(1, len(wanted) + 1)]
            with step("the tests' databases"):
                _make_databases([each["DATABASE_URL"] for each in environments], env)
            worst = linted.result() if linted else 0
        statuses = _side_by_side(wanted, environments)
        for server in servers.own():
            server.stop()
    finally:
        place.end_processes()
    return max(worst, verdict(statuses))


def _side_by_side(
    wanted: list[tuple[list[str], dict[str, str]]], environments: list[dict[str, str]]
) -> list[int]:
    """Run the calls at the same time, each in its environment; the last one is attended, and what the others printed
    follows when they end. Two cores do all in little more than the time of the longest."""
    commands = [
        ([PYTHON, "-m", "pytest", "--reuse-db", *call], env | extra)
        for (call, extra), env in zip(wanted, environments, strict=True)
    ]
    others = []
    for number, (command, env) in enumerate(commands[1:], 2):
        printed = (VAR / "log" / f"test-{number}.log").open("w+")
        others.append((subprocess.Popen(command, cwd=BASE, env=env, stdin=subprocess.DEVNULL, stdout=printed,
                                        stderr=subprocess.STDOUT), printed))  # fmt: skip
    statuses = [attended(command, env) for command, env in commands[:1]]
    for process, printed in others:
        if statuses[0] in _INTERRUPTED:
            process.terminate()
        status = process.wait()
        statuses.append(status if status >= 0 else 128 - status)
        printed.seek(0)
        shutil.copyfileobj(printed, sys.stdout)
        sys.stdout.flush()
        printed.close()
    return statuses


def _apart(env: dict[str, str], place: Place, number: int) -> dict[str, str]:
    """The environment of a call: beside the first one's a database, a Redis database, a folder and ports of its own."""
    if number == 1:
        return env
    folder = Path(env["ONEMAP_VAR"]) / f"call-{number}"
    folder.mkdir(parents=True, exist_ok=True)
    ports = {name: str(place.port(f"{name.lower()}_{number}")) for name in ("PORT", "SIM_PORT_BASE")}
    database = urlsplit(env["DATABASE_URL"])
    return (
        env
        | ports
        | place.gateway_ports(f"_{number}")
        | {
            "DATABASE_URL": database._replace(path=f"{database.path}_{number}").geturl(),
            "REDIS_URL": urlsplit(env["REDIS_URL"])._replace(path=f"/{number}").geturl(),
            "ONEMAP_VAR": str(folder),
        }
    )


def _make_databases(urls: list[str], env: dict[str, str]) -> None:
    """The test database of each URL as pytest-django names it: the first is migrated, the others are its copies."""
    first = urlsplit(urls[0])
    names = [f"test_{urlsplit(url).path.removeprefix('/')}" for url in urls]
    connection = psycopg2.connect(first._replace(scheme="postgresql").geturl())
    connection.autocommit = True
    with connection.cursor() as cursor:
        for name in names:
            cursor.execute(SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(Identifier(name)))
        cursor.execute(SQL("CREATE DATABASE {}").format(Identifier(names[0])))
        migrated = env | {"DATABASE_URL": first._replace(path=f"/{names[0]}").geturl()}
        quiet([PYTHON, "manage.py", "migrate", "-v", "0"], migrated)
        for name in names[1:]:
            cursor.execute(
                SQL("CREATE DATABASE {} TEMPLATE {}").format(Identifier(name), Identifier(names[0]))
            )
    connection.close()


def calls(arguments: list[str], base: Path) -> list[tuple[list[str], dict[str, str]]]:
    """The pytest calls, as (arguments, extra environment): one for the rest, one for each group of ``APART``."""
    paths = _paths(arguments, base)
    options = [a for a in arguments if a not in paths]
    rest: list[str] = []
    groups: list[list[str]] = [[] for _ in APART]
    for path in paths or ["tests"]:
        folders = [(group, folder) for group, names in zip(groups, APART, strict=True) for folder in names]
        of = next((group for group, folder in folders if _within(path, folder, base)), rest)
        of.append(path)
        for group, folder in folders:
            if of is rest and _within(folder, path, base) and (base / folder).exists():
                group.append(folder)
    made: list[tuple[list[str], dict[str, str]]] = []
    if rest:
        ignored = [f"--ignore={folder}" for names in APART for folder in names]
        made.append(([*options, *ignored, *rest], {}))
    for names, group in zip(APART, groups, strict=True):
        if group:
            made.append(
                ([*options, *group], {"DJANGO_ALLOW_ASYNC_UNSAFE": "true"} if BROWSER in names else {})
            )
    return made


def verdict(statuses: list[int]) -> int:
    """The worse status; a call that found nothing to run counts only when all did."""
    counted = [status for status in statuses if status != NO_TESTS]
    return max(counted) if counted else NO_TESTS


def _paths(arguments: list[str], base: Path) -> list[str]:
    found = []
    for before, argument in zip(["", *arguments], arguments, strict=False):
        value_of_option = before in _TAKES_VALUE
        if not argument.startswith("-") and not value_of_option and (base / argument.split("::")[0]).exists():
            found.append(argument)
    return found


def _within(path: str, folder: str, base: Path) -> bool:
    inner, outer = ((base / each.split("::")[0]).resolve() for each in (path, folder))
    return inner.is_relative_to(outer)


def _environment(place: Place, servers: Servers) -> dict[str, str]:
    ours = {
        "DJANGO_SETTINGS_MODULE": "command_center.settings.test",
        "ONEMAP_VAR": str(place.folder),
        "PORT": str(place.port("web_port")),
        **place.gateway_ports(),
        "SIM_PORT_BASE": str(place.port("sim_port_base")),
        MARK: place.mark,
    }
    inherited = {
        k: v for k, v in os.environ.items() if k not in ("STORM", "SPEED", "DEMO_PASSWORD", "SECRET_KEY")
    }
    return inherited | servers.environment() | ours


def lint(arguments: list[str]) -> int:
    """Every static check, each with its time; prints what the failing ones say."""
    if arguments:
        say("./onemap lint takes no arguments.")
        return 2
    complete = {
        "DJANGO_SETTINGS_MODULE": "command_center.settings.production",
        "SECRET_KEY": secrets.token_urlsafe(60),
        "DEVICE_SECRET_KEY": secrets.token_urlsafe(60),
        "ALLOWED_HOSTS": "map.example.org",
        "DATABASE_URL": f"postgis://onemap:{secrets.token_hex(8)}@127.0.0.1:1/onemap",
        "REDIS_URL": "redis://127.0.0.1:1/0",
        "ONEMAP_VAR": str(VAR),
    }
    local = complete | {"DJANGO_SETTINGS_MODULE": "command_center.settings.local"}
    checks = [
        ("ruff check", ["-m", "ruff", "check", "."], {}),
        ("ruff format", ["-m", "ruff", "format", "--check", "."], {}),
        ("import order", ["-c", "from importlinter.cli import lint_imports_command as lint; lint()"], {}),
        ("types", ["-m", "mypy", *_typed()], {}),
        (
            "migrations complete",
            ["-W", "ignore", "manage.py", "makemigrations", "--check", "--dry-run"],
            local,
        ),
        ("deployment check", ["manage.py", "check", "--deploy", "--fail-level", "WARNING"], complete),
    ]
    failed = [name for name, command, extra in checks if not _passes(name, command, extra)]
    if failed:
        say(f"lint: {', '.join(failed)} failed")
    return 1 if failed else 0


def _typed() -> list[str]:
    """The strictly typed island: pure rules, the kernel's machines and clocks, protocol adapters."""
    wanted = [
        *(path for path in BASE.glob("*/domain") if path.parent.name != "tests"),
        *BASE.glob("command_center/*/domain"),
        *(BASE / "command_center/core" / name for name in ("machine.py", "clock.py")),
        BASE / "sensors/adapters",
    ]
    return [str(path.relative_to(BASE)) for path in sorted(wanted) if path.exists()]


def _passes(name: str, command: list[str], extra: dict[str, str]) -> bool:
    began = time.monotonic()
    done = subprocess.run(
        [PYTHON, *command], cwd=BASE, env=dict(os.environ) | extra, stdin=subprocess.DEVNULL, capture_output=True,
        text=True, check=False,
    )  # fmt: skip
    ok = done.returncode == 0
    say(f"{time.monotonic() - began:6.1f} s  {name}{'' if ok else ': FAILED'}")
    if not ok:
        say((done.stdout + done.stderr).rstrip())
    return ok
