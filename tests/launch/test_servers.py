"""The private servers, started for real."""

import os
import signal
import stat
from contextlib import suppress

import psycopg2
import pytest
import redis

from command_center.launch.place import Busy, Place, free_port, is_free
from command_center.launch.servers import Servers


def ask(url, question):
    connection = psycopg2.connect(url.replace("postgis://", "postgresql://"))
    try:
        with connection, connection.cursor() as cursor:
            cursor.execute(question)
            return cursor.fetchone()[0] if cursor.description else None
    finally:
        connection.close()


def test_both_servers_answer_with_postgis_and_are_gone_afterwards(place):
    servers = Servers(place, durable=False)
    with servers.running() as urls:
        assert (
            ask(
                urls["DATABASE_URL"],
                "create extension postgis; select st_srid(st_setsrid(st_point(1, 2), 4326))",
            )
            == 4326
        )
        assert redis.Redis.from_url(urls["REDIS_URL"]).ping()
        assert place.processes()
    assert place.processes() == []


def test_a_wrong_password_is_refused(place):
    with Servers(place, durable=False).running() as urls:
        for name in ("postgres", "redis"):
            secret = place.kept(name)
            assert len(secret) >= 40
        with pytest.raises(psycopg2.OperationalError, match="password authentication failed"):
            ask(urls["DATABASE_URL"].replace(place.kept("postgres"), "guess"), "select 1")
        with pytest.raises(redis.AuthenticationError):
            redis.Redis.from_url(urls["REDIS_URL"].replace(place.kept("redis"), "guess")).ping()


def test_secrets_are_readable_by_their_owner_only(place):
    with Servers(place, durable=False).running():
        for name in ("state.json", "pg-password", "redis/redis.conf"):
            assert stat.S_IMODE((place.folder / name).stat().st_mode) == 0o600, name


@pytest.mark.parametrize(("durable", "fsync"), [(True, "on"), (False, "off")])
def test_only_tests_do_without_fsync(place, durable, fsync):
    with Servers(place, durable=durable).running() as urls:
        assert ask(urls["DATABASE_URL"], "show fsync") == fsync


def test_what_was_stored_survives_a_kill_of_every_server_process(place):
    servers = Servers(place, durable=True)
    for server in servers.own():
        server.start()
    url = servers.environment()["DATABASE_URL"]
    ask(url, "create table kept (n int); insert into kept values (7)")
    for pid in place.processes():
        with suppress(ProcessLookupError):  # a backend may have followed its postmaster already
            os.kill(pid, signal.SIGKILL)
    assert (servers.postgres.data / "postmaster.pid").exists(), (
        "the stale file is what the next start must bear"
    )
    with Servers(place, durable=True).running() as urls:
        assert ask(urls["DATABASE_URL"], "select n from kept") == 7


def test_a_stale_pid_file_that_names_a_living_stranger_does_not_stop_the_start(place):
    servers = Servers(place, durable=True)
    with servers.running():
        lines = (servers.postgres.data / "postmaster.pid").read_text().splitlines()
    lines[0] = str(os.getppid())  # the number was given to another program meanwhile
    (servers.postgres.data / "postmaster.pid").write_text("\n".join(lines) + "\n")
    assert not servers.postgres.is_running()
    with Servers(place, durable=True).running() as urls:
        assert ask(urls["DATABASE_URL"], "select 1") == 1


def test_starting_twice_is_starting_once(place):
    first = Servers(place, durable=False)
    with first.running() as urls:
        before = place.processes()
        again = Servers(place, durable=False).postgres
        again.start()
        assert ask(urls["DATABASE_URL"], "select 1") == 1
        assert len([pid for pid in place.processes() if pid in before]) == len(before)


def test_a_kept_port_that_another_program_took_is_given_up(place):
    import socket

    port = place.port("postgres_port")
    assert place.port("postgres_port") == port
    with socket.socket() as stranger:
        stranger.bind(("127.0.0.1", port))
        stranger.listen()
        with Servers(place, durable=False).running() as urls:
            assert ask(urls["DATABASE_URL"], "select 1") == 1
            assert f":{port}/" not in urls["DATABASE_URL"]


def test_servers_named_in_the_environment_are_used_in_place_of_private_ones(place, monkeypatch):
    monkeypatch.setenv("DATABASE_URL", "postgis://somebody@192.0.2.1/map")
    monkeypatch.setenv("REDIS_URL", "redis://192.0.2.1/0")
    servers = Servers(place, durable=True)
    assert servers.own() == []
    assert servers.environment() == {
        "DATABASE_URL": "postgis://somebody@192.0.2.1/map",
        "REDIS_URL": "redis://192.0.2.1/0",
    }


def test_a_place_is_held_by_one(place):
    place.hold()
    with pytest.raises(Busy):
        Place(place.name).hold()


def test_a_half_written_state_is_begun_anew(place):
    first = place.mark
    (place.folder / "state.json").write_text('{"mark": "tor')
    assert place.mark != first
    assert place.mark == place.mark


def test_a_free_port_is_free_and_a_taken_one_is_not():
    import socket

    assert is_free(free_port())
    with socket.socket() as stranger:
        stranger.bind(("127.0.0.1", 0))
        stranger.listen()
        assert not is_free(stranger.getsockname()[1])
