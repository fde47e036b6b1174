"""The lives of resources, assignments and work orders as tables."""

from collections.abc import Callable
from typing import Any

from command_center.core.machine import Machine, move

from .words import gettext_noop

# --- resources ---------------------------------------------------------------------------------------
AVAILABLE, BUSY, OFF_DUTY, MAINTENANCE = "available", "assigned", "off_duty", "maintenance"

# fmt: off
RESOURCE = Machine(
    name="resource",
    states=frozenset({AVAILABLE, BUSY, OFF_DUTY, MAINTENANCE}),
    initial=AVAILABLE,
    final=frozenset(),
    moves=(
        #     move       from                        to           needs
        move("assign",   AVAILABLE,                  BUSY,        "assignment.make"),
        move("free",     BUSY,                       AVAILABLE,   "assignment.release"),
        move("go_off",   AVAILABLE,                  OFF_DUTY,    "resource.manage"),
        move("come_on",  OFF_DUTY,                   AVAILABLE,   "resource.manage"),
        move("take_out", [AVAILABLE, OFF_DUTY],      MAINTENANCE, "resource.manage", needs_reason=True),
        move("put_back", MAINTENANCE,                AVAILABLE,   "resource.manage"),
    ),
)
# fmt: on
FOLLOWING = frozenset({"assign", "free"})  # made by assignments alone

# --- assignments -------------------------------------------------------------------------------------
ASSIGNED, ACCEPTED, ON_THE_WAY, ON_SCENE = "assigned", "accepted", "on_the_way", "on_scene"
RELEASED, DECLINED, WITHDRAWN = "released", "declined", "withdrawn"
ACTIVE = frozenset({ASSIGNED, ACCEPTED, ON_THE_WAY, ON_SCENE})
TO_ARRIVE = frozenset({ACCEPTED, ON_THE_WAY})  # a position near the target ends these

# fmt: off
ASSIGNMENT = Machine(
    name="assignment",
    states=ACTIVE | {RELEASED, DECLINED, WITHDRAWN},
    initial=ASSIGNED,
    final=frozenset({RELEASED, DECLINED, WITHDRAWN}),
    moves=(
        move("accept",   ASSIGNED,                         ACCEPTED,   "assignment.answer",  stamps="accepted_at"),
        move("decline",  [ASSIGNED, ACCEPTED],             DECLINED,   "assignment.answer",  stamps="declined_at",
             needs_reason=True),
        move("depart",   [ASSIGNED, ACCEPTED],             ON_THE_WAY, "assignment.answer",  stamps="on_the_way_at"),
        move("arrive",   [ASSIGNED, ACCEPTED, ON_THE_WAY], ON_SCENE,   "assignment.answer",  stamps="on_scene_at"),
        move("release",  ON_SCENE,                         RELEASED,   "assignment.finish",  stamps="released_at"),
        move("withdraw", [ASSIGNED, ACCEPTED, ON_THE_WAY], WITHDRAWN,  "assignment.release", stamps="withdrawn_at",
             needs_reason=True),
    ),
)
# fmt: on

# --- work orders -------------------------------------------------------------------------------------
ISSUED, SIGNED, HANDLING, FED_BACK = "issued", "signed", "handling", "fed_back"
VERIFIED, CLOSED, RETURNED, ARBITRATION, CANCELLED = (
    "verified",
    "closed",
    "returned",
    "arbitration",
    "cancelled",
)
ORDER_STATES = frozenset(
    {ISSUED, SIGNED, HANDLING, FED_BACK, VERIFIED, CLOSED, RETURNED, ARBITRATION, CANCELLED}
)
ORDER_OPEN = ORDER_STATES - {CLOSED, CANCELLED}
WITH_DEPARTMENT = frozenset({ISSUED, SIGNED, HANDLING})  # the department has to do something

RETURNED_BEFORE = gettext_noop("It was returned before: a second return goes to arbitration.")
NOT_RETURNED_BEFORE = gettext_noop("The first return goes back to the hall.")
DECIDED = gettext_noop("It was arbitrated: it can be returned no more.")
PARTS_OPEN = gettext_noop("Orders of units that take part are still open.")


def _first_return(order: Any) -> str:
    if order.arbitrated:
        return DECIDED
    return RETURNED_BEFORE if order.returns else ""


def _second_return(order: Any) -> str:
    if order.arbitrated:
        return DECIDED
    return "" if order.returns else NOT_RETURNED_BEFORE


# Asked before an order is closed, with the reason why not or "": services add what needs the tables.
CLOSING: list[Callable[[Any], str]] = []


def _nothing_open(order: Any) -> str:
    return next((why_not for guard in CLOSING if (why_not := guard(order))), "")


# fmt: off
ORDER = Machine(
    name="order",
    states=ORDER_STATES,
    initial=ISSUED,
    final=frozenset({CLOSED, CANCELLED}),
    moves=(
        move("sign",         ISSUED,                    SIGNED,      "order.sign",      stamps="signed_at"),
        move("handle",       SIGNED,                    HANDLING,    "order.handle"),
        move("feed_back",    [SIGNED, HANDLING],        FED_BACK,    "order.feed_back", stamps="fed_back_at"),
        move("return",       [ISSUED, SIGNED],          RETURNED,    "order.return",    stamps="returned_at",
             needs_reason=True, guard=_first_return),
        move("return_again", [ISSUED, SIGNED],          ARBITRATION, "order.return",    stamps="returned_at",
             needs_reason=True, guard=_second_return),
        move("reissue",      RETURNED,                  ISSUED,      "order.issue",     needs_reason=True),
        move("arbitrate",    ARBITRATION,               ISSUED,      "order.arbitrate", needs_reason=True),
        move("verify",       FED_BACK,                  VERIFIED,    "order.verify",    stamps="verified_at"),
        move("send_back",    FED_BACK,                  HANDLING,    "order.verify",    needs_reason=True),
        move("close",        VERIFIED,                  CLOSED,      "order.close",     stamps="closed_at",
             guard=_nothing_open),
        move("reopen",       [VERIFIED, CLOSED],        HANDLING,    "order.reopen",    needs_reason=True),
        move("cancel",       [ISSUED, SIGNED, HANDLING, RETURNED, ARBITRATION], CANCELLED, "order.cancel",
             needs_reason=True),
    ),
)
# fmt: on
