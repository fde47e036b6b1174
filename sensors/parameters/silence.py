"""Numbers by which silence of stations and links is told, with their source."""

from command_center.core.parameters import parameter

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
