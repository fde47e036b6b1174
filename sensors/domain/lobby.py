"""Unknown equipment that dials in: it waits in a lobby until somebody adopts it as a station or refuses it."""

from command_center.core.machine import Machine, move

from .words import gettext_noop

WAITING, ADOPTED, REFUSED = "waiting", "adopted", "refused"

WORDS = {
    WAITING: gettext_noop("Waiting"),
    REFUSED: gettext_noop("Refused"),
    ADOPTED: gettext_noop("Adopted"),
}
STRANGER = Machine(
    name="stranger",
    states=frozenset({WAITING, ADOPTED, REFUSED}),
    initial=WAITING,
    final=frozenset({ADOPTED}),
    moves=(
        move("adopt", {WAITING, REFUSED}, ADOPTED, "device.edit"),
        move("refuse", WAITING, REFUSED, "device.edit", needs_reason=True),
        move("reconsider", REFUSED, WAITING, "device.edit"),
    ),
)
