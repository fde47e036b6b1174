"""The supervisor over real servers and small processes: what is killed comes back, what is stopped is gone."""

import os
import signal
import subprocess
import sys
import textwrap
from contextlib import suppress
from pathlib import Path

from command_center.launch import supervise
from command_center.launch.processes import Process, processes
from command_center.launch.servers import Servers, _answers, server_environment
from tests.waiting import eventually

STAYS = Process("stays", ("-c", "import time; time.sleep(600)"))
# Starts a child in a session of its own that outlives it, as a careless program would.
CARELESS = Process(
    "careless",
    (
        "-c",
        "import subprocess, time; subprocess.Popen(['sleep', '600'], start_new_session=True); time.sleep(600)",
    ),
)


def named(place, word):
    """Marked processes whose command line holds ``word``, supervisord's own configuration path aside."""
    found = []
    for pid in place.processes():
        try:
            line = Path(f"/proc/{pid}/cmdline").read_text().replace("\0", " ")
        except OSError:
            continue
        if word in line:
            found.append(pid)
    return found


def started(place, *listed):
    servers = Servers(place, durable=True)
    for server in servers.own():
        server.prepare()
    return servers, supervise.start(place, servers, listed, server_environment(place))


def test_a_killed_process_comes_back(place):
    _, supervisor = started(place, STAYS)
    [first] = eventually(lambda: named(place, "time.sleep(600)"))
    os.kill(first, signal.SIGKILL)
    eventually(lambda: named(place, "time.sleep(600)") not in ([], [first]))
    supervisor.terminate()
    supervisor.wait(30)


def test_killed_servers_come_back_and_keep_their_data(place):
    servers, supervisor = started(place, STAYS)
    for server in servers.own():
        eventually(lambda port=server.port: _answers(port))
    first = {
        server: named(place, program)
        for server, program in zip(servers.own(), ("postgres -D", "redis-server"), strict=True)
    }
    for pids in first.values():
        for pid in pids:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
    for server, program in zip(servers.own(), ("postgres -D", "redis-server"), strict=True):
        eventually(lambda p=program, s=server: named(place, p) not in ([], first[s]) and _answers(s.port))
    supervisor.terminate()
    supervisor.wait(30)


def test_stopping_leaves_nothing(place):
    _, supervisor = started(place, STAYS)
    eventually(lambda: named(place, "time.sleep(600)"))
    supervisor.terminate()
    assert supervisor.wait(30) == 0
    assert place.processes() == []


def test_what_a_killed_supervisor_left_is_found_and_ended_by_the_next_start(place):
    _, supervisor = started(place, STAYS, CARELESS)
    eventually(lambda: named(place, "sleep 600") and named(place, "postgres -D"))
    supervisor.kill()
    supervisor.wait()
    orphans = place.processes()
    assert len(orphans) >= 4
    assert place.end_processes() == len(orphans)
    assert place.processes() == []


def test_a_process_of_another_place_is_left_alone(place):
    with subprocess.Popen(["sleep", "600"], env=dict(os.environ) | {"ONEMAP_MARK": "another"}) as stranger:
        place.end_processes()
        assert stranger.poll() is None
        stranger.kill()


def test_supervised_processes_go_when_the_starting_program_is_killed(place, tmp_path):
    program = textwrap.dedent(
        """
        import sys, time
        from command_center.launch import place, processes, servers, supervise
        here = place.Place("run")
        stays = processes.Process("stays", ("-c", "import time; time.sleep(600)"))
        own = servers.Servers(here, durable=True)
        supervise.start(here, own, (stays,), servers.server_environment(here))
        time.sleep(600)
        """
    )
    env = dict(os.environ) | {
        "ONEMAP_VAR": str(tmp_path), "DATABASE_URL": "postgis://elsewhere", "REDIS_URL": "redis://elsewhere"
    }  # fmt: skip
    with subprocess.Popen([sys.executable, "-c", program], env=env) as starter:
        eventually(lambda: named(place, "time.sleep(600)"))
        starter.kill()
    eventually(lambda: place.processes() == [])


def test_a_percent_sign_in_a_command_is_not_taken_for_supervisors_own(place):
    text = supervise.configuration(place, Servers(place, durable=True), processes("127.0.0.1", 8000))
    assert "now@%%h" in text
    assert "[program:postgres]" in text and "[program:simulate]" in text
