"""Numbers of alarms whatever they are about: raising, clearing, shelving, floods; with their source."""

from command_center.core.parameters import parameter

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
