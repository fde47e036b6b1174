"""Numbers about vehicles and about commands to equipment that a district may change, with their source."""

from command_center.core.parameters import parameter

_LEVEL = "1 red to 4 blue; 0 switches the rule off."
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
):
    parameter(f"vehicle.{_rule}.level", _value, "level", f"{_why} {_LEVEL}", _label)

for _rule, _text, _label in (
    ("fatigue", "您已疲劳驾驶，请立即到安全地点停车休息", "Spoken to the driver: fatigue"),
    ("distraction", "请集中注意力，注视前方道路", "Spoken to the driver: distraction"),
    ("phone", "驾驶中请勿使用手机", "Spoken to the driver: telephone"),
    ("smoking", "危险品车辆严禁吸烟，请立即熄灭", "Spoken to the driver: smoking"),
    ("overspeed", "", "Spoken to the driver: overspeed"),
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
    "downlink.patience",
    60,
    "s",
    "Real time. A warning that comes a minute late is none: what could not be told by then is not told any more.",
    "Commands to equipment: how long they are tried",
)
