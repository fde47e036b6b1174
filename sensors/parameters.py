"""Numbers a district may change, with their source."""

from command_center.core.parameters import parameter

# --- readings -------------------------------------------------------------------------------------
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

# --- alarms ---------------------------------------------------------------------------------------
_TIERS = "Blue, yellow, orange and red; 0 leaves a level out."
_LEVEL = "1 red to 4 blue; 0 switches the rule off."
parameter(
    "flood.ponding.road.tiers",
    (15.0, 20.0, 27.0, 40.0),
    "cm",
    f"Handbook 2.1: design depth, slow, close the road, rescue and cut power. {_TIERS}",
    "Ponding on roads and in underpasses",
)
parameter(
    "flood.ponding.home.tiers",
    (10.0, 20.0, 30.0, 50.0),
    "cm",
    f"Handbook 2.1: neighbourhoods. {_TIERS}",
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
    f"Handbook 2.4: 30 mm for level IV, 50 mm for level III. {_TIERS}",
    "Rain in 1 hour",
)
parameter(
    "rain.3h.tiers",
    (0.0, 0.0, 50.0, 100.0),
    "mm",
    f"Handbook 1.2: orange from 50 mm, red from 100 mm. {_TIERS}",
    "Rain in 3 hours",
)
parameter("rain.6h.tiers", (0.0, 50.0, 0.0, 0.0), "mm", f"Handbook 1.2. {_TIERS}", "Rain in 6 hours")
parameter("rain.12h.tiers", (50.0, 0.0, 0.0, 0.0), "mm", f"Handbook 1.2. {_TIERS}", "Rain in 12 hours")
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
    "alarm.raise_samples",
    2,
    "samples",
    "Handbook 2.1: raise after 2 consecutive samples (also rivers and pump currents: one spike is no alarm).",
    "Samples in a row that raise an alarm",
)
parameter(
    "alarm.clear_after",
    10.0,
    "min",
    "Handbook 2.1: clear after 10 min below threshold less dead-band.",
    "Quiet time that clears an alarm",
)
parameter(
    "alarm.chatter_per_min",
    3,
    "per minute",
    "ISA-18.2: an alarm that comes three times or more within a minute chatters. 0: never latched.",
    "Rises within a minute that latch an alarm",
)
parameter(
    "alarm.chatter_hold",
    3.0,
    "× clear delay",
    "A latched alarm ends when it was quiet for so many times its clear delay (at least a minute each).",
    "Latched alarm: quiet time that ends it",
)
parameter(
    "rule.incident_window",
    60.0,
    "min",
    "An incident counts as missed by a rule that raised nothing at its stations within an hour of it.",
    "Rehearsal: time between an incident and an alarm that tells of it",
)
parameter(
    "alarm.ring_within",
    15.0,
    "min",
    "What a station stored and sends later is history; it must not wake the hall.",
    "Oldest reading that may ring",
)
parameter(
    "alarm.look_back",
    48.0,
    "h",
    "How far before a late reading the history is judged again where nothing nearer was quiet.",
    "Longest history judged again for late data",
)
parameter(
    "alarm.shelve.longest",
    (24.0, 8.0, 4.0, 1.0),
    "h",
    "ISA-18.2 asks for a limit; a shift of eight hours knows what it shelved. Blue, yellow, orange and red.",
    "Longest time an alarm may be shelved",
)
parameter(
    "alarm.shelve.second_person",
    1,
    "level",
    "Nobody silences a red alarm alone. This level and those above it; 0 asks for nobody.",
    "Level from which shelving needs a second person",
)
parameter(
    "alarm.standing",
    24.0,
    "h",
    "EEMUA 191 calls an alarm stale that has been active for more than a day.",
    "Time after which an active alarm counts as standing",
)
parameter(
    "alarm.health.shifts",
    (8.0, 16.0, 0.0),
    "h",
    "Three shifts of eight hours; a hall with two says one of its hours twice (8, 20, 20).",
    "Alarm health: hours at which shifts begin",
)
parameter(
    "alarm.flood.begins",
    10,
    "alarms",
    "ISA-18.2 and EEMUA 191: more than ten new alarms in ten minutes are a flood. Counted for each desk.",
    "Flood mode: begins above so many new alarms in ten minutes",
)
parameter(
    "alarm.flood.ends",
    5,
    "alarms",
    "ISA-18.2 and EEMUA 191: the flood is over when fewer than five came in ten minutes.",
    "Flood mode: ends below so many new alarms in ten minutes",
)
parameter(
    "alarm.flood.rows",
    10,
    "rows",
    "As many as a person can look at in ten minutes by EEMUA 191; high alarms are not folded and come on top of them.",
    "Flood mode: most rows of low and medium alarms",
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
    f"Water rises and nothing is done about it. {_LEVEL}",
    "Level: should be pumping",
)
parameter(
    "pump.dry_run.level", 3, "level", f"The pump is at risk, not people. {_LEVEL}", "Level: running dry"
)
parameter("pump.overload.level", 3, "level", f"The pump will trip. {_LEVEL}", "Level: overload")
parameter(
    "pump.blocked_screen.level",
    4,
    "level",
    f"Capacity falls, to be cleaned. {_LEVEL}",
    "Level: blocked screen",
)
parameter("pump.fault.level", 3, "level", f"One pump less. {_LEVEL}", "Level: pump fault")

# --- gas and fire ----------------------------------------------------------------------------------
_TOXIC = "GB/T 50493-2019 5.5: the occupational limit of GBZ 2.1-2019 and twice that"
parameter(
    "gas.combustible_gas.tiers",
    (0.0, 25.0, 0.0, 50.0),
    "%LEL",
    f"GB/T 50493-2019 5.5: 25 % and 50 % of the lower explosive limit; methane too. {_TIERS}",
    "Combustible gas: alarm levels",
)
parameter(
    "gas.hydrogen_sulphide.tiers",
    (0.0, 10.0, 0.0, 20.0),
    "mg/m³",
    f"{_TOXIC} (MAC 10). {_TIERS}",
    "Hydrogen sulphide: alarm levels",
)
parameter(
    "gas.ammonia.tiers",
    (0.0, 30.0, 0.0, 60.0),
    "mg/m³",
    f"{_TOXIC} (PC-STEL 30). {_TIERS}",
    "Ammonia: alarm levels",
)
parameter(
    "gas.chlorine.tiers",
    (0.0, 1.0, 0.0, 2.0),
    "mg/m³",
    f"{_TOXIC} (MAC 1). {_TIERS}",
    "Chlorine: alarm levels",
)
parameter(
    "gas.hydrogen_chloride.tiers",
    (0.0, 7.5, 0.0, 15.0),
    "mg/m³",
    f"{_TOXIC} (MAC 7.5). {_TIERS}",
    "Hydrogen chloride: alarm levels",
)
parameter(
    "gas.benzene.tiers",
    (0.0, 6.0, 0.0, 12.0),
    "mg/m³",
    f"{_TOXIC} (PC-STEL 6 as amended). {_TIERS}",
    "Benzene: alarm levels",
)
parameter(
    "gas.carbon_monoxide.tiers",
    (0.0, 30.0, 0.0, 60.0),
    "mg/m³",
    f"{_TOXIC} (PC-STEL 30). {_TIERS}",
    "Carbon monoxide: alarm levels",
)
parameter(
    "gas.sulphur_dioxide.tiers",
    (0.0, 10.0, 0.0, 20.0),
    "mg/m³",
    f"{_TOXIC} (PC-STEL 10). {_TIERS}",
    "Sulphur dioxide: alarm levels",
)
parameter(
    "gas.over_range.level",
    2,
    "level",
    f"HJ 212-2017 flag T: more than can be measured must not look like nothing. {_LEVEL}",
    "Level: gas over range",
)
parameter(
    "fire.alarm.level",
    2,
    "level",
    "One detector may be steam or dust: orange while somebody looks; a second one, no answer or the word that it burns make"
    f" it red (docs/howto/fire-hosts.md). {_LEVEL}",
    "Level: fire alarm of one detector",
)
parameter(
    "fire.fault.level",
    4,
    "level",
    f"A part less watches; to be repaired. {_LEVEL}",
    "Level: fire equipment fault",
)

# --- silence --------------------------------------------------------------------------------------
parameter(
    "sensor.stale_factor",
    2.0,
    "× interval",
    "Handbook 2.1: data older than two reporting intervals is stale.",
    "Silence: intervals without contact",
)
parameter(
    "sensor.silent_grace",
    1.0,
    "× interval",
    "Stations that went silent together belong to one broken link: wait to see whether the others follow.",
    "Silence: intervals before the alarm",
)
parameter(
    "link.down_factor",
    1.5,
    "× interval",
    "When nothing at all came over a link for one and a half intervals, it is the link.",
    "Link: intervals without any contact",
)
parameter(
    "link.down_share",
    0.8,
    "share",
    "Share of a link's stations that must be missing to call it the link and not the stations.",
    "Link: share of stations missing",
)
parameter(
    "link.smallest",
    3,
    "stations",
    "Fewer stations than this are told one by one.",
    "Link: fewest stations",
)

# --- cameras --------------------------------------------------------------------------------------
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

# --- connecting devices -----------------------------------------------------------------------------
parameter(
    "lobby.most",
    500,
    "stations",
    "A few times the equipment that a district connects in a campaign; more at once is a mistake or an attack.",
    "Unknown devices that are listed",
)
parameter(
    "lobby.replay_days",
    7,
    "d",
    "A week from the installer's visit to the desk; older frames can still be found and read one by one.",
    "Days of kept frames that are read when a device is adopted",
)
parameter(
    "frame.keep_days",
    30,
    "d",
    "A month, as the stores in devices reach back about as far: what was lost can be asked for again.",
    "Days that frames are kept as they came",
)
parameter(
    "reading_file.keep_days",
    400,
    "d",
    "As long as readings are kept, so that a value can be traced to the file in which it came.",
    "Files of readings are kept for",
)
