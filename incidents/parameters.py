"""Numbers a district may change, with their source."""

from command_center.core.parameters import parameter

# --- which alarms propose an incident ----------------------------------------------------------------
_PROPOSES = "1 red to 4 blue; alarms of lesser levels only join; 0: never proposes."
parameter(
    "incident.proposes.ponding.depth",
    2,
    "level",
    f"Handbook 2.1: from the red line (27 cm) on the road is closed: people have to act. {_PROPOSES}",
    "Ponding alarms that propose an incident",
)
parameter(
    "incident.proposes.river.level",
    2,
    "level",
    f"Handbook 2.2: from the warning level on patrols start. {_PROPOSES}",
    "River alarms that propose an incident",
)
parameter(
    "incident.proposes.pump.should_run",
    2,
    "level",
    f"Handbook 2.3: water rises and nobody pumps. {_PROPOSES}",
    "Idle pump alarms that propose an incident",
)
parameter(
    "incident.proposes.fire.alarm",
    2,
    "level",
    f"A fire host's alarm: somebody has to look within minutes. {_PROPOSES}",
    "Fire alarms that propose an incident",
)
parameter(
    "incident.proposes.gas.level",
    1,
    "level",
    f"GB/T 50493-2019: from the second level on people leave. {_PROPOSES}",
    "Gas alarms that propose an incident",
)
parameter(
    "incident.proposes.vehicle.accident",
    1,
    "level",
    f"Collision or rollover of a vehicle with dangerous goods: somebody has to look at once. {_PROPOSES}",
    "Vehicle accidents that propose an incident",
)
parameter(
    "incident.proposes.vehicle.emergency",
    1,
    "level",
    f"The driver pressed the button. {_PROPOSES}",
    "Emergency buttons that propose an incident",
)
# --- which alarms are one incident; radius and minutes stand in the catalogue of types ---------------
parameter(
    "incident.join.cap",
    2.0,
    "× radius",
    "A chain of alarms follows the water, but must not swallow the district.",
    "Farthest an incident spreads from where it began",
)
parameter(
    "incident.join.longest",
    24.0,
    "h",
    "Handbook 3.3 reports an incident by the day; what begins later is another one, and may be merged.",
    "Longest time in which alarms join an incident",
)
# --- levels ------------------------------------------------------------------------------------------
_BANDS = "State Council Order 493, art. 3 (handbook 3.2): III, II and I; 0 leaves a level out."
parameter("incident.level.deaths", (3.0, 10.0, 30.0), "people", _BANDS, "Levels by deaths")
parameter(
    "incident.level.seriously_injured", (10.0, 50.0, 100.0), "people", _BANDS, "Levels by serious injuries"
)
parameter(
    "incident.level.loss",
    (10_000_000.0, 50_000_000.0, 100_000_000.0),
    "yuan",
    _BANDS,
    "Levels by direct loss",
)
parameter(
    "incident.level.people_affected",
    (100.0, 1000.0, 10000.0),
    "people",
    "No national band: a hundred is a building, a thousand a neighbourhood, ten thousand a street. Load the district's plan.",
    "Levels by people affected",
)
parameter(
    "incident.level.ponding",
    80.0,
    "cm",
    "Handbook 2.4: a trunk road 80 cm under water counts toward level II.",
    "Ponding depth of a higher level",
)
parameter(
    "incident.level.places",
    5.0,
    "places",
    "Handbook 2.4: more than five points flooded count toward levels III and II.",
    "Places in serious alarm of a higher level",
)
# --- people ------------------------------------------------------------------------------------------
parameter(
    "incident.hold",
    10,
    "min",
    "A call and a first order take a few minutes; who walks away must not keep an incident from the others.",
    "Time for which an incident is held by one person",
)
parameter(
    "incident.max_ahead",
    5,
    "min",
    "Clocks of callers and desks differ by minutes; more is a slip of the hand.",
    "Furthest ahead an incident may be dated",
)
parameter(
    "incident.max_age",
    30,
    "d",
    "Handbook 3.3: what comes later than a month is a matter for the records, not for the hall.",
    "Oldest incident that is taken in",
)
