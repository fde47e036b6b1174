"""Numbers about vehicles, with their source."""

from command_center.core.parameters import parameter

from .notes import LEVEL

_SAID = "Shown and spoken in the cab within a second of the alarm; empty: nothing is said."

for _rule, _value, _why, _label in (
    ("emergency", 1, "The driver calls for help.", "Level: emergency button"),
    ("accident", 1, "Collision or rollover with dangerous goods on board.", "Level: collision or rollover"),
    ("fatigue", 2, "T/JSATL 12-2017: the driver falls asleep; seconds count.", "Level: driver fatigue"),
    ("distraction", 3, "T/JSATL 12-2017: eyes off the road.", "Level: driver distraction"),
    ("phone", 3, "T/JSATL 12-2017: telephone in hand.", "Level: telephone at the wheel"),
    ("smoking", 2, "T/JSATL 12-2017; open fire beside dangerous goods.", "Level: smoking at the wheel"),
    ("driver_abnormal", 3, "T/JSATL 12-2017: no driver is seen.", "Level: driver not seen"),
    ("collision_ahead", 4, "T/JSATL 12-2017: the terminal itself warns.", "Level: forward collision warning"),
    ("off_route", 3, "JT/T 808 alarm bit 23: outside the approved route.", "Level: off its route"),
    ("overspeed", 4, "JT/T 808 alarm bit 1.", "Level: overspeed"),
    ("no_go", 2, "Dangerous goods where they may not be.", "Level: in a no-go area"),
    (
        "residential",
        3,
        "People live here: loaded tankers are kept out by the district's order.",
        "Level: in a closed residential area",
    ),
    (
        "fence_speed",
        3,
        "Faster than the area allows, by the vehicle's own speed.",
        "Level: too fast for the area",
    ),
    ("stopped", 3, "A loaded vehicle is not left standing on the way.", "Level: stopped too long"),
    ("load_outside", 2, "Goods change hands only at a site that is listed.", "Level: loading outside a site"),
    ("out_of_hours", 3, "The waybill names the hours of the trip.", "Level: outside permitted hours"),
    ("no_position", 3, "A tanker that nobody can find.", "Level: no position on a trip"),
    (
        "repeated",
        1,
        "A driver who does not heed the warnings has to be stopped.",
        "Level: repeated driver alarms",
    ),
):
    parameter(f"vehicle.{_rule}.level", _value, "level", f"{_why} {LEVEL}", _label)

for _rule, _text, _label in (
    ("fatigue", "您已疲劳驾驶，请立即到安全地点停车休息", "Spoken to the driver: fatigue"),
    ("distraction", "请集中注意力，注视前方道路", "Spoken to the driver: distraction"),
    ("phone", "驾驶中请勿使用手机", "Spoken to the driver: telephone"),
    ("smoking", "危险品车辆严禁吸烟，请立即熄灭", "Spoken to the driver: smoking"),
    ("overspeed", "", "Spoken to the driver: overspeed"),
    ("no_go", "您已进入危化品车辆禁行区，请立即驶离", "Spoken to the driver: no-go area"),
    ("residential", "您已进入居民区，请按规定路线行驶", "Spoken to the driver: residential area"),
    ("fence_speed", "您已超过本区域限速，请减速", "Spoken to the driver: too fast for the area"),
    ("off_route", "您已偏离规定路线，请返回", "Spoken to the driver: off its route"),
):
    parameter(f"vehicle.{_rule}.text", _text, "text", _SAID, _label)

parameter(
    "vehicle.safety_hold",
    120,
    "s",
    "Many terminals tell that fatigue began and never that it ended: after so long without a word it is over.",
    "Vehicle: time after which an unended driver alarm is over",
)
parameter(
    "vehicle.region_margin",
    300,
    "km",
    "A tanker may drive to the next province within a day; latitude and longitude swapped lie much further.",
    "Vehicle: how far from the district a position is believed",
)
parameter(
    "vehicle.corridor",
    200,
    "m",
    "A road with its parallel lanes and the error of a receiver between buildings; a station's own corridor_m goes first.",
    "Vehicle: width of the corridor along its route",
)
parameter(
    "vehicle.track_days",
    90,
    "d",
    "A quarter of a year is enough to look into what happened; the company keeps more.",
    "Vehicle: days that tracks are kept",
)
parameter(
    "vehicle.fence_samples",
    3,
    "places",
    "One place may lie 50 m off between buildings; three in a row do not.",
    "Vehicle: places in a row before a fence or corridor rings",
)
parameter(
    "vehicle.fence_delay",
    30,
    "s",
    "Two reports of a terminal that speaks every 15 s.",
    "Vehicle: time outside before a fence or corridor rings",
)
parameter(
    "vehicle.fence_band",
    40,
    "m",
    "Error of a receiver between buildings; who was inside is out only beyond it.",
    "Vehicle: dead-band around fences and sites",
)
parameter(
    "vehicle.fence_tolerance",
    5,
    "km/h",
    "Speed of satellite receivers and speedometers differ by a few km/h.",
    "Vehicle: tolerance above an area's speed limit",
)
parameter(
    "vehicle.stop_after",
    20,
    "min",
    "A traffic jam or a rest at the wheel is shorter and a longer rest belongs to a place for it.",
    "Vehicle: stop on a trip that is too long",
)
parameter(
    "vehicle.no_position_after",
    10,
    "min",
    "Terminals of hazmat vehicles usually speak every 30 s or faster; a tunnel is shorter.",
    "Vehicle: time without a position on a trip",
)
parameter(
    "vehicle.repeated.count",
    3,
    "alarms",
    "One yawn is none, three within an hour is a driver who should not drive.",
    "Vehicle: driver alarms that count as repeated",
)
parameter(
    "vehicle.repeated.minutes",
    60,
    "min",
    "An hour at the wheel: what lies further apart is another spell.",
    "Vehicle: span in which repeated driver alarms are counted",
)
parameter(
    "vehicle.evidence_mb",
    8,
    "MB",
    "T/JSATL 12-2017: three pictures and a short film of an alarm; films are larger and not asked for.",
    "Vehicle: largest file of an alarm that a terminal may upload",
)
