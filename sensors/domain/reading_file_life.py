"""The life of a file of readings: tried, then waiting for its turn, then taken; or it could not be read."""

from command_center.core.machine import Machine, move

from .words import gettext_noop

FILES = "file"
"""The protocol of stations that report by files only: for them a file is a sign of life."""
TRIED, WAITING, TAKEN, REFUSED = "tried", "waiting", "taken", "refused"
WORDS = {
    TRIED: gettext_noop("Tried only"),
    WAITING: gettext_noop("Being taken"),
    TAKEN: gettext_noop("Taken"),
    REFUSED: gettext_noop("Refused"),
}

READING_FILE = Machine(
    name="reading_file",
    states=frozenset({TRIED, WAITING, TAKEN, REFUSED}),
    initial=TRIED,
    final=frozenset({TAKEN, REFUSED}),
    moves=(
        move("take", TRIED, WAITING, "reading.import"),
        move("finish", WAITING, TAKEN, "reading.import", stamps="taken_at"),
        move("refuse", WAITING, REFUSED, "reading.import", needs_reason=True, stamps="taken_at"),
    ),
)
