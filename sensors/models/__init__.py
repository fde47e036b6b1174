from .alarms import Alarm, AlarmEvent, AlarmWatch
from .devices import DeviceList, DeviceType, StationSecret, Stranger
from .readings import LatestValue, RainSum, RawFrame, Reading
from .stations import Contact, Sensor, Station, Still

__all__ = [
    "Alarm",
    "AlarmEvent",
    "AlarmWatch",
    "Contact",
    "DeviceList",
    "DeviceType",
    "LatestValue",
    "RainSum",
    "RawFrame",
    "Reading",
    "Sensor",
    "Station",
    "StationSecret",
    "Still",
    "Stranger",
]
