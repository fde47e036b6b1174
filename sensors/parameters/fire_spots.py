"""Numbers about fire spots, with their source."""

from command_center.core.parameters import parameter

parameter(
    "fire_spot.join_minutes",
    30,
    "min",
    "A fire is reported again and again while it burns; a new one at the same place half an hour later is another one.",
    "Fire spots: time within which reports are one fire",
)
parameter(
    "fire_spot.join_m",
    200,
    "m",
    "Smoke drifts from where it burns; beyond this the error of the directions alone decides.",
    "Fire spots: distance within which reports are one fire",
)
parameter(
    "fire_spot.position_error",
    100,
    "m",
    "What a source that tells a position without its error is taken to be accurate to.",
    "Fire spots: accuracy of a reported position",
)
parameter(
    "fire_spot.furthest_km",
    20,
    "km",
    "Cameras on towers tell smoke from haze up to some 10 to 15 km on clear days.",
    "Fire spots: furthest distance from a lookout",
)
parameter(
    "fire_spot.camera_km",
    5,
    "km",
    "Beyond that a street camera shows nothing of a fire.",
    "Fire spots: nearest camera that is asked for a picture",
)
