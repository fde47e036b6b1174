"""The handover of a shift (who leaves signs the sheet, who comes takes it over) and the way of a message."""

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

WAITING, SENT, FAILED, NO_CHANNEL, CANCELLED, NOTED = "waiting", "sent", "failed", "no_channel", "cancelled", "noted"
UNSENT = (FAILED, NO_CHANNEL)  # red on every desk until somebody notes it

# Only "note" is a person's: somebody has seen that a message did not go out. The others are the system's own.
MESSAGE = Machine(
    name="message",
    states=frozenset({WAITING, SENT, FAILED, NO_CHANNEL, CANCELLED, NOTED}),
    initial=WAITING,
    final=frozenset({SENT, CANCELLED, NOTED}),
    moves=(
        #     move      from                  to          needs
        move("send",   WAITING,              SENT,       "message.note", stamps="sent_at"),
        move("fail",   WAITING,              FAILED,     "message.note"),
        move("lack",   WAITING,              NO_CHANNEL, "message.note"),
        move("cancel", WAITING,              CANCELLED,  "message.note"),
        move("note",   UNSENT,               NOTED,      "message.note", stamps="noted_at"),
    ),
)
# fmt: on
