"""What terminals say of themselves, in words: msgids, translated where they are shown."""

from django.utils.translation import gettext_noop

# The bits of a status word: what is said when it is set, and when it is not (empty: nothing).
STATUS: dict[str, tuple[str, str]] = {
    "mains_off": (gettext_noop("Mains power off"), ""),
    "battery_low": (gettext_noop("Battery low"), ""),
    "level_over_limit": (gettext_noop("Level over its limit"), ""),
    "flow_over_limit": (gettext_noop("Flow over its limit"), ""),
    "quality_over_limit": (gettext_noop("Water quality over its limit"), ""),
    "pressure_over_limit": (gettext_noop("Pressure over its limit"), ""),
    "temperature_over_limit": (gettext_noop("Temperature over its limit"), ""),
    "flow_meter_fault": (gettext_noop("Flow meter faulty"), ""),
    "level_meter_fault": (gettext_noop("Level meter faulty"), ""),
    "memory_fault": (gettext_noop("Memory faulty"), ""),
    "door_closed": (gettext_noop("Cabinet door closed"), gettext_noop("Cabinet door open")),
    "door_open": (gettext_noop("Cabinet door open"), gettext_noop("Cabinet door closed")),
    "ic_card_valid": (gettext_noop("IC card valid"), ""),
    "pump_stopped": (gettext_noop("Pump stopped"), gettext_noop("Pump running")),
    "quota_exceeded": (gettext_noop("Water quota exceeded"), ""),
    "fixed_control": (gettext_noop("Fixed-quantity control in force"), ""),
    "water_left_low": (gettext_noop("Little bought water left"), ""),
    "on_battery": (gettext_noop("Supplied by its battery"), ""),
}
QUESTIONS: dict[str, str] = {
    "query_now": gettext_noop("Present values"),
    "query_period": gettext_noop("Values of a period"),
    "query_elements": gettext_noop("Chosen elements"),
    "query_pump_motor": gettext_noop("Pump motors"),
    "query_version": gettext_noop("Software version"),
    "query_status": gettext_noop("Status"),
    "set_clock": gettext_noop("Set the clock"),
    "query_events": gettext_noop("Event records"),
    "query_clock": gettext_noop("Clock"),
}
CLASSES: dict[str, str] = {
    "rain": gettext_noop("Rain station"),
    "river": gettext_noop("River station"),
    "reservoir": gettext_noop("Reservoir station"),
    "gate or dam": gettext_noop("Gate or dam"),
    "pump station": gettext_noop("Pump station"),
    "tide": gettext_noop("Tide station"),
    "soil": gettext_noop("Soil station"),
    "groundwater": gettext_noop("Groundwater station"),
    "water quality": gettext_noop("Water quality station"),
    "intake": gettext_noop("Intake"),
    "outfall": gettext_noop("Outfall"),
}
