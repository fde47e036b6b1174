"""Numbers of gas alarms and of the sketch of escaped gas, with their source."""

from command_center.core.parameters import parameter

from .notes import LEVEL, TIERS

_TOXIC = "GB/T 50493-2019 5.5: the occupational limit of GBZ 2.1-2019 and twice that"

parameter(
    "gas.combustible_gas.tiers",
    (0.0, 25.0, 0.0, 50.0),
    "%LEL",
    f"GB/T 50493-2019 5.5: 25 % and 50 % of the lower explosive limit; methane too. {TIERS}",
    "Combustible gas: alarm levels",
)
parameter(
    "gas.hydrogen_sulphide.tiers",
    (0.0, 10.0, 0.0, 20.0),
    "mg/m³",
    f"{_TOXIC} (MAC 10). {TIERS}",
    "Hydrogen sulphide: alarm levels",
)
parameter(
    "gas.ammonia.tiers",
    (0.0, 30.0, 0.0, 60.0),
    "mg/m³",
    f"{_TOXIC} (PC-STEL 30). {TIERS}",
    "Ammonia: alarm levels",
)
parameter(
    "gas.chlorine.tiers",
    (0.0, 1.0, 0.0, 2.0),
    "mg/m³",
    f"{_TOXIC} (MAC 1). {TIERS}",
    "Chlorine: alarm levels",
)
parameter(
    "gas.hydrogen_chloride.tiers",
    (0.0, 7.5, 0.0, 15.0),
    "mg/m³",
    f"{_TOXIC} (MAC 7.5). {TIERS}",
    "Hydrogen chloride: alarm levels",
)
parameter(
    "gas.benzene.tiers",
    (0.0, 6.0, 0.0, 12.0),
    "mg/m³",
    f"{_TOXIC} (PC-STEL 6 as amended). {TIERS}",
    "Benzene: alarm levels",
)
parameter(
    "gas.carbon_monoxide.tiers",
    (0.0, 30.0, 0.0, 60.0),
    "mg/m³",
    f"{_TOXIC} (PC-STEL 30). {TIERS}",
    "Carbon monoxide: alarm levels",
)
parameter(
    "gas.sulphur_dioxide.tiers",
    (0.0, 10.0, 0.0, 20.0),
    "mg/m³",
    f"{_TOXIC} (PC-STEL 10). {TIERS}",
    "Sulphur dioxide: alarm levels",
)
parameter(
    "gas.over_range.level",
    2,
    "level",
    f"HJ 212-2017 flag T: more than can be measured must not look like nothing. {LEVEL}",
    "Level: gas over range",
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
