"""Numbers of cameras and of the pictures that are kept, with their source."""

from command_center.core.parameters import parameter

parameter(
    "camera.frozen_checks",
    3,
    "looks",
    "A live picture never repeats: its sensor's noise alone differs. Three equal ones in a row are no chance.",
    "Equal pictures in a row that make a camera frozen",
)
parameter(
    "camera.offline_checks",
    2,
    "looks",
    "One lost connection is the network; two in a row are the camera.",
    "Failed looks in a row that make a camera offline",
)
parameter(
    "camera.black_mean",
    24.0,
    "grey levels",
    "Of 255; video black is 16, and a covered lens or a dead night picture stays near it.",
    "Mean brightness at or below which a picture may be black",
)
parameter(
    "camera.black_spread",
    6.0,
    "grey levels",
    "A dark scene with one lamp spreads wider than noise does.",
    "Spread of brightness at or below which a picture may be black",
)
parameter(
    "camera.still_every",
    10,
    "min",
    "Enough to see water rise; changes of scene and state are kept besides.",
    "Longest time between two kept pictures",
)
parameter(
    "camera.stills_kept",
    48,
    "pictures",
    "Eight hours at one each ten minutes.",
    "Pictures kept of each camera",
)
parameter(
    "camera.alarm_window",
    30,
    "min",
    "Evidence: what the place looked like before and after.",
    "Time around an alarm whose pictures are kept",
)
parameter(
    "camera.alarm_reach",
    300,
    "m",
    "As far as a street camera tells a flooded road; cameras that watch a station by declaration count at any distance.",
    "Distance from an alarm within which a camera shows it",
)
parameter(
    "camera.alarm_every",
    5,
    "s",
    "Water rises a centimetre in a minute at most; a few seconds show who stands in it.",
    "Real time between two pictures of a camera near a fresh alarm",
)
parameter(
    "camera.alarm_for",
    30,
    "min",
    "After that the usual pictures tell enough; a camera never looks this often all night.",
    "Time for which cameras near a new alarm look more often",
)
parameter(
    "camera.alarm_cameras",
    8,
    "cameras",
    "What two cores decode beside everything else (some 15 ms a picture and camera).",
    "Most cameras that look more often at once, those of the worst alarms first",
)
parameter(
    "camera.held_days",
    30,
    "d",
    "At least 30 days by the regulation on public-security video systems (State Council, 2025).",
    "Time for which pictures around an alarm are kept",
)
parameter(
    "camera.blurred_share",
    30,
    "%",
    "Measured on drawn streets: rain, night, haze and noise stay above 60, a lens slightly out of focus falls below 15.",
    "Share of its usual sharpness below which a picture is blurred",
)
parameter(
    "camera.blurred_checks",
    3,
    "looks",
    "A lorry before the lens or a drop on it is gone at the next look.",
    "Blurred pictures in a row that make a camera blurred",
)
parameter(
    "camera.moved_share",
    4,
    "%",
    "Of the picture's width: a camera in the wind sways by one or two.",
    "Shift of the view from which a camera is moved",
)
parameter(
    "camera.moved_checks",
    3,
    "looks",
    "A gust is over at the next look.",
    "Shifted pictures in a row that make a view moved",
)
parameter(
    "camera.wall_every",
    20,
    "s",
    "Long enough to look at sixteen pictures once.",
    "Time after which the video wall shows the next cameras of its group",
)
