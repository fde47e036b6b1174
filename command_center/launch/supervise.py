"""Supervisor (supervisord.org) over a place's servers and processes: restart with back-off, rotated logs, one stop."""

import os
import resource
import shlex
import signal
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from .place import Place
from .processes import Process
from .servers import Postgres, Servers
from .steps import BASE, LOG, PYTHON, VAR

_STOP_SECONDS = 6


def configuration(place: Place, servers: Servers, listed: Sequence[Process], log: Path | None = None) -> str:
    """The text of supervisord.conf: servers first and stopped last, the application's processes as one group."""
    log = log or LOG
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    files = 65536 if hard == resource.RLIM_INFINITY else min(hard, 65536)
    # supervisord moves the soft limit for its children: a wall of sockets needs more than the usual 1024.
    parts = [
        f"[supervisord]\nnodaemon=true\nsilent=true\nminfds={max(soft, files)}\n"
        f"logfile={_plain(log / 'supervisor.log')}\nlogfile_maxbytes=5MB\nlogfile_backups=2\n"
        f"pidfile={_plain(place.folder / 'supervisord.pid')}\n" + ("user=root\n" if os.geteuid() == 0 else "")
    ]
    for order, server in enumerate(servers.own(), start=1):
        postgres = isinstance(server, Postgres)
        parts.append(
            _program(
                "postgres" if postgres else "redis",
                server.command(),
                directory=server.data,
                priority=order,
                # Interrupt is the fast shutdown: clients are cut, nothing is lost.
                log=log,
                more=f"stopsignal={'INT' if postgres else 'TERM'}\nstopwaitsecs=20\n",
            )
        )
    parts.append(f"[group:app]\nprograms={','.join(p.name for p in listed)}\npriority=900\n")
    parts += [
        _program(
            p.name,
            [PYTHON, *p.command],
            directory=BASE,
            priority=900,
            log=log,
            more=f"stopwaitsecs={_STOP_SECONDS}\nkillasgroup=true\n",
        )
        for p in listed
    ]
    return "\n".join(parts)


def _program(name: str, command: Sequence[str], directory: Path, priority: int, log: Path, more: str) -> str:
    # An exit within startsecs counts as a failed start and waits one second longer each time; the number of tries is
    # as good as endless, because a server that is away for an hour must not end its clients for good.
    return (
        f"[program:{name}]\ncommand={_plain(shlex.join(command))}\ndirectory={_plain(directory)}\n"
        f"priority={priority}\nautorestart=true\nstartsecs=2\nstartretries=100000\nredirect_stderr=true\n"
        f"stdout_logfile={_plain(log / name)}.log\nstdout_logfile_maxbytes=10MB\nstdout_logfile_backups=2\n{more}"
    )


def _plain(text: object) -> str:
    return str(text).replace("%", "%%")


def start(
    place: Place,
    servers: Servers,
    listed: Sequence[Process],
    env: Mapping[str, str],
    log: Path | None = None,
) -> subprocess.Popen[bytes]:
    """Start supervisord in a session of its own; it stops everything when this process goes, however it goes."""
    conf = place.folder / "supervisord.conf"
    conf.touch(mode=0o600)
    log = log or LOG
    conf.write_text(configuration(place, servers, listed, log))
    log.mkdir(parents=True, exist_ok=True)
    with (log / "supervisor.log").open("ab") as out:
        return subprocess.Popen(
            ["setpriv", "--pdeathsig", signal.SIGTERM.name[3:], PYTHON, "-m", "supervisor.supervisord", "-c", str(conf)],
            cwd=VAR, env=env, stdin=subprocess.DEVNULL, stdout=out, stderr=out, start_new_session=True,
        )  # fmt: skip
