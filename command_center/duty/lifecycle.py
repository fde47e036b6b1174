"""A shift is handed over by two people: who leaves signs the sheet, who comes takes it over."""

from command_center.core.machine import Machine, move

PREPARED, GIVEN, TAKEN, WITHDRAWN = "prepared", "given", "taken", "withdrawn"

# fmt: off
HANDOVER = Machine(
    name="handover",
    states=frozenset({PREPARED, GIVEN, TAKEN, WITHDRAWN}),
    initial=PREPARED,
    final=frozenset({TAKEN, WITHDRAWN}),
    moves=(
        #     move        from      to         needs
        move("give",     PREPARED, GIVEN,     "handover.sign", stamps="given_at"),
        move("take",     GIVEN,    TAKEN,     "handover.sign", stamps="taken_at"),
        move("withdraw", GIVEN,    WITHDRAWN, "handover.sign", stamps="withdrawn_at"),
    ),
)
# fmt: on
