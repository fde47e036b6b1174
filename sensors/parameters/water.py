"""Numbers of the rules about rain, ponding, rivers and pumps, with their source."""

from command_center.core.parameters import parameter

from .notes import LEVEL, TIERS

parameter(
    "flood.ponding.road.tiers",
    (15.0, 20.0, 27.0, 40.0),
    "cm",
    f"Handbook 2.1: design depth, slow, close the road, rescue and cut power. {TIERS}",
    "Ponding on roads and in underpasses",
)
parameter(
    "flood.ponding.home.tiers",
    (10.0, 20.0, 30.0, 50.0),
    "cm",
    f"Handbook 2.1: neighbourhoods. {TIERS}",
    "Ponding in neighbourhoods",
)
parameter(
    "flood.ponding.clear_hysteresis",
    3.0,
    "cm",
    "Handbook 2.1: cleared below the threshold less 3 cm.",
    "Ponding: how far below the limit clears",
)
parameter(
    "river.near_warning_margin",
    0.30,
    "m",
    "Handbook 2.2: within 0.30 m of the warning level and rising is yellow.",
    "River: nearness to the warning level",
)
parameter(
    "river.rise",
    0.01,
    "m",
    "The resolution of a stage gauge: less between two readings is no rise.",
    "River: smallest rise between readings",
)
parameter(
    "river.clear_hysteresis",
    0.05,
    "m",
    "Waves and gauge noise stay within 5 cm.",
    "River: how far below the limit clears",
)
parameter(
    "rain.1h.tiers",
    (30.0, 50.0, 0.0, 0.0),
    "mm",
    f"Handbook 2.4: 30 mm for level IV, 50 mm for level III. {TIERS}",
    "Rain in 1 hour",
)
parameter(
    "rain.3h.tiers",
    (0.0, 0.0, 50.0, 100.0),
    "mm",
    f"Handbook 1.2: orange from 50 mm, red from 100 mm. {TIERS}",
    "Rain in 3 hours",
)
parameter("rain.6h.tiers", (0.0, 50.0, 0.0, 0.0), "mm", f"Handbook 1.2. {TIERS}", "Rain in 6 hours")
parameter("rain.12h.tiers", (50.0, 0.0, 0.0, 0.0), "mm", f"Handbook 1.2. {TIERS}", "Rain in 12 hours")
parameter(
    "rain.clear_hysteresis",
    1.0,
    "mm",
    "Two tips of the usual bucket (0.5 mm).",
    "Rain: how far below the limit clears",
)
parameter(
    "rain.complete_share",
    0.8,
    "share",
    "A sum from less than 80 % of its window is told as incomplete, never as if it were all.",
    "Share of data for a complete rain sum",
)
parameter(
    "pump.should_run_delay",
    5.0,
    "min",
    "Handbook 2.3: forebay at the start level for 5 min and no pump running.",
    "Time at the start level without a pump running",
)
parameter(
    "pump.overcurrent_ratio",
    1.10,
    "× rated",
    "Handbook 2.3: current above 110 % of the rated one.",
    "Overload: share of the rated current",
)
parameter(
    "pump.screen_loss", 0.30, "m", "Handbook 2.3: screen head loss above 0.3 m.", "Blocked screen: head loss"
)
parameter(
    "pump.clear_hysteresis",
    0.10,
    "m",
    "Forebays slosh by a few centimetres while pumps start and stop.",
    "Forebay: how far beyond the limit clears",
)
parameter(
    "pump.should_run.level",
    2,
    "level",
    f"Water rises and nothing is done about it. {LEVEL}",
    "Level: should be pumping",
)
parameter("pump.dry_run.level", 3, "level", f"The pump is at risk, not people. {LEVEL}", "Level: running dry")
parameter("pump.overload.level", 3, "level", f"The pump will trip. {LEVEL}", "Level: overload")
parameter(
    "pump.blocked_screen.level",
    4,
    "level",
    f"Capacity falls, to be cleaned. {LEVEL}",
    "Level: blocked screen",
)
parameter("pump.fault.level", 3, "level", f"One pump less. {LEVEL}", "Level: pump fault")
