"""The life of a maintenance task: open until the device is well again, or a person vouches for its values."""

from command_center.core.machine import Machine, move

OPEN, CLOSED, OVERRULED = "open", "closed", "overruled"

MAINTENANCE = Machine(
    name="maintenance",
    states=frozenset({OPEN, CLOSED, OVERRULED}),
    initial=OPEN,
    final=frozenset({CLOSED, OVERRULED}),
    moves=(
        move("close", OPEN, CLOSED, "maintenance.close", stamps="closed_at"),
        move("overrule", OPEN, OVERRULED, "maintenance.overrule", needs_reason=True, stamps="closed_at"),
    ),
)
