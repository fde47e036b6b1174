"""Numbers of the fire cloud and of the sketch of escaped gas, with their source."""

from command_center.core.parameters import parameter

_OURS = "A beginning; the district's fire brigade decides."

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
parameter(
    "plume.length",
    (0.0, 300.0, 500.0, 1000.0),
    "m",
    "To be taken from the district's own plan for its substances; these are round figures to begin with. Blue, yellow, orange"
    " and red; 0 draws nothing.",
    "Escaped gas: length of the sketch by level",
)
parameter(
    "plume.half_angle",
    30.0,
    "°",
    "Emergency Response Guidebook, table 1: the downwind zone is as wide as it is long (27° to each side), rounded up.",
    "Escaped gas: angle to each side of the wind",
)
parameter(
    "plume.calm_below",
    1.5,
    "m/s",
    "GB/T 28591-2012: up to wind force 1 (1.5 m/s) smoke shows the direction, vanes do not; then rings.",
    "Escaped gas: slower wind is drawn as rings",
)
parameter(
    "plume.reference_wind",
    2.0,
    "m/s",
    "The wind for which the lengths hold; stronger wind thins the gas, the length goes with 1/√u down to its half.",
    "Escaped gas: wind for which the lengths hold",
)
parameter(
    "plume.isolate",
    0.1,
    "share",
    "Emergency Response Guidebook, table 1: the circle to clear is about a tenth of the downwind distance.",
    "Escaped gas: share of the length that is cleared all round",
)
parameter(
    "plume.wind_age",
    30,
    "min",
    "Older wind is no wind: rings are drawn.",
    "Escaped gas: oldest wind that is used",
)
parameter(
    "plume.wind_from",
    5000.0,
    "m",
    "Where a monitor has no wind of its own, the nearest other monitor's, not from further than this.",
    "Escaped gas: furthest monitor whose wind is used",
)
