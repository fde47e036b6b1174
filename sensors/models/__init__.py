from .alarms import Alarm, AlarmEvent, AlarmWatch
from .readings import LatestValue, RainSum, RawFrame, Reading
from .stations import Contact, Sensor, Station, Still

__all__ = [
    "Alarm",
    "AlarmEvent",
    "AlarmWatch",
    "Contact",
    "LatestValue",
    "RainSum",
    "RawFrame",
    "Reading",
    "Sensor",
    "Station",
    "Still",
]
