"""State machines as data: a table one can read aloud, check for soundness, and draw."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Move:
    """One row of a table: ``name`` leads from any of ``sources`` to ``target`` for who may ``action``.

    ``guard`` takes the record and returns the reason why not, or "" where nothing stands against it.
    ``stamps`` names the column that keeps the time of the move.
    """

    name: str
    sources: frozenset[str]
    target: str
    action: str
    needs_reason: bool = False
    stamps: str = ""
    guard: Callable[[Any], str] | None = None


def move(
    name: str,
    sources: str | Iterable[str],
    target: str,
    action: str,
    *,
    needs_reason: bool = False,
    stamps: str = "",
    guard: Callable[[Any], str] | None = None,
) -> Move:
    where = frozenset([sources]) if isinstance(sources, str) else frozenset(sources)
    return Move(name, where, target, action, needs_reason, stamps, guard)


@dataclass(frozen=True, slots=True)
class Machine:
    name: str
    states: frozenset[str]
    initial: str
    final: frozenset[str]
    moves: tuple[Move, ...]

    def __getitem__(self, name: str) -> Move:
        for candidate in self.moves:
            if candidate.name == name:
                return candidate
        raise KeyError(f"{self.name} has no move {name!r}")

    def __contains__(self, name: object) -> bool:
        return any(candidate.name == name for candidate in self.moves)

    def leaving(self, state: str) -> tuple[Move, ...]:
        """The moves that are possible from ``state``, in the table's order."""
        return tuple(m for m in self.moves if state in m.sources)

    def problems(self) -> list[str]:
        """What is unsound, in words; an empty list where nothing is."""
        found = []
        named = {self.initial} | self.final
        for m in self.moves:
            named |= m.sources | {m.target}
        found += [f"{state} is not declared" for state in sorted(named - self.states)]
        reached, border = {self.initial}, [self.initial]
        while border:
            for m in self.leaving(border.pop()):
                if m.target not in reached:
                    reached.add(m.target)
                    border.append(m.target)
        found += [f"{state} can never be reached" for state in sorted(self.states - reached)]
        found += [
            f"{state} can never be left and is not final"
            for state in sorted(self.states - self.final)
            if not self.leaving(state)
        ]
        names = [m.name for m in self.moves]
        found += [f"{name} stands twice" for name in sorted({n for n in names if names.count(n) > 1})]
        return found

    def mermaid(self) -> str:
        """The table as a Mermaid state diagram."""
        lines = ["stateDiagram-v2", f"    [*] --> {self.initial}"]
        for m in self.moves:
            for source in sorted(m.sources):
                lines.append(f"    {source} --> {m.target}: {m.name}{' (reason)' if m.needs_reason else ''}")
        lines += [f"    {state} --> [*]" for state in sorted(self.final)]
        return "\n".join(lines) + "\n"
