"""The first stage, as a person meets it: what it says and the status it ends with."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

BASE = Path(__file__).resolve().parents[2]
# What every Debian has (essential packages), and nothing else.
ESSENTIAL = "sh awk cat cmp cut date dirname dpkg-deb env flock grep head id ln mkdir printf rm sed sort tail tee".split()


@pytest.fixture
def bare_path(tmp_path):
    folder = tmp_path / "bin"
    folder.mkdir()
    for name in ESSENTIAL:
        (folder / name).symlink_to(shutil.which(name))
    return folder


def onemap(*arguments, **env):
    return subprocess.run(
        ["sh", str(BASE / "onemap"), *arguments],
        capture_output=True,
        text=True,
        env=dict(os.environ) | env,
        check=False,
    )


def test_help_names_every_command():
    done = onemap("help")
    assert done.returncode == 0
    for command in ("run", "test", "lint", "bench", "manage", "lock"):
        assert f"\n  {command} " in done.stdout


def test_an_unknown_command_is_refused_with_the_help():
    done = onemap("fly")
    assert done.returncode == 2 and "./onemap COMMAND" in done.stderr


def test_where_it_cannot_work_it_says_so_in_three_lines(bare_path, tmp_path):
    done = onemap("run", PATH=str(bare_path), ONEMAP_VAR=str(tmp_path / "var"))
    assert done.returncode == 3, done.stdout + done.stderr
    lines = done.stderr.splitlines()
    assert len(lines) == 3
    assert "python3" in lines[0] and "apt-get" in lines[0]
    assert "DATABASE_URL" in lines[1] and "docker compose" in lines[2]


def test_a_failed_installation_shows_what_apt_said_and_what_to_do(bare_path, tmp_path):
    for name, text in {
        "apt-get": "echo E: no network; exit 100",
        "sudo": "exit 1",
        "apt-cache": "true",
    }.items():
        (bare_path / name).write_text(f"#!/bin/sh\n{text}\n")
        (bare_path / name).chmod(0o755)
    (bare_path / "id").unlink()
    (bare_path / "id").write_text(
        "#!/bin/sh\necho 1000\n"
    )  # an ordinary user: nothing of this machine is touched
    (bare_path / "id").chmod(0o755)
    done = onemap("run", PATH=str(bare_path), ONEMAP_VAR=str(tmp_path / "var"))
    assert done.returncode == 3
    assert "E: no network" in done.stderr and "DATABASE_URL" in done.stderr
    assert "FAILED" in done.stderr and "unpacked in var/debs" in done.stderr


def test_ci_calls_the_same_program():
    assert (BASE / ".ci/run").read_text() == "#!/usr/bin/env bash\nexec ./onemap test\n"
    assert os.access(BASE / ".ci/run", os.X_OK) and os.access(BASE / "onemap", os.X_OK)
