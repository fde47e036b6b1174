"""Numbers a district may change, with their source."""

from command_center.core.parameters import parameter

# --- ranking -----------------------------------------------------------------------------------------
parameter(
    "dispatch.stale",
    15,
    "min",
    "At 30 km/h a unit is 7.5 km away from where it was a quarter of an hour ago.",
    "Age from which a unit's position is out of date",
)
parameter(
    "dispatch.reach", 30.0, "km", "The district measures 26 by 20 km.", "Farthest resource that is proposed"
)
parameter(
    "dispatch.speed",
    30.0,
    "km/h",
    "Straight-line speed in a town under heavy rain; an estimate, not a road time.",
    "Speed assumed for estimates of arrival",
)
parameter(
    "dispatch.listed", 10, "resources", "What one looks at before calling.", "Candidates listed for each need"
)
# --- positions ---------------------------------------------------------------------------------------
parameter(
    "arrival.geofence",
    100.0,
    "m",
    "Handbook 5.4: arrival proof by position.",
    "Distance that counts as arrived",
)
parameter(
    "track.retention",
    90,
    "d",
    "Handbook 10.2 and 11: tracks of people are kept no longer.",
    "Tracks are kept for",
)
parameter(
    "track.ahead",
    2,
    "min",
    "Phones and desks differ by a minute or two.",
    "Furthest ahead a position may be dated",
)
# --- orders ------------------------------------------------------------------------------------------
parameter(
    "order.code",
    "东区",
    "text",
    "Handbook 8.4: the district's short name in document numbers.",
    "Short name in order numbers",
)
parameter(
    "order.issuer",
    "东营区区域治理运行指挥中心",
    "text",
    "GB/T 9704: the red head names who issues.",
    "Issuing body on printed orders",
)
parameter(
    "order.amber",
    0.8,
    "share",
    "Handbook 5.3: reminder at 80 % of the time.",
    "Share of the time at which a clock turns amber",
)
parameter(
    "order.yellow",
    0.9,
    "share",
    "Between the reminder and the due time; handbook 5.2 has one of ten working days before due.",
    "Share of the time at which a yellow card is given",
)
parameter(
    "order.extend_before",
    0.5,
    "share",
    "Handbook 4.5: more time is asked for before half of it has passed.",
    "Share of the time until which an extension may be asked for",
)
parameter("order.rounds", 3, "times", "Handbook 8.4: round 1, 2, 3.", "Most supervision orders for one order")
parameter(
    "order.office_hours",
    "08:30-12:00,13:30-17:30",
    "local times",
    "Hours of work of the district's offices.",
    "Office hours by which working hours are counted",
)
parameter(
    "order.picture_near",
    30.0,
    "m",
    "A picture of the work is taken at the work.",
    "Distance within which a picture proves work",
)
