"""The processes of one supervisor, asked of the kernel: never found by a name that somebody else may bear."""

from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path

from .processes import Process

_SERVERS = {"postgres": "postgres", "redis-server": "redis"}


def parents() -> dict[int, int]:
    """Every living process with its parent; those that only wait to be collected are left out."""
    found = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with suppress(OSError):
                state, parent = (entry / "stat").read_text().rpartition(")")[2].split()[:2]
                if state != "Z":
                    found[int(entry.name)] = int(parent)
    return found


def descendants(pid: int, known: dict[int, int] | None = None) -> Iterator[int]:
    known = parents() if known is None else known
    for child in [one for one, parent in known.items() if parent == pid]:
        yield child
        yield from descendants(child, known)


def children(supervisor: int, listed: Sequence[Process]) -> dict[str, int]:
    """Process numbers by name: those of ``listed``, "postgres" and "redis", as far as they run right now."""
    commands = {process.command: process.name for process in listed}
    found = {}
    for pid, parent in parents().items():
        if parent != supervisor:
            continue
        with suppress(OSError):
            line = Path(f"/proc/{pid}/cmdline").read_bytes().decode(errors="replace").split("\0")[1:-1]
            program = Path(f"/proc/{pid}/comm").read_text().strip()
            if name := commands.get(tuple(line)) or _SERVERS.get(program):
                found[name] = pid
    return found
