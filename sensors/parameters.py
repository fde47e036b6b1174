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
    "gateway.clock_skew",
    5,
    "min",
    "Stations send up to two minutes after they observed; more than five is a wrong clock, noted beside the frame.",
    "Clock error of a station that is noted",
)
