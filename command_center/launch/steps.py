"""Steps with one timed line each; what a step says goes to a log, and its tail to the screen when it fails."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

BASE = Path(__file__).resolve().parent.parent.parent
VAR = Path(os.environ.get("ONEMAP_VAR", BASE / "var"))
LOG = VAR / "log"
PYTHON = sys.executable


class Failed(SystemExit):
    """A step failed; the message was printed already."""

    def __init__(self) -> None:
        super().__init__(1)


def say(line: str = "") -> None:
    print(line, flush=True)


@contextmanager
def step(words: str) -> Iterator[None]:
    """Print one line with the time the block took, in seconds."""
    began = time.monotonic()
    try:
        yield
    except BaseException:
        say(f"{time.monotonic() - began:6.1f} s  {words}: FAILED")
        raise
    say(f"{time.monotonic() - began:6.1f} s  {words}")


def tail(path: Path, lines: int = 25) -> str:
    """The last lines of a log, indented for the screen."""
    try:
        found = path.read_text(errors="replace").splitlines()[-lines:]
    except FileNotFoundError:
        return "    (no such log)"
    return "\n".join(f"    {line}" for line in found)


def quiet(command: Sequence[str], env: Mapping[str, str], log: str = "setup.log", cwd: Path = BASE) -> None:
    """Run a command with its output in ``var/log/<log>``; raise `Failed` with the log's tail on the screen."""
    LOG.mkdir(parents=True, exist_ok=True)
    path = LOG / log
    with path.open("ab") as out:
        status = subprocess.run(
            command,
            env=env,
            cwd=cwd,
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.STDOUT,
            check=False,
        ).returncode
    if status:
        say(f"{' '.join(command[-3:])} ended with status {status}; the end of {path}:\n{tail(path)}")
        raise Failed


def attended(command: Sequence[str], env: Mapping[str, str]) -> int:
    """Run a command on this terminal and return its status.

    Ctrl-C reaches the command by itself (one foreground group); SIGTERM and SIGHUP are passed on. Either way this
    process outlives the command, to tidy up after it.
    """
    with subprocess.Popen(command, env=env, cwd=BASE) as child:
        before = {
            number: signal.signal(number, lambda got, _: child.send_signal(got))
            for number in (signal.SIGTERM, signal.SIGHUP)
        }
        before[signal.SIGINT] = signal.signal(signal.SIGINT, lambda *_: None)
        try:
            status = child.wait()
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)
    return status if status >= 0 else 128 - status
