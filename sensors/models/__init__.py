from .alarms import Alarm, AlarmEvent, AlarmWatch
from .cameras import CameraGroup, CameraPlace, CameraView
from .devices import DeviceList, DeviceType, StationSecret, Stranger
from .downlinks import Downlink
from .files import FileLayout, ReadingFile, RejectedReading
from .fire_spots import FireSpot, SpotReport, SpotSource
from .floods import FloodSpan
from .premises import FireCall, FirePart, GuardRound, Premises, ResponsiblePerson
from .readings import LatestValue, RainSum, RawFrame, Reading
from .rollups import AlarmHour, AlarmHourDue, HourDue, ReadingDay, ReadingHour
from .rulebook import AlarmRule, AlarmRuleVersion
from .stations import Contact, Sensor, Station, Still
from .suppression import DesignRule, Suppression
from .topology import Node
from .trips import AlarmEvidence, Company, Driver, Geofence, LoadingSite, Trip, VehicleStanding
from .upkeep import MaintenanceTask
from .vehicles import VehicleFix, VehiclePosition
from .warnings import PublicWarning, WarningFeed, WarningMessage

__all__ = [
    "Alarm",
    "AlarmEvent",
    "AlarmEvidence",
    "AlarmHour",
    "AlarmHourDue",
    "AlarmRule",
    "AlarmRuleVersion",
    "AlarmWatch",
    "CameraGroup",
    "CameraPlace",
    "CameraView",
    "Company",
    "Contact",
    "DesignRule",
    "DeviceList",
    "DeviceType",
    "Downlink",
    "Driver",
    "FileLayout",
    "FireCall",
    "FirePart",
    "FireSpot",
    "FloodSpan",
    "Geofence",
    "GuardRound",
    "HourDue",
    "LatestValue",
    "LoadingSite",
    "MaintenanceTask",
    "Node",
    "Premises",
    "PublicWarning",
    "RainSum",
    "RawFrame",
    "Reading",
    "ReadingDay",
    "ReadingFile",
    "ReadingHour",
    "RejectedReading",
    "ResponsiblePerson",
    "Sensor",
    "SpotReport",
    "SpotSource",
    "Station",
    "StationSecret",
    "Still",
    "Stranger",
    "Suppression",
    "Trip",
    "VehicleFix",
    "VehiclePosition",
    "VehicleStanding",
    "WarningFeed",
    "WarningMessage",
]
