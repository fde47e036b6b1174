"""A station of the demo district, before it is a row."""

from dataclasses import dataclass, field

from shapely.geometry import Point


@dataclass
class Planned:
    """One station to be: ``at`` in km, ``sensors`` as (channel, quantity, name, name_en, facts)."""

    code: str
    kind: str
    name: str
    name_en: str
    at: Point
    protocol: str
    address: str
    department: str
    interval_s: int
    config: dict = field(default_factory=dict)
    facts: dict = field(default_factory=dict)
    place: str = ""
    sensors: list = field(default_factory=list)
