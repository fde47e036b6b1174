"""Which node of a tree is lost when stations are missing: the highest one that explains it. Pure.

A node is lost when nearly all stations beneath it are missing. Two things keep the answer on the right node, and both
ask the same question: has anything beneath this node been heard after the missing ones should have spoken?

- A part that still speaks proves that what lies above it lives, however many others are missing.
- A part is lost by itself only when something else beneath the node above has spoken since. Otherwise it may be that
  node which is dying, its other stations only not being due yet.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Tally:
    """Stations of a node. ``heard_at``: the newest contact of any; ``due_at``: when the last of the missing ones
    should have spoken."""

    stations: int = 0
    missing: int = 0
    heard_at: datetime | None = None
    due_at: datetime | None = None

    def __add__(self, other: "Tally") -> "Tally":
        return Tally(
            self.stations + other.stations,
            self.missing + other.missing,
            _later(self.heard_at, other.heard_at),
            _later(self.due_at, other.due_at),
        )

    def spoke_after(self, other: "Tally") -> bool:
        """Whether anything here was heard after what is missing of ``other`` was due."""
        if other.due_at is None:
            return True
        return self.heard_at is not None and self.heard_at > other.due_at


def tree(parents: Mapping[int, int | None]) -> dict[int, int | None]:
    """``parents`` without circles: what lies beneath itself is at the top."""
    return {node: None if node in path(above, parents) else above for node, above in parents.items()}


def beneath(nodes: Collection[int], parents: Mapping[int, int | None]) -> set[int]:
    """``nodes`` and all nodes under them."""
    return {one for one in parents if not set(nodes).isdisjoint(path(one, parents))}


def path(node: int | None, parents: Mapping[int, int | None]) -> list[int]:
    """The node and those above it. A circle ends where it closes."""
    found: list[int] = []
    while node is not None and node not in found:
        found.append(node)
        node = parents.get(node)
    return found


def sums(own: Mapping[int, Tally], parents: Mapping[int, int | None]) -> dict[int, Tally]:
    """Each node with everything beneath it; nodes without a station are left out."""
    total: dict[int, Tally] = {}
    for node, tally in own.items():
        for above in path(node, parents):
            total[above] = total.get(above, Tally()) + tally
    return total


def highest_lost(
    total: Mapping[int, Tally],
    parents: Mapping[int, int | None],
    was: Collection[int],
    *,
    share: float,
    smallest: int,
) -> set[int]:
    """The highest nodes that are lost. ``total`` as from ``sums``; ``was``: those said to be lost until now.

    ``share`` of the stations must be missing to be lost, half of it to stay so; ``smallest``: fewer are told one by one.
    """
    children: dict[int, list[int]] = {}
    for node in total:
        above = parents.get(node)
        if above is not None:
            children.setdefault(above, []).append(node)
    lost: set[int] = set()
    for node in sorted(total, key=lambda one: -len(path(one, parents))):  # the deepest first
        tally = total[node]
        if tally.stations < smallest or tally.missing < tally.stations * (
            share / 2 if node in was else share
        ):
            continue
        if not any(one not in lost and total[one].spoke_after(tally) for one in children.get(node, ())):
            lost.add(node)
    highest = {node for node in lost if not lost.intersection(path(node, parents)[1:])}
    named = {_narrowest(node, total, children, was) for node in highest}
    return {node for node in named if node in was or _by_itself(node, total, parents)}


def _narrowest(
    node: int, total: Mapping[int, Tally], children: Mapping[int, list[int]], was: Collection[int]
) -> int:
    """A node that holds nothing but one other is no more than that other, which says more."""
    while node not in was:
        same = [one for one in children.get(node, ()) if total[one].stations == total[node].stations]
        if not same:
            break
        node = same[0]
    return node


def _by_itself(node: int, total: Mapping[int, Tally], parents: Mapping[int, int | None]) -> bool:
    """Whether the next node above that holds more has been heard since; at the top there is none."""
    for above in path(node, parents)[1:]:
        if total[above].stations > total[node].stations:
            return total[above].spoke_after(total[node])
    return True


def _later(a: datetime | None, b: datetime | None) -> datetime | None:
    return max((at for at in (a, b) if at is not None), default=None)
