"""Numbers of the fire cloud, with their source."""

from command_center.core.parameters import parameter

from .notes import LEVEL

_OURS = "A beginning; the district's fire brigade decides."

parameter(
    "fire.alarm.level",
    2,
    "level",
    "One detector may be steam or dust: orange while somebody looks; a second one, no answer or the word that it burns make"
    f" it red (docs/howto/fire-hosts.md). {LEVEL}",
    "Level: fire alarm of one detector",
)
parameter(
    "fire.fault.level",
    4,
    "level",
    f"A part less watches; to be repaired. {LEVEL}",
    "Level: fire equipment fault",
)
parameter(
    "fire.answer_within",
    120,
    "s",
    f"A detector's smoke is a room's fire within minutes: who was called looks at once, or it counts as one. {_OURS}",
    "Fire: somebody answers the first call within",
)
parameter(
    "fire.enough_detectors",
    2,
    "detectors",
    "GB 50116-2013 4.1.6: two independent alarms are what starts fire-fighting equipment.",
    "Fire: detectors that prove a fire",
)
parameter(
    "fire.guard_times",
    "10:00, 22:00",
    "times of day",
    f"GB 25506-2010 4.2.1: the control room is manned day and night. {_OURS} Premises may have their own; empty: none.",
    "Guard checks: times of the rounds",
)
parameter(
    "fire.guard_minutes",
    10,
    "min",
    f"The guard presses one button; 255 at most (GB/T 26875.3-2011, type 91). {_OURS}",
    "Guard checks: minutes to answer in",
)
parameter(
    "fire.guard_absent.level",
    3,
    "level",
    "Nobody would hear a fire alarm in the building. 1 red to 4 blue; 0 switches it off.",
    "Level: guard check not answered",
)
