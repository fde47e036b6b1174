"""Private PostgreSQL with PostGIS and Redis of a place: on loopback, with generated passwords, nothing system-wide."""

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from pwd import getpwnam

import psycopg2

from .place import MARK, Place
from .steps import LOG, Failed, say, tail

# PostgreSQL refuses to run as root. The capability lets its own user reach a project below a folder like /root.
_CAPABILITY = ("--inh-caps=+dac_override", "--ambient-caps=+dac_override")
_MEMORY = {
    "shared_buffers": "256MB",
    "work_mem": "16MB",
    "maintenance_work_mem": "128MB",
    "effective_cache_size": "1GB",
    "max_wal_size": "1GB",
    "max_connections": "100",
    "jit": "off",
    "timezone": "UTC",
}
# A table whose rows are all rolled back, analysed by autovacuum at that moment, counts as empty from then on: the next
# test's thousand rows are joined row by row, ten times slower or into the statement timeout.
_CARELESS = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "autovacuum": "off"}


def _server_user() -> str | None:
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        with suppress(KeyError):
            return getpwnam(name).pw_name
    return None


class Postgres:
    """A cluster below ``place``; ``durable`` false switches off what protects it from a power cut (tests only)."""

    def __init__(self, place: Place, durable: bool) -> None:
        self.place = place
        self.data = place.folder / "pg"
        self.bin = Path(os.environ.get("PGBIN", ""))
        self.user = _server_user()
        self.settings = _MEMORY | ({} if durable else _CARELESS)
        self.log = LOG / f"{place.name}-postgres.log"

    @property
    def url(self) -> str:
        return f"postgis://onemap:{self.place.kept('postgres')}@127.0.0.1:{self.port}/onemap"

    @property
    def port(self) -> int:
        return self.place.port("postgres_port")

    def command(self) -> list[str]:
        """The server in the foreground, for the supervisor."""
        return [*self._as_user(), str(self.bin / "postgres"), "-D", str(self.data), *self._options()]

    def prepare(self) -> None:
        """Make the cluster unless it is there; clear away what a killed server left."""
        if not (self.data / "PG_VERSION").exists():
            self._initialise()
        self._forget_dead_server()
        if not self.is_running():
            self.place.give_up_port_if_taken("postgres_port")

    def start(self) -> None:
        """Start the server in the background and make the database."""
        deadline = time.monotonic() + 60
        while True:
            self.prepare()
            if not self.is_running():
                self._pg_ctl("start", "-w", "-t", "60", "-l", str(self.log), "-o", " ".join(self._options()))
            try:
                return self._make_database()
            except psycopg2.OperationalError:  # a server that was killed a moment ago is on its way out
                if time.monotonic() > deadline:
                    say(f"PostgreSQL is there and does not answer:\n{tail(self.log)}")
                    raise Failed from None
            time.sleep(0.1)

    def stop(self) -> None:
        if self.is_running():
            self._pg_ctl("stop", "-w", "-m", "fast", "-t", "30")

    def is_running(self) -> bool:
        return self._postmaster() is not None

    def _as_user(self) -> list[str]:
        if not self.user:
            return []
        return [
            "setpriv",
            f"--reuid={self.user}",
            f"--regid={getpwnam(self.user).pw_gid}",
            "--init-groups",
            *_CAPABILITY,
        ]

    def _options(self) -> list[str]:
        settings = {"listen_addresses": "127.0.0.1", "unix_socket_directories": ""} | self.settings
        options = ["-p", str(self.port)]
        for name, value in settings.items():
            options += ["-c", f"{name}={value}"]
        return options

    def _initialise(self) -> None:
        fresh = self.data.with_name(
            "pg.new"
        )  # renamed when whole: a killed initdb is never taken for a cluster
        shutil.rmtree(fresh, ignore_errors=True)
        fresh.mkdir(mode=0o700)
        password = self.place.folder / "pg-password"
        password.touch(mode=0o600)
        password.write_text(self.place.kept("postgres"))
        if self.user:
            shutil.chown(fresh, self.user)
        self._quiet(
            "initdb", "-D", str(fresh), "-U", "onemap", "--no-sync", "-E", "UTF8", "--locale=C.UTF-8",
            "--auth=scram-sha-256", f"--pwfile={password}", cwd=fresh,
        )  # fmt: skip
        fresh.rename(self.data)

    def _pg_ctl(self, *arguments: str) -> None:
        self._quiet("pg_ctl", "-D", str(self.data), *arguments, cwd=self.data)

    def _quiet(self, program: str, *arguments: str, cwd: Path) -> None:
        LOG.mkdir(parents=True, exist_ok=True)
        with (LOG / "setup.log").open("ab") as out:
            status = subprocess.run(
                [*self._as_user(), str(self.bin / program), *arguments],
                cwd=cwd, env=server_environment(self.place), stdin=subprocess.DEVNULL, stdout=out,
                stderr=subprocess.STDOUT, check=False,
            ).returncode  # fmt: skip
        if status:
            say(f"{program} ended with status {status}:\n{tail(LOG / 'setup.log')}\n{tail(self.log)}")
            raise Failed

    def _postmaster(self) -> int | None:
        """The number of the living server of this cluster; a number used again by another program does not count."""
        with suppress(FileNotFoundError, ValueError, IndexError):
            pid = int((self.data / "postmaster.pid").read_text().splitlines()[0])
            try:
                return pid if os.readlink(f"/proc/{pid}/cwd") == str(self.data.resolve()) else None
            except PermissionError:  # somebody else's process; PostgreSQL's own check decides
                return pid if _answers(self.port) else None
        return None

    def _forget_dead_server(self) -> None:
        """After `kill -9`: wait for the orphaned backends, which hold the shared memory, then drop the stale file."""
        if self._postmaster() is not None:
            return
        deadline = time.monotonic() + 10
        while _working_in(self.data) and time.monotonic() < deadline:
            time.sleep(0.05)
        for pid in _working_in(self.data):
            with suppress(OSError):
                os.kill(pid, 9)
        (self.data / "postmaster.pid").unlink(missing_ok=True)

    def _make_database(self) -> None:
        connection = psycopg2.connect(
            host="127.0.0.1",
            port=self.port,
            user="onemap",
            password=self.place.kept("postgres"),
            dbname="postgres",
        )
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute("select 1 from pg_database where datname = 'onemap'")
            if not cursor.fetchone():
                cursor.execute("create database onemap")
        connection.close()


class Redis:
    """A Redis below ``place``; ``durable`` keeps an append-only file, written every second."""

    def __init__(self, place: Place, durable: bool) -> None:
        self.place = place
        self.data = place.folder / "redis"
        self.durable = durable

    @property
    def url(self) -> str:
        return f"redis://:{self.place.kept('redis')}@127.0.0.1:{self.port}/0"

    @property
    def port(self) -> int:
        return self.place.port("redis_port")

    def command(self) -> list[str]:
        """The server in the foreground, for the supervisor."""
        return [str(self.data / "redis-server"), str(self.data / "redis.conf")]

    def prepare(self) -> None:
        self.data.mkdir(mode=0o700, exist_ok=True)
        self.place.give_up_port_if_taken("redis_port")
        # redis-server and redis-check-rdb are one program that goes by the name it is called with.
        program = self.data / "redis-server"
        program.unlink(missing_ok=True)
        program.symlink_to(os.environ["REDIS_SERVER"])
        conf = self.data / "redis.conf"
        conf.touch(mode=0o600)
        conf.write_text(
            f'port {self.port}\nbind 127.0.0.1\nrequirepass {self.place.kept("redis")}\ndir "{self.data}"\n'
            f'save ""\nappendonly {"yes" if self.durable else "no"}\nappendfsync everysec\n'
        )

    def start(self) -> None:
        """Start in the background; return when it answers."""
        self.prepare()
        LOG.mkdir(parents=True, exist_ok=True)
        log = LOG / f"{self.place.name}-redis.log"
        with log.open("ab") as out:
            server = subprocess.Popen(
                self.command(), cwd=self.data, env=server_environment(self.place), stdin=subprocess.DEVNULL,
                stdout=out, stderr=subprocess.STDOUT, start_new_session=True,
            )  # fmt: skip
        self._server = server
        deadline = time.monotonic() + 20
        while not _answers(self.port):
            if server.poll() is not None or time.monotonic() > deadline:
                say(f"Redis did not start:\n{tail(log)}")
                raise Failed
            time.sleep(0.02)

    def stop(self) -> None:
        self._server.terminate()
        self._server.wait(20)


def server_environment(place: Place) -> dict[str, str]:
    """The servers' environment: marked, and without the application's geography libraries."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("PROJ_", "GDAL_", "PG", "LD_"))}
    return kept | {MARK: place.mark, "LC_ALL": "C.UTF-8"}


def _answers(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0


def _working_in(folder: Path) -> list[int]:
    wanted = str(folder.resolve())
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with suppress(OSError):
                if (
                    os.readlink(entry / "cwd") == wanted
                    and (entry / "comm").read_text().strip() == "postgres"
                ):
                    found.append(int(entry.name))
    return found


class Servers:
    """The two servers of a place, or the ones that DATABASE_URL and REDIS_URL name."""

    def __init__(self, place: Place, durable: bool, *, always_own: bool = False) -> None:
        named = {} if always_own else os.environ
        self.postgres = None if named.get("DATABASE_URL") else Postgres(place, durable)
        self.redis = None if named.get("REDIS_URL") else Redis(place, durable)

    def own(self) -> list[Postgres | Redis]:
        return [server for server in (self.postgres, self.redis) if server]

    def environment(self) -> dict[str, str]:
        """DATABASE_URL and REDIS_URL for the application."""
        return {
            "DATABASE_URL": self.postgres.url if self.postgres else os.environ["DATABASE_URL"],
            "REDIS_URL": self.redis.url if self.redis else os.environ["REDIS_URL"],
        }

    @contextmanager
    def running(self) -> Iterator[dict[str, str]]:
        """Both servers up for the block; gives `environment`."""
        started: list[Postgres | Redis] = []
        try:
            for server in self.own():
                server.start()
                started.append(server)
            yield self.environment()
        finally:
            for server in reversed(started):
                server.stop()
