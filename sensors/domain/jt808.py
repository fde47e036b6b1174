"""Tables of JT/T 808-2013 and 808-2019 (vehicle terminals) and of T/JSATL 12-2017 (active safety). Data, no logic."""

MESSAGES: dict[int, str] = {
    0x0001: "terminal's general answer",
    0x0002: "heartbeat",
    0x0003: "logout",
    0x0004: "asks for the time",
    0x0100: "registration",
    0x0102: "authentication",
    0x0104: "answer to a query of parameters",
    0x0107: "answer to a query of properties",
    0x0200: "location",
    0x0201: "answer to a query of the location",
    0x0702: "driver",
    0x0704: "locations in a batch",
    0x0800: "media event",
    0x0801: "media data",
    0x0900: "passed through",
    0x1205: "list of recordings",
    0x1210: "attachments of an alarm",
    0x8001: "platform's general answer",
    0x8003: "asks for packets again",
    0x8004: "the time",
    0x8100: "answer to a registration",
    0x8201: "asks for the location",
    0x8300: "text to the driver",
    0x8800: "answer to media data",
    0x9208: "asks for the attachments of an alarm",
}
TELLS = frozenset({0x0002, 0x0003, 0x0102, 0x0200, 0x0702, 0x0704, 0x0800, 0x0900, 0x1210})
"""Messages that the platform's general answer (8001) confirms."""
ANSWERS = frozenset({0x0001, 0x0104, 0x0107, 0x0201, 0x1205})
"""Messages by which the terminal answers us: nothing is said to them."""

DONE, FAILED, WRONG, UNSUPPORTED = 0, 1, 2, 3
RESULTS: dict[int, str] = {
    DONE: "done",
    FAILED: "failed",
    WRONG: "message is wrong",
    UNSUPPORTED: "not supported",
    4: "alarm confirmed",
}

# Table 25 of the 2019 text (24 of 2013): bits of the alarm word. 15–17 are of 2019, 31 is of 2013.
# Bits 0, 3, 20–22, 27 and 28 fall with our answer; the others hold as long as their condition.
ALARM_BITS: tuple[str, ...] = (
    "emergency", "overspeed", "fatigue", "dangerous", "gnss_fault", "antenna_open", "antenna_short", "undervoltage",
    "power_lost", "display_fault", "tts_fault", "camera_fault", "ic_card_fault", "overspeed_soon", "fatigue_soon",
    "violation", "tyre_pressure", "blind_zone", "driving_time", "parking_time", "area", "route", "segment_time",
    "off_route", "vss_fault", "fuel", "theft", "illegal_ignition", "illegal_move", "collision", "rollover",
    "illegal_door",
)  # fmt: skip

STATE_BITS: dict[int, str] = {
    0: "ignition",
    1: "positioned",
    2: "south",
    3: "west",
    4: "out_of_service",
    5: "encrypted",
    10: "fuel_cut",
    11: "power_cut",
    12: "doors_locked",
    18: "gps",
    19: "beidou",
    20: "glonass",
    21: "galileo",
}
POSITIONED, SOUTH, WEST, ENCRYPTED = 1 << 1, 1 << 2, 1 << 3, 1 << 5
LOADS: tuple[str, ...] = ("empty", "half", "reserved", "full")

# T/JSATL 12-2017, table 4-17 (0x65, the driver) and 4-15 (0x64, the road ahead). What stands here is an alarm and
# becomes a reading "dsm.<name>" or "adas.<name>"; other types are events (a snapshot, a change of driver).
DRIVER_ALARMS: dict[int, str] = {
    0x01: "fatigue",
    0x02: "phone",
    0x03: "smoking",
    0x04: "distraction",
    0x05: "abnormal",
}
DRIVER_EVENTS: dict[int, str] = {0x10: "snapshot", 0x11: "driver_change"}
ROAD_ALARMS: dict[int, str] = {
    0x01: "forward_collision",
    0x02: "lane_departure",
    0x03: "too_close",
    0x04: "pedestrian",
    0x05: "lane_changes",
    0x06: "road_sign",
    0x07: "obstacle",
}
ROAD_EVENTS: dict[int, str] = {0x10: "road_sign_seen", 0x11: "snapshot"}
STATES: dict[int, str] = {0: "event", 1: "start", 2: "end"}
VEHICLE_STATE_BITS: tuple[str, ...] = ("ignition", "left", "right", "wipers", "brake", "card")
# JT/T 1078-2016 table 15, item 0x18: bits of abnormal driving, seen by the video unit.
VIDEO_DRIVER_BITS: tuple[str, ...] = ("fatigue", "phone", "smoking")

PICTURE, JPEG = 0, 0
MEDIA_KINDS: dict[int, str] = {PICTURE: "picture", 1: "audio", 2: "video"}
