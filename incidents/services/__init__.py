"""The verbs of incidents. Apps above call these; they hear of the rest by event (``incident.*``).

Before an incident ends, each of ``CLOSING_GUARDS`` is asked: ``guard(incident) -> str``, the reason why not, or
"" where nothing is left open. ``timeline.SOURCES`` adds lines to an incident's timeline.
"""

from ..domain.lifecycle import CLOSING_GUARDS
from .errors import Refused
from .holding import Held, hold, is_held, release
from .merging import merge, split, unmerge
from .moves import (
    add_note,
    attach,
    close,
    confirm,
    control,
    dismiss,
    edit,
    move,
    reopen,
    resolve,
    respond,
)
from .proposals import take
from .reporting import report

__all__ = [
    "CLOSING_GUARDS",
    "Held",
    "Refused",
    "add_note",
    "attach",
    "close",
    "confirm",
    "control",
    "dismiss",
    "edit",
    "hold",
    "is_held",
    "merge",
    "move",
    "release",
    "reopen",
    "report",
    "resolve",
    "respond",
    "split",
    "take",
    "unmerge",
]
