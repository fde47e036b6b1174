"""Numbers by which readings are believed, with their source."""

from command_center.core.parameters import parameter

parameter(
    "reading.max_ahead",
    5,
    "min",
    "A device time further ahead of the hall's is a wrong clock: kept, marked, not used.",
    "Furthest a device clock may run ahead",
)
parameter(
    "reading.max_behind",
    30,
    "d",
    "Stores in devices reach back about a month; what claims to be older is a wrong clock.",
    "Oldest reading that is believed",
)
parameter(
    "ponding.max_rise",
    30.0,
    "cm/min",
    "Handbook 2.1: a jump of more than 30 cm a minute is suspect and asks for verification.",
    "Fastest rise of ponding that is believed",
)
parameter(
    "ponding.max_fall",
    100.0,
    "cm/min",
    "Pumps and gullies empty an underpass within minutes; a metre in one minute is a sensor that lost its echo.",
    "Fastest fall of ponding that is believed",
)
parameter(
    "river.max_rise",
    0.10,
    "m/min",
    "Nine times the fastest rise of the Colorado flood of 2013 (0.16 m in 15 min).",
    "Fastest rise of a river that is believed",
)
parameter(
    "river.max_fall",
    0.10,
    "m/min",
    "Rivers fall slower than they rise; the same bound leaves room for gates.",
    "Fastest fall of a river that is believed",
)
parameter(
    "quality.hold",
    30.0,
    "min",
    "Handbook 2.1 asks for verification of such a jump: it must stand this long, or be vouched for, before it may ring.",
    "Time until a jump that stays is believed",
)
parameter(
    "quality.rain.km",
    20.0,
    "km",
    "A convective cell is wider than that: of 319 gauges on the Po plain none stood alone within 20 km.",
    "Rain: how near neighbours are",
)
parameter(
    "quality.rain.fewest",
    3,
    "gauges",
    "Two may both be in the dry; three around one gauge rarely are.",
    "Rain: fewest neighbours to compare with",
)
parameter(
    "quality.rain.least",
    15.0,
    "mm",
    "Less than half of the lowest alarm limit in an hour harms nobody.",
    "Rain: least in an hour that is compared",
)
parameter(
    "quality.rain.share",
    0.2,
    "share",
    "Recorded storm (319 gauges): the wettest neighbour had 0.39 of any hour above 10 mm, or more.",
    "Rain: share of it the wettest neighbour has at least",
)
parameter(
    "quality.rain.wet",
    5.0,
    "mm",
    "Where every neighbour has as much in an hour, a dry gauge is blocked.",
    "Rain: every neighbour wet",
)
parameter(
    "quality.rain.sudden",
    25.0,
    "mm",
    "Just below the lowest limit of an hour (30 mm): compared at once, before it could ring.",
    "Rain: sum of an hour that is compared at once",
)
parameter(
    "quality.stuck_after",
    3.0,
    "h",
    "Water and air move within three hours of a storm; a shorter rest is common (gauges resolve 1 cm).",
    "Time at one value that makes a sensor stuck",
)
parameter(
    "quality.stuck.moved",
    0.20,
    "m",
    "Neighbours must have moved by this for a resting river gauge to be called stuck: in dry weather all rest.",
    "Stuck: movement of the neighbours",
)
parameter(
    "quality.stuck.moved_ponding",
    10.0,
    "cm",
    "The same for ponding: while others rise or drain by that, standing water does not keep its depth to the millimetre.",
    "Stuck: movement of neighbouring ponding",
)
parameter(
    "quality.step.ponding",
    20.0,
    "cm",
    "Up by a tier within one report and back in one: no water on a road drains like that.",
    "Spike or shift: step of ponding",
)
parameter(
    "quality.step.river",
    0.30,
    "m",
    "Twice the largest step between reports of the Colorado flood of 2013.",
    "Spike or shift: step of a river",
)
parameter(
    "quality.shift_longest",
    2.0,
    "h",
    "What came back within two hours by the same step was never water.",
    "Longest temporary shift",
)
parameter(
    "quality.swings",
    6,
    "swings",
    "Gates and waves swing a few times; a loose contact does not stop.",
    "Swings to and fro that make an oscillation",
)
parameter(
    "quality.close_after",
    12.0,
    "h",
    "Half a day without a doubt: the fault has passed or somebody has been there.",
    "Good hours that close a maintenance task",
)
parameter(
    "gateway.clock_skew",
    5,
    "min",
    "Stations send up to two minutes after they observed; more than five is a wrong clock, noted beside the frame.",
    "Clock error of a station that is noted",
)
