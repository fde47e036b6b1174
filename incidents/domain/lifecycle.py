"""The life of an incident as a table, and who may veto its end."""

from collections.abc import Callable
from typing import Any

from command_center.core.machine import Machine, move

REPORTED, CONFIRMED, RESPONDING, CONTROLLED = "reported", "confirmed", "responding", "controlled"
RESOLVED, CLOSED, DISMISSED, MERGED = "resolved", "closed", "dismissed", "merged"

OPEN = frozenset({REPORTED, CONFIRMED, RESPONDING, CONTROLLED, RESOLVED})
JOINABLE = frozenset({REPORTED, CONFIRMED, RESPONDING, CONTROLLED})  # what is over takes in no new alarms

# Apps above add theirs: each is asked before an incident ends (closed, dismissed or merged into another) and
# answers with the reason why not, or "" where nothing is left open.
CLOSING_GUARDS: list[Callable[[Any], str]] = []


def nothing_left_open(incident: Any) -> str:
    return next((why_not for guard in CLOSING_GUARDS if (why_not := guard(incident))), "")


# Un-merging leads back to the state of before; a row of the table has one target, hence one row for each.
UNMERGE = {state: f"unmerge_{state}" for state in (REPORTED, CONFIRMED, RESPONDING, CONTROLLED)}
BY_OWN_DOOR = frozenset({"merge", *UNMERGE.values()})  # they concern two records: services.merging

# fmt: off
INCIDENT = Machine(
    name="incident",
    states=frozenset({REPORTED, CONFIRMED, RESPONDING, CONTROLLED, RESOLVED, CLOSED, DISMISSED, MERGED}),
    initial=REPORTED,
    final=frozenset({CLOSED, DISMISSED, MERGED}),
    moves=(
        #     move       from                             to          needs
        move("confirm", REPORTED,                         CONFIRMED,  "incident.confirm", stamps="confirmed_at"),
        move("dismiss", [REPORTED, CONFIRMED],            DISMISSED,  "incident.dismiss", stamps="dismissed_at",
             needs_reason=True, guard=nothing_left_open),
        move("respond", CONFIRMED,                        RESPONDING, "incident.handle",  stamps="responding_at"),
        move("control", RESPONDING,                       CONTROLLED, "incident.handle",  stamps="controlled_at"),
        move("resolve", [RESPONDING, CONTROLLED],         RESOLVED,   "incident.handle",  stamps="resolved_at"),
        move("close",   RESOLVED,                         CLOSED,     "incident.close",   stamps="closed_at",
             guard=nothing_left_open),
        move("reopen",  [CONTROLLED, RESOLVED, CLOSED],   RESPONDING, "incident.reopen",  needs_reason=True),
        move("restore", DISMISSED,                        REPORTED,   "incident.reopen",  needs_reason=True),
        move("merge",   list(UNMERGE),                    MERGED,     "incident.merge",   stamps="merged_at",
             guard=nothing_left_open),
        *(move(name, MERGED, state, "incident.merge") for state, name in UNMERGE.items()),
    ),
)
# fmt: on
