"""The life of a file of readings: tried, then waiting for its turn, then taken; or it could not be read."""

from command_center.core.machine import Machine, move

TRIED, WAITING, TAKEN, REFUSED = "tried", "waiting", "taken", "refused"

READING_FILE = Machine(
    name="reading_file",
    states=frozenset({TRIED, WAITING, TAKEN, REFUSED}),
    initial=TRIED,
    final=frozenset({TAKEN, REFUSED}),
    moves=(
        move("take", TRIED, WAITING, "reading.import"),
        move("finish", WAITING, TAKEN, "reading.import", stamps="taken_at"),
        move("refuse", {TRIED, WAITING}, REFUSED, "reading.import", needs_reason=True, stamps="taken_at"),
    ),
)
