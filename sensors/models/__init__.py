from .alarms import Alarm, AlarmEvent, AlarmWatch
from .devices import DeviceList, DeviceType, StationSecret, Stranger
from .downlinks import Downlink
from .readings import LatestValue, RainSum, RawFrame, Reading
from .stations import Contact, Sensor, Station, Still
from .vehicles import VehicleFix, VehiclePosition

__all__ = [
    "Alarm",
    "AlarmEvent",
    "AlarmWatch",
    "Contact",
    "DeviceList",
    "DeviceType",
    "Downlink",
    "LatestValue",
    "RainSum",
    "RawFrame",
    "Reading",
    "Sensor",
    "Station",
    "StationSecret",
    "Still",
    "Stranger",
    "VehicleFix",
    "VehiclePosition",
]
